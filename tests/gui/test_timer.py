"""A call that is still to come: one at a time, and none that outlives its widget."""

from __future__ import annotations

import tkinter as tk

from tests.support.tk import until_tk
from traymail.ui.theme import Root
from traymail.ui.timer import Timer


def under_way(root: Root) -> set[str]:
    return set(root.tk.splitlist(root.tk.call("after", "info")))


def test_what_is_begun_anew_is_called_once(root: Root) -> None:
    timer, told = Timer(root), list[str]()
    timer.start(1, lambda: told.append("before"))
    timer.start(1, lambda: told.append("now"))
    assert timer.waits
    until_tk(root, lambda: told, "the call")
    assert told == ["now"]
    assert not timer.waits


def test_it_can_be_begun_from_its_own_call(root: Root) -> None:
    timer, told = Timer(root), list[bool]()

    def again() -> None:
        told.append(timer.waits)
        if len(told) < 3:
            timer.start(1, again)

    timer.start(1, again)
    until_tk(root, lambda: len(told) == 3, "the last call")
    assert told == [False, False, False]


def test_it_ends_with_its_widget_and_not_with_a_child_of_that(root: Root) -> None:
    widget = tk.Frame(root)
    timer, before = Timer(widget), under_way(root)
    timer.start(100_000, widget.update)
    tk.Frame(widget).destroy()
    assert len(under_way(root) - before) == 1
    widget.destroy()
    assert not timer.waits
    assert under_way(root) <= before
