"""The tour: the four uses played on this computer, each to a mail that arrived whole."""

from __future__ import annotations

import secrets
import shutil
import struct
import tempfile
import threading
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from traymail.app import App
from traymail.core.message import Draft, DraftFile
from traymail.core.secret import Secret
from traymail.core.template import human_size
from traymail.core.texts import Text, text
from traymail.demo.sink import HOST, Arrival, Login, Sink, running
from traymail.desktop.paths import home
from traymail.program import Program

ADDRESS = "me@demo.example"
SYSTEM_LOGS = ("/var/log/dpkg.log", "/var/log/syslog", "/var/log/system.log")
WAIT_SECONDS = 20.0
LOOK_SECONDS = 0.05
ALL = 4

CONFIG = """\
version = 1

[accounts.demo]
address = "{address}"
host = "{host}"
port = {port}
security = "tls"
ca_file = '{ca_file}'

[[rules]]
name = "Dropped files"
kind = "folder"
folder = '{folder}'
to = ["office@demo.example"]
subject = "{{file.name}}"
settle_seconds = 0.3

[[rules]]
name = "Log errors"
kind = "log"
paths = ['{log}']
match = ['(?P<level>ERROR|FATAL)\\b']
to = ["admin@demo.example"]
subject = "[{{rule}}] {{match.level}}: {{count}}"
cooldown = "1500ms"
"""


@dataclass(frozen=True, slots=True)
class Stage:
    """What the tour plays on."""

    app: App
    sink: Sink
    folder: Path
    log: Path
    say: Callable[[Text], None]


def tour(environ: Mapping[str, str], language: str, say: Callable[[Text], None]) -> bool:
    """Play the four uses; return whether all four mails arrived, whole."""
    with (
        tempfile.TemporaryDirectory(prefix="traymail-demo-") as folder,
        _stage(Path(folder), environ, language, say) as stage,
    ):
        acts = (_type_a_message, _drop_a_picture, _write_an_error, _write_more_errors)
        arrived = [_played(stage, number, act) for number, act in enumerate(acts, 1)]
    say(text("{count} of {all} mails arrived, whole.", count=sum(arrived), all=ALL))
    return all(arrived)


@contextmanager
def _stage(
    folder: Path, environ: Mapping[str, str], language: str, say: Callable[[Text], None]
) -> Iterator[Stage]:
    drop, log, ca_file = folder / "drop", folder / "app.log", folder / "ca.pem"
    drop.mkdir()
    _fill(log, say)
    login = Login(ADDRESS, secrets.token_urlsafe(16))
    with running(login, ca_file) as sink:
        say(text("An SMTP server with TLS listens on {host}:{port}.", host=HOST, port=sink.port))
        app = App(home(str(folder / "home"), environ), environ, language)
        app.home.make()
        app.home.config_file.write_text(
            CONFIG.format(
                address=ADDRESS, host=HOST, port=sink.port, ca_file=ca_file, folder=drop, log=log
            ),
            encoding="utf-8",
        )
        settings = app.settings()
        app.credentials.remember(settings.accounts["demo"], Secret(login.password))
        with _program(app):
            yield Stage(app, sink, drop, log, say)


@contextmanager
def _program(app: App) -> Iterator[None]:
    app.instance.claim()
    program = Program(app, app.settings_file.load(), _never_asked)
    try:
        program.start()
        try:
            _wait_until_all_watch(program)
            yield
        finally:
            program.stop()
    finally:
        app.close()


def _never_asked() -> None:
    """Do nothing: the tour ends by itself."""


def _wait_until_all_watch(program: Program) -> None:
    """Wait for the rules' first look: what comes after it counts as new."""
    pause = threading.Event()
    for _ in range(round(WAIT_SECONDS / LOOK_SECONDS)):
        if all(rule["watching"] for rule in program.status(str)["rules"].values()):
            return
        pause.wait(LOOK_SECONDS)


def _fill(log: Path, say: Callable[[Text], None]) -> None:
    """Make the sample log: a copy of this computer's own, when one can be read."""
    for name in SYSTEM_LOGS:
        try:
            shutil.copyfile(name, log)
        except OSError:
            continue
        say(text("The sample log is a copy of {path}.", path=name))
        return
    log.write_text("2026-11-23 08:00:00 INFO started\n", encoding="utf-8")


# --- the four uses ------------------------------------------------------------------------------

# Does something, and returns what tells the mail it leads to.
Act = Callable[[Stage], Callable[[Arrival], bool]]


def _played(stage: Stage, number: int, act: Act) -> bool:
    clock = stage.app.clock
    began = clock.monotonic()
    arrival = stage.sink.wait(act(stage), WAIT_SECONDS)
    if arrival is None:
        stage.say(text("missing {number}/{all}", number=number, all=ALL))
        return False
    names = ", ".join(
        f"{name} ({human_size(len(content))})" for name, content in arrival.attachments
    )
    stage.say(
        text(
            "arrived {number}/{all} from {sender} subject {subject} attachments {names}"
            " in {seconds} s",
            number=number,
            all=ALL,
            sender=arrival.sender,
            subject=arrival.subject,
            names=names or "-",
            seconds=f"{clock.monotonic() - began:.1f}",
        )
    )
    return True


def _type_a_message(stage: Stage) -> Callable[[Arrival], bool]:
    notes = "第一行\nsecond line\n".encode()
    words = "Typed by hand, with 附件."
    settings = stage.app.settings()
    account = settings.accounts["demo"]
    stage.app.store(
        Draft(
            account=account.name,
            sender=account.address,
            to=(account.address,),
            subject="Quick send 快速发送",
            text=words,
            files=(DraftFile("笔记 notes.txt", content=notes),),
        )
    )
    stage.app.wake()
    digest = sha256(notes).hexdigest()
    return lambda mail: words in mail.body and digest in mail.digests()


def _drop_a_picture(stage: Stage) -> Callable[[Arrival], bool]:
    picture = sample_picture(320, 200)
    (stage.folder / "照片 photo.png").write_bytes(picture)
    digest = sha256(picture).hexdigest()
    return lambda mail: digest in mail.digests()


def _write_an_error(stage: Stage) -> Callable[[Arrival], bool]:
    line = "ERROR the first: disk sda1 is 95 % full"
    _append(stage.log, line)
    return lambda mail: line in mail.body


def _write_more_errors(stage: Stage) -> Callable[[Arrival], bool]:
    """Write two more lines while the rule cools down: one digest tells of both."""
    lines = ("ERROR the second: backup failed", "FATAL the third: database is gone")
    _append(stage.log, *lines)
    return lambda mail: all(line in mail.body for line in lines)


def _append(log: Path, *lines: str) -> None:
    with log.open("a", encoding="utf-8") as file:
        file.writelines(f"{line}\n" for line in lines)


def sample_picture(width: int, height: int) -> bytes:
    """Return a PNG of a colour gradient (PNG specification, section 5)."""
    rows = b"".join(
        b"\0" + b"".join(bytes((x % 256, y % 256, (x * y) % 256)) for x in range(width))
        for y in range(height)
    )
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks
    )
