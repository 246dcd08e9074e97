"""A window that was closed for good takes no memory any more: the program runs for years."""

from __future__ import annotations

import gc
import weakref

import pytest

from tests.gui.pictures import WINDOWS
from traymail.ui.theme import Root

FAMILIES = sorted({name.partition("-")[0] for name in WINDOWS})


@pytest.mark.parametrize("family", FAMILIES)
def test_nothing_holds_a_window_that_is_gone(root: Root, family: str) -> None:
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
