"""The list of the other kinds of account than mail."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from functools import partial
from typing import Any

from traymail.core.account_kind import AccountKind
from traymail.core.texts import text
from traymail.ui.model.add_other import listed
from traymail.ui.widgets import Area, Box, Label, Note, ScrollArea


class KindsPage(Area):
    """A row a kind; Up and Down move, Return or a click chooses."""

    def __init__(self, master: tk.Misc, choose: Callable[[str], object]) -> None:
        super().__init__(master)
        px = self.theme.px
        self._scroll = ScrollArea(self, padding=(24, 20, 14, 12))
        self._scroll.pack(fill="both", expand=True)
        inner = self._scroll.inner
        Label(inner, text("Send to another service"), "fg", "TmTitle").pack(anchor="w")
        more = text("A mail that is sent there becomes a message.")
        Note(inner, more, "muted", font="TkDefaultFont").pack(fill="x", pady=(px(4), px(14)))
        self.rows = [_KindRow(inner, kind, partial(choose, kind.name)) for kind in listed()]
        for place, row in enumerate(self.rows):
            row.pack(fill="x", pady=(0, px(10)))
            for key, step in (("<Up>", -1), ("<Down>", 1)):
                row.bind(key, partial(self._move, place + step))
            row.bind("<FocusIn>", partial(self._seen, row), add="+")

    def focus_inside(self) -> None:
        """Put the keyboard on the first row."""
        for row in self.rows[:1]:
            row.focus_set()

    def _move(self, place: int, _event: object) -> str:
        if 0 <= place < len(self.rows):
            self.rows[place].focus_set()
        return "break"

    def _seen(self, row: _KindRow, _event: object) -> None:
        self._scroll.show(row)


class _KindRow(Area):
    """A card with the picture, the name and a sentence of a kind."""

    def __init__(
        self, master: tk.Misc, kind: AccountKind[Any], choose: Callable[[], object]
    ) -> None:
        super().__init__(master)
        self.configure(takefocus=True, cursor="hand2")
        self.kind, self._choose = kind, choose
        self._box = Box(self, "card", (16, 12))
        self._box.pack(fill="x")
        self._fill(kind)
        self.bind("<FocusIn>", lambda _event: self._box.state(["focus"]))
        self.bind("<FocusOut>", lambda _event: self._box.state(["!focus"]))
        for key in ("<Return>", "<KP_Enter>", "<space>"):
            self.bind(key, self._chosen)
        self._listen(self._box)

    def _fill(self, kind: AccountKind[Any]) -> None:
        px = self.theme.px
        picture = Box(self._box, "infobg", 9)
        picture.pack(side="left", padx=(0, px(14)))
        Label(picture, "", "link", icon=kind.icon, icon_size=22).pack()
        Label(self._box, "", "muted", icon="chevron-right").pack(side="right", padx=(px(8), 0))
        middle = Area(self._box)
        middle.pack(side="left", fill="x", expand=True)
        Note(middle, kind.title, "fg", font="TmStrong").pack(fill="x")
        Note(middle, kind.about).pack(fill="x", pady=(px(2), 0))

    def _listen(self, widget: tk.Misc) -> None:
        widget.bind("<Button-1>", self._chosen)
        for child in widget.winfo_children():
            self._listen(child)

    def _chosen(self, _event: object) -> str:
        self._choose()
        return "break"
