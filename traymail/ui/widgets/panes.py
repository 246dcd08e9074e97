"""What gives way where a window is narrow: two panes, and the column of pages at its left."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Sequence
from typing import Literal

from traymail.core.texts import text
from traymail.ui.theme import Words, look_of
from traymail.ui.widgets.base import Area, Line
from traymail.ui.widgets.button import Button
from traymail.ui.widgets.choice import Segment, Segments
from traymail.ui.widgets.tooltip import Tooltip

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
        self._fixed, self._room, self._least = fixed, self.look.px(room), least
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
        if event.widget is window and (event.width < look_of(place).px(NARROW)) != narrow:
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
        self.configure(width=self.look.px(width))
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
        self.configure(width=self.look.px(_RAIL if on else self._width))
