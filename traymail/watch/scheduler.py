"""One thread that looks at many things: an idle program wakes once a second, not once a thing."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass

from traymail.core.errors import TraymailError, one_line
from traymail.failures import log_failure

log = logging.getLogger(__name__)

# Looks due within so many seconds of each other share one wake-up.
TOGETHER = 0.1

Look = Callable[[], float]


@dataclass(slots=True)
class _Entry:
    look: Look
    due: float


class Scheduler:
    """Calls each `Look` when it is due; a look returns the seconds until it wants the next call.

    A look that raises is logged and called again after a minute: one broken look must not end
    the others. ``on_death`` is called when the thread ends before `stop`.
    """

    def __init__(
        self,
        looks: tuple[Look, ...],
        monotonic: Callable[[], float],
        on_death: Callable[[], None] = lambda: None,
    ) -> None:
        self._monotonic = monotonic
        self._on_death = on_death
        self._entries = [_Entry(look, 0.0) for look in looks]
        self._stopping = threading.Event()
        self._hurried = False
        self._condition = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="traymail-scheduler", daemon=True)

    def start(self) -> None:
        """Begin; every look is due at once."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread; returns once the look under way has ended, or after 3 s."""
        self._stopping.set()
        self.hurry()
        if self._thread.is_alive():
            self._thread.join(3.0)

    def hurry(self) -> None:
        """Make every look due now."""
        with self._condition:
            self._hurried = True
            self._condition.notify()

    def _run(self) -> None:
        try:
            while not self._stopping.is_set():
                self._turn()
        except Exception as error:  # noqa: BLE001 # the owner is told
            log_failure(log, "nothing is looked at any more", error)
        finally:
            if not self._stopping.is_set():
                self._on_death()

    def _turn(self) -> None:
        now = self._monotonic()
        for entry in self._entries:
            if entry.due <= now + TOGETHER and not self._stopping.is_set():
                entry.due = now + self._seconds(entry.look)
        with self._condition:
            wait = min(entry.due for entry in self._entries) - self._monotonic()
            if not self._hurried and wait > 0:
                self._condition.wait(wait)
            if self._hurried:
                self._hurried = False
                for entry in self._entries:
                    entry.due = 0.0

    def _seconds(self, look: Look) -> float:
        try:
            return look()
        except TraymailError as error:
            log.warning("%s", one_line(error))
            return 60.0
        except Exception as error:  # noqa: BLE001 # the thread's loop must survive one broken look
            log_failure(log, "a look failed", error)
            return 60.0
