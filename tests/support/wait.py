"""Waiting for a condition with a deadline: the only way in which a test waits."""

import sys
from collections.abc import Callable
from pathlib import Path
from threading import Event
from time import monotonic
from typing import TypeVar

T = TypeVar("T")
# Only what never comes takes so long, however busy the machine is.
PATIENCE_SECONDS = 60.0
_PAUSE_SECONDS = 0.01
# How much longer all takes under Wine, beside other work.
_PATIENCE = 6 if sys.platform == "win32" else 1


def until(condition: Callable[[], T], timeout: float = PATIENCE_SECONDS, what: str = "") -> T:
    """Ask `condition` until its answer is true and return that answer.

    Raises AssertionError, naming `what` was awaited, after `timeout` seconds.
    """
    never = Event()
    timeout *= _PATIENCE
    deadline = monotonic() + timeout
    while True:
        answer = condition()
        if answer:
            return answer
        if monotonic() >= deadline:
            raise AssertionError(f"not within {timeout:g} s: {what or condition!r}")
        never.wait(_PAUSE_SECONDS)


def goes_on(pid: int) -> bool:
    """Whether the process of Linux with this number has not ended, whoever waits for it."""
    try:
        state = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):  # the latter: it ended between open and read
        return False
    return state not in (b"Z", b"X")
