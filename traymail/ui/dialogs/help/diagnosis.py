"""The page that tries the way to an account's server."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable

from traymail.accounts import KINDS
from traymail.core.account import DEFAULT_KIND
from traymail.core.fields import Choice
from traymail.core.texts import text
from traymail.ui.dialogs.help.texts import PADDING
from traymail.ui.model import help as model
from traymail.ui.model.help import Help
from traymail.ui.trial_view import TrialView
from traymail.ui.widgets import Area, Button, Empty, Label, Picker, ScrollArea


class DiagnosisPage(Area):
    """Which account, seven rows, and what to do where it fails."""

    def __init__(
        self, master: tk.Misc, choose: Callable[[str], object], add: Callable[[], object]
    ) -> None:
        super().__init__(master)
        px = self.look.px
        self._offered: tuple[Choice, ...] = ()
        self._empty: Empty | None = None
        self._add_account = add
        self._scroll = ScrollArea(self, padding=PADDING)
        inner = self._scroll.inner
        self._row = Area(inner)
        self._row.pack(fill="x", pady=(0, px(16)), padx=(0, px(14)))
        Label(self._row, text("Account"), "muted").pack(side="left", padx=(0, px(12)))
        self.picker = Picker(self._row, (), on_change=choose)
        self.picker.pack(side="left", fill="x", expand=True)
        self.view = TrialView(inner, KINDS[DEFAULT_KIND].diagnosis)
        self.view.pack(fill="x", padx=(0, px(14)))
        self.view.clear(model.NOT_TRIED)
        self._scroll.pack(fill="both", expand=True)

    def show(self, state: Help) -> None:
        """Show which account, and how far its steps are."""
        self._show_empty(empty=state.overview is not None and not state.accounts)
        offered = model.choices(state)
        if offered != self._offered:
            self._offered = offered
            self.picker.offer(offered, state.account)
        if self.picker.value != state.account:
            self.picker.value = state.account
        self.picker.enable(not state.running)
        if state.trial is None:
            self.view.clear(model.NOT_TRIED)
        else:
            self.view.show(state.trial, state.trial.advice)

    def _show_empty(self, *, empty: bool) -> None:
        if empty == (self._empty is not None):
            return
        if self._empty is not None:
            self._empty.destroy()
            self._empty = None
            self._scroll.pack(fill="both", expand=True)
            return
        self._scroll.pack_forget()
        words = text(
            "Once there is one, its connection to the server is tested here, step by step."
        )
        self._empty = Empty(self, "person-plus", text("No account yet"), words)
        Button(self._empty.middle, text("Add accou&nt…"), self._add_account, icon="plus").pack()
        self._empty.pack(fill="both", expand=True)
