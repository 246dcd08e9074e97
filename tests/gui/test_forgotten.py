"""A window that was closed for good is gone: from the memory, and from the screen."""

from __future__ import annotations

import gc
import tkinter as tk
import weakref
from contextlib import closing

import pytest
from Xlib.display import Display as Connection
from Xlib.error import BadWindow

from tests.gui.office import enter
from tests.gui.pictures import WINDOWS
from tests.support.display import Display
from tests.support.tk import until_tk
from traymail.ui.theme import Root

FAMILIES = sorted({name.partition("-")[0] for name in WINDOWS})


@pytest.mark.parametrize("family", FAMILIES)
def test_nothing_holds_a_window_that_is_gone(root: Root, family: str) -> None:
    """The program runs for years."""
    held = []
    for name in (one for one in WINDOWS if one.partition("-")[0] == family):
        window = WINDOWS[name](root)
        root.update()
        window.destroy()
        gone = weakref.ref(window)
        del window
        root.update()
        gc.collect()
        if gone() is not None:
            held.append(name)
    assert held == []


def test_what_ends_is_gone_from_the_screen_at_once(
    desktop: Display, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The program may have to wait for its threads then."""
    enter(desktop, monkeypatch)
    root = Root()
    window = tk.Toplevel(root)
    until_tk(root, window.winfo_viewable, what="the window")
    window.geometry("300x500")
    number = window.winfo_id()
    root.destroy()
    with closing(Connection()) as another, pytest.raises(BadWindow):
        another.create_resource_object("window", number).get_attributes()
