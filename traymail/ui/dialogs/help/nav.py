"""The list of pages at the left."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from functools import partial

from traymail.core.texts import text
from traymail.ui.model.help import ICONS, TITLES, HelpPage
from traymail.ui.widgets import Button, Rail

_WIDTH = 212


class HelpNav(Rail):
    """One row a page; Up and Down move, and turn the page."""

    def __init__(self, master: tk.Misc, turn: Callable[[HelpPage], object]) -> None:
        super().__init__(master, _WIDTH)
        self._turn = turn
        self._page: HelpPage | None = None
        self._troubles = 0
        self.rows: dict[HelpPage, Button] = {}
        for page in HelpPage:
            row = self.row(TITLES[page], partial(turn, page), ICONS[page])
            row.pack(fill="x", pady=(0, self.look.px(4)))
            for key, step in (("<Up>", -1), ("<Down>", 1)):
                row.bind(key, partial(self._move, step))
            self.rows[page] = row
        self.give_way([*self.rows.values()])

    def show(self, page: HelpPage, troubles: int) -> None:
        """Mark a page, and how many things need the user."""
        if page is not self._page:
            for one, row in self.rows.items():
                row.set_style("chosen" if one is page else "nav")
            self._page = page
        if troubles != self._troubles:
            self._troubles = troubles
            title = TITLES[HelpPage.STATE]
            words = text("{title} ({n})", title=title, n=troubles) if troubles else title
            self.rows[HelpPage.STATE].say(words)

    def _move(self, step: int, _event: object) -> str:
        pages = list(HelpPage)
        here = pages.index(self._page or HelpPage.DIAGNOSIS)
        page = pages[min(max(here + step, 0), len(pages) - 1)]
        self.rows[page].focus_set()
        self._turn(page)
        return "break"
