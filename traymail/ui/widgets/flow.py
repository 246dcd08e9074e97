"""Things one after another, in as many rows as the width asks for."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Sequence

from traymail.ui.widgets.base import Area


class FlowLayout(Area):
    """Lays its children out like words; its height follows."""

    def __init__(self, master: tk.Misc, gap: float = 4, row_gap: float = 4) -> None:
        super().__init__(master)
        self._gap, self._row_gap = self.look.px(gap), self.look.px(row_gap)
        self._things: Sequence[tk.Widget] = ()
        self._filler: tk.Widget | None = None
        self._least: Callable[[], int] = lambda: 0
        self._asked = 0
        self._height = 0
        self.bind("<Configure>", lambda _event: self.arrange(), add="+")

    def lay(
        self,
        things: Sequence[tk.Widget],
        filler: tk.Widget | None = None,
        least: Callable[[], int] = lambda: 0,
    ) -> None:
        """Show these in order; ``filler`` among them takes what is left of its row when it ends it.

        It begins a row of its own where less than ``least`` pixels are left.
        """
        for child in self.place_slaves():
            child.place_forget()
        self._things, self._filler, self._least = tuple(things), filler, least
        self.arrange()

    def arrange(self) -> None:
        """Compute the places anew, once Tk is idle, and only once for all that ask meanwhile.

        For the last of them: what was made just before it knows its size by then.
        """
        self._asked += 1
        asked = self._asked
        self.later(lambda: self._arrange() if asked == self._asked else None)

    def _arrange(self) -> None:
        y = 0
        for row in self._rows(max(self.winfo_width(), 1)):
            highest = max(thing.winfo_reqheight() for thing, _x, _width in row)
            for thing, x, width in row:
                high = thing.winfo_reqheight()
                thing.place(x=x, y=y + (highest - high) // 2, width=width, height=high)
            y += highest + self._row_gap
        height = max(1, y - self._row_gap)
        if height != self._height:
            self._height = height
            self.configure(height=height)

    def _rows(self, width: int) -> list[list[tuple[tk.Widget, int, int]]]:
        """Return rows of (thing, x, width) that are no wider than ``width``."""
        rows: list[list[tuple[tk.Widget, int, int]]] = []
        x = width + 1
        for thing in self._things:
            if not thing.winfo_exists():  # its owner is about to lay others
                continue
            needs = thing.winfo_reqwidth()
            if thing is self._filler:
                needs = max(needs, self._least())
            if x > 0 and x + needs > width:
                rows.append([])
                x = 0
            ends = thing is self._filler and thing is self._things[-1]
            given = max(1, width - x) if ends else min(needs, width)
            rows[-1].append((thing, x, given))
            x += given + self._gap
        return rows
