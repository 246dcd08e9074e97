"""The strip on top: which page this is, and which are done."""

from __future__ import annotations

import tkinter as tk

from traymail.core.texts import text
from traymail.ui.model.add_account import AddPage
from traymail.ui.widgets import Area, Label, Line

_HIGH = 53
_NAMES = {AddPage.ADDRESS: text("Address"), AddPage.CODE: text("Code"), AddPage.TEST: text("Test")}


class AddAccountHead(Area):
    """Three signs with a line between them."""

    def __init__(self, master: tk.Misc) -> None:
        super().__init__(master, "chrome")
        px = self.look.px
        self.configure(height=px(_HIGH))
        self.pack_propagate(flag=False)
        Line(self).pack(side="bottom", fill="x")
        row = Area(self, padding=(24, 0))
        row.pack(fill="both", expand=True)
        self._signs: dict[AddPage, Label] = {}
        self._words: dict[AddPage, Label] = {}
        for page, name in _NAMES.items():
            if self._signs:
                line = Line(row, "btnborder")
                line.configure(width=px(40))
                line.pack(side="left", padx=px(14))
            self._signs[page] = Label(row, "", "muted", icon=_number(page), icon_size=18)
            self._signs[page].pack(side="left")
            self._words[page] = Label(row, name, "muted")
            self._words[page].pack(side="left", padx=(px(12), 0))
        self.show(AddPage.ADDRESS)

    def show(self, page: AddPage, *, done: bool = False) -> None:
        """Show which page is in sight; ``done``: this one, too, is behind the user."""
        for each, sign in self._signs.items():
            here = each is page and not done
            if each.value < page.value or (each is page and done):
                sign.say("", "success", "check-circle-fill")
            else:
                sign.say("", "link" if here else "muted", _number(each, filled=here))
            self._words[each].configure(font="TmStrong" if here else "TkDefaultFont")
            self._words[each].recolour("fg" if here else "muted")


def _number(page: AddPage, *, filled: bool = False) -> str:
    return f"{page.value + 1}-circle{'-fill' if filled else ''}"
