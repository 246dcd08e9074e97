"""A page of the settings window: what the window asks of it."""

from __future__ import annotations

import tkinter as tk
from typing import Protocol, runtime_checkable

from traymail.core.events import Event
from traymail.core.texts import Text


class Page(Protocol):
    """One page; the window shows its title and icon (Bootstrap's name) in the list of pages."""

    name: str
    title: Text
    icon: str

    def build(self, parent: tk.Misc) -> tk.Widget:
        """Make the page; the window packs it into all the room there is.

        Once for each window: in another language the same page is made anew.
        """
        ...

    def shown(self) -> None:
        """Act each time the page comes into sight: ask for what may have changed."""
        ...

    def heard(self, event: Event) -> None:
        """Be told of the engine's events, on Tk's thread, also while out of sight."""
        ...


@runtime_checkable
class WithWindows(Protocol):
    """A page with windows of its own."""

    def make_anew(self) -> None:
        """Make these windows anew, in another language, with what was typed in them."""
        ...


@runtime_checkable
class Saving(Protocol):
    """A page that does not save by itself."""

    def save(self) -> None:
        """Save what was changed, if that may be saved."""
        ...
