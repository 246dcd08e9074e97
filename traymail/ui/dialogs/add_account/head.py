"""The strip on top: which page this is, and which are done."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Sequence

from traymail.core.texts import text
from traymail.ui.model.add_account import AddPage
from traymail.ui.widgets import Area, Label, Line

_HIGH = 53
_NAMES = {
    AddPage.ADDRESS: text("Address"),
    AddPage.CODE: text("Code"),
    AddPage.SIGN_IN: text("Sign in"),
    AddPage.KINDS: text("Service"),
    AddPage.DETAILS: text("Details"),
    AddPage.TEST: text("Test"),
}


class AddAccountHead(Area):
    """A sign a page, with a line between them."""

    def __init__(self, master: tk.Misc) -> None:
        super().__init__(master, "chrome")
        px = self.theme.px
        self.configure(height=px(_HIGH))
        self.pack_propagate(flag=False)
        Line(self).pack(side="bottom", fill="x")
        self._row = Area(self, padding=(24, 0))
        self._row.pack(fill="both", expand=True)
        self._signs: dict[AddPage, Label] = {}
        self._words: dict[AddPage, Label] = {}

    def show(self, way: Sequence[AddPage], page: AddPage, *, done: bool = False) -> None:
        """Show which page of a way is in sight; ``done``: this one, too, is behind the user."""
        if list(way) != list(self._signs):
            self._draw(way)
        at = way.index(page)
        for place, each in enumerate(way):
            here = each is page and not done
            sign, words = self._signs[each], self._words[each]
            if place < at or (each is page and done):
                sign.set_text("", "success", "check-circle-fill")
            else:
                sign.set_text("", "link" if here else "muted", _number(place, filled=here))
            words.configure(font="TmStrong" if here else "TkDefaultFont")
            words.recolour("fg" if here else "muted")

    def _draw(self, way: Sequence[AddPage]) -> None:
        px = self.theme.px
        for child in self._row.winfo_children():
            child.destroy()
        self._signs, self._words = {}, {}
        for place, page in enumerate(way):
            if self._signs:
                line = Line(self._row, "btnborder")
                line.configure(width=px(40))
                line.pack(side="left", padx=px(14))
            self._signs[page] = Label(self._row, "", "muted", icon=_number(place), icon_size=18)
            self._signs[page].pack(side="left")
            self._words[page] = Label(self._row, _NAMES[page], "muted")
            self._words[page].pack(side="left", padx=(px(12), 0))


def _number(place: int, *, filled: bool = False) -> str:
    return f"{place + 1}-circle{'-fill' if filled else ''}"
