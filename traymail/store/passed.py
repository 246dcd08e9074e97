"""How much time traymail has seen pass: what expires for good goes by this, not by the clock.

A clock is set, by hand, by a battery that has failed, by a server of time, by a machine that wakes:
what was kept for ninety days would be deleted at once. Only this counts: seconds that went by
while the program of a home ran, with the sleep of the computer, of which no more is believed at a
time than a day, since it may be told by the same clock.
"""

from __future__ import annotations

import threading
import zlib
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING

from traymail.core.errors import StateError
from traymail.store.memory import Memory

if TYPE_CHECKING:
    from traymail.core.ports import Clock

# In ms, and behind a space what tells that it was really counted: a number that damage made larger
# would delete everything. Migration 14 notes it with mails that end.
KEY = "passed"
# So much may be lost when the program is killed, and so much younger is a mail than its note.
KEPT_EACH = timedelta(hours=1)
_LONGEST_SLEEP = 24 * 3600.0


class PassedTime:
    """Counts on from what is kept in a home's database; called from any thread."""

    def __init__(self, memory: Memory, clock: Clock) -> None:
        self._memory, self._clock = memory, clock
        self._lock = threading.Lock()
        self._seen = _seconds(memory.meta(KEY))
        if self._seen is None:  # never counted, or damaged: all that was noted begins anew
            self._seen = 0.0
            with suppress(StateError):  # no room: what was noted is kept longer then
                memory.forget_passed()
        self._last = clock.passing(), clock.monotonic()

    def now(self) -> timedelta:
        """Return how much time has been seen to pass, over all runs of this home."""
        with self._lock:
            before, self._last = self._last, (self._clock.passing(), self._clock.monotonic())
            passed, awake = (new - old for new, old in zip(self._last, before, strict=True))
            self._seen = (self._seen or 0.0) + max(0.0, min(passed, awake + _LONGEST_SLEEP))
            return timedelta(seconds=self._seen)

    def keep(self) -> float:
        """Keep it for the next run; return the seconds until it is to be kept again."""
        with suppress(StateError):  # no room: less time has passed then, and nothing goes early
            counted = str(self.now() // timedelta(milliseconds=1))
            self._memory.set_meta(KEY, f"{counted} {_check(counted)}")
        return KEPT_EACH.total_seconds()


def _seconds(kept: str | None) -> float | None:
    counted, _, check = kept.partition(" ") if isinstance(kept, str) else ("", "", "")
    return int(counted) / 1000 if counted and check == _check(counted) else None


def _check(counted: str) -> str:
    return f"{zlib.crc32(counted.encode()):08x}"
