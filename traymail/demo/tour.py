"""The tour: the four uses played on this computer, each to a mail that arrived whole."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

from traymail.app import App
from traymail.core.message import Draft, DraftFile
from traymail.core.template import human_size
from traymail.core.texts import text
from traymail.demo.stage import Say, append, sample_picture, stage
from traymail.program import Program
from traymail.services.mail import MailService
from traymail.services.services import services_of
from traymail.ui.model.inbox import Delivered, Received, read


class MailCollector:
    """Takes mails on the sink's thread, and gives them out on another."""

    def __init__(self) -> None:
        self._mails: list[Received] = []
        self._arrived = threading.Condition()

    def put(self, delivered: Delivered) -> None:
        """Keep a mail, read as a mail program reads it."""
        mail = read(delivered)
        with self._arrived:
            self._mails.append(mail)
            self._arrived.notify_all()

    def wait(self, accept: Callable[[Received], bool], seconds: float) -> Received | None:
        """Return the first mail that ``accept`` takes, or None after ``seconds``."""
        with self._arrived:
            self._arrived.wait_for(lambda: any(map(accept, self._mails)), seconds)
            return next(filter(accept, self._mails), None)


def digests(mail: Received) -> set[str]:
    """Return the sha256 of each attachment's content."""
    return {sha256(part.content).hexdigest() for part in mail.parts}


WAIT_SECONDS = 20.0
LOOK_SECONDS = 0.05
ALL = 4


@dataclass(frozen=True, slots=True)
class Play:
    """What the tour plays on, and where the mails arrive."""

    mail: MailService
    app: App
    folder: Path
    log: Path
    collector: MailCollector
    say: Say


def tour(environ: Mapping[str, str], language: str, say: Say) -> bool:
    """Play the four uses; return whether all four mails arrived, whole."""
    collector = MailCollector()
    with stage(environ, language, say, collector.put) as here, _program(here.app) as mail:
        play = Play(mail, here.app, here.folder, here.log, collector, say)
        acts = (_type_a_message, _drop_a_picture, _write_an_error, _write_more_errors)
        arrived = [_played(play, number, act) for number, act in enumerate(acts, 1)]
    say(text("{count} of {all} mails arrived, whole.", count=sum(arrived), all=ALL))
    return all(arrived)


@contextmanager
def _program(app: App) -> Iterator[MailService]:
    app.instance.claim()
    program = Program(app, app.settings_file.load(), _never_asked)
    try:
        program.start()
        try:
            _wait_until_all_watch(program)
            yield services_of(app, program).mail
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


# --- the four uses ------------------------------------------------------------------------------

# Does something, and returns what tells the mail it leads to.
Act = Callable[[Play], Callable[[Received], bool]]


def _played(play: Play, number: int, act: Act) -> bool:
    clock = play.app.clock
    began = clock.monotonic()
    arrival = play.collector.wait(act(play), WAIT_SECONDS)
    if arrival is None:
        play.say(text("missing {number}/{all}", number=number, all=ALL))
        return False
    names = ", ".join(f"{part.name} ({human_size(len(part.content))})" for part in arrival.parts)
    play.say(
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


def _type_a_message(play: Play) -> Callable[[Received], bool]:
    notes = "第一行\nsecond line\n".encode()
    words = "Typed by hand, with 附件."
    settings = play.app.settings()
    account = settings.accounts["demo"]
    play.mail.post(
        Draft(
            account=account.name,
            sender=account.address,
            to=(account.address,),
            subject="Quick send 快速发送",
            text=words,
            files=(DraftFile("笔记 notes.txt", content=notes),),
        ),
        timedelta(0),
    )
    digest = sha256(notes).hexdigest()
    return lambda mail: words in mail.body and digest in digests(mail)


def _drop_a_picture(play: Play) -> Callable[[Received], bool]:
    picture = sample_picture(320, 200)
    (play.folder / "照片 photo.png").write_bytes(picture)
    digest = sha256(picture).hexdigest()
    return lambda mail: digest in digests(mail)


def _write_an_error(play: Play) -> Callable[[Received], bool]:
    line = "ERROR the first: disk sda1 is 95 % full"
    append(play.log, line)
    return lambda mail: line in mail.body


def _write_more_errors(play: Play) -> Callable[[Received], bool]:
    """Write two more lines while the rule cools down: one digest tells of both."""
    lines = ("ERROR the second: backup failed", "FATAL the third: database is gone")
    append(play.log, *lines)
    return lambda mail: all(line in mail.body for line in lines)
