"""Asks how things stand, as often as there is reason to, but one question at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from traymail.core.errors import TraymailError
from traymail.ui.bridge import Act, Background, Job

T = TypeVar("T")
Cancel = Callable[[], object]
Rest = Callable[[Act], Cancel]
"""Calls what it is given after a while; the function returned takes that back."""


class Refresher(Generic[T]):
    """Asks in the background, and once more after the answer when asked meanwhile.

    What was asked for before an answer came may have changed since, so every `ask` is followed by a
    question that begins after it, also when the one before failed. Those that have the same
    question ask it together: after a change it is answered once, and all are told.
    """

    def __init__(
        self,
        background: Background,
        question: Callable[[], T],
        known: Callable[[T], object],
        unknown: Callable[[TraymailError], object],
        rest: Rest | None = None,
    ) -> None:
        """``question`` may block; ``known`` is given its answer, ``unknown`` why there is none.

        ``rest`` is how long to wait after an answer before the next question.
        """
        self._background, self._question = background, question
        self._known, self._unknown, self._rest = known, unknown, rest
        self._job: Job | None = None
        self._cancel_rest: Cancel | None = None
        self._again = False
        self._then: list[Act] = []

    def ask(self, then: Act | None = None) -> None:
        """Ask soon; ``then`` is called after the last answer there is to wait for."""
        if then is not None:
            self._then.append(then)
        if self._job is not None or self._cancel_rest is not None:
            self._again = True
            return
        self._job = self._background.ask(
            self._question,
            lambda answer: self._answered(lambda: self._known(answer)),
            lambda error: self._answered(lambda: self._unknown(error)),
        )

    def stop(self) -> None:
        """Wait for no answer any more."""
        self._again = False
        self._then.clear()
        if self._job is not None:
            self._job.cancel()
            self._job = None
        if self._cancel_rest is not None:
            self._cancel_rest()
            self._cancel_rest = None

    def _answered(self, tell: Act) -> None:
        self._job = None
        if self._rest is not None:
            self._cancel_rest = self._rest(self._rested)
        try:
            tell()
        finally:
            if self._cancel_rest is None:
                self._go_on()

    def _rested(self) -> None:
        self._cancel_rest = None
        self._go_on()

    def _go_on(self) -> None:
        if self._job is not None:
            return  # whoever was told has asked already
        if self._again:
            self._again = False
            self.ask()
            return
        acts, self._then = self._then, []
        for act in acts:
            act()
