"""The list at the left: the pages, and below them what leads to other windows."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from traymail.core.texts import Text
from traymail.ui.page import Page
from traymail.ui.widgets import Area, Button, Rail

_WIDTH = 196


@dataclass(frozen=True, slots=True)
class Link:
    """A row that opens another window."""

    title: Text
    icon: str
    open: Callable[[], object]


class SettingsNav(Rail):
    """Up and Down move the keyboard, and turn the page where there is one."""

    def __init__(
        self,
        master: tk.Misc,
        pages: Sequence[Page],
        links: Sequence[Link],
        turn: Callable[[str], object],
    ) -> None:
        super().__init__(master, _WIDTH)
        self._turn = turn
        self._page = ""
        self.pages: dict[str, Button] = {}
        self.links: list[Button] = []
        for page in pages:
            row = self._row(page.title, page.icon, partial(turn, page.name))
            row.pack(fill="x", pady=(0, self.look.px(4)))
            self.pages[page.name] = row
        below = Area(self)
        below.pack(side="bottom", fill="x")
        for link in links:
            row = self._row(link.title, link.icon, link.open, below)
            row.pack(fill="x", pady=(self.look.px(4), 0))
            self.links.append(row)
        self.give_way([*self.pages.values(), *self.links])

    def show(self, page: str) -> None:
        """Mark the page that is in sight."""
        if page != self._page:
            self._page = page
            for name, row in self.pages.items():
                row.set_style("chosen" if name == page else "nav")

    def focus_on_page(self) -> None:
        """Put the keyboard on the row of the page in sight."""
        self.pages[self._page].focus_set()

    def _row(
        self, title: Text, icon: str, press: Callable[[], object], master: tk.Misc | None = None
    ) -> Button:
        row = self.row(title, press, icon, master)
        for key, step in (("<Up>", -1), ("<Down>", 1)):
            row.bind(key, partial(self._move, row, step))
        return row

    def _move(self, row: Button, step: int, _event: object) -> str:
        rows = [*self.pages.values(), *self.links]
        place = min(max(rows.index(row) + step, 0), len(rows) - 1)
        rows[place].focus_set()
        if place < len(self.pages):
            self._turn(list(self.pages)[place])
        return "break"
