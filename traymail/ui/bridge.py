"""The way from other threads into Tk, and the way out of it for work that blocks.

On Unix a byte in a pipe wakes Tk's own loop. Windows' Tk cannot wait for a pipe: there one thread
waits at the queue and generates an event. Nothing polls.
"""

from __future__ import annotations

import _tkinter
import logging
import os
import sys
import tkinter as tk
from collections import deque
from collections.abc import Callable, Generator
from contextlib import closing, suppress
from functools import partial
from queue import SimpleQueue
from threading import Event, Thread
from time import monotonic
from typing import Any, Generic, TypeVar

from traymail.core.errors import StateError, TraymailError
from traymail.core.reasons import foreseen
from traymail.core.texts import text
from traymail.failures import log_failure

T = TypeVar("T")
Act = Callable[[], object]

_POSTED = "<<TraymailPosted>>"
_LONGEST_TURN = 0.02  # seconds before Tk may draw and listen again
# So many jobs are under way at a time, and so many more may wait for that.
MOST_THREADS = 16
MOST_WAITING = 100
_log = logging.getLogger(__name__)


class Bridge:
    """Runs what other threads post, on the thread of Tk and in order."""

    def __init__(self, root: tk.Tk, *, pump: bool = sys.platform == "win32") -> None:
        """``pump`` uses a thread instead of a pipe."""
        self._root = root
        self._acts: deque[Act] = deque()
        self._closed = False
        self._woken = False
        self._waker: _Pipe | _Pump = (_Pump if pump else _Pipe)(root, self._turn)

    def post(self, act: Act) -> None:
        """Have ``act`` called by Tk soon. From any thread; after `close` it is dropped."""
        if not self._closed:
            self._acts.append(act)
            self._wake()

    def close(self) -> None:
        """End, before the root is destroyed; on the thread of Tk."""
        if not self._closed:
            self._closed = True
            self._acts.clear()
            self._waker.close()

    def _wake(self) -> None:
        # Once a turn: to wake costs the poster a wait for the thread of Tk.
        if not self._woken:
            self._woken = True
            self._waker.wake()

    def _turn(self) -> None:
        # Before the first act is taken: what is posted from now on wakes anew.
        self._woken = False
        until = monotonic() + _LONGEST_TURN
        while self._acts and not self._closed:
            act = self._acts.popleft()
            try:
                act()
            except Exception:  # noqa: BLE001 - as Tk does with its own callbacks: show it, go on
                self._root.report_callback_exception(*sys.exc_info())
            if self._acts and monotonic() > until:
                self._wake()
                return


class _Pump:
    """Wakes Tk by a thread that generates an event."""

    def __init__(self, root: tk.Tk, turn: Act) -> None:
        self._root = root
        self._calls: SimpleQueue[bool] = SimpleQueue()
        self._closed = Event()
        self._answered = Event()
        self._answered.set()
        root.bind(_POSTED, lambda _event: turn())
        # To ask for its id makes a hidden root exist for the system: else its events are lost.
        root.winfo_id()
        # From another thread, Tk takes events only once its loop runs.
        root.after(0, Thread(target=self._run, name="tk-pump", daemon=True).start)

    def wake(self) -> None:
        self._calls.put(True)  # noqa: FBT003 - go on

    def close(self) -> None:
        self._closed.set()
        self._calls.put(False)  # noqa: FBT003 - end
        # What the thread asks of Tk just now is still answered, or it would wait for ever. Tk does
        # that with any event, so none of the windows' is taken.
        while not self._answered.wait(0.001):
            self._root.tk.dooneevent(_tkinter.FILE_EVENTS | _tkinter.DONT_WAIT)

    def _run(self) -> None:
        while self._calls.get() and not self._closed.is_set():
            try:
                self._generate()
            except tk.TclError:  # the root is gone
                return

    def _generate(self) -> None:
        """Generate the event; while the loop does not run, as before it begins, try again."""
        self._answered.clear()  # before it looks at `_closed`: `close` goes the other way round
        try:
            while not self._closed.is_set():
                try:
                    self._root.event_generate(_POSTED, when="tail")
                except RuntimeError:  # tkinter has waited a second for the loop
                    continue
                return
        finally:
            self._answered.set()


