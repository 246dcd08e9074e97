"""The content of the outbox window, as drawn of one state."""

from __future__ import annotations

import tkinter as tk
from datetime import datetime

from traymail.core.errors import TraymailError
from traymail.core.texts import text
from traymail.ui.dialogs.outbox.detail import DetailPane
from traymail.ui.dialogs.outbox.doors import OutboxHandlers
from traymail.ui.dialogs.outbox.head import OutboxHead
from traymail.ui.dialogs.outbox.list import ListPane
from traymail.ui.model.outbox import OutboxState, detail, lines
from traymail.ui.model.outbox_table import counted
from traymail.ui.model.sentences import sentence_of
from traymail.ui.widgets import Area, Banner, Button, Empty, Panes


class OutboxSheet(Area):
    """The head, the list and the pane; while there is no mail at all, an invitation instead."""

    def __init__(self, master: tk.Misc, acts: OutboxHandlers) -> None:
        super().__init__(master)
        self._acts = acts
        self.head = OutboxHead(self, acts)
        self.head.pack(fill="x")
        self._banner: Banner | None = None
        self.body = Panes(self, fixed=1, room=528)
        self.body.pack(fill="both", expand=True)
        self.pane = DetailPane(self.body, acts)
        self.list = ListPane(self.body, acts)
        self.body.hold(self.list, self.pane)
        self._invitation: Empty | None = None

    def show(self, state: OutboxState, now: datetime) -> None:
        """Show a state."""
        counts = {} if state.found is None else counted(state.found.overview.counts)
        self.head.show(state.filter, counts)
        self.list.show(state, lines(state, now))
        told = detail(state, now)
        # While another mail is being read, the one before stays in sight.
        if told is not None or state.item is None:
            self.pane.show(told)
        self._invite(wanted=state.nothing_yet)

    def focus(self) -> None:
        """Put the keyboard into the list."""
        self.list.table.tree.focus_set()

    def complain(self, error: TraymailError | None) -> None:
        """Say what went wrong; None takes it away."""
        if self._banner is not None:
            self._banner.destroy()
            self._banner = None
        if error is not None:
            self._banner = Banner(self, "err", sentence_of(error))
            hide = Button(
                self._banner.actions, text("Dismiss"), lambda: self.complain(None), "ghost"
            )
            hide.pack()
            self._banner.pack(fill="x", after=self.head)

    def _invite(self, *, wanted: bool) -> None:
        if wanted and self._invitation is None:
            self._invitation = Empty(
                self.body,
                "inboxes",
                text("Nothing here yet"),
                text("Every mail traymail sends is listed here, with the answer of the server."),
            )
            words = text("Write a mail")
            Button(self._invitation.middle, words, self._acts.write, "primary", "pencil").pack()
            self._invitation.place(relwidth=1, relheight=1)
        elif not wanted and self._invitation is not None:
            self._invitation.destroy()
            self._invitation = None
