"""The window's errands: how everything stands, and the way of a mail, and back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from traymail.core.errors import TraymailError
from traymail.core.message import Address, Draft
from traymail.core.overview import Overview, SavedDraft
from traymail.services.services import Services
from traymail.ui.bridge import Background, Job


@dataclass(frozen=True, slots=True)
class QuickSendLoaded:
    """What the window shows that comes from the program; ``draft`` only the first time."""

    overview: Overview
    now: datetime
    people: tuple[Address, ...]
    draft: SavedDraft | None = None


class Post:
    """Asks the program in the background; one mail at a time."""

    def __init__(
        self,
        services: Services,
        background: Background,
        failed: Callable[[TraymailError], object],
    ) -> None:
        self._services, self._background, self._failed = services, background, failed

    def load(
        self, now: Callable[[], datetime], done: Callable[[QuickSendLoaded], object], *, draft: bool
    ) -> Job:
        """Ask how everything stands, for whom the user writes to, and for the kept ``draft``."""

        def ask(_stop: object) -> QuickSendLoaded:
            services = self._services
            kept = services.drafts.load() if draft else None
            return QuickSendLoaded(
                services.program.overview(), now(), services.drafts.people(), kept
            )

        return self._background.run(ask, done, self._failed)

    def store(
        self, make: Callable[[], Draft], undo: timedelta, done: Callable[[int], object]
    ) -> None:
        """Store a mail and call ``done`` with its id; it leaves after ``undo``."""
        self._background.run(
            lambda _stop: self._services.mail.post(make(), undo).id, done, self._failed
        )

    def take_back(self, mail: int, done: Callable[[bool], object]) -> None:
        """Undo, and call ``done`` with whether it came in time."""
        self._background.run(lambda _stop: self._services.mail.take_back(mail), done, self._failed)

    def hurry(self, mail: int) -> None:
        """Let a mail leave now."""
        self._background.run(
            lambda _stop: self._services.mail.send_now(mail), lambda _none: None, self._failed
        )
