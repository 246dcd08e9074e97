"""A progress bar on standard error, where a person watches and the work is long."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from types import TracebackType

    from click._termui_impl import ProgressBar

# Less is sent before anyone has read the bar.
SHOWN_FROM_BYTES = 1_000_000


class TerminalBar:
    """Grows as a mail goes out or a file is read; without a terminal nothing is shown."""

    def __init__(self, label: str) -> None:
        self._label = label
        self._bar: ProgressBar[int] | None = None
        self._shown = sys.stderr is not None and sys.stderr.isatty()
        self._key = 0
        self._done = 0

    def __enter__(self) -> TerminalBar:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end()

    def __call__(self, key: int, done: int, total: int) -> None:
        """Show that ``done`` of ``total`` bytes of the work called ``key`` are done."""
        if not self._shown or total < SHOWN_FROM_BYTES:
            return
        if self._bar is None or key != self._key:
            self._end()
            self._key, self._done = key, 0
            self._bar = click.progressbar(length=total, label=self._label, file=sys.stderr)
            self._bar.__enter__()
        self._bar.update(done - self._done)
        self._done = done

    def _end(self) -> None:
        if self._bar is not None:
            self._bar.__exit__(None, None, None)
            self._bar = None
