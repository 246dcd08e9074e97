"""Nothing stops the program in silence: threads that die, an outbox that cannot be had, a load."""

from __future__ import annotations

import ctypes
import json
import logging
import os
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event

import pytest

from tests.support.homes import Home
from tests.support.live import Live, live
from tests.support.mails import a_draft
from tests.support.wait import PATIENCE_SECONDS, until
from traymail.app import App
from traymail.core.commands import Pause, Wake
from traymail.core.errors import AlreadyRunning, NotRunning, StateError
from traymail.core.events import OutboxChanged, SettingsRefused
from traymail.core.outbox import State
from traymail.core.reports import FlowStatus
from traymail.core.texts import text
from traymail.desktop import paths
from traymail.desktop.instance import FileLock
from traymail.engine.automation import Automation
from traymail.engine.engine import Patience
from traymail.program import Program
from traymail.running.folder import FolderRunner
from traymail.store.outbox import Outbox
from traymail.store.settings import Loaded, SettingsFile

CONFIG = """\
version = 1

[accounts.here]
address = "me@example.com"
host = "127.0.0.1"
port = 1
security = "none"
auth = "none"
"""


@contextmanager
def closing_lock(path: Path) -> Iterator[FileLock]:
    lock = FileLock(path)
    assert lock.take()
    try:
        yield lock
    finally:
        lock.release()


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Live]:
    with live(Home(tmp_path / "home"), CONFIG) as program:
        yield program


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize(
    "name", ["traymail-engine", "traymail-scheduler", "traymail-folders", "traymail-ipc"]
)
def test_a_thread_that_dies_ends_the_program_with_an_error(tmp_path: Path, name: str) -> None:
    Home(tmp_path / "home").configure(CONFIG)
    app = App(paths.home(str(tmp_path / "home"), {}), {})
    app.home.make()
    app.instance.claim()
    ended = Event()
    program = Program(app, app.settings_file.load(), ended.set)
    program.start()
    [thread] = [one for one in threading.enumerate() if one.name == name]
    assert thread.ident is not None
    kill = ctypes.pythonapi.PyThreadState_SetAsyncExc
    assert kill(ctypes.c_ulong(thread.ident), ctypes.py_object(SystemExit)) == 1
    program.configuration.reload()
    folders = program.runners["folder"]
    assert isinstance(folders, FolderRunner)
    folders.watcher.rescan()
    program.engine.submit(Wake())
    with suppress(NotRunning):
        app.instance.ask({"command": "hello"}, 0.5)
    assert ended.wait(PATIENCE_SECONDS)
    assert program.failed
    program.stop()
    app.close()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_thread_that_delivers_and_dies_ends_the_program_with_an_error(running: Live) -> None:
    program, ended = running.program, Event()
    program.end = ended.set
    running.app.new_poster().store(a_draft(account="here"))
    program.wake()

    def delivering() -> threading.Thread | None:
        named = "traymail-delivery-here"
        return next((one for one in threading.enumerate() if one.name == named), None)

    def was_tried() -> bool:
        item = running.app.outbox.get(1)
        return item.attempts == 1 and item.state is State.QUEUED

    # By then it waits for the next try; while it dials, it may not hear of its end.
    until(was_tried, what="the mail tried")
    thread = delivering()
    assert thread is not None
    assert thread.ident is not None
    kill = ctypes.pythonapi.PyThreadState_SetAsyncExc
    assert kill(ctypes.c_ulong(thread.ident), ctypes.py_object(SystemExit)) == 1
    program.engine.submit(Wake())
    assert ended.wait(PATIENCE_SECONDS)
    assert program.failed


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(
            "ipc.sock",
            marks=pytest.mark.skipif(os.name != "posix", reason="sockets in folders are POSIX's"),
        ),
        "ipc.json",
    ],
)
def test_an_address_that_is_taken_away_is_made_anew(running: Live, name: str) -> None:
    for _ in range(2):
        file = running.home.path / "state" / name
        file.unlink()
        until(file.exists, what="the address made anew")
        told = running.home.run("status", "--json")
        assert (told.returncode, json.loads(told.stdout)["pid"]) == (0, os.getpid())


