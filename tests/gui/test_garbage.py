"""What closed windows leave is collected on the thread of Tk, whoever else is at work."""

import gc
import threading
import tkinter as tk
import weakref
from threading import Event, Thread

import pytest

from tests.gui.office import enter, office
from tests.support.display import Display
from tests.support.homes import Home
from traymail.ui.garbage import Garbage
from traymail.ui.tray.loop import Act


class Left(tk.Frame):
    """What nobody but itself knows once it is destroyed; its variable asks Tk as it goes."""

    def __init__(self, master: tk.Misc) -> None:
        super().__init__(master)
        self.itself, self.variable = self, tk.StringVar(self, "words")


def litter(until: Event) -> None:
    """Make garbage, so that Python wants to collect it."""
    while not until.wait(0.01):
        for _ in range(1000):
            knot: list[object] = []
            knot.append(knot)


def test_other_threads_do_not_collect_what_windows_leave(
    home: Home, desktop: Display, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They might hold what Tk's thread waits for, and would wait for that thread."""
    enter(desktop, monkeypatch)
    gc.enable()
    collected_by: list[str] = []
    enough = Event()
    with office(home, "version = 1\n") as made:
        left = Left(made.root)
        gone = weakref.ref(left, lambda _: collected_by.append(threading.current_thread().name))
        left.destroy()
        del left
        other = Thread(target=litter, args=(enough,), name="another thread")
        other.start()
        try:
            made.until(lambda: gone() is None, "the end of what is left")
        finally:
            enough.set()
            other.join()
    assert collected_by == [threading.main_thread().name]
    assert gc.isenabled()


def test_what_is_left_at_the_end_is_collected_before_others_may(
    home: Home, desktop: Display, monkeypatch: pytest.MonkeyPatch
) -> None:
    enter(desktop, monkeypatch)
    gc.enable()
    with office(home, "version = 1\n") as made:
        gone = weakref.ref(Left(made.root))
    assert gone() is None


class Waits:
    """What is to be done later, and how much later."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self.acts: list[Act] = []

    def after(self, seconds: float, act: Act) -> Act:
        self.seconds.append(seconds)
        self.acts.append(act)
        return lambda: self.acts.remove(act)


def test_looks_come_ever_later_until_something_happens() -> None:
    """An idle program is not woken for nothing."""
    gc.enable()
    gc.collect()
    waits = Waits()
    garbage = Garbage(waits.after)
    for _ in range(4):
        waits.acts.pop()()
    assert waits.seconds == [2, 8, 32, 60, 60]
    garbage.stir()
    enough = gc.get_threshold()[0] + 100
    knots = [[number] for number in range(enough)]
    waits.acts.pop()()
    assert (waits.seconds[5:], len(waits.acts), len(knots)) == ([2, 2], 1, enough)
    garbage.close()
    assert (waits.acts, gc.isenabled()) == ([], True)
