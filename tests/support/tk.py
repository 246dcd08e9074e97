"""Waiting in a test for what Tk does: its loop turns while the test waits."""

import tkinter as tk
from collections.abc import Callable, Iterator
from typing import TypeVar

from tests.support.wait import until
from traymail.ui.widgets import Button

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


def every_child(widget: tk.Misc) -> Iterator[tk.Misc]:
    """Yield all widgets below one, each before its own children."""
    for child in widget.winfo_children():
        yield child
        yield from every_child(child)


def words_of(widget: tk.Misc) -> list[str]:
    """Return the words of labels and buttons below a widget that are to be seen."""
    return [
        str(one.cget("text")).strip()
        for one in every_child(widget)
        if one.winfo_class() in {"TLabel", "TButton"} and one.winfo_viewable()
    ]


def buttons_of(widget: tk.Misc, words: str) -> list[Button]:
    """Return the buttons with these words that are to be seen."""
    return [
        one
        for one in every_child(widget)
        if isinstance(one, Button)
        and str(one.cget("text")).strip() == words
        and one.winfo_viewable()
    ]
