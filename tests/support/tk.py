"""Waiting in a test for what Tk does: its loop turns while the test waits."""

import tkinter as tk
from collections.abc import Callable
from typing import TypeVar

from tests.support.wait import until

T = TypeVar("T")


def until_tk(
    widget: tk.Misc, condition: Callable[[], T], what: str = "", timeout: float = 10.0
) -> T:
    """Let Tk work and ask `condition` until its answer is true; return that answer."""

    def ask() -> T:
        widget.update()
        return condition()

    return until(ask, timeout, what)


def press(widget: tk.Misc, *keys: str) -> None:
    """Press keys (`<Return>`), the first in `widget`, the others where the keyboard is then."""
    widget.focus_force()
    until_tk(widget, lambda: widget.focus_get() is widget, what="the keyboard")
    for key in keys:
        (widget.focus_get() or widget).event_generate(key)
        widget.update()
