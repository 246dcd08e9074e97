"""A delivery's thread: works while there is work, sleeps for as long as there is none."""

from __future__ import annotations

import logging
import threading

from traymail.engine.delivery import Delivery

log = logging.getLogger(__name__)

# Servers drop connections that say nothing for 30 s; we leave before.
IDLE_SECONDS = 20.0
# After an error nobody foresaw: the thread lives on, but does not spin.
AFTER_ERROR_SECONDS = 60.0
# How long a stop lets an attempt come to its end by itself.
GRACE_SECONDS = 2.5


class Worker:
    """Owns the thread of one account's delivery.

    A worker that ``follows`` a retired one begins when that one has ended: two at a time could
    exceed the account's caps.
    """

    def __init__(
        self, delivery: Delivery, stopping: threading.Event, follows: Worker | None = None
    ) -> None:
        self.delivery = delivery
        self._stopping = stopping
        self._woken = False
        self._paused = False
        self._follows = follows
        self.retired = False
        self._condition = threading.Condition()
        name = f"traymail-delivery-{delivery.account.name}"
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin to deliver."""
        self._thread.start()

    def wake(self) -> None:
        """Make it look at the outbox now."""
        with self._condition:
            self._woken = True
            self._condition.notify()

    def pause(self, *, paused: bool) -> None:
        """Let nothing more leave, or go on."""
        self._paused = paused
        self.wake()

    def retire(self) -> None:
        """End the thread after the attempt under way: another worker takes the account over."""
        self.retired = True
        self.wake()

    def join(self, seconds: float) -> None:
        """Wait for the thread's end; break the attempt under way off when it takes too long.

        Called once ``stopping`` is set.
        """
        if self._follows is not None:
            self._follows.join(seconds)
        self.wake()
        self._thread.join(min(seconds, GRACE_SECONDS))
        if self._thread.is_alive():
            self.delivery.abort()
            self._thread.join(max(seconds - GRACE_SECONDS, 0.5))

    def ended(self) -> None:
        """Wait for the thread's end, however long the attempt under way takes."""
        self._thread.join()

    def _run(self) -> None:
        if self._follows is not None:
            self._follows.ended()
            self._follows = None
        while not (self._stopping.is_set() or self.retired):
            rest = self._work()
            if rest == 0.0:
                continue
            idle = self.delivery.connected and (rest is None or rest > IDLE_SECONDS)
            if not self._sleep(IDLE_SECONDS if idle else rest) and idle:
                self.delivery.close()
        self.delivery.close()

    def _work(self) -> float | None:
        if self._paused:
            self.delivery.close()
            return None
        try:
            return self.delivery.step()
        except Exception:  # the thread must survive; the mail stays where the outbox has it
            log.exception("delivery of account %s failed", self.delivery.account.name)
            return AFTER_ERROR_SECONDS

    def _sleep(self, seconds: float | None) -> bool:
        """Sleep until woken (True) or the time is up (False)."""
        with self._condition:
            woken = self._woken or self._condition.wait(seconds)
            self._woken = False
            return woken