if sys.platform == "win32":
    _Pipe = _Pump  # its Tk waits for no pipe
else:

    class _Pipe:
        """Wakes Tk by a byte in a pipe."""

        def __init__(self, root: tk.Tk, turn: Act) -> None:
            self._root, self._turn = root, turn
            self._reader, self._writer = os.pipe()
            os.set_blocking(self._reader, False)
            os.set_blocking(self._writer, False)
            root.createfilehandler(self._reader, tk.READABLE, self._readable)

        def wake(self) -> None:
            # A full pipe wakes Tk as well; a closed one has nobody to wake.
            with suppress(BlockingIOError, OSError):
                os.write(self._writer, b"!")

        def close(self) -> None:
            self._root.deletefilehandler(self._reader)
            reader, writer = self._reader, self._writer
            self._reader = self._writer = -1
            os.close(reader)
            os.close(writer)

        def _readable(self, _file: object, _mask: int) -> None:
            with suppress(BlockingIOError):
                os.read(self._reader, 65536)
            self._turn()


class Job:
    """Work under way; `cancel` sees to it that nothing more is heard of it."""

    def __init__(self) -> None:
        self.stop = Event()

    def cancel(self) -> None:
        """Tell the work to stop; neither `done` nor `failed` is called any more."""
        self.stop.set()

    @property
    def cancelled(self) -> bool:
        """Whether `cancel` was called."""
        return self.stop.is_set()


class Background:
    """Does what blocks (keyring, network, disk) away from Tk, each on a thread of its own.

    There are at most `MOST_THREADS` at a time, since what they wait for may never answer; some more
    wait for their turn, and what is asked for beyond is refused.
    """

    def __init__(self, bridge: Bridge) -> None:
        self._bridge = bridge
        self._jobs: set[Job] = set()
        self._questions: dict[Callable[[], Any], _Question[Any]] = {}
        self._threads = 0
        # Beside the work: what is done with it, or with why it cannot be begun.
        self._waiting: deque[tuple[Job, Act, Callable[[BaseException], Act]]] = deque()

    @property
    def busy(self) -> bool:
        """Whether any work is under way, cancelled or not."""
        return bool(self._jobs)

    def run(
        self,
        work: Callable[[Event], T],
        done: Callable[[T], object],
        failed: Callable[[TraymailError], object],
    ) -> Job:
        """Do ``work``, then call one of the others on the thread of Tk. Called on that thread.

        ``work`` is given an Event that is set when it is cancelled: long work looks at it.
        """
        job = Job()
        if len(self._jobs) >= MOST_THREADS + MOST_WAITING:
            error = StateError(
                text("Too much is under way at once."),
                text("Something that traymail waits for does not answer. Try again in a minute."),
            )
            self._bridge.post(lambda: None if job.cancelled else failed(error))
            return job
        self._jobs.add(job)
        refused = partial(_failure, failed)
        self._waiting.append((job, lambda: self._work(job, work, done, refused), refused))
        self._start_next()
        return job

    def follow(
        self,
        work: Callable[[], Generator[T, None, None]],
        each: Callable[[T], object],
        done: Callable[[], object],
        failed: Callable[[TraymailError], object],
    ) -> Job:
        """Do ``work`` and call ``each`` with what it yields, as it comes; then as `run` does.

        Cancelled, it ends before its next result, and nothing more is heard of it.
        """

        def walk(stop: Event) -> None:
            # Closed here and now: a connection must not wait for the garbage collector.
            with closing(work()) as results:
                for result in results:
                    self._bridge.post(_call(hear, result))
                    if stop.is_set():
                        return

        def hear(result: T) -> None:
            if not job.cancelled:
                each(result)

        job = self.run(walk, lambda _none: done(), failed)
        return job

    def ask(
        self,
        question: Callable[[], T],
        known: Callable[[T], object],
        unknown: Callable[[TraymailError], object],
    ) -> Job:
        """Have a question answered that others ask as well: once for all who ask in this turn.

        Who asks while it is being answered gets the answer to the next one, which begins then.
        """
        if question not in self._questions:
            self._questions[question] = _Question(self, self._bridge.post, question)
        return self._questions[question].ask(known, unknown)

    def close(self) -> None:
        """Cancel all work."""
        for job in tuple(self._jobs):
            job.cancel()

    def _start_next(self) -> None:
        while self._waiting and self._threads < MOST_THREADS:
            job, work, refused = self._waiting.popleft()
            if job.cancelled:
                self._jobs.discard(job)
                continue
            self._threads += 1
            # A keyring may wait for a password for ever: that must not hold up the end.
            try:
                Thread(target=work, name="background", daemon=True).start()
            except RuntimeError as error:  # the system has no more of them
                self._bridge.post(partial(self._finish, job, refused(error)))

    def _work(
        self,
        job: Job,
        work: Callable[[Event], T],
        done: Callable[[T], object],
        refused: Callable[[BaseException], Act],
    ) -> None:
        answer: Act
        try:
            result = work(job.stop)
        except BaseException as error:  # noqa: BLE001 - whatever it is, the window must not wait for ever
            answer = refused(error)
        else:
            answer = _call(done, result)
        self._bridge.post(lambda: self._finish(job, answer))

    def _finish(self, job: Job, answer: Act) -> None:
        self._jobs.discard(job)
        self._threads -= 1
        self._start_next()
        if not job.cancelled:
            answer()


