"""The way into Tk from other threads, by pipe and by pump."""

import errno
import logging
import os
import sys
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from functools import partial
from threading import Event, Thread

import pytest

from tests.support.tk import until_tk
from tests.support.wait import until
from traymail.core.errors import StateError, TraymailError
from traymail.core.texts import text
from traymail.ui.bridge import MOST_THREADS, MOST_WAITING, Background, Bridge
from traymail.ui.theme import Root


@pytest.fixture(params=[False, True], ids=["pipe", "pump"])
def bridge(root: Root, request: pytest.FixtureRequest) -> Iterator[Bridge]:
    bridge = Bridge(root, pump=request.param)
    yield bridge
    bridge.close()
    bridge.close()


def run_until_posted(root: Root, post: Thread) -> None:
    """Run Tk's loop until the thread has posted everything and Tk has heard it."""
    root.after(0, post.start)
    root.after(10_000, root.quit)
    root.mainloop()


def test_what_is_posted_is_done_in_order_by_tk(root: Root, bridge: Bridge) -> None:
    heard: list[tuple[int, int]] = []

    def hear(number: int) -> None:
        heard.append((number, threading.get_ident()))

    def post() -> None:
        for number in range(5000):
            bridge.post(partial(hear, number))
        bridge.post(root.quit)

    run_until_posted(root, Thread(target=post))
    assert heard == [(number, threading.get_ident()) for number in range(5000)]


def test_an_error_in_one_does_not_stop_the_others(root: Root, bridge: Bridge) -> None:
    seen: list[type[BaseException]] = []
    root.report_callback_exception = lambda kind, *_: seen.append(kind)

    def post() -> None:
        bridge.post(lambda: 1 / 0)
        bridge.post(root.quit)

    run_until_posted(root, Thread(target=post))
    assert seen == [ZeroDivisionError]


def test_what_is_posted_long_before_the_loop_runs_is_heard(root: Root, bridge: Bridge) -> None:
    """tkinter waits a second for a loop that other threads ask for, and then refuses."""
    refused = Event()

    def ask() -> None:
        with suppress(RuntimeError):
            root.event_generate("<<Anything>>", when="tail")
        refused.set()

    heard: list[int] = []

    def hear() -> None:
        heard.append(1)
        root.quit()

    root.update()  # the pump begins
    bridge.post(hear)
    asker = Thread(target=ask)
    asker.start()
    assert refused.wait(30)
    asker.join()
    root.after(10_000, root.quit)
    root.mainloop()
    assert heard


def test_nothing_is_heard_after_the_end(root: Root, bridge: Bridge) -> None:
    bridge.close()
    bridge.post(lambda: pytest.fail("heard"))
    root.update()


def test_no_thread_waits_for_ever_for_a_loop_that_ended(root: Root) -> None:
    """As it would when it asks just while the program ends."""
    for _ in range(10):
        before = set(threading.enumerate())
        bridge = Bridge(root, pump=True)
        root.after(0, root.quit)  # after the pump began
        root.mainloop()
        [pump] = set(threading.enumerate()) - before

        def asks(ident: int | None = pump.ident) -> bool:
            return sys._current_frames()[ident or 0].f_code.co_name == "event_generate"

        def end(bridge: Bridge = bridge, asks: Callable[[], bool] = asks) -> None:
            bridge.post(lambda: None)
            until(asks, what="the pump's question to Tk")
            root.quit()

        root.after(0, end)
        root.mainloop()
        bridge.close()
        pump.join(10)
        assert not pump.is_alive()


def test_work_is_done_elsewhere_and_heard_here(root: Root) -> None:
    bridge = Bridge(root)
    background = Background(bridge)
    heard: list[object] = []
    here = threading.get_ident()

    def fail(_stop: Event) -> None:
        raise StateError(text("The disk is full."))

    def bug(_stop: Event) -> None:
        raise KeyError("secret")

    def failed(error: TraymailError) -> None:
        heard.append(str(error))

    background.run(lambda _stop: threading.get_ident() != here, heard.append, failed)
    until_tk(root, lambda: heard)
    background.run(fail, heard.append, failed)
    until_tk(root, lambda: len(heard) == 2)
    background.run(bug, heard.append, failed)
    until_tk(root, lambda: len(heard) == 3)
    assert heard == [True, "The disk is full.", "Something went wrong inside traymail."]
    bridge.close()


