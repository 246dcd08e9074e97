"""While there are windows, garbage is collected on the thread of Tk alone.

What a window leaves behind asks Tk when it goes: on another thread it would wait for that of Tk,
which may wait for a lock that the other thread holds just then. What Tk itself leaves, collected
there, ends the process.
"""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from traymail.ui.tray.loop import Loop

EVERY_SECONDS = 5.0
# So many collections of what is young, then one of all.
_YOUNG_ONES = 10


class Garbage:
    """Collects on the thread of a loop, from now until it is closed; no other thread does."""

    def __init__(self, loop: Loop, seconds: float = EVERY_SECONDS) -> None:
        self._loop, self._seconds = loop, seconds
        self._by_itself = gc.isenabled()
        self._collections = 0
        gc.disable()
        self._cancel = loop.after(seconds, self._look)

    def close(self) -> None:
        """End, once the windows are gone: what they have left is collected before others may."""
        self._cancel()
        gc.collect()
        if self._by_itself:
            gc.enable()

    def _look(self) -> None:
        """Collect what Python would have collected by itself."""
        self._cancel = self._loop.after(self._seconds, self._look)
        if gc.get_count()[0] > gc.get_threshold()[0]:
            self._collections += 1
            gc.collect(1 if self._collections % _YOUNG_ONES else 2)
