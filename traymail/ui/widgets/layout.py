"""How widgets are laid out: in a row that wraps, in two panes that stack when it is narrow."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Sequence
from typing import Literal

from traymail.core.texts import text
from traymail.ui.theme import Words, theme_of
from traymail.ui.widgets.base import Area, Line
from traymail.ui.widgets.button import Button, Tooltip
from traymail.ui.widgets.choice import Segment, Segments


class FlowLayout(Area):
    """Lays its children out like words; its height follows."""

    def __init__(self, master: tk.Misc, gap: float = 4, row_gap: float = 4) -> None:
        super().__init__(master)
        self._gap, self._row_gap = self.theme.px(gap), self.theme.px(row_gap)
        self._things: Sequence[tk.Widget] = ()
        self._filler: tk.Widget | None = None
        self._least: Callable[[], int] = lambda: 0
        self._asked = 0
        self._ends: list[int] = []
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
        y, ends = 0, []
        for row in self._rows(max(self.winfo_width(), 1)):
            highest = max(thing.winfo_reqheight() for thing, _x, _width in row)
            for thing, x, width in row:
                high = thing.winfo_reqheight()
                thing.place(x=x, y=y + (highest - high) // 2, width=width, height=high)
            ends.append(y + highest)
            y += highest + self._row_gap
        if ends != self._ends:
            self._ends = ends
            self.configure(height=max(1, y - self._row_gap))

    def whole_rows(self, highest: int) -> int:
        """Return how high as many rows are as go into ``highest`` pixels as a whole."""
        return max((end for end in self._ends if end <= highest), default=highest)

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


NARROW = 880
"""Below this width, in 96-dpi pixels, a window shows its pages as signs only."""
_RAIL = 56


class Panes(Area):
    """Two parts beside each other; where there is no room for that, one at a time.

    Then a bar above names both, and a click on a row of the first one leads to the second.
    """

    def __init__(
        self,
        master: tk.Misc,
        names: tuple[Words, Words] = (text("List"), text("Details")),
        fixed: int = 0,
        room: float = 400,
        least: float = 1.0,
    ) -> None:
        """Keep the width of ``fixed``, the first (0) or the second; the other needs ``room``.

        ``least``: how much of its width the fixed one can do with.
        """
        super().__init__(master)
        self._fixed, self._room, self._least = fixed, self.theme.px(room), least
        self._bar = Area(self, "chrome", (12, 6))
        segments = [Segment(str(place), name) for place, name in enumerate(names)]
        self._choice = Segments(self._bar, segments, "0", lambda _value: self._lay())
        self._choice.pack(side="left")
        self._line = Line(self)
        self._parts: tuple[Area, ...] = ()
        self._width = 0
        self._narrow: bool | None = None
        self.bind("<Configure>", self._resized, add="+")
        self.winfo_toplevel().bind("<ButtonRelease-1>", self._clicked, add="+")

    def hold(self, first: Area, second: Area) -> None:
        """Show these two, which were made in this one."""
        self._parts = (first, second)
        self._width = self._parts[self._fixed].winfo_reqwidth()
        self._narrow = False
        self._lay()

    def lead_to(self, place: int) -> None:
        """Bring the first (0) or the second (1) into sight, where only one of them is."""
        if self._choice.value != str(place):
            self._choice.value = str(place)
            self._lay()

    def _resized(self, event: tk.Event[tk.Misc]) -> None:
        if event.widget is not self or not self._parts:
            return
        left = min(self._width, event.width - self._room)
        narrow = left < self._width * self._least
        self._parts[self._fixed].configure(width=max(left, 1))
        if narrow != self._narrow:
            self._narrow = narrow
            self._lay()

    def _lay(self) -> None:
        for part in (self._bar, self._line, *self._parts):
            part.pack_forget()
        if self._narrow:
            self._bar.pack(side="top", fill="x")
            self._parts[int(self._choice.value)].pack(fill="both", expand=True)
            return
        # The one with a width of its own first: the other gives way.
        side: Literal["left", "right"] = "right" if self._fixed else "left"
        self._parts[self._fixed].pack(side=side, fill="y")
        self._line.pack(side=side, fill="y")
        self._parts[1 - self._fixed].pack(side="left", fill="both", expand=True)

    def _clicked(self, event: tk.Event[tk.Misc]) -> None:
        widget = event.widget
        if self._narrow and isinstance(widget, tk.Misc) and self._is_row(widget, event.y):
            self.later(lambda: self.lead_to(1))

    def _is_row(self, widget: tk.Misc, y: int) -> bool:
        """Tell whether a click has chosen something in the first part."""
        first = self._parts[0]
        if widget.winfo_class() == "Treeview" and str(widget).startswith(f"{first}."):
            return bool(widget.tk.call(widget, "identify", "row", 0, y))
        place: tk.Misc | None = widget
        while place is not None and place is not first:
            if str(place.cget("cursor")) == "hand2":
                return str(place).startswith(f"{first}.")
            place = place.master
        return False


def fold_when_narrow(
    place: tk.Misc, buttons: Sequence[Button], folded: Callable[[bool], object] = lambda _on: None
) -> None:
    """Let buttons be signs only where the window of ``place`` is narrow; ``folded`` is told."""
    window = place.winfo_toplevel()
    narrow = False

    def resized(event: tk.Event[tk.Misc]) -> None:
        nonlocal narrow
        if event.widget is window and (event.width < theme_of(place).px(NARROW)) != narrow:
            narrow = not narrow
            for button in buttons:
                button.fold(narrow)
            folded(narrow)

    def name(button: Button) -> Callable[[int, int], str]:
        return lambda _x, _y: button.words if narrow else ""

    for button in buttons:
        Tooltip(button, name(button))
    window.bind("<Configure>", resized, add="+")


class Rail(Area):
    """A column of rows at the left of a window; where that is narrow, only their signs."""

    def __init__(self, master: tk.Misc, width: float) -> None:
        super().__init__(master, "chrome", (8, 16))
        self.configure(width=self.theme.px(width))
        self.pack_propagate(flag=False)
        self._width = width

    def row(
        self, words: Words, press: Callable[[], object], icon: str, master: tk.Misc | None = None
    ) -> Button:
        """Make a row; the caller packs it."""
        return Button(master or self, words, press, "nav", icon)

    def give_way(self, rows: Sequence[Button]) -> None:
        """Show all rows as signs where the window is narrow."""
        fold_when_narrow(self, rows, self._folded)

    def _folded(self, on: bool) -> None:  # noqa: FBT001 - what is told on
        self.configure(width=self.theme.px(_RAIL if on else self._width))
