"""The clock is set while the program runs: what was noted by it moves along.

Else a step ahead would end every cap and every pause that a server asked for, and give mails up
that have hardly been tried.
"""

from __future__ import annotations

import threading
from datetime import timedelta

from traymail.core.ports import Clock, Outbox
from traymail.core.retry import SLIP


class ClockSteps:
    """Compares the clock of the day with the time that passes; called from any thread."""

    def __init__(self, outbox: Outbox, clock: Clock) -> None:
        self._outbox, self._clock = outbox, clock
        self._lock = threading.Lock()
        self._last = clock.now(), clock.passing()
        self.moved = timedelta(0)  # by all steps together

    def mend(self) -> None:
        """Move along what was noted before a step; raises StateError: with the next call."""
        with self._lock:
            now = self._clock.now(), self._clock.passing()
            step = now[0] - self._last[0] - timedelta(seconds=now[1] - self._last[1])
            if abs(step) > SLIP:
                self._outbox.move_times(step)
                self.moved += step
            self._last = now