@pytest.mark.skipif(os.name != "posix", reason="elsewhere a file that is open stays")
def test_a_lock_file_that_is_taken_away_lets_no_second_program_in(running: Live) -> None:
    lock = running.home.path / "state" / "run.lock"
    lock.unlink()
    until(lock.exists, what="the lock file made anew")
    ended = running.home.run("run", "--headless")
    assert ended.returncode == 75
    assert f"traymail already runs (pid {os.getpid()})" in ended.stderr
    assert running.program.lost is None


@pytest.mark.skipif(os.name != "posix", reason="elsewhere a file that is open stays")
def test_a_program_whose_home_another_one_has_taken_ends_and_says_so(running: Live) -> None:
    ended = Event()
    running.program.end = ended.set
    state = running.home.path / "state"
    with closing_lock(state / "other.lock") as other:
        (state / "other.lock").replace(state / "run.lock")
        assert ended.wait(PATIENCE_SECONDS)
        assert other.holder() == os.getpid()
    assert isinstance(running.program.lost, AlreadyRunning)


@pytest.mark.skipif(os.name != "posix", reason="sockets that lie in a folder are POSIX's")
def test_what_lies_where_others_would_be_answered_is_told_in_one_line(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.configure(CONFIG)
    (home.path / "state").mkdir(mode=0o700)
    (home.path / "state" / "ipc.sock").mkdir()
    ended = home.run("run", "--headless")
    assert ended.returncode == 73
    assert "ipc.sock cannot be used: " in ended.stderr
    assert "Traceback" not in (home.path / "log" / "traymail.log").read_text()
    (home.path / "state" / "ipc.sock").rmdir()
    with live(home, CONFIG):
        pass


def test_an_end_that_was_asked_for_is_no_error(tmp_path: Path) -> None:
    with live(Home(tmp_path / "home"), CONFIG) as running:
        pass
    assert not running.program.failed


def test_an_outbox_that_cannot_be_had_just_now_does_not_end_the_engine(
    running: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[object] = []
    running.app.publisher.listen(heard.append)
    full = StateError(text("The disk is full."))

    def fails(*_: object) -> None:
        raise full

    with monkeypatch.context() as patched:
        patched.setattr(Outbox, "accounts_with_work", fails)
        patched.setattr(Outbox, "get", fails)
        running.program.engine.submit(Wake((1,)))
        until(lambda: OutboxChanged() in heard, what="the wake")
        assert running.program.engine.snapshot().paused is False
    assert not running.program.failed


def test_mail_waits_while_there_is_no_room_for_a_thread_that_delivers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "traymail")  # what is seen without -v
    start = threading.Thread.start

    def starts(thread: threading.Thread) -> None:
        if thread.name == "traymail-delivery-here":
            raise RuntimeError("can't start new thread")
        start(thread)

    at_once = Patience(again=timedelta(0))
    with live(Home(tmp_path / "home"), CONFIG, patience=at_once) as running:
        with monkeypatch.context() as patched:
            patched.setattr(threading.Thread, "start", starts)
            running.app.new_poster().store(a_draft(account="here"))
            running.program.wake()
            until(lambda: "too little memory" in caplog.text, what="a word of it")
        until(lambda: running.app.outbox.get(1).attempts == 1, what="the mail tried all the same")
        assert not running.program.failed
    assert "Traceback" not in caplog.text


def test_status_is_told_while_the_engine_is_busy(tmp_path: Path) -> None:
    busy, go = Event(), Event()

    def work(event: object) -> None:
        if isinstance(event, OutboxChanged):
            busy.set()
            go.wait(PATIENCE_SECONDS)

    impatient = Patience(ask_seconds=0.1)
    with live(Home(tmp_path / "home"), CONFIG, patience=impatient) as running:
        before = running.program.engine.snapshot()
        running.app.publisher.listen(work)
        running.program.engine.submit(Wake())
        assert busy.wait(PATIENCE_SECONDS)
        assert running.program.engine.snapshot() == before
        assert running.app.instance.ask({"command": "status"})["rules"] == {}
        go.set()


GROUPS = """
[[rules]]
name = "groups"
kind = "log"
to = ["you@example.com"]
paths = ["{log}"]
match = ['ERROR (?P<who>\\d+)']
group_by = "who"
"""


def test_status_is_told_again_and_again_while_many_groups_are_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lookers: set[str] = set()
    look = Automation.status

    def noted(automation: Automation) -> Mapping[str, FlowStatus]:
        lookers.add(threading.current_thread().name)
        return look(automation)

    monkeypatch.setattr(Automation, "status", noted)
    log = tmp_path / "app.log"
    log.touch()
    home = Home(tmp_path / "home")
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        with live(home, CONFIG + GROUPS.format(log=log.as_posix())) as one:

            def rule() -> dict[str, object]:
                answer = one.app.instance.ask({"command": "status"})
                assert "error" not in answer, answer
                told: dict[str, object] = answer["rules"].get("groups", {})
                return told

            until(lambda: rule().get("watching"), what="the log to be followed")
            for turn in range(1, 4):
                with log.open("a") as file:
                    file.writelines(f"ERROR {number}\n" for number in range(500 * turn))
            until(lambda: rule()["matched"] == 3000, what="all of them to be counted")
            assert rule()["error"] is None
    finally:
        sys.setswitchinterval(before)
    # Whoever else looked could meet it in the midst of a change.
    assert lookers == {"traymail-engine"}


def test_a_pause_without_a_zone_or_for_ages_is_one(running: Live) -> None:
    for until_then in ("9999-12-31T23:59:59+00:00", "9999-12-30T23:59:59"):
        running.app.instance.ask({"command": "pause", "until": until_then})
        assert running.program.engine.snapshot().paused
    running.program.engine.submit(Pause(datetime.max.replace(tzinfo=UTC)))
    assert running.program.engine.snapshot().paused
    assert not running.program.failed


@pytest.mark.parametrize(
    "odd",
    [
        {"command": "pause", "until": "tomorrow"},
        {"command": "pause", "until": "0001-01-01T00:00:00"},
        {"command": "pause", "until": "9" * 5000},
        {"command": "pause", "until": 10**30},
        {"command": "pause", "until": ["2026"]},
        {"command": "wake", "ended": None},
        {"command": "wake", "ended": ["9" * 5000]},
        {"command": "wake", "ended": [float("inf")]},
        {"command": "cancel", "ids": 1},
        {"command": "cancel", "ids": [[]]},
        {"command": "cancel", "ids": [True]},
    ],
)
def test_a_request_that_says_nothing_sensible_is_told_in_one_line(
    running: Live, caplog: pytest.LogCaptureFixture, odd: dict[str, object]
) -> None:
    answer = running.app.instance.ask(odd)
    assert "does not understand" in answer["error"]
    assert not any(record.exc_info for record in caplog.records)
    assert not running.program.engine.snapshot().paused


def test_a_mail_that_gets_a_number_later_is_not_the_one_that_was_cancelled(running: Live) -> None:
    answer = running.app.instance.ask({"command": "cancel", "ids": [1]})
    assert "has no mail 1" in answer["error"]
    assert not running.program.interruptions.wanted(1)


def test_an_edit_that_cannot_be_read_for_an_unforeseen_reason_is_refused(
    running: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[object] = []
    running.app.publisher.listen(heard.append)

    def fails(_self: SettingsFile, _good: Loaded) -> Loaded:
        raise ValueError("odd")

    with monkeypatch.context() as patched:
        patched.setattr(SettingsFile, "reload", fails)
        running.home.config.write_text(CONFIG + "\n# edited\n")
        until(lambda: running.program.configuration.error, what="the refusal")
        assert any(isinstance(event, SettingsRefused) for event in heard)
        assert (
            "went wrong inside" in running.app.instance.ask({"command": "status"})["config_error"]
        )
    running.home.config.write_text(CONFIG + "\n# edited again\n")
    until(lambda: running.program.configuration.error is None, what="the mended file")
