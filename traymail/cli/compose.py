"""`traymail compose`, and `traymail` alone: ask the running program, start it when needed."""

from __future__ import annotations

import contextlib
import os
import re
import stat
import subprocess
import threading
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from traymail.cli import endings
from traymail.cli.options import ATTACH, SUBJECT, to
from traymail.cli.session import Session
from traymail.cli.start_errors import told_on_desktop
from traymail.cli.words import argument, command
from traymail.core.address import excerpt, split_addresses
from traymail.core.errors import NotRunning, SourceError, StateError, UnsafePath
from traymail.core.reasons import unreadable
from traymail.core.texts import text
from traymail.desktop.activation import COMPOSE, activate_running
from traymail.desktop.starting import WITHOUT_CONSOLE
from traymail.disk import open_behind_links, start_folder, typed

if TYPE_CHECKING:
    from traymail.ui.model.prefill import Prefill

# A start may wait for a keyring's or a disk's first breath, or for a virus scanner that reads all
# of it; usually it takes half a second.
START_SECONDS = 60.0
TURN_SECONDS = 0.05
# How a link begins (RFC 3986 section 3.1); one letter would be a drive of Windows.
_LINK = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")
_MAIL = re.compile("mailto:", re.IGNORECASE)


@command(
    "compose",
    text(
        "Open the window for a new mail, filled in.\n\n"
        "It belongs to the running program, which is started if needed."
    ),
)
@to()
@SUBJECT
@ATTACH
@argument("given", "[MAILTO-URL|FILE]...", nargs=-1, may_be_long=True)
@click.pass_obj
def compose(
    session: Session,
    /,
    *,
    to: tuple[str, ...],
    subject: str,
    attach: tuple[Path, ...],
    given: tuple[str, ...],
) -> int:
    """Ask the running program for its window; a desktop hands over links and files alike."""
    from traymail.ui.model.prefill import Prefill, merged, parse_mailto

    if len(given) > 1 and any(map(_MAIL.match, given)):
        # Whoever wrote a link could have ended its quotation where Windows starts programs.
        raise click.UsageError(
            session.translated(text("A mail link stands alone: attach files with --attach."))
        )
    asked = Prefill()
    files = list(attach)
    for one in given:
        path = _path(one)
        if path is None:
            asked = merged(asked, parse_mailto(typed(one)))
        else:
            files.append(path)
    options = Prefill(
        to=_recipients(session, to),
        subject=typed(subject),
        files=tuple(_file(path) for path in files),
    )
    return show(session, merged(asked, options))


def _recipients(session: Session, given: tuple[str, ...]) -> tuple[str, ...]:
    """Return addresses and names of groups, checked; raises InputError."""
    from traymail.core.groups import group_named, may_be_group, person

    pieces = [one for words in given for one in split_addresses(typed(words))]
    groups = session.settings().groups if any(map(may_be_group, pieces)) else {}
    return tuple(group_named(one, groups) or str(person(one, groups)) for one in pieces)


def show(session: Session, asked: Prefill) -> int:
    """Have the running program show its quick-send window; start the program when none runs.

    Raises DesktopError, SettingsError, StateError, AlreadyRunning, InputError.
    """
    try:
        activate_running(session.app.instance, COMPOSE, **asdict(asked))
    except NotRunning:
        _start(session)
        activate_running(session.app.instance, COMPOSE, **asdict(asked))
    return endings.OK


def start(session: Session) -> int:
    """Start the tray program in the background; if it runs, raise its quick-send window."""
    from traymail.ui.model.prefill import Prefill

    if session.app.instance.running.holder() is not None:
        return show(session, Prefill())
    _start(session)
    return endings.OK


def _start(session: Session) -> None:
    """Start the program by itself, and wait until its windows can be asked for."""
    from traymail.desktop.display import check_display

    with told_on_desktop(session):
        check_display(session.environ)
        session.settings()  # what is wrong with it is told here, where somebody reads it
    process = subprocess.Popen(  # noqa: S603 - our own program; it goes on when this one ends
        [*session.program_command(), "run"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        cwd=start_folder(),
        text=True,
        errors="replace",
        start_new_session=True,
        creationflags=WITHOUT_CONSOLE,
    )
    never = threading.Event()
    for _ in range(round(START_SECONDS / TURN_SECONDS)):
        ended = process.poll()
        # Another one may have been quicker to start: then that one answers.
        if ended not in {None, endings.LATER}:
            _, told = process.communicate()
            for line in told.splitlines():
                session.note(line)
            raise click.exceptions.Exit(ended or endings.INTERNAL)
        with contextlib.suppress(NotRunning):
            if session.app.instance.ask({"command": "hello"}).get("ready"):
                return
        never.wait(TURN_SECONDS)
    raise StateError(
        text("traymail was started but does not answer."),
        text("See its log for details: {path}", path=session.home.log_file),
    )


def _path(given: str) -> Path | None:
    """Return the file that is meant by a name or a file: link (RFC 8089), None for another link."""
    kind = _LINK.match(given)
    if kind is None:
        return Path(given)
    if _MAIL.match(given):  # never a file, whatever folder of that name somebody has made
        return None
    if kind[0].lower() == "file:":
        from urllib.parse import urlsplit
        from urllib.request import url2pathname

        link = urlsplit(given)
        return Path(url2pathname(link.path)) if link.netloc in {"", "localhost"} else None
    with contextlib.suppress(OSError):  # a link may be longer than any name
        if Path(given).exists():
            return Path(given)
    return None


def _file(path: Path) -> str:
    """Return a file to attach as the running program finds it; raises SourceError."""
    absolute = str(path.absolute())
    try:
        with os.fdopen(open_behind_links(absolute), "rb") as file:  # a pipe is not waited for
            if stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                return absolute
    except UnsafePath as error:
        raise SourceError(absolute, error.title, error.advice) from error
    except OSError as error:
        # Windows opens no folder, and says that it is not permitted.
        if isinstance(error, IsADirectoryError | PermissionError) and path.is_dir():
            raise SourceError(
                absolute,
                text("{path} is a folder.", path=path),
                text("Only regular files can be attached."),
            ) from error
        raise unreadable(Path(excerpt(str(path))), error) from error
    raise SourceError(
        absolute,
        text("{path} is not a file.", path=path),
        text("Only regular files can be attached."),
    )