def test_cancelled_work_is_told_and_not_heard(root: Root) -> None:
    bridge = Bridge(root)
    background = Background(bridge)
    ended = Event()
    heard: list[object] = []

    def work(stop: Event) -> None:
        stop.wait(60)
        ended.set()

    job = background.run(work, heard.append, heard.append)
    job.cancel()
    assert ended.wait(60)
    root.update()
    background.run(work, heard.append, heard.append)
    background.close()
    until_tk(root, lambda: not background.busy, what="the end of all work")
    assert heard == []
    bridge.close()


def test_what_is_followed_is_closed_when_it_is_cancelled(root: Root) -> None:
    bridge = Bridge(root)
    background = Background(bridge)
    heard: list[int] = []
    go_on, closed = Event(), Event()
    kept: list[Generator[int, None, None]] = []  # so that nobody else closes it

    def work() -> Generator[int, None, None]:
        try:
            yield 1
            go_on.wait(60)
            yield 2
            pytest.fail("went on")
        finally:
            closed.set()

    def begin() -> Generator[int, None, None]:
        kept.append(work())
        return kept[0]

    job = background.follow(
        begin, heard.append, lambda: None, lambda error: pytest.fail(str(error))
    )
    until_tk(root, lambda: heard)
    job.cancel()
    go_on.set()
    assert closed.wait(60)
    until_tk(root, lambda: not background.busy, what="the end of all work")
    assert heard == [1]
    bridge.close()


def test_what_the_system_is_short_of_is_told_as_that(
    root: Root, caplog: pytest.LogCaptureFixture
) -> None:
    bridge = Bridge(root)
    background = Background(bridge)
    heard: list[str] = []

    def scarce(_stop: Event) -> None:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE), "/x")

    background.run(scarce, lambda _: None, lambda error: heard.append(str(error.title)))
    until_tk(root, lambda: heard, "what failed")
    size = threading.stack_size(1 << 46)  # so large that no thread can be had
    try:
        for _ in range(MOST_THREADS + 1):
            background.run(scarce, lambda _: None, lambda error: heard.append(str(error.title)))
        until_tk(root, lambda: not background.busy, "the end of all")
    finally:
        threading.stack_size(size)
    memory = "There is too little memory, or too many programs run."
    assert heard == ["Too many files are open.", *[memory] * (MOST_THREADS + 1)]
    assert not any(one.exc_info for one in caplog.records if one.levelno > logging.DEBUG)
    background.run(lambda _stop: None, lambda _: heard.append("works"), lambda _: None)
    until_tk(root, lambda: heard[-1] == "works", "work")
    bridge.close()


def test_whatever_ends_a_job_a_window_hears_of_it(root: Root) -> None:
    bridge = Bridge(root)
    background = Background(bridge)
    heard: list[TraymailError] = []
    for _ in range(MOST_THREADS + 1):
        background.run(lambda _stop: sys.exit("enough"), lambda _: None, heard.append)
    until_tk(root, lambda: len(heard) == MOST_THREADS + 1, "the end of all")
    assert not background.busy
    bridge.close()


def test_the_number_of_jobs_has_a_bound(root: Root) -> None:
    bridge = Bridge(root)
    background = Background(bridge)
    go, refused, done = Event(), list[TraymailError](), list[int]()
    count = MOST_THREADS + MOST_WAITING

    def work(number: int, _stop: Event) -> int:
        assert go.wait(60)
        return number

    for number in range(count + 1):
        background.run(partial(work, number), done.append, refused.append)
    background.run(partial(work, -1), done.append, refused.append).cancel()
    threads = [one for one in threading.enumerate() if one.name == "background"]
    until_tk(root, lambda: refused)
    assert (len(threads), len(refused)) == (MOST_THREADS, 1)
    go.set()
    until_tk(root, lambda: len(done) == count)
    assert sorted(done) == list(range(count))
    assert not background.busy
    bridge.close()
