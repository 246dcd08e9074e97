"""Waiting for a condition with a deadline: the only way in which a test waits."""

from collections.abc import Callable
from threading import Event
from time import monotonic
from typing import TypeVar

T = TypeVar("T")
_PAUSE_SECONDS = 0.01


def until(condition: Callable[[], T], timeout: float = 10.0, what: str = "") -> T:
    """Ask `condition` until its answer is true and return that answer.

    Raises AssertionError, naming `what` was awaited, after `timeout` seconds.
    """
    never = Event()
    deadline = monotonic() + timeout
    while True:
        answer = condition()
        if answer:
            return answer
        if monotonic() >= deadline:
            raise AssertionError(f"not within {timeout:g} s: {what or condition!r}")
        never.wait(_PAUSE_SECONDS)
