"""How long the running program takes to end when it is asked to, whatever it is at."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event
from time import perf_counter

from tests.bench import Row
from tests.support.homes import Home
from tests.support.running import Running, account, running
from tests.support.wait import PATIENCE_SECONDS, until
from tests.support.wire import Peer, scripted

LIMIT = 5.0
FILES = 3000
LOG_LINES = 3_000_000
BODY = 20_000_000

FOLDER = """
[[rules]]
name = "scans"
kind = "folder"
to = ["you@example.com"]
subject = "{{file.name}}"
folder = "{folder}"
settle_seconds = 1
existing = "send"
"""
LOG = """
[[rules]]
name = "errors"
kind = "log"
to = ["you@example.com"]
subject = "{{rule}}"
paths = ["{folder}/app.log"]
match = ["ERROR (\\\\d+)"]
start_at = "beginning"
"""


def rows() -> Iterator[Row]:
    """Ask it to end by SIGTERM in the middle of each."""
    for what, scene in SCENES.items():
        with TemporaryDirectory(prefix="tm-") as name, scene(Path(name)) as program:
            began = perf_counter()
            assert program.end(signal.SIGTERM) == 0, program.output
            seconds = perf_counter() - began
        yield Row(f"end while {what}", seconds, LIMIT, "s")


@contextmanager
def _idle(folder: Path) -> Iterator[Running]:
    home = Home(folder / "home")
    home.configure(account(1, auth="none"))
    with running(home) as program:
        yield program


@contextmanager
def _sending(folder: Path, script: Callable[[Peer], None]) -> Iterator[Running]:
    """A large mail is on its way to a server that stops in the middle of a conversation."""
    home, reached, done = Home(folder / "home"), Event(), Event()
    (folder / "drawings.bin").write_bytes(os.urandom(BODY))

    def play(peer: Peer) -> None:
        script(peer)
        reached.set()
        done.wait(PATIENCE_SECONDS)

    with scripted(play) as server:
        plain = account(server.port, security="none", auth="none", more="max_message_mb = 60")
        home.configure(plain)
        with running(home) as program:
            queued = home.run(
                *("send", "--queue", "--to", "you@example.com", "--subject", "drawings"),
                *("--attach", folder / "drawings.bin"),
            )
            assert queued.returncode == 0, queued.stderr
            assert reached.wait(PATIENCE_SECONDS)
            yield program
        done.set()


def _silent(peer: Peer) -> None:
    del peer


def _deaf(peer: Peer) -> None:
    peer.greet()
    for command in ("MAIL", "RCPT"):
        peer.expect(command)
        peer.say("250 ok")
    peer.expect("DATA")
    peer.say("354 go on")


def _undecided(peer: Peer) -> None:
    _deaf(peer)
    peer.body()


@contextmanager
def _asking(folder: Path) -> Iterator[Running]:
    """A command that tells the secret takes for ever."""
    home, begun = Home(folder / "home"), folder / "begun"
    waits = f"open({str(begun)!r}, 'w').close(); import threading; threading.Event().wait()"
    command = f"password_command = [{sys.executable!r}, '-c', {waits!r}]"
    home.configure(account(1, more=command))
    with running(home) as program:
        queued = home.run("send", "--queue", "--to", "you@example.com", "--subject", "a letter")
        assert queued.returncode == 0, queued.stderr
        until(begun.exists, what="the command")
        yield program


@contextmanager
def _taking(folder: Path) -> Iterator[Running]:
    """Files by the thousand are being taken from a folder."""
    home, box = Home(folder / "home"), folder / "box"
    box.mkdir()
    for number in range(FILES):
        (box / f"{number}.txt").write_text("a letter\n")
    home.configure(account(1, auth="none") + FOLDER.format(folder=box))
    with running(home) as program:
        until(lambda: any(program.status()["outbox"].values()), what="the first mail")
        yield program


@contextmanager
def _reading(folder: Path) -> Iterator[Running]:
    """A large log is being read."""
    home = Home(folder / "home")
    (folder / "app.log").write_text("".join(f"ERROR {n % 7}\n" for n in range(LOG_LINES)))
    home.configure(account(1, auth="none") + LOG.format(folder=folder))
    with running(home) as program:
        until(lambda: program.status()["rules"]["errors"]["matched"], what="the first lines")
        yield program


SCENES: dict[str, Callable[[Path], AbstractContextManager[Running]]] = {
    "idle": _idle,
    "a server says nothing": lambda folder: _sending(folder, _silent),
    "a server stops reading a mail": lambda folder: _sending(folder, _deaf),
    "a server keeps its verdict": lambda folder: _sending(folder, _undecided),
    "a command for a secret hangs": _asking,
    "files are being taken": _taking,
    "a log is being read": _reading,
}
