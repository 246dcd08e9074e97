"""What keeps the tray program from starting, told where its user looks: on the desktop."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from traymail.cli.session import Session
from traymail.core.errors import (
    AlreadyRunning,
    DesktopError,
    SettingsError,
    TraymailError,
    problem_line,
)
from traymail.core.texts import text

_MOST_PROBLEMS = 5


@contextmanager
def told_on_desktop(session: Session) -> Iterator[None]:
    """Show an error of the block as a notification, too, when it was not started in a terminal.

    Whoever starts it from a menu, or with the session, sees no standard error.
    """
    try:
        yield
    except (AlreadyRunning, DesktopError):
        raise  # nothing is wrong, or there is no desktop
    except TraymailError as error:
        if sys.platform == "linux" and not (sys.stderr and sys.stderr.isatty()):
            from traymail.desktop.alarm import alarm

            alarm(session.translated(text("traymail cannot start")), _words(error, session))
        raise


def _words(error: TraymailError, session: Session) -> str:
    if isinstance(error, SettingsError):
        lines = [
            problem_line(error.file_name, problem, session.translate)
            for problem in error.problems[:_MOST_PROBLEMS]
        ]
        more = len(error.problems) - len(lines)
        if more > 0:
            lines.append(session.translated(text("and {n} more", n=more)))
        return "\n".join(lines)
    said = [error.title] if error.advice is None else [error.title, error.advice]
    return "\n".join(map(session.translated, said))
