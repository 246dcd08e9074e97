"""`traymail demo` as a process on a desktop with a panel: each use arrives in its inbox."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from tests.support.display import Display, display, missing_programs, panel
from tests.support.homes import Home
from tests.support.running import account
from tests.support.trayed import Trayed
from tests.support.wait import until
from traymail.desktop.instance import Instance

INBOX = "Demo inbox"
LONGEST = 40.0


@pytest.fixture(scope="module")
def desktop() -> Iterator[Display]:
    """A display with a panel."""
    missing = missing_programs(panel=True)
    if missing:
        pytest.skip(f"not here: {', '.join(missing)}")
    with TemporaryDirectory(prefix="tm-") as folder, display(Path(folder)) as on, panel(on):
        yield on


@dataclass
class Demo:
    """A running demo: its process, where its files are, and the hands to work it."""

    process: subprocess.Popen[bytes]
    place: Path
    output: Path
    hands: Trayed

    @property
    def folder(self) -> Path:
        """What the demo has made."""
        return self.hands.home.path.parent

    def said(self) -> str:
        return self.output.read_text("utf-8")

    def shows(self, unread: int) -> None:
        """Wait until the inbox has so many mails that were not looked at."""
        title = f"{INBOX} ({unread})" if unread else INBOX
        until(lambda: self.hands.windows(title), LONGEST, f"{unread} unread mails in the inbox")

    @property
    def status(self) -> dict[str, Any]:
        """What the running program tells of itself."""
        return Instance(self.hands.home.path / "state").ask({"command": "status", "language": "en"})

    def press(self, *keys: str) -> None:
        self.hands.keys(*keys)

    def ends(self) -> int:
        """Wait for the end; return the exit status."""
        return self.process.wait(60)


@contextmanager
def demo(on: Display, place: Path, *options: str) -> Iterator[Demo]:
    """Run `traymail demo` until the block ends, with all it makes below ``place``."""
    output = place / "output"
    env = {**on.env, "TMPDIR": str(place)}
    home = Home(place / "the user's own")
    with output.open("wb") as file:
        process = subprocess.Popen(
            [*home.command("demo"), *options],
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
        )
    try:
        yield Demo(process, place, output, _hands(on, place, process, output))
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            process.wait(60)


def _hands(on: Display, place: Path, process: subprocess.Popen[bytes], output: Path) -> Trayed:
    def made() -> list[Path]:
        assert process.poll() is None, output.read_text("utf-8")
        return [one for one in place.glob("traymail-demo-*/home") if (one / "state").exists()]

    (home,) = until(made, what="the home of the demo")
    hands = Trayed(Home(home), on)
    hands.ready()
    return hands


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder with a short path: the name of a socket may have about a hundred characters."""
    with TemporaryDirectory(prefix="tm-") as folder:
        yield Path(folder)


@pytest.fixture
def running(desktop: Display, place: Path) -> Iterator[Demo]:
    with demo(desktop, place) as made:
        made.hands.window(INBOX)
        yield made


def test_every_use_arrives_and_nothing_is_left_behind(running: Demo) -> None:
    demo, hands = running, running.hands
    # The keyboard is on "Write a mail…", the first thing to try.
    demo.press("space")
    hands.window("New mail")
    hands.type("you@demo.example,")
    demo.press("Tab")
    hands.type("Greetings from the tray")
    demo.press("ctrl+Return")
    until(lambda: demo.status["outbox"]["sent"] == 1, LONGEST, "the mail to be sent")
    hands.no_window("New mail")
    # The first mail is shown, and so it is read; the others wait to be looked at.
    demo.shows(0)
    (demo.folder / "drop" / "dropped by hand.txt").write_text("a file of the user's")
    demo.shows(1)
    hands.window(INBOX)
    demo.press("Tab", "space")  # "Drop a picture"
    demo.shows(2)
    assert (demo.folder / "drop" / "picture 1.png").exists()
    demo.press("Tab", "Tab", "space")  # "Write an error into the log"
    demo.shows(3)
    assert "ERROR payment 1 failed" in (demo.folder / "app.log").read_text("utf-8")
    demo.press("Tab", "Up")  # the list, and the mail above the first
    demo.shows(2)
    told = demo.status["outbox"]
    assert (told["sent"], told["queued"], told["failed"], told["unknown"]) == (4, 0, 0, 0)
    hands.choose("Quit")
    assert demo.ends() == 0
    assert list(demo.place.glob("traymail-demo-*")) == []
    assert not (demo.place / "the user's own").exists()
    assert "Traceback" not in demo.said()
    assert demo.said().splitlines()[-1] == (
        "The rehearsal runs; its window, the tray or Ctrl+C end it."
    )


def test_to_close_the_inbox_ends_the_demo(running: Demo) -> None:
    running.press("Escape")
    assert running.process.poll() is None
    running.press("alt+F4")
    assert running.ends() == 0
    assert list(running.place.glob("traymail-demo-*")) == []


def test_a_signal_ends_the_demo(running: Demo) -> None:
    running.process.send_signal(signal.SIGINT)
    assert running.ends() == 0
    assert list(running.place.glob("traymail-demo-*")) == []
    assert "Traceback" not in running.said()


@contextmanager
def real_program(running: Demo, desktop: Display, config: str = "") -> Iterator[Trayed]:
    """The program of the user's own home; it may run when the block ends."""
    home = Home(running.place / "the user's own")
    if config:
        home.configure(config)
    own = Trayed(home, desktop)
    try:
        yield own
    finally:
        own.run("quit")
        own.gone()


def test_the_real_program_takes_over(desktop: Display, running: Demo) -> None:
    with real_program(running, desktop) as own:
        running.press("shift+Tab", "space")  # "Add a real account…"
        assert running.ends() == 0, running.said()
        own.window("Add account")
    assert list(running.place.glob("traymail-demo-*")) == []


@pytest.mark.parametrize("runs", [False, True])
def test_also_with_an_account_the_real_program_offers_to_add_one(
    desktop: Display, running: Demo, runs: bool
) -> None:
    with real_program(running, desktop, account(1)) as own:
        if runs:
            assert own.run().returncode == 0
        running.press("shift+Tab", "space")  # "Add a real account…"
        assert running.ends() == 0, running.said()
        own.window("Add account")
        assert own.windows("New mail") == []


def test_the_real_program_speaks_the_language_of_the_rehearsal(
    desktop: Display, running: Demo
) -> None:
    config = running.hands.home.config
    words = config.read_text("utf-8")
    config.write_text(words.replace('language = "en"', 'language = "zh_CN"'), "utf-8")
    running.hands.wait_for_entry("设置…")
    with real_program(running, desktop) as own:
        running.press("shift+Tab", "space")  # "Add a real account…"
        assert running.ends() == 0, running.said()
        own.window("添加邮箱账户")


def test_a_display_that_is_gone_leads_to_the_tour(desktop: Display, place: Path) -> None:
    env = {**desktop.env, "DISPLAY": ":9999", "TMPDIR": str(place)}
    command = Home(place / "home").command("demo")
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr == "The display cannot be used.\n"
    assert "4 of 4 mails arrived, whole." in done.stdout
    assert list(place.iterdir()) == []
