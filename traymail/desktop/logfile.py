"""The program's own log: rotated, private, in English, free of secrets and of mail texts."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path

BYTES = 1_000_000
FILES = 3
FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


class PrivateRotatingFile(RotatingFileHandler):
    """A rotated log that only its user may read, from the first byte on.

    On a full disk lines are lost, and nothing else is.
    """

    def _open(self) -> TextIOWrapper:
        descriptor = os.open(self.baseFilename, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        return os.fdopen(descriptor, "a", encoding="utf-8", errors="backslashreplace")

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        """Pass over a line that cannot be written; logging would print a traceback."""
        if not isinstance(sys.exception(), OSError):
            super().handleError(record)

    def close(self) -> None:
        """Close the file; what is still to be written then is lost where it cannot be."""
        with contextlib.suppress(OSError):
            super().close()


def log_to(path: Path, *, verbose: bool) -> logging.Handler | None:
    """Write the log of all of traymail to ``path``; ``verbose``: with tracebacks and details.

    Returns the handler, or None when the file cannot be written: a full disk must not keep mail
    from leaving.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handler = PrivateRotatingFile(path, maxBytes=BYTES, backupCount=FILES)
    except OSError:
        return None
    handler.setFormatter(logging.Formatter(FORMAT))
    logger = logging.getLogger("traymail")
    logger.setLevel(logging.DEBUG if verbose else logging.INFO)
    logger.addHandler(handler)
    return handler
