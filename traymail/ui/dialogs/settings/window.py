"""The window: a page at a time, each made when it is first seen."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Sequence

from traymail.core.events import Event
from traymail.core.texts import text
from traymail.ui.dialogs.settings.nav import Link, SettingsNav
from traymail.ui.page import Page, Saving
from traymail.ui.theme import Root
from traymail.ui.widgets import Area, Line
from traymail.ui.window import Size, Window


class SettingsWindow(Window):
    """Ctrl+S saves the page in sight, where it does not save by itself."""

    remembered = "settings"

    def __init__(self, root: Root, pages: Sequence[Page], links: Sequence[Link]) -> None:
        super().__init__(root, text("Settings"), Size(900, 600, (900, 600)))
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

    def heard(self, event: Event) -> None:
        """Tell the pages that were made."""
        for name in self._built:
            self._pages[name].heard(event)

    def turn(self, name: str) -> None:
        """Show another page."""
        if name != self._in_sight:
            self._show(name)
            self.page.shown()

    def shown(self) -> None:
        """Begin at the list of pages, unless the keyboard has a place in the page."""
        at = self.focus_lastfor()
        if at is None or at is self:
            self.nav.focus_on_page()
        self.page.shown()

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
