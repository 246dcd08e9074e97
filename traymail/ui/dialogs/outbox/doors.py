"""Where the outbox window leads, and what its parts tell it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from traymail.ui.model.outbox_detail import MailAct
from traymail.ui.model.outbox_table import OutboxFilter
from traymail.ui.model.prefill import Prefill


@dataclass(frozen=True, slots=True)
class OutboxDoors:
    """The ways out of the window."""

    compose: Callable[[Prefill], object]
    settings: Callable[[], object]


class OutboxHandlers(Protocol):
    """What the user does."""

    def ask(self, filter: OutboxFilter) -> None:
        """Look for other mails."""

    def ask_for_more(self) -> None:
        """Look for older mails."""

    def look_at(self, mail_id: int) -> None:
        """Look at another mail."""

    def do(self, act: MailAct, mail_id: int) -> None:
        """Do something with a mail."""

    def retry_all(self) -> None:
        """Try all mails that wait or failed."""

    def write(self) -> None:
        """Write a mail."""
