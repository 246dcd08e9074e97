"""The window: a page at a time, each made when it is first seen."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from traymail.core.events import Event
from traymail.core.texts import Text, text
from traymail.ui.theme import Root
from traymail.ui.widgets import Area, Button, Line, Rail
from traymail.ui.window import Page, Saving, Size, Window

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
            row.pack(fill="x", pady=(0, self.theme.px(4)))
            self.pages[page.name] = row
        below = Area(self)
        below.pack(side="bottom", fill="x")
        for link in links:
            row = self._row(link.title, link.icon, link.open, below)
            row.pack(fill="x", pady=(self.theme.px(4), 0))
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


class SettingsWindow(Window):
    """Ctrl+S saves the page in sight, where it does not save by itself."""

    remembered = "settings"

    def __init__(self, root: Root, pages: Sequence[Page], links: Sequence[Link]) -> None:
        super().__init__(root, text("Settings"), Size(900, 632, (900, 600)))
        self._pages = {page.name: page for page in pages}
        self._built: dict[str, tk.Widget] = {}
        self._in_sight: str | None = None
        self.nav = SettingsNav(self, pages, links, self.turn)
        self.nav.pack(side="left", fill="y")
        Line(self).pack(side="left", fill="y")
        self._body = Area(self)
        self._body.pack(side="left", fill="both", expand=True)
        self.bind("<Control-s>", self._save)
        self._show(pages[0].name)

    @property
    def page(self) -> Page:
        """The page in sight."""
        return self._pages[self._in_sight or next(iter(self._pages))]

    def open(self, page: str = "") -> None:
        """Show the window, at a page when one is named."""
        if page:
            self._show(page)
        self.reveal()

    def on_event(self, event: Event) -> None:
        """Tell the pages that were made."""
        for name in self._built:
            self._pages[name].on_event(event)

    def turn(self, name: str) -> None:
        """Show another page."""
        if name != self._in_sight:
            self._show(name)
            self.page.on_show()

    def on_show(self) -> None:
        """Begin at the list of pages, unless the keyboard has a place in the page."""
        at = self.focus_lastfor()
        if at is None or at is self:
            self.nav.focus_on_page()
        self.page.on_show()

    def _show(self, name: str) -> None:
        if self._in_sight is not None:
            self._built[self._in_sight].pack_forget()
        if name not in self._built:
            self._built[name] = self._pages[name].build(self._body)
        self._built[name].pack(fill="both", expand=True)
        self._in_sight = name
        self.nav.show(name)

    def _save(self, _event: object) -> None:
        if isinstance(self.page, Saving):
            self.page.save()
