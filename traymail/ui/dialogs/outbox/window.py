"""The outbox window: what the user and the program do becomes the next value of its state."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from datetime import datetime

from traymail.core.errors import TraymailError
from traymail.core.events import Event, MailProgress
from traymail.core.texts import text
from traymail.services.services import Services
from traymail.ui.bridge import Background
from traymail.ui.dialogs.outbox.errands import (
    Looker,
    MailHandler,
    MailHandlerParts,
    OutboxNavigation,
)
from traymail.ui.dialogs.outbox.view import OutboxHandlers, OutboxSheet
from traymail.ui.model import outbox as model
from traymail.ui.model.outbox import OutboxFound, OutboxState
from traymail.ui.model.outbox_detail import MailAct, cancellable, retryable
from traymail.ui.model.outbox_table import OutboxFilter
from traymail.ui.model.prefill import Prefill
from traymail.ui.tasks import ScreenState, Tasks
from traymail.ui.theme import Root
from traymail.ui.window import Size, Window

LEAST = (900, 600)


class OutboxWindow(Window):
    """What waits, what was sent, what failed and why; it follows what happens while in sight."""

    remembered = "outbox"

    def __init__(
        self,
        root: Root,
        services: Services,
        background: Background,
        navigation: OutboxNavigation,
        now: Callable[[], datetime],
    ) -> None:
        super().__init__(root, text("Outbox"), Size(960, 620, LEAST))
        self._now = now
        self.screen = ScreenState(OutboxState(), lambda _before, _state: self._draw())
        self._blind = False
        self.tasks = Tasks(self, background, self._complain)
        self._looker = Looker(self.tasks, services, self._take, self._not_found)
        parts = MailHandlerParts(self, self.screen, self.tasks, self._looker)
        self.mails = MailHandler(parts, services, navigation, self._complain)
        handlers = OutboxHandlers(
            ask=self.ask,
            ask_for_more=self._ask_for_more,
            look_at=self.mails.look_at,
            do=self.mails.do,
            retry_all=self.mails.retry_all,
            write=lambda: navigation.compose(Prefill()),
        )
        self.sheet = OutboxSheet(self, handlers)
        self.sheet.pack(fill="both", expand=True)
        self._bind_keys()

    # --- for those who open it ----------------------------------------------------------------

    def open(self, mail_id: int | None = None) -> None:
        """Show the window, at a mail when one is asked for."""
        if mail_id is not None:
            self.screen.state = model.asked_for(self.screen.state, mail_id)
        self.reveal()

    def on_event(self, event: Event) -> None:
        """Follow an event of the engine."""
        self.screen.state = model.heard(self.screen.state, event, self._now())
        if not self.winfo_viewable():
            return
        if isinstance(event, MailProgress):
            self._draw()
        else:
            self._looker.soon(self.screen.state)

    # --- the window ---------------------------------------------------------------------------

    def on_show(self) -> None:
        """Look at the outbox anew."""
        self.sheet.focus()
        self._looker.now(self.screen.state)

    def close(self) -> None:
        """Empty the search, or hide."""
        if not self.sheet.head.search.clear():
            self.conceal()

    def conceal(self) -> None:
        """Hide the window, and look at nothing while it is out of sight."""
        self._looker.stop()
        self.tasks.stop("draw")
        super().conceal()

    def ask(self, filter: OutboxFilter) -> None:
        """Look for other mails."""
        self._complain(None)
        self.screen.apply(model.filtered, filter)
        self._looker.now(self.screen.state)

    def destroy(self) -> None:
        """End the window, and that of a mail."""
        self.mails.close()
        super().destroy()

    def _ask_for_more(self) -> None:
        self.screen.state = model.wanted_more(self.screen.state)
        self._looker.now(self.screen.state)

    def _draw(self) -> None:
        now = self._now()
        self.sheet.show(self.screen.state, now)
        seconds = model.look_again(self.screen.state, now)
        self.tasks.later("draw", int(seconds * 1000), self._draw)

    def _take(self, found: OutboxFound) -> None:
        self.screen.apply(model.listed, found)
        if self._blind:
            self._blind = False
            self._complain(None)

    def _not_found(self, error: TraymailError) -> None:
        """Say that nothing can be seen now; the next look that works takes that back."""
        self._blind = True
        self._complain(error)

    def _complain(self, error: TraymailError | None) -> None:
        self.sheet.complain(error)

    # --- keys ---------------------------------------------------------------------------------

    def _bind_keys(self) -> None:
        tree = self.sheet.list.table.tree
        tree.bind("<Key>", self._typed, add="+")
        tree.bind("<Delete>", lambda _event: self._by_key(MailAct.CANCEL))
        self.bind("<F5>", lambda _event: self._by_key(MailAct.RETRY))
        self.bind("<Control-f>", lambda _event: self.sheet.head.search.entry.focus_set())
        search = self.sheet.head.search.entry
        for key in ("<Down>", "<Return>", "<KP_Enter>"):
            search.bind(key, lambda _event: self.sheet.focus())

    def _typed(self, event: tk.Event[tk.Misc]) -> str | None:
        """Search for what is typed into the list."""
        by_command = isinstance(event.state, int) and event.state & 0x000C  # Control, Alt
        if by_command or not event.char or not event.char.isprintable() or event.char == " ":
            return None
        self.sheet.head.search.begin(event.char)
        return "break"

    def _by_key(self, act: MailAct) -> None:
        item = self.screen.state.item
        may = cancellable if act is MailAct.CANCEL else retryable
        if item is not None and may(item):
            self.mails.do(act, item.id)
