"""Access keys: Alt and the letter that is underlined in a caption presses what it names."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Iterator
from typing import Protocol, runtime_checkable

from traymail.core.texts import Text
from traymail.ui.theme import Look, Words


@runtime_checkable
class Accessible(Protocol):
    """A widget with a caption that may name a key."""

    access_key: str
    """The letter in lower case, or "" for none."""

    def answer_key(self) -> object:
        """Do what a press of the key is for."""
        ...


def caption(look: Look, words: Words) -> tuple[str, int]:
    """Return what is shown of a caption, and where in it its access key is; -1: it has none.

    An ``&`` stands before the letter in the words of the catalogue. Words with values, and those
    of the user's own, have no access key: there it is a character as any other.
    """
    shown = look.say(words)
    at = shown.find("&") if isinstance(words, Text) and not words.values else -1
    return (shown, -1) if at < 0 else (shown[:at] + shown[at + 1 :], at)


def obey_access_keys(window: tk.Toplevel) -> None:
    """Let the access keys of all that is shown in ``window`` work, now and later."""
    window.bind("<Alt-KeyPress>", lambda event: _press(window, event.keysym.lower()), add="+")


def accessible(window: tk.Misc) -> Iterator[Accessible]:
    """Yield what can be seen in a window, can be used, and has an access key."""
    for child in window.winfo_children():
        if isinstance(child, tk.Toplevel):
            continue
        if isinstance(child, Accessible) and child.access_key and _usable(child):
            yield child
        yield from accessible(child)


def _press(window: tk.Toplevel, letter: str) -> str | None:
    for widget in accessible(window):
        if widget.access_key == letter:
            widget.answer_key()
            return "break"
    return None


def _usable(widget: tk.Misc) -> bool:
    return widget.winfo_viewable() and not widget.tk.call(widget, "instate", "disabled")
