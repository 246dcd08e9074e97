"""How a failure gets into the log."""

from __future__ import annotations

import logging

from traymail.core.errors import one_line
from traymail.core.reasons import foreseen


def log_failure(log: logging.Logger, what: str, error: BaseException) -> None:
    """Log what failed: one line of cause and way out; a traceback of what nobody foresaw."""
    known = foreseen(error)
    if known is None:
        log.error("%s", what, exc_info=error)
    else:
        log.warning("%s: %s", what, one_line(known))
        log.debug("%s", what, exc_info=error)
