"""Windows that come to a monitor of another scale; only Windows has such monitors."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable

from traymail import winapi
from traymail.desktop.screens import Rectangle
from traymail.ui.placing import nearest
from traymail.ui.timer import Timer
from traymail.ui.window import WINDOW_CLASS

_REST_SECONDS = 0.3
# Tk's own scale is some thousandths off: it is counted in millimetres.
_ALIKE = 0.02

ScalingAt = Callable[[int, int], float | None]
"""Tells Tk's pixels per point at a place on the screen; None where it is not known."""


def scaling_at(x: int, y: int) -> float | None:
    """Return the scale of the monitor that shows a point."""
    here = winapi.monitors()
    if not here:
        return None
    places = [Rectangle(*one[:4]) for one in here]
    dpi = here[places.index(nearest(places, x, y))].dpi
    return dpi / 72 if dpi else None


class MonitorScale:
    """Tells the scale of the monitor that a window has come to, once it rests there."""

    def __init__(self, root: tk.Tk, at: ScalingAt, tell: Callable[[float], object]) -> None:
        self._root, self._at, self._tell = root, at, tell
        self._timer = Timer(root)
        # The class of all windows, and of nothing in them.
        root.bind_class(WINDOW_CLASS, "<Configure>", self._moved, add="+")

    def _moved(self, event: tk.Event[tk.Misc]) -> None:
        self._wait(event.widget)

    def _wait(self, window: tk.Misc) -> None:
        self._timer.start(round(_REST_SECONDS * 1000), lambda: self._look(window))

    def _look(self, window: tk.Misc) -> None:
        if not window.winfo_exists() or not window.winfo_viewable():
            return
        if winapi.button_is_down():  # it is held, and only stands still
            self._wait(window)
            return
        x = window.winfo_rootx() + window.winfo_width() // 2
        wanted = self._at(x, window.winfo_rooty() + window.winfo_height() // 2)
        now = float(self._root.tk.call("tk", "scaling"))
        if wanted is not None and abs(wanted / now - 1) > _ALIKE:
            self._tell(wanted)