class _Question(Generic[T]):
    """One question, and all who wait for its answer."""

    def __init__(
        self, background: Background, post: Callable[[Act], object], question: Callable[[], T]
    ) -> None:
        self._background, self._post, self._question = background, post, question
        self._waiting: list[tuple[Job, Callable[[T], object], Callable[[TraymailError], object]]]
        self._waiting = []
        self._told: tuple[Job, ...] = ()
        """Who gets the answer that is under way."""
        self._job: Job | None = None

    def ask(self, known: Callable[[T], object], unknown: Callable[[TraymailError], object]) -> Job:
        job = Job()
        self._waiting.append((job, known, unknown))
        self._post(self._begin)
        return job

    def _begin(self) -> None:
        if self._job is not None:
            if not all(one.cancelled for one in self._told):
                return
            self._job.cancel()  # nobody waits for it any more, and it may never be answered
        told = [one for one in self._waiting if not one[0].cancelled]
        self._waiting, self._told, self._job = [], tuple(job for job, _, _ in told), None
        if told:
            self._job = self._background.run(
                lambda _stop: self._question(),
                lambda answer: self._end([partial(known, answer) for _, known, _ in told]),
                lambda error: self._end([partial(unknown, error) for _, _, unknown in told]),
            )

    def _end(self, acts: list[Act]) -> None:
        jobs, self._told, self._job = self._told, (), None
        for job, act in zip(jobs, acts, strict=True):
            if not job.cancelled:
                self._post(partial(self._tell, job, act))
        if self._waiting:
            self._begin()

    def _tell(self, job: Job, act: Act) -> None:
        if not job.cancelled:
            act()


def _failure(failed: Callable[[TraymailError], object], error: BaseException) -> Act:
    """Return what tells a window of an error; one that is not of our own is in the log, too."""
    if not isinstance(error, TraymailError):
        log_failure(_log, "background work failed", error)
    return _call(failed, told_of(error))


def told_of(error: BaseException) -> TraymailError:
    """Return what a window tells of an error, foreseen or not."""
    return foreseen(error) or StateError(
        text("Something went wrong inside traymail."),
        text("The log has the details; try again."),
    )


def _call(hear: Callable[[T], object], news: T) -> Act:
    return lambda: hear(news)
