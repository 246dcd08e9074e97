"""How a command ends: its exit status (sysexits.h) and, when it fails, what is told.

An error is told on standard error: a line for each cause, a line for the way out.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

import click

from traymail.cli.session import Session
from traymail.core.errors import (
    INTERNAL_ERROR,
    AlreadyRunning,
    AuthFailure,
    CredentialError,
    DeliveryError,
    DesktopError,
    InputError,
    NotRunning,
    OtherUser,
    PermanentFailure,
    SettingsError,
    SignInError,
    SignInLater,
    SourceError,
    StateError,
    TransientFailure,
    TraymailError,
    UnknownOutcome,
    problem_line,
)
from traymail.core.reasons import foreseen
from traymail.core.texts import text

OK = 0
USAGE = 64
DATA = 65
NO_INPUT = 66
UNAVAILABLE = 69
INTERNAL = INTERNAL_ERROR
CANNOT_CREATE = 73
LATER = 75
NO_PERMISSION = 77
CONFIG = 78
# As a shell tells of a program that SIGINT ended.
INTERRUPTED = 130

# The first class that fits counts.
STATUS: tuple[tuple[type[TraymailError], int], ...] = (
    (InputError, DATA),
    (SourceError, NO_INPUT),
    (SettingsError, CONFIG),
    (CredentialError, NO_PERMISSION),
    (SignInLater, LATER),
    (SignInError, NO_PERMISSION),
    (StateError, CANNOT_CREATE),
    (OtherUser, NO_PERMISSION),
    (NotRunning, UNAVAILABLE),
    (DesktopError, UNAVAILABLE),
    (AlreadyRunning, LATER),
    (AuthFailure, NO_PERMISSION),
    (TransientFailure, LATER),
    (UnknownOutcome, LATER),
    (PermanentFailure, UNAVAILABLE),
    (DeliveryError, UNAVAILABLE),
)


@dataclass
class CommandEnding:
    """The exit status of a command, once it has ended."""

    status: int = OK


@contextlib.contextmanager
def told_to(session: Session) -> Iterator[CommandEnding]:
    """Let a command run in the block; what it raises is told and becomes its exit status."""
    ending = CommandEnding()
    try:
        try:
            yield ending
        except Exception as error:  # noqa: BLE001 # the last line of defence: no traceback is shown
            ending.status = _tell(error, session)
        finally:
            session.close()
    except TraymailError as error:  # standard error itself cannot be written, or closing failed
        ending.status = status_of(error)
    except KeyboardInterrupt:
        ending.status = INTERRUPTED


def status_of(error: TraymailError) -> int:
    """Return the exit status that stands for an error."""
    if isinstance(error, SettingsError) and not error.written:
        return DATA  # the configuration is as good as before: what was given is not
    return next((status for kind, status in STATUS if isinstance(error, kind)), INTERNAL)


def tell_error(error: TraymailError, session: Session) -> None:
    """Print the causes, then the way out."""
    if isinstance(error, SettingsError):
        for problem in error.problems:
            session.note(problem_line(error.file_name, problem, session.translate))
    else:
        session.note(error.title)
    if error.advice is not None:
        session.note(error.advice)


def _tell(error: Exception, session: Session) -> int:
    match error:
        case click.exceptions.Exit():
            return error.exit_code
        case click.Abort():
            return INTERRUPTED
        case click.UsageError():
            _tell_usage(error, session)
            return USAGE
        case _ if (known := foreseen(error)) is not None:
            tell_error(known, session)
            _log(error, session)
            return status_of(known)
        case _:
            session.note(text("traymail met an internal error: {kind}", kind=type(error).__name__))
            _log(error, session)
            words = (
                text("See the log for details: {path}", path=session.home.log_file)
                if session.logs_details
                else text(
                    "Run it again with -v; the details are then in {path}.",
                    path=session.home.log_file,
                )
            )
            session.note(words)
            return INTERNAL


def _tell_usage(error: click.UsageError, session: Session) -> None:
    # A group without its command; any other may name a file with a line break in its name.
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        for line in error.message.splitlines():
            session.note(line)
        return
    command = error.ctx.command_path if error.ctx else "traymail"
    told = error.format_message()
    # click ends a sentence with a full stop of its own in every language.
    ended = text("{sentence}.", sentence=told.removesuffix("."))
    session.note(ended if told.endswith(".") else told)
    session.note(text("Look it up with: {command} --help", command=command))


def _log(error: Exception, session: Session) -> None:
    """Add the traceback to the log, when that was asked for; it is never shown."""
    if session.logs_details:
        import logging

        logging.getLogger(__name__).error("the command failed", exc_info=error)
