"""While there are windows, garbage is collected on the thread of Tk alone.

What a window leaves behind asks Tk when it goes: on another thread it would wait for that of Tk,
which may wait for a lock that the other thread holds just then. What Tk itself leaves, collected
there, ends the process.
"""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from traymail.ui.tray.loop import Act

SOON_SECONDS = 2.0
# While nothing is to be collected, each look comes so many times later than the one before.
_LATER = 4
_LATEST_SECONDS = 60.0
# So many collections of what is young, then one of all.
_YOUNG_ONES = 10


class Garbage:
    """Collects on the thread of a loop, from now until it is closed; no other thread does."""

    def __init__(self, after: Callable[[float, Act], Act]) -> None:
        """``after`` is that of the loop: calls once, later, and returns what takes that back."""
        self._after = after
        self._by_itself = gc.isenabled()
        self._collections = 0
        gc.disable()
        self._look_in(SOON_SECONDS)

    def stir(self) -> None:
        """Look soon: something happens that may leave garbage."""
        if self._seconds > SOON_SECONDS:
            self._cancel()
            self._look_in(SOON_SECONDS)

    def close(self) -> None:
        """End, once the windows are gone: what they have left is collected before others may."""
        self._cancel()
        gc.collect()
        if self._by_itself:
            gc.enable()

    def _look_in(self, seconds: float) -> None:
        self._seconds = seconds
        self._cancel = self._after(seconds, self._look)

    def _look(self) -> None:
        """Collect what Python would have collected by itself."""
        if gc.get_count()[0] > gc.get_threshold()[0]:
            self._look_in(SOON_SECONDS)
            self._collections += 1
            gc.collect(1 if self._collections % _YOUNG_ONES else 2)
        else:
            self._look_in(min(self._seconds * _LATER, _LATEST_SECONDS))
