"""`traymail compose`, and `traymail` alone: ask the running program, start it when needed."""

from __future__ import annotations

import contextlib
import subprocess
import threading
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from traymail.cli import endings
from traymail.cli.session import Session, typed
from traymail.cli.start_errors import told_on_desktop
from traymail.cli.words import PATH, command, option
from traymail.core.address import parse_addresses
from traymail.core.errors import NotRunning, SourceError, StateError
from traymail.core.texts import text
from traymail.desktop.knock import COMPOSE, knock

if TYPE_CHECKING:
    from traymail.ui.model.prefill import Prefill

# A start may wait for a keyring's or a disk's first breath; usually it takes half a second.
START_SECONDS = 20.0
TURN_SECONDS = 0.05
# Windows' DETACHED_PROCESS; elsewhere there are no such flags.
_WITHOUT_CONSOLE = getattr(subprocess, "DETACHED_PROCESS", 0)


@command(
    "compose",
    text(
        "Open the window that writes a mail, filled in.\n\n"
        "It belongs to the running program, which is started when needed."
    ),
)
@option(
    "--to",
    text("Who gets it; repeat it, or separate by commas."),
    multiple=True,
    metavar="ADDRESS",
)
@option("--subject", text("The subject."), default="", metavar="TEXT")
@option(
    "--attach",
    text("A file to attach; repeat it for more."),
    multiple=True,
    type=PATH,
    metavar="FILE",
)
@click.argument("url", metavar="[MAILTO-URL]", required=False)
@click.pass_obj
def compose(
    session: Session,
    /,
    *,
    to: tuple[str, ...],
    subject: str,
    attach: tuple[Path, ...],
    url: str | None,
) -> int:
    """Ask the running program for its window."""
    from traymail.ui.model.prefill import Prefill, merged, parse_mailto

    linked = parse_mailto(typed(url)) if url else Prefill()
    given = Prefill(
        to=tuple(str(one) for words in to for one in parse_addresses(typed(words))),
        subject=typed(subject),
        files=tuple(_file(path) for path in attach),
    )
    return show(session, merged(linked, given))


def show(session: Session, asked: Prefill) -> int:
    """Have the running program show its quick-send window; start the program when none runs.

    Raises DesktopError, SettingsError, StateError, AlreadyRunning, InputError.
    """
    try:
        knock(session.app.instance, COMPOSE, **asdict(asked))
    except NotRunning:
        _start(session)
        knock(session.app.instance, COMPOSE, **asdict(asked))
    return endings.OK


def start(session: Session) -> int:
    """Start the tray program in the background; if it runs, raise its quick-send window."""
    from traymail.ui.model.prefill import Prefill

    if session.app.instance.running.holder() is not None:
        return show(session, Prefill())
    _start(session)
    return endings.OK


def _start_folder() -> Path:
    """Return where file dialogs begin: not in a folder that might be unmounted."""
    home = Path.home()
    return home if home.is_dir() else Path(home.anchor)


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
        cwd=_start_folder(),
        text=True,
        errors="replace",
        start_new_session=True,
        creationflags=_WITHOUT_CONSOLE,
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
        text("traymail was started and does not answer."),
        text("Its log tells more: {path}", path=session.home.log_file),
    )


def _file(path: Path) -> str:
    """Return a file to attach as the running program finds it; raises SourceError."""
    absolute = str(path.absolute())
    if path.is_dir():
        raise SourceError(
            absolute,
            text("{path} is a folder.", path=path),
            text("Only regular files can be attached."),
        )
    try:
        with path.open("rb"):
            return absolute
    except OSError as error:
        raise SourceError(
            absolute,
            text("{path} cannot be read: {reason}", path=path, reason=error.strerror),
            text("Check the name and the permissions of the file."),
        ) from error
