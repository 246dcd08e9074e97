"""What a tray needs of the loop it lives in; Tk's is the one of the program."""

from __future__ import annotations

import sys
import tkinter as tk
from collections.abc import Callable
from typing import Protocol, TypeVar

from traymail.core.errors import TraymailError
from traymail.ui.bridge import Background, Bridge

T = TypeVar("T")
Act = Callable[[], object]


class Loop(Protocol):
    """Time, sockets, and work that blocks. All but `post` are called on the loop's own thread."""

    def after(self, seconds: float, act: Act) -> Act:
        """Call ``act`` once, later; the function returned takes that back."""
        ...

    def watch(self, fileno: int, readable: Act) -> None:
        """Call ``readable`` whenever there is something to read."""
        ...

    def unwatch(self, fileno: int) -> None:
        """Watch no more; before the file is closed."""
        ...

    def background(
        self,
        work: Callable[[], T],
        done: Callable[[T], object],
        failed: Callable[[TraymailError], object],
    ) -> None:
        """Do ``work`` on another thread, and call one of the others on this one."""
        ...

    def post(self, act: Act) -> None:
        """Have ``act`` called by the loop; from any thread."""
        ...


class TkLoop:
    """The loop of Tk. Sockets only where Tk can watch them: not on Windows."""

    def __init__(self, root: tk.Tk, bridge: Bridge, background: Background) -> None:
        self._root = root
        self._bridge = bridge
        self._background = background

    def after(self, seconds: float, act: Act) -> Act:
        """Call ``act`` once, later."""
        timer = self._root.after(max(1, round(seconds * 1000)), act)
        return lambda: self._root.after_cancel(timer)

    def watch(self, fileno: int, readable: Act) -> None:
        """Call ``readable`` whenever there is something to read."""
        if sys.platform != "win32":
            self._root.createfilehandler(fileno, tk.READABLE, lambda _file, _mask: readable())

    def unwatch(self, fileno: int) -> None:
        """Watch no more."""
        if sys.platform != "win32":
            self._root.deletefilehandler(fileno)

    def background(
        self,
        work: Callable[[], T],
        done: Callable[[T], object],
        failed: Callable[[TraymailError], object],
    ) -> None:
        """Do ``work`` on a thread of its own."""
        self._background.run(lambda _stop: work(), done, failed)

    def post(self, act: Act) -> None:
        """Have ``act`` called by Tk soon."""
        self._bridge.post(act)
