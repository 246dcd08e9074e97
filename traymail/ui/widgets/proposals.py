"""Known addresses proposed below the field in which one is typed."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from traymail.core.texts import text
from traymail.ui.widgets.base import Area, Box, Label, Line
from traymail.ui.widgets.entry import Entry


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A known address: what becomes the chip, and whose it is."""

    address: str
    name: str


class Proposals:
    """At most six proposals below the entry, which keeps the keyboard."""

    def __init__(self, entry: Entry, take: Callable[[str], object]) -> None:
        self._entry, self._take = entry, take
        self._frame: Area | None = None
        self._rows: list[_Proposal] = []
        self._offered: tuple[Suggestion, ...] = ()
        self._place = 0
        self.steered = False

    @property
    def chosen(self) -> Suggestion | None:
        """The proposal Return would take."""
        return self._offered[self._place] if self._offered else None

    def offer(self, suggestions: Sequence[Suggestion]) -> None:
        """Show these, the first one chosen; none hides the popup."""
        self.hide()
        self._offered, self._place, self.steered = tuple(suggestions), 0, False
        if not suggestions:
            return
        window = self._entry.winfo_toplevel()
        frame = Area(window, "input")
        box = Box(frame, "input", (4, 4))
        box.pack()
        self._frame = frame
        self._rows = [_Proposal(box, one, self._take) for one in self._offered]
        for row in self._rows:
            row.pack(fill="x")
        Line(box).pack(fill="x", padx=frame.look.px(4), pady=frame.look.px(4))
        keys = Label(box, text("↑ ↓ choose, Enter add, Del forget"), "muted", "TmSmall")
        keys.pack(anchor="w", padx=frame.look.px(8), pady=(0, frame.look.px(4)))
        self._rows[0].choose(on=True)
        left = self._entry.winfo_rootx() - window.winfo_rootx()
        top = self._entry.winfo_rooty() - window.winfo_rooty() + self._entry.winfo_height()
        frame.update_idletasks()
        left = max(0, min(left, window.winfo_width() - frame.winfo_reqwidth()))
        frame.place(x=left, y=top)
        frame.lift()

    def move(self, step: int) -> bool:
        """Choose another; return whether there is one to choose."""
        if not self._offered:
            return False
        self._rows[self._place].choose(on=False)
        self._place = (self._place + step) % len(self._offered)
        self._rows[self._place].choose(on=True)
        self.steered = True
        return True

    def hide(self) -> bool:
        """Take the popup away; return whether it was there."""
        seen = self._frame is not None
        if self._frame is not None:
            self._frame.destroy()
        self._frame, self._rows, self._offered = None, [], ()
        return seen


class _Proposal(Area):
    """One row: name and address."""

    def __init__(
        self, master: tk.Misc, suggestion: Suggestion, take: Callable[[str], object]
    ) -> None:
        super().__init__(master, "input", (8, 5))
        self._labels = [Label(self, suggestion.name or suggestion.address, "fg", "TmStrong")]
        if suggestion.name:
            self._labels.append(Label(self, suggestion.address, "muted"))
        for label in self._labels:
            label.pack(side="left", padx=(0, self.look.px(8)))
        for part in (self, *self._labels):
            part.bind("<Button-1>", lambda _event: take(suggestion.address))

    def choose(self, *, on: bool) -> None:
        """Draw it as the one Return would take, or not."""
        self.surface = "sel" if on else "input"
        self.configure(style=self.look.style("Frame", self.surface))
        for label, role in zip(self._labels, ("fg", "muted"), strict=False):
            label.configure(style=self.look.style(f"Label-{role}", self.surface))
