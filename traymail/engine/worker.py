"""A delivery's thread: works while there is work, sleeps for as long as there is none."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Iterator
from time import monotonic

from traymail.core.reasons import title_of
from traymail.core.retry import LOOK_SECONDS
from traymail.core.texts import Text
from traymail.engine.delivery import Delivery
from traymail.failures import log_failure

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
        self,
        delivery: Delivery,
        stopping: threading.Event,
        follows: Worker | None = None,
        on_death: Callable[[], None] = lambda: None,
        look_seconds: float = LOOK_SECONDS,
    ) -> None:
        """``on_death`` is called when its thread ends without being asked to.

        ``look_seconds``: until it looks at the clock, which may have been set.
        """
        self.delivery = delivery
        self._on_death = on_death
        self._stopping = stopping
        self._look_seconds = look_seconds
        self._woken = False
        self._paused = False
        self._follows = follows
        self.retired = False
        self._trouble: Text | None = None
        self._condition = threading.Condition()
        name = f"traymail-delivery-{delivery.account.name}"
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    @property
    def trouble(self) -> Text | None:
        """Return what keeps the account's mail from leaving; it is tried again by itself."""
        return self._trouble or self.delivery.trouble

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

    def chain(self) -> Iterator[Worker]:
        """Yield this worker, then the retired ones it waits for."""
        worker: Worker | None = self
        while worker is not None:
            yield worker
            worker = worker._follows

    def ended(self, seconds: float | None = None) -> bool:
        """Wait for the thread's end, for ever or at most so long; False when it goes on."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _run(self) -> None:
        if self._follows is not None:
            self._follows.ended()
            self._follows = None
        try:
            self._deliver()
        except Exception as error:  # noqa: BLE001 # the owner is told; all is on disk
            log_failure(log, f"account {self.delivery.account.name}: its thread ended", error)
        finally:
            if not (self._stopping.is_set() or self.retired):
                self._on_death()

    def _deliver(self) -> None:
        while not (self._stopping.is_set() or self.retired):
            rest = self._work()
            if rest == 0.0:
                continue
            idle = self.delivery.connected and (rest is None or rest > IDLE_SECONDS)
            if not self._sleep(IDLE_SECONDS if idle else rest) and idle:
                self.delivery.close()
        self.delivery.close()

    def _work(self) -> float | None:
        try:
            if self._paused:
                self.delivery.close()
                return None
            rest = self.delivery.step()
            if self._trouble is not None:
                self._trouble = None
                self.delivery.tell_trouble(None)
        except Exception as error:  # noqa: BLE001 # told; the mail stays where the outbox has it
            if self._trouble != title_of(error):
                self._trouble = title_of(error)
                log_failure(log, f"account {self.delivery.account.name}", error)
                self.delivery.tell_trouble(self._trouble)
            return AFTER_ERROR_SECONDS
        return rest

    def _sleep(self, seconds: float | None) -> bool:
        """Sleep until woken (True), or the time is up or may be (False)."""
        if seconds is not None:
            seconds = min(seconds, self._look_seconds)
        with self._condition:
            woken = self._woken or self._condition.wait(seconds)
            self._woken = False
            return woken


def end_all(workers: Iterable[Worker], seconds: float) -> None:
    """Wait up to ``seconds`` for all threads' ends; called once ``stopping`` is set.

    Attempts that take longer than a grace are broken off, all of them at that time: one after the
    other, as many servers as hang would take as many times as long.
    """
    every = [one for worker in workers for one in worker.chain()]
    began = monotonic()
    for worker in every:
        worker.wake()
    for worker in every:
        worker.ended(began + GRACE_SECONDS - monotonic())
    for worker in every:
        worker.delivery.abort()
    for worker in every:
        if not worker.ended(began + seconds - monotonic()):
            log.warning("delivery of account %s goes on", worker.delivery.account.name)
