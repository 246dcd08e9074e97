"""One rule of the list: a card that opens the editor, with a switch that acts at once."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from dataclasses import dataclass

from traymail.ui.model.rule_list import RuleSummary
from traymail.ui.widgets import Area, Box, Label, Note, Switch

_STATE_WIDTH = 196


@dataclass(frozen=True, slots=True)
class CardHandlers:
    """What a card tells its page; each is given the name of the rule."""

    open: Callable[[str], object]
    switch: Callable[[str, bool], object]
    move: Callable[[str, int], object]


class RuleCard(Box):
    """Return and a click open the rule, the space bar switches it, Up and Down move."""

    def __init__(self, master: tk.Misc, shown: RuleSummary, handlers: CardHandlers) -> None:
        super().__init__(master, "card", (14, 11))
        self.shown, self._handlers, self._filled = shown, handlers, False
        self.configure(takefocus=True, cursor="hand2")
        px = self.theme.px
        self.switch = Switch(self, on=shown.enabled, on_change=self._switched)
        self.switch.configure(cursor="arrow")
        self.switch.pack(side="left", padx=(0, px(12)))
        self._sign = Label(self, "", "fg", icon=shown.sign, icon_size=20)
        self._sign.pack(side="left", padx=(0, px(14)))
        Label(self, "", "muted", icon="chevron-right", icon_size=14).pack(side="right")
        state = Area(self)
        state.configure(width=px(_STATE_WIDTH))
        state.pack(side="right", fill="y", padx=(px(12), px(8)))
        state.columnconfigure(0, minsize=px(_STATE_WIDTH))
        self._state, self._last = Note(state), Note(state)
        for note in (self._state, self._last):
            # From the beginning: a long sentence would else widen the column.
            note.label.fit(px(_STATE_WIDTH - 22))
        self._state.grid(row=0, column=0, sticky="we")
        self._last.grid(row=1, column=0, sticky="we", pady=(px(3), 0))
        words = Area(self)
        words.pack(side="left", fill="x", expand=True)
        self._name = Note(words, "", "fg", font="TmStrong")
        self._name.pack(fill="x")
        self._does = Note(words)
        self._does.pack(fill="x", pady=(px(3), 0))
        self.show(shown)
        self._listen(self)

    def show(self, shown: RuleSummary) -> None:
        """Show how the rule stands now."""
        self.switch.on = shown.enabled
        if shown == self.shown and self._filled:
            return
        self.shown, self._filled = shown, True
        role = "fg" if shown.enabled else "muted"
        self._name.set_text(shown.name, role)
        self._does.set_text(shown.does)
        self._state.set_text(shown.state, shown.role, shown.icon)
        self._last.set_text(shown.last)
        self._sign.recolour(role)
        for child in self._state.winfo_children():
            child.bind("<Button-1>", self._clicked)

    def _listen(self, widget: tk.Misc) -> None:
        for child in widget.winfo_children():
            if child is not self.switch:
                child.bind("<Button-1>", self._clicked)
                self._listen(child)
        if widget is not self:
            return
        self.bind("<Button-1>", self._clicked)
        for key in ("<Return>", "<KP_Enter>"):
            self.bind(key, self._clicked)
        self.bind("<space>", self._toggle)
        for place in (self, self.switch):
            place.bind("<Up>", lambda _event: self._move(-1))
            place.bind("<Down>", lambda _event: self._move(1))
        self.bind("<FocusIn>", lambda _event: self.state(["focus"]))
        self.bind("<FocusOut>", lambda _event: self.state(["!focus"]))

    def _clicked(self, _event: object) -> str:
        self.focus_set()
        self._handlers.open(self.shown.name)
        return "break"

    def _toggle(self, _event: object) -> str:
        self.switch.invoke()
        return "break"

    def _switched(self, on: bool) -> None:  # noqa: FBT001 - the value of the switch
        self._handlers.switch(self.shown.name, on)

    def _move(self, step: int) -> str:
        self._handlers.move(self.shown.name, step)
        return "break"
