"""The top of the outbox window: a filter by state with counts, and the search."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Mapping
from dataclasses import replace

from traymail.core.texts import text
from traymail.ui.dialogs.outbox.doors import OutboxHandlers
from traymail.ui.model.outbox_table import CHIPS, Chip, OutboxFilter
from traymail.ui.widgets import Area, Box, Entry, Label, Line, Segment, Segments

_HEIGHT = 58
_SEARCH = 176
_WIDE = 820
_SOON_MS = 150


class OutboxHead(Area):
    """Tells what is asked for as it is typed and chosen."""

    def __init__(self, master: tk.Misc, acts: OutboxHandlers) -> None:
        super().__init__(master, "chrome")
        self._acts, self._filter = acts, OutboxFilter()
        self.configure(height=self.look.px(_HEIGHT))
        self.pack_propagate(flag=False)
        Line(self).pack(side="bottom", fill="x")
        bar = Area(self, padding=(16, 0, 20, 0))
        bar.pack(fill="both", expand=True)
        self.bind("<Configure>", self._resized, add="+")
        self.chips = Segments(bar, [_segment(chip) for chip in CHIPS], "all", self._chosen)
        self.chips.pack(side="left")
        self.search = SearchField(bar, self._searched)
        self.search.pack(side="right", fill="x", expand=True, padx=(self.look.px(12), 0))

    def show(self, filter: OutboxFilter, counts: Mapping[str, int]) -> None:
        """Show what is asked for, and how many there are of each."""
        self._filter = filter
        self.chips.value = filter.chip
        for key, count in counts.items():
            self.chips.count(key, count)
        self.search.show(filter.words)

    def _resized(self, event: tk.Event[tk.Misc]) -> None:
        """Put the filters into two rows where there is no room for one beside the search."""
        if event.widget is not self:
            return
        px = self.look.px
        narrow = event.width < px(_WIDE)
        self.chips.fold(3 if narrow else 0)
        self.configure(height=px(_HEIGHT + 36 if narrow else _HEIGHT))

    def _chosen(self, key: str) -> None:
        self._acts.ask(replace(self._filter, chip=key))

    def _searched(self, words: str) -> None:
        self._acts.ask(replace(self._filter, words=words))


class SearchField(Box):
    """A field with a glass; tells its words once nothing has been typed for a moment."""

    def __init__(self, master: tk.Misc, told: Callable[[str], object]) -> None:
        super().__init__(master, "input", (8, 1), edge="field")
        self._told = told
        self._timer: str | None = None
        px = self.look.px
        self.configure(width=px(_SEARCH))
        Label(self, "", "muted", icon="search", icon_size=14).pack(side="left", padx=(0, px(8)))
        self.entry = Entry(self, "", self._typed, width=6, bare=True)
        self.entry.pack(side="left", fill="x", expand=True)
        self._hint = Label(self.entry, text("Search"), "muted")
        self._hint.bind("<Button-1>", lambda _event: self.entry.focus_set())
        self._hint.configure(cursor="xterm")
        self.entry.bind("<FocusIn>", lambda _event: self.state(["focus"]), add="+")
        self.entry.bind("<FocusOut>", lambda _event: self.state(["!focus"]), add="+")
        self.bind("<Destroy>", lambda _event: self._stop(), add="+")
        self._show_hint()

    def show(self, words: str) -> None:
        """Show what is searched for, unless somebody types."""
        if self._timer is None and words != self.entry.value.strip():
            self.entry.value = words
            self._show_hint()

    def begin(self, letter: str) -> None:
        """Take the keyboard, and a letter that was typed elsewhere."""
        self.entry.focus_set()
        self.entry.insert("end", letter)

    def clear(self) -> bool:
        """Empty the field at once; False when it is empty already."""
        if not self.entry.value:
            return False
        self.entry.value = ""
        self._show_hint()
        self._tell()
        return True

    def _typed(self, _words: str) -> None:
        self._show_hint()
        self._stop()
        self._timer = self.after(_SOON_MS, self._tell)

    def _tell(self) -> None:
        self._stop()
        self._told(self.entry.value.strip())

    def _stop(self) -> None:
        if self._timer is not None:
            self.after_cancel(self._timer)
            self._timer = None

    def _show_hint(self) -> None:
        if self.entry.value:
            self._hint.place_forget()
        else:
            self._hint.place(x=0, rely=0.5, anchor="w")


def _segment(chip: Chip) -> Segment:
    if chip.sign is None:
        return Segment(chip.key, chip.words, count=0)
    return Segment(chip.key, chip.words, chip.sign.icon, chip.sign.role, 0)
