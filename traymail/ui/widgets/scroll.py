"""An area that scrolls when its content is higher than it is."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Iterator
from functools import partial
from tkinter import ttk

from traymail.core.texts import text
from traymail.ui.widgets.base import Area, Note, Padding

_OWN_WHEEL = ("Text", "Treeview", "Listbox", "Canvas")
# X ends a program that has a window of more than 32767 pixels, so of a long list only so many rows
# are made; at 300 % one has up to 200 pixels.
MOST_ROWS = 150
# What is set in a window that listens.
_LISTENS = "_traymail_scrolls"


class ScrollArea(Area):
    """Put content into `inner`. The scroll bar has a fixed gutter, so nothing moves sideways."""

    def __init__(
        self,
        master: tk.Misc,
        padding: Padding = 0,
        highest: float | None = None,
        whole: Callable[[int], int] = lambda most: most,
    ) -> None:
        """``highest``: it is as high as its content up to so much, and has its bar only beyond.

        ``whole`` returns what of so many pixels cuts nothing of the content in two.
        """
        super().__init__(master)
        self._whole = whole
        self._highest = None if highest is None else self.theme.px(highest)
        self.canvas = tk.Canvas(self, width=1, height=1)
        self._bar = ttk.Scrollbar(
            self,
            orient="vertical",
            command=self.canvas.yview,
            style=self.theme.style("Scroll", self.surface),
            takefocus=False,
        )
        if highest is None:
            self._bar.pack(side="right", fill="y")
        self.canvas.pack(side="left", fill="both", expand=True)
        self.canvas.configure(yscrollcommand=self._bar.set)
        self.theme.paint(
            self.canvas,
            lambda palette: self.canvas.configure(
                background=palette.colour(self.surface), highlightthickness=0, borderwidth=0
            ),
        )
        self.inner = Area(self.canvas, self.surface, padding)
        self._window = self.canvas.create_window(0, 0, anchor="nw", window=self.inner)
        # A canvas does not resize what came to lie out of sight as it shrank: it unmaps it.
        for change in ("<Configure>", "<Unmap>"):
            self.inner.bind(change, lambda _event: self.later(self._fit), add="+")
        self.canvas.bind("<Configure>", self._resized, add="+")
        self._rest: tuple[int, Note] | None = None
        _listen(self.winfo_toplevel())

    def tell_rest(self, whole: int) -> None:
        """Say below the rows of a list of so many that it has more than `MOST_ROWS`, if it has."""
        rest = max(0, whole - MOST_ROWS)
        if self._rest is not None and self._rest[0] != rest:
            self._rest[1].destroy()
            self._rest = None
        if rest and self._rest is None:
            note = Note(self.inner, text("+{n} more, in the configuration file", n=rest))
            note.pack(side="bottom", fill="x", pady=self.theme.px(8))
            self._rest = rest, note

    def show(self, widget: tk.Misc) -> None:
        """Scroll until ``widget`` is seen."""
        self.update_idletasks()
        if not self.inner.winfo_exists():
            return  # what was waiting closed the window
        whole = max(1, self.inner.winfo_height())
        top = widget.winfo_rooty() - self.inner.winfo_rooty()
        bottom = top + widget.winfo_height()
        seen = self.canvas.winfo_height()
        first = self.canvas.canvasy(0)
        if top < first:
            self.canvas.yview_moveto(max(0, top - self.theme.px(8)) / whole)
        elif bottom > first + seen:
            self.canvas.yview_moveto((bottom - seen + self.theme.px(8)) / whole)

    def _resized(self, event: tk.Event[tk.Misc]) -> None:
        self.canvas.itemconfigure(self._window, width=event.width)
        self.later(self._fit)

    def _fit(self) -> None:
        if self._highest is not None:
            self._be_as_high(self.inner.winfo_reqheight(), self._whole(self._highest))
        # The content keeps its own height: with another, Tk would not tell when it grows.
        high = max(self.inner.winfo_reqheight(), self.canvas.winfo_height())
        self.canvas.configure(scrollregion=(0, 0, self.canvas.winfo_width(), high))

    def _be_as_high(self, content: int, highest: int) -> None:
        # With the bar, the content is narrower and no lower: what fits then fits without it, too.
        if content > highest:
            self._bar.pack(side="right", fill="y", before=self.canvas)
        else:
            self._bar.pack_forget()
        if self.canvas.winfo_reqheight() != min(content, highest):
            self.canvas.configure(height=min(content, highest))

    def turn(self, event: tk.Event[tk.Misc]) -> bool:
        """Follow the wheel; return whether there was anything to scroll."""
        if self.canvas.yview() == (0.0, 1.0):
            return False
        up = event.num == 4 or event.delta > 0  # noqa: PLR2004 - X11 calls the wheel button 4
        self.canvas.yview_scroll(-2 if up else 2, "units")
        return True

    def holds(self, widget: tk.Misc) -> bool:
        """Tell whether a widget is the content or part of it."""
        return f"{widget}.".startswith(f"{self.inner}.")


def _listen(window: tk.Misc) -> None:
    """Let a window lead wheel and keyboard to its areas: once, since they come and go in it."""
    if hasattr(window, _LISTENS):
        return
    setattr(window, _LISTENS, True)
    for key in ("<MouseWheel>", "<Button-4>", "<Button-5>"):
        window.bind(key, _turn, add="+")
    # The keyboard must never be led to something that cannot be seen.
    window.bind("<FocusIn>", _follow, add="+")


def _scrolls(widget: tk.Misc) -> bool:
    """Tell whether a widget has a wheel of its own, and something to be scrolled to."""
    if widget.winfo_class() not in _OWN_WHEEL:
        return False
    first, last = map(float, widget.tk.splitlist(widget.tk.call(widget, "yview")))
    return (first, last) != (0.0, 1.0)


def _turn(event: tk.Event[tk.Misc]) -> None:
    """Let the innermost that has something to scroll follow the wheel."""
    if not _scrolls(event.widget):
        any(area.turn(event) for area in _around(event.widget))


def _follow(event: tk.Event[tk.Misc]) -> None:
    widget = event.widget
    for area in _around(widget):
        area.later(partial(_show, area, widget))


def _show(area: ScrollArea, widget: tk.Misc) -> None:
    # What holds the one with the keyboard gets the event, too; but it is not to be led to.
    if widget.winfo_exists() and str(widget.tk.call("focus", "-displayof", widget)) == str(widget):
        area.show(widget)


def _around(widget: object) -> Iterator[ScrollArea]:
    """Yield the areas that a widget is part of the content of."""
    if not isinstance(widget, tk.Misc):
        return  # Tk tells of some of its own parts by their names only
    place: tk.Misc | None = widget
    while place is not None:
        if isinstance(place, ScrollArea) and place.holds(widget):
            yield place
        place = place.master
