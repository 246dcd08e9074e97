"""Waiting in a test for what Tk does: its loop turns while the test waits."""

import sys
import tkinter as tk
from collections.abc import Callable, Iterator
from typing import TypeVar

from tests.support.wait import PATIENCE_SECONDS, until
from traymail.ui.form import FormView
from traymail.ui.widgets import Button

T = TypeVar("T")
_TURN_MILLISECONDS = 20
KEPT: list[tk.Misc] = []
"""Roots to live as long as the process: Tcl ends it when another thread collects one as garbage."""


def until_tk(
    widget: tk.Misc,
    condition: Callable[[], T],
    what: str = "",
    timeout: float = PATIENCE_SECONDS,
) -> T:
    """Let Tk work and ask `condition` until its answer is true; return that answer."""

    def ask() -> T:
        widget.update()
        return condition()

    return until(_in_loop(widget, condition) if sys.platform == "win32" else ask, timeout, what)


def _in_loop(widget: tk.Misc, condition: Callable[[], T]) -> Callable[[], T]:
    """Return what lets Tk's own loop run for a while and then asks `condition`.

    Only while that loop runs does Tk take events from other threads, and on Windows all that they
    post comes so.
    """

    def ask() -> T:
        widget.after(_TURN_MILLISECONDS, widget.quit)
        widget.mainloop()
        return condition()

    return ask


def hear(widget: tk.Misc) -> None:
    """Let Tk hear all that X has told so far: keys that were pressed, who owns the clipboard."""
    widget.winfo_pointerxy()  # X answers after what it told before
    widget.update()


def go_to(form: FormView, field: str) -> None:
    """Put the keyboard into a field; one that was folded away gets it once X has drawn it."""
    control = str(form.controls[field].widget)

    def there() -> bool:
        if f"{form.focus_get()}.".startswith(f"{control}."):
            return True
        form.jump(field)  # again, too: what has just unfolded may not be heard yet
        return False

    until_tk(form, there, f"the keyboard in {field}")


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
