"""Things one after another, in as many rows as the width asks for."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Sequence

from traymail.ui.widgets.base import Area


class Flow(Area):
    """Lays its children out like words; its height follows."""

    def __init__(self, master: tk.Misc, gap: float = 4, row_gap: float = 4) -> None:
        super().__init__(master)
        self._gap, self._row_gap = self.look.px(gap), self.look.px(row_gap)
        self._things: Sequence[tk.Widget] = ()
        self._filler: tk.Widget | None = None
        self._waiting = False
        self._height = 0
        self.bind("<Configure>", lambda _event: self.arrange(), add="+")

    def lay(self, things: Sequence[tk.Widget], filler: tk.Widget | None = None) -> None:
        """Show these in order; ``filler`` is the last one and takes what is left of its row."""
        for child in self.place_slaves():
            child.place_forget()
        self._things, self._filler = tuple(things), filler
        self.arrange()

    def arrange(self) -> None:
        """Compute the places anew, once Tk is idle."""
        if not self._waiting:
            self._waiting = True
            self.after_idle(self._arrange)

    def _arrange(self) -> None:
        self._waiting = False
        if not self.winfo_exists():
            return
        width = max(self.winfo_width(), 1)
        x = y = row = 0
        things = [*self._things, *([self._filler] if self._filler else [])]
        for thing in things:
            needs, high = thing.winfo_reqwidth(), thing.winfo_reqheight()
            if x > 0 and x + needs > width:
                x, y, row = 0, y + row + self._row_gap, 0
            given = max(1, width - x) if thing is self._filler else min(needs, width)
            thing.place(x=x, y=y, width=given, height=high)
            x, row = x + given + self._gap, max(row, high)
        if y + row != self._height:
            self._height = y + row
            self.configure(height=max(1, self._height))
