"""A sentence that appears when the pointer rests on a widget."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable

from traymail.desktop.screens import Rectangle
from traymail.ui.placing import nearest, within
from traymail.ui.theme import look_of
from traymail.ui.widgets.base import Area, Box, Label

_REST_MS = 500


class Tooltip:
    """Shows what ``ask`` returns for the pointer's place (x, y in the widget); "" shows nothing."""

    def __init__(self, widget: tk.Misc, ask: Callable[[int, int], str]) -> None:
        self._widget, self._ask = widget, ask
        self._timer: str | None = None
        self._window: tk.Toplevel | None = None
        self._shown = ""
        widget.bind("<Motion>", self._moved, add="+")
        for event in ("<Leave>", "<ButtonPress>", "<KeyPress>", "<Destroy>", "<Unmap>"):
            widget.bind(event, lambda _event: self.hide(), add="+")

    def hide(self) -> None:
        """Take it away."""
        if self._timer is not None:
            self._widget.after_cancel(self._timer)
            self._timer = None
        if self._window is not None:
            self._window.destroy()
            self._window = None
            self._shown = ""

    def _moved(self, event: tk.Event[tk.Misc]) -> None:
        words = self._ask(event.x, event.y)
        if words == self._shown and (words == "" or self._window is not None):
            return
        self.hide()
        if words:
            place = (event.x_root, event.y_root)
            self._timer = self._widget.after(_REST_MS, lambda: self._show(words, place))

    def _show(self, words: str, place: tuple[int, int]) -> None:
        self._timer = None
        look = look_of(self._widget)
        window = tk.Toplevel(self._widget, class_="Traymail")
        window.withdraw()
        window.overrideredirect(boolean=True)
        box = Area(window, "bg")
        box.pack()
        inside = Box(box, "btn", (8, 5))
        inside.pack()
        label = Label(inside, words, "fg", "TmSmall")
        label.fit(look.px(420))
        label.pack()
        window.update_idletasks()
        monitor = nearest(look.monitors(), *place)
        wide, high = window.winfo_reqwidth(), window.winfo_reqheight()
        left, top = place[0] + look.px(12), place[1] + look.px(18)
        if top + high > monitor.top + monitor.height:
            top = place[1] - high - look.px(6)
        x, y, _, _ = within(Rectangle(left, top, wide, high), monitor)
        window.geometry(f"+{x}+{y}")
        window.deiconify()
        self._window, self._shown = window, words
