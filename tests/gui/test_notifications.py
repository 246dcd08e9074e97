"""Notifications on a real bus: a server of our own that shows everything, and those of desktops."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, SimpleQueue
from tempfile import TemporaryDirectory
from threading import Thread
from typing import Any

import pytest

from tests.support import notifyd
from tests.support.bus import Peer, SelectLoop
from tests.support.display import display, missing_programs
from tests.support.mails import NOON, an_item
from traymail.core.events import ItemChanged, RuleTrouble
from traymail.core.outbox import State
from traymail.core.texts import text
from traymail.desktop.bus import NOTIFICATIONS, Bus, connect
from traymail.desktop.clock import SystemClock
from traymail.desktop.notify import Notifications
from traymail.desktop.requests import Bubble
from traymail.ui.model.notices import Notice, NoticeButton
from traymail.ui.notifier import Notifier

pytestmark = [
    pytest.mark.desktop,
    pytest.mark.skipif(shutil.which("dbus-daemon") is None, reason="no dbus-daemon here"),
]

FAILED = Bubble(
    "mail:1",
    "Not sent: a & b",
    "<b>no</b>",
    (("retry", "Retry"), ("outbox", "Open")),
    click="Show it",
)
SENT = Bubble("mail:1", "Sent: a & b", passing=True)
RICH = ("actions", "body", "body-markup")


class Server:
    """A notification server in a process of its own."""

    def __init__(self, process: subprocess.Popen[str], loop: SelectLoop) -> None:
        self._process = process
        self._loop = loop
        self._lines: SimpleQueue[Any] = SimpleQueue()
        assert process.stdout is not None
        self._thread = Thread(target=self._read)
        self._thread.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(json.loads(line))

    def next(self) -> Any:  # noqa: ANN401 # what JSON holds
        """Return what it tells next."""
        told: list[Any] = []

        def has_told() -> bool:
            try:
                told.append(self._lines.get_nowait())
            except Empty:
                return False
            return True

        self._loop.until(has_told, what="a word of the server")
        return told[0]

    def says_nothing(self) -> bool:
        self._loop.settle()
        return self._lines.empty()

    def order(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(60)
        self._thread.join(60)


@pytest.fixture
def loop() -> Iterator[SelectLoop]:
    made = SelectLoop()
    yield made
    made.close()


@pytest.fixture
def pressed() -> list[tuple[str, str]]:
    return []


@pytest.fixture
def notifications(
    bus: str, loop: SelectLoop, pressed: list[tuple[str, str]]
) -> Iterator[Notifications]:
    del bus
    connection = connect()
    assert connection is not None
    ours = Bus(connection, lambda: None)
    loop.watch(ours.fileno, ours.readable)
    yield Notifications(ours, lambda key, button: pressed.append((key, button)), "traymail")
    loop.unwatch(ours.fileno)
    ours.close()


@contextmanager
def a_server(loop: SelectLoop, *capabilities: str) -> Iterator[Server]:
    command = [sys.executable, str(Path(notifyd.__file__)), *capabilities]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, text=True, env=dict(os.environ), **pipes) as process:  # type: ignore[call-overload] # the same two pipes
        server = Server(process, loop)
        try:
            assert server.next() == "ready"
            yield server
        finally:
            server.close()


def test_a_bubble_is_shown_with_its_buttons(notifications: Notifications, loop: SelectLoop) -> None:
    with a_server(loop, *RICH) as server:
        notifications.show(FAILED)
        assert server.next() == {
            "name": "traymail",
            "id": 1,
            "icon": "traymail",
            "title": "Not sent: a & b",
            "body": "&lt;b&gt;no&lt;/b&gt;",
            "actions": ["default", "Show it", "retry", "Retry", "outbox", "Open"],
            "urgency": 1,
            "transient": False,
        }


def test_a_plain_server_gets_plain_words(notifications: Notifications, loop: SelectLoop) -> None:
    with a_server(loop, "body") as server:
        notifications.show(FAILED)
        told = server.next()
        assert (told["body"], told["actions"]) == ("<b>no</b>", [])


def test_a_pressed_button_is_told(
    notifications: Notifications, loop: SelectLoop, pressed: list[tuple[str, str]]
) -> None:
    with a_server(loop, *RICH) as server:
        notifications.show(FAILED)
        number = server.next()["id"]
        server.order("press 99 retry")  # of another program
        server.order(f"press {number} retry")
        loop.until(lambda: pressed)
        assert pressed == [("mail:1", "retry")]
        loop.settle(0.1)  # until it is gone from the screen: the next one is a new one
        notifications.show(FAILED)
        assert server.next()["id"] == number + 1


def test_a_later_bubble_takes_the_place_of_the_first(
    notifications: Notifications, loop: SelectLoop
) -> None:
    with a_server(loop, *RICH) as server:
        notifications.show(FAILED)
        notifications.show(SENT)
        assert [server.next()["id"] for _ in range(2)] == [1, 1]
        notifications.show(SENT)
        assert server.next()["id"] == 1


def test_a_bubble_is_taken_away_when_its_cause_is_gone(
    notifications: Notifications, loop: SelectLoop
) -> None:
    with a_server(loop, *RICH) as server:
        notifications.show(FAILED)
        # Before the server is known, before its number is known, and after.
        notifications.withdraw(FAILED.key)
        assert server.says_nothing()
        notifications.show(FAILED)
        notifications.withdraw(FAILED.key)
        assert server.next()["title"] == FAILED.title
        assert server.next() == {"closed": 1}
        notifications.show(FAILED)
        assert server.next()["title"] == FAILED.title
        loop.settle(0.1)
        notifications.withdraw(FAILED.key)
        assert server.next() == {"closed": 1}
        notifications.withdraw("mail:9")
        assert server.says_nothing()


def test_a_quiet_desktop_is_told_only_of_trouble(
    notifications: Notifications, loop: SelectLoop
) -> None:
    with a_server(loop, *RICH) as server:
        server.order("inhibit")
        notifications.show(FAILED)
        assert server.next()["urgency"] == 1
        notifications.show(SENT)
        assert server.says_nothing()


def test_what_is_good_to_know_is_not_kept(notifications: Notifications, loop: SelectLoop) -> None:
    with a_server(loop, *RICH) as server:
        notifications.show(SENT)
        told = server.next()
        assert (told["urgency"], told["transient"]) == (0, True)


def test_servers_may_come_late_and_change(notifications: Notifications, loop: SelectLoop) -> None:
    notifications.show(FAILED)
    loop.settle()
    with a_server(loop, *RICH) as server:
        assert server.says_nothing()
        notifications.show(SENT)
        assert server.next()["actions"] == []
    with a_server(loop, "body") as server:
        loop.settle(0.05)
        notifications.show(SENT)
        told = server.next()
        assert (told["id"], told["actions"]) == (1, [])


def test_events_become_bubbles_and_buttons_come_back(
    notifications: Notifications, loop: SelectLoop
) -> None:
    chosen: list[tuple[Notice, NoticeButton | None]] = []

    class Tray:
        def notify(self, bubble: Bubble) -> None:
            notifications.show(bubble)

        def withdraw(self, key: str) -> None:
            notifications.withdraw(key)

    def on_press(notice: Notice, button: NoticeButton | None) -> None:
        chosen.append((notice, button))

    notifier = Notifier(loop, Tray(), SystemClock(), str, on_press, apart=0.3)
    with a_server(loop, *RICH) as server:
        failed = an_item(id=5, state=State.FAILED, rule="Scans", subject="a", updated_at=NOON)
        notifier.hear(ItemChanged(failed))
        told = server.next()
        assert (told["title"], told["body"]) == ("Not sent: a", "The server refused it.")
        # Servers that make a button of it show no second title.
        assert told["actions"][:2] == ["default", "Open"]
        notifier.hear(RuleTrouble("Scans", text("no such folder")))
        notifier.hear(ItemChanged(failed))
        assert server.next()["title"] == "Not sent: a (and 1 more)"
        notifier.pressed("rule:Scans", "retry")
        notifier.pressed("rule:Scans", "default")
        notifier.pressed("rule:Gone", "retry")
        assert [(notice.mail, button) for notice, button in chosen] == [
            (5, NoticeButton.RETRY),
            (5, None),
        ]
        # It holds back: what it told of is over before it is told.
        notifier.hear(RuleTrouble("Scans", text("no such folder")))
        notifier.hear(RuleTrouble("Scans", None))
        notifier.close()
        assert server.says_nothing()


@pytest.mark.parametrize(
    "program", ["dunst", "/usr/lib/x86_64-linux-gnu/xfce4/notifyd/xfce4-notifyd"]
)
def test_the_servers_of_desktops_take_it(
    program: str, tmp_path: Path, loop: SelectLoop, monkeypatch: pytest.MonkeyPatch
) -> None:
    missing = missing_programs() + [name for name in (program,) if shutil.which(name) is None]
    if missing:
        pytest.skip(f"not here: {', '.join(missing)}")
    with TemporaryDirectory(prefix="tm-") as folder, display(Path(folder)) as on:
        del tmp_path
        for name, value in on.variables.items():
            monkeypatch.setenv(name, value)
        connection = connect()
        assert connection is not None
        ours = Bus(connection, lambda: None)
        loop.watch(ours.fileno, ours.readable)
        with (
            Peer(on.env["DBUS_SESSION_BUS_ADDRESS"], loop.turn) as peer,
            subprocess.Popen([program], env=on.env, stderr=subprocess.DEVNULL) as server,
        ):
            loop.until(lambda: peer.owns(NOTIFICATIONS), what=program)
            notifications = Notifications(ours, lambda _key, _button: None)
            notifications.show(FAILED)
            loop.until(lambda: _window_of(on.env, program), what="a bubble on the screen")
            server.terminate()
        loop.unwatch(ours.fileno)
        ours.close()


def _window_of(env: dict[str, str], program: str) -> bool:
    command = ["xdotool", "search", "--onlyvisible", "--class", Path(program).name]
    answer = subprocess.run(command, env=env, capture_output=True, check=False)
    return bool(answer.stdout.strip())


def test_a_name_from_elsewhere_makes_no_lines_and_no_flood(bus: str, loop: SelectLoop) -> None:
    """Who names a file writes a bubble with it: neither lines of its own, nor words backwards."""
    del bus  # the loop is all that is needed of the session
    shown: list[Bubble] = []

    class Tray:
        def notify(self, bubble: Bubble) -> None:
            shown.append(bubble)

        def withdraw(self, key: str) -> None:
            del key

    notifier = Notifier(loop, Tray(), SystemClock(), str, lambda *_: None)
    name = "a\nYour password is needed: \u202egpj.exe\x1b[2J" + "x" * 5000
    notifier.hear(RuleTrouble("Scans", text("{path} cannot be read", path=name)))
    notifier.close()
    [bubble] = shown
    assert bubble.body.startswith("a Your password is needed: gpj.exe [2Jxxx")
    assert "\n" not in bubble.body
    assert bubble.body.endswith("x cannot be read")
    assert len(bubble.body) < 700
