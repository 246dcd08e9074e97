"""What the outbox window asks of the program, off Tk's thread and never more than needed."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable

from traymail.core.errors import InputError, TraymailError
from traymail.core.overview import MailDetail
from traymail.services.services import Services
from traymail.ui.bridge import Background, Job
from traymail.ui.model.outbox import OutboxFound, OutboxState, to_look_at
from traymail.ui.model.outbox_table import newest

# Many events in a row are followed by one look.
_REST_MS = 150


class Looker:
    """Looks at the outbox: at once when the user asks, a little later when something happened."""

    def __init__(
        self,
        widget: tk.Misc,
        services: Services,
        background: Background,
        take: Callable[[OutboxFound], object],
        failed: Callable[[TraymailError], object],
    ) -> None:
        """``take`` is called with what was found."""
        self._widget, self._services, self._background = widget, services, background
        self._take, self._failed = take, failed
        self._job: Job | None = None
        self._detail: Job | None = None
        self._timer: str | None = None
        self._state = OutboxState()
        self._stale = False

    def now(self, state: OutboxState) -> None:
        """Look for what this state asks; what was being looked for does not matter any more."""
        self.stop()
        self._state = state
        self._look()

    def soon(self, state: OutboxState) -> None:
        """Look again, because something happened."""
        self._state = state
        if self._job is not None or self._timer is not None:
            self._stale = True
        else:
            self._look()

    def detail(self, mail_id: int, take: Callable[[MailDetail], object]) -> None:
        """Ask for one mail; only the last one that was asked for is told."""
        if self._detail is not None:
            self._detail.cancel()
        self._detail = self._background.run(
            lambda _stop: self._services.mail.detail(mail_id), take, self._failed
        )

    def stop(self) -> None:
        """Look for nothing more."""
        self._stale = False
        if self._timer is not None:
            self._widget.after_cancel(self._timer)
            self._timer = None
        if self._job is not None:
            self._job.cancel()
            self._job = None

    def _look(self) -> None:
        state = self._state
        self._job = self._background.run(
            lambda _stop: _found(self._services, state), self._found, self._not_found
        )

    def _found(self, found: OutboxFound) -> None:
        self._rest()
        self._take(found)

    def _not_found(self, error: TraymailError) -> None:
        self._rest()
        self._failed(error)

    def _rest(self) -> None:
        self._job = None
        self._timer = self._widget.after(_REST_MS, self._rested)

    def _rested(self) -> None:
        self._timer = None
        if self._stale:
            self._stale = False
            self._look()


def _found(services: Services, state: OutboxState) -> OutboxFound:
    filter = state.filter
    lists = [
        services.mail.find(
            state=one,
            account=filter.account,
            rule=filter.rule,
            search=filter.words,
            limit=state.limit,
        )
        for one in filter.states
    ]
    items = newest(lists, state.limit)
    mail = to_look_at(state, items)
    return OutboxFound(services.program.overview(), items, _detail(services, mail))


def _detail(services: Services, mail_id: int) -> MailDetail | None:
    """Return one mail; None when it has been forgotten."""
    try:
        return services.mail.detail(mail_id)
    except InputError:
        return None
