"""The pages that hardly change: first steps, keys, files."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from traymail.core.texts import Text, text
from traymail.ui.model.help import KEYS, TITLES, USES, HelpLink, HelpPage
from traymail.ui.model.help_state import About
from traymail.ui.widgets import Area, Box, Button, Label, Line, Note, ScrollArea

# With the room of the scroll bar and of each part, the right edge is that of the bar below.
PADDING = (24, 20, 0, 16)
_KEYS_WIDTH = 170
_PLACES: Mapping[str, tuple[str, Text, Text]] = {
    "config": (
        "sliders",
        text("Configuration"),
        text("Settings and rules. You can edit it by hand; it contains no codes."),
    ),
    "state": (
        "archive",
        text("Outbox and history"),
        text("What waits, what was sent, and which files and lines were handled."),
    ),
    "log": ("journal-text", text("Log"), text("What traymail did; it helps to find a fault.")),
}


class FirstSteps(ScrollArea):
    """The uses, a sentence each, with the way in."""

    def __init__(self, master: tk.Misc, go: Callable[[HelpLink], object]) -> None:
        super().__init__(master, padding=PADDING)
        px = self.look.px
        _title(self.inner, TITLES[HelpPage.FIRST_STEPS])
        for use in USES:
            card = Box(self.inner, "card", (16, 14))
            card.pack(fill="x", pady=(0, px(10)), padx=(0, px(14)))
            card.columnconfigure(1, weight=1)
            Label(card, "", "link", icon=use.icon, icon_size=22).grid(
                row=0, column=0, rowspan=2, sticky="n", padx=(0, px(14)), pady=px(2)
            )
            Label(card, use.title, "fg", "TmStrong").grid(row=0, column=1, sticky="w")
            sentence = Note(card, use.sentence, "muted", font="TkDefaultFont")
            sentence.grid(row=1, column=1, sticky="we", pady=(px(4), 0))
            button = Button(card, use.verb, partial(go, use.link))
            button.grid(row=0, column=2, rowspan=2, padx=(px(16), 0))


class KeyTable(ScrollArea):
    """What keys do, window by window."""

    def __init__(self, master: tk.Misc) -> None:
        super().__init__(master, padding=PADDING)
        px = self.look.px
        _title(self.inner, TITLES[HelpPage.KEYS])
        for group in KEYS:
            Label(self.inner, group.window, "fg", "TmHead").pack(anchor="w", pady=(px(4), px(6)))
            for keys, what in group.keys:
                row = Area(self.inner)
                row.pack(fill="x", pady=px(3), padx=(0, px(14)))
                row.columnconfigure(0, minsize=px(_KEYS_WIDTH))
                row.columnconfigure(1, weight=1)
                Label(row, keys, "muted", "TkFixedFont").grid(row=0, column=0, sticky="nw")
                Note(row, what, "fg", font="TkDefaultFont").grid(row=0, column=1, sticky="we")
            Area(self.inner, padding=(0, 4)).pack()


class FilesPage(ScrollArea):
    """Where the files are, and which version this is."""

    def __init__(self, master: tk.Misc, about: About, open_: Callable[[Path], object]) -> None:
        super().__init__(master, padding=PADDING)
        px = self.look.px
        self._open = open_
        self._places: Mapping[str, Path] = {}
        _title(self.inner, TITLES[HelpPage.FILES])
        self._list = Area(self.inner)
        self._list.pack(fill="x", padx=(0, px(14)))
        Line(self.inner).pack(fill="x", pady=px(14), padx=(0, px(14)))
        version = text("traymail {version}", version=about.version)
        Label(self.inner, version, "fg", "TmHead").pack(anchor="w")
        for words in (about.system, text("Everything is also available on the command line:")):
            note = Note(self.inner, words, "muted", font="TkDefaultFont")
            note.pack(fill="x", pady=(px(4), 0), padx=(0, px(14)))
        Label(self.inner, "traymail --help", "fg", "TkFixedFont").pack(anchor="w", pady=(px(4), 0))

    def fill(self, places: Mapping[str, Path]) -> None:
        """Show these places."""
        if places == self._places:
            return
        self._places = places
        for child in self._list.winfo_children():
            child.destroy()
        for name, path in places.items():
            self._add(name, path)

    def _add(self, name: str, path: Path) -> None:
        px = self.look.px
        icon, title, what = _PLACES[name]
        row = Area(self._list)
        row.pack(fill="x", pady=(0, px(14)))
        row.columnconfigure(1, weight=1)
        Label(row, "", "muted", icon=icon, icon_size=18).grid(
            row=0, column=0, sticky="n", padx=(0, px(14)), pady=px(2)
        )
        Label(row, title, "fg", "TmStrong").grid(row=0, column=1, sticky="w")
        Note(row, what).grid(row=1, column=1, sticky="we", pady=(px(2), 0))
        Note(row, str(path), "fg", font="TkFixedFont").grid(
            row=2, column=1, sticky="we", pady=(px(4), 0)
        )
        buttons = Area(row)
        buttons.grid(row=0, column=2, rowspan=3, sticky="n", padx=(px(16), 0))
        folder = path if name == "state" else path.parent
        Button(buttons, text("Open folder"), partial(self._open, folder)).pack(fill="x")
        if name != "state":
            file = Button(buttons, text("Open file"), partial(self._open, path))
            file.pack(fill="x", pady=(px(6), 0))


def _title(master: Area, words: Text) -> None:
    Label(master, words, "fg", "TmTitle").pack(anchor="w", pady=(0, master.look.px(14)))
