"""Asks how everything stands: one question at a time, and once more when asked meanwhile."""

from __future__ import annotations

from collections.abc import Callable

from traymail.core.errors import TraymailError
from traymail.ui.backend import Backend, Overview
from traymail.ui.bridge import Background


class Looker:
    """Gives each answer to ``known``, or why there is none to ``unknown``."""

    def __init__(
        self,
        backend: Backend,
        background: Background,
        known: Callable[[Overview], object],
        unknown: Callable[[TraymailError], object],
    ) -> None:
        self._backend, self._background = backend, background
        self._known, self._unknown = known, unknown
        self._asking = self._again = False
        self._then: list[Callable[[], object]] = []

    def look(self, then: Callable[[], object] | None = None) -> None:
        """Ask now; call ``then`` after the answer to this question, or a later one."""
        if then is not None:
            self._then.append(then)
        if self._asking:
            self._again = True
            return
        self._asking = True
        self._background.run(
            lambda _stop: self._backend.overview(),
            lambda overview: self._answer(lambda: self._known(overview)),
            lambda error: self._answer(lambda: self._unknown(error)),
        )

    def _answer(self, tell: Callable[[], object]) -> None:
        self._asking = False
        tell()
        if self._again:
            self._again = False
            self.look()
            return
        acts, self._then = self._then, []
        for act in acts:
            act()
