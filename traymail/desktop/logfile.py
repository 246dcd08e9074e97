"""The program's own log: rotated, private, in English, free of secrets and of mail texts.

A service's is systemd's journal, which keeps times, rotates, and is where administrators look.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sys
from collections.abc import Mapping
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any

from traymail.core.address import clean
from traymail.core.texts import MOST_LINE, elided
from traymail.disk import NO_LINK, make_folder

BYTES = 1_000_000
FILES = 3
FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


def _shown(line: str) -> str:
    return elided(clean(line), MOST_LINE)


class OneLine(logging.Formatter):
    """An event is one line, but for a traceback, and nothing in it steers the reader's terminal."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 # logging's name
        """Return the line."""
        return _shown(super().formatMessage(record))

    def formatException(self, ei: Any) -> str:  # noqa: N802, ANN401 # as logging declares it
        """Return the lines of a traceback."""
        return "\n".join(map(_shown, super().formatException(ei).splitlines()))


ERROR = "<3>"
"""What begins a line of the journal that tells of an error."""


class JournalLine(logging.Formatter):
    """An event as the journal wants it: its priority (sd-daemon(3)), and all of it in one line."""

    def __init__(self) -> None:
        super().__init__("%(name)s: %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        """Return the line; a traceback is part of it."""
        priority = next(number for level, number in _PRIORITIES if record.levelno >= level)
        return f"<{priority}>" + " | ".join(map(_shown, super().format(record).splitlines()))


_PRIORITIES = (
    (logging.CRITICAL, 2),
    (logging.ERROR, 3),
    (logging.WARNING, 4),
    (logging.INFO, 6),
    (logging.NOTSET, 7),
)


class PrivateRotatingFile(RotatingFileHandler):
    """A rotated log that only its user may read, from the first byte on.

    On a full disk lines are lost, and nothing else is.
    """

    def _open(self) -> TextIOWrapper:
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | NO_LINK
        flags |= getattr(os, "O_NONBLOCK", 0)  # a pipe in its place would be waited for
        descriptor = os.open(self.baseFilename, flags, 0o600)
        return os.fdopen(descriptor, "a", encoding="utf-8", errors="backslashreplace")

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line, into a new file when somebody has taken the old one away."""
        with contextlib.suppress(OSError):
            self._follow_name()
        super().emit(record)

    def _follow_name(self) -> None:
        if self.stream is None or os.name != "posix":  # Windows keeps what is open
            return
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            if os.path.samestat(os.fstat(self.stream.fileno()), os.stat(self.baseFilename)):  # noqa: PTH116 # logging's name of it is a str
                return
        stream, self.stream = self.stream, None
        with contextlib.suppress(OSError):
            stream.close()
        make_folder(Path(self.baseFilename).parent)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        """Pass over a line that cannot be written; logging would print a traceback."""
        if not isinstance(sys.exception(), OSError):
            super().handleError(record)

    def close(self) -> None:
        """Close the file; what is still to be written then is lost where it cannot be."""
        with contextlib.suppress(OSError):
            super().close()


def log_to(path: Path, *, verbose: bool, most_bytes: int = BYTES) -> logging.Handler | None:
    """Write the log of all of traymail to ``path``; ``verbose``: with tracebacks and details.

    It is rotated before it has more than ``most_bytes``.

    Returns the handler, or None when the file cannot be written: a full disk must not keep mail
    from leaving.
    """
    try:
        make_folder(path.parent)
        handler = PrivateRotatingFile(path, maxBytes=most_bytes, backupCount=FILES)
    except OSError:
        return None
    handler.setFormatter(OneLine(FORMAT))
    return _in_use(handler, verbose=verbose)


def under_journal(environ: Mapping[str, str]) -> bool:
    """Return whether standard error leads to systemd's journal, as systemd.exec(5) says to ask.

    The variable alone proves nothing: what a service starts inherits it, a terminal for one.
    """
    with contextlib.suppress(OSError):
        here = os.fstat(2)
        return environ.get("JOURNAL_STREAM") == f"{here.st_dev}:{here.st_ino}"
    return False


def log_to_journal(*, verbose: bool) -> logging.Handler:
    """Write the log of all of traymail to standard error, for the journal."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JournalLine())
    return _in_use(handler, verbose=verbose)


def end(handler: logging.Handler | None) -> None:
    """Write no more to where a log went."""
    if handler is not None:
        logging.getLogger("traymail").removeHandler(handler)
        handler.close()


def _in_use(handler: logging.Handler, *, verbose: bool) -> logging.Handler:
    logger = logging.getLogger("traymail")
    logger.setLevel(logging.DEBUG if verbose else logging.INFO)
    logger.addHandler(handler)
    return handler
