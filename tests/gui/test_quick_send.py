"""Quick send, played with keys and clicks on a real display, against a real server."""

from __future__ import annotations

import os
import subprocess
import tkinter as tk
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.gui.conftest import MakeRoot
from tests.gui.quick import QUICK
from tests.support.certificates import Certificates
from tests.support.clip import clipped
from tests.support.homes import Home
from tests.support.live import Live, at_sink, live
from tests.support.running import ADDRESS, CANARY
from tests.support.sink import Sink, serve
from tests.support.tk import until_tk
from traymail.core.outbox import State
from traymail.ui.backend import SavedDraft
from traymail.ui.bridge import Background, Bridge
from traymail.ui.dialogs.quick_send import Doors, QuickSendWindow
from traymail.ui.model.prefill import Prefill
from traymail.ui.theme import Root

NO_CAP = 30.0


@pytest.fixture
def sink(certificates: Certificates) -> Iterator[Sink]:
    context = certificates.good.server_context()
    with serve(context, user=ADDRESS, password=CANARY) as running:
        yield running


@dataclass
class Desk:
    """A window on the running program, and hands to work it."""

    root: Root
    live: Live
    window: QuickSendWindow
    doors: list[str]

    def until(self, condition: Callable[[], object], what: str = "") -> None:
        until_tk(self.root, condition, what, NO_CAP)

    def open(self, asked: Prefill | None = None) -> None:
        self.window.open(asked)
        self.until(self.window.winfo_viewable, "the window")
        self.until(lambda: self.window._loaded, "what it asks for")
        self.until(lambda: self.window.focus_get() is not None, "the keyboard")

    def xdo(self, *arguments: str) -> None:
        """Press real keys and buttons."""
        with subprocess.Popen(["xdotool", *arguments], env=os.environ) as hand:
            self.until(lambda: hand.poll() is not None, "xdotool")
        assert hand.returncode == 0

    def type(self, words: str) -> None:
        self.xdo("type", "--delay", "4", words)

    def keys(self, *names: str) -> None:
        self.xdo("key", "--delay", "10", *names)

    def click(self, widget: tk.Misc) -> None:
        x = widget.winfo_rootx() + widget.winfo_width() // 2
        y = widget.winfo_rooty() + widget.winfo_height() // 2
        self.xdo("mousemove", "--sync", str(x), str(y), "click", "1")

    def mails(self) -> list[State]:
        return [item.state for item in reversed(self.live.backend.find())]


@pytest.fixture
def make_desk(make_root: MakeRoot, home: Home) -> Iterator[Callable[..., Desk]]:
    ends: list[Callable[[], object]] = []

    def make(config: str, secrets: Path | None = None) -> Desk:
        running = live(home, config, secrets)
        program = running.__enter__()
        ends.append(lambda: running.__exit__(None, None, None))
        root = make_root()
        bridge = Bridge(root)
        background = Background(bridge)
        doors: list[str] = []
        window = QuickSendWindow(
            root,
            program.backend,
            background,
            Doors(lambda: doors.append("add account"), lambda: doors.append("settings")),
            lambda: datetime.now(UTC),  # noqa: TID251 - the test's clock is the machine's
        )
        program.backend.listen(lambda event: bridge.post(lambda: window.heard(event)))
        ends.append(lambda: (background.close(), bridge.close()))
        return Desk(root, program, window, doors)

    yield make
    for end in reversed(ends):
        end()


@pytest.fixture
def desk(
    make_desk: Callable[..., Desk], sink: Sink, certificates: Certificates, tmp_path: Path
) -> Desk:
    return make_desk(at_sink(sink, certificates.ca_file), tmp_path / "secrets")


def parsed(content: bytes) -> EmailMessage:
    message = message_from_bytes(content, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def test_a_mail_is_written_undone_and_sent(desk: Desk, sink: Sink, tmp_path: Path) -> None:
    picture = tmp_path / "floor plan.bin"
    picture.write_bytes(bytes(range(256)) * 5000)
    desk.open()
    desk.type("li.na@example.com,")
    desk.keys("Tab", "Tab", "Tab")
    desk.type("Room 3")
    desk.keys("Tab")
    desk.type("Hello Li Na")
    desk.keys("Return")
    desk.type("see the plan.")
    desk.window.attach((str(picture),))
    desk.until(lambda: desk.window._held.files, "the file")
    desk.keys("ctrl+Return")
    desk.until(lambda: desk.window._held.mail, "the undo bar")
    assert desk.mails() == [State.QUEUED]
    desk.keys("Escape")
    desk.until(lambda: desk.window._sheet.body.text.cget("state") == "normal", "the text")
    assert desk.window._sheet.body.value == "Hello Li Na\nsee the plan."
    assert desk.mails() == [State.CANCELLED]
    desk.type(" Bye")
    desk.keys("ctrl+Return")
    desk.until(lambda: not desk.window.winfo_viewable(), "the window to close by itself")
    desk.until(lambda: sink.arrivals, "the mail")
    assert len(sink.arrivals) == 1
    message = parsed(sink.arrivals[0].content)
    assert message["To"] == "li.na@example.com"
    assert message["Subject"] == "Room 3"
    body, attachment = message.get_body(), next(message.iter_attachments())
    assert body is not None
    assert body.get_content().splitlines() == ["Hello Li Na", "see the plan. Bye"]
    assert attachment.get_content() == picture.read_bytes()
    assert desk.live.backend.draft() == SavedDraft()


@pytest.mark.parametrize("percent", [100, 200])
@pytest.mark.parametrize("language", ["en", "zh_CN"])
@pytest.mark.parametrize("name", QUICK)
def test_nothing_is_clipped(make_root: MakeRoot, name: str, language: str, percent: int) -> None:
    root = make_root("light", language, percent)
    window = QUICK[name](root)
    window.reveal()
    width, height = root.look.px(480), root.look.px(420)
    window.geometry(f"{width}x{height}")
    until_tk(root, lambda: window.winfo_width() == width, what="the least size")
    assert clipped(window) == []
