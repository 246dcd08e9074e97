"""The program's own log: rotated, private, in English, free of secrets and of mail texts."""

from __future__ import annotations

import logging
import os
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path

BYTES = 1_000_000
FILES = 3
FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


class PrivateRotatingFile(RotatingFileHandler):
    """A rotated log that only its user may read, from the first byte on."""

    def _open(self) -> TextIOWrapper:
        descriptor = os.open(self.baseFilename, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        return os.fdopen(descriptor, "a", encoding="utf-8", errors="backslashreplace")


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
