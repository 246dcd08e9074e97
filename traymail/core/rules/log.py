"""The log rule: mail an alert when lines of a log match."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from typing import ClassVar

from traymail.core.account import WhenUnsure
from traymail.core.rule import Rule


class StartAt(Enum):
    """Where to begin in a file that is seen for the first time."""

    END = "end"
    BEGINNING = "beginning"


@dataclass(frozen=True, slots=True)
class Threshold:
    """So many matches within so long make an alert."""

    count: int = 1
    within: timedelta = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogRule(Rule):
    """Watched logs. ``paths`` are absolute globs; patterns are RE2; ``silent_for`` None = off."""

    kind: ClassVar[str] = "log"
    subject: str = "[{host}] {rule}"
    body: str = "{lines}"
    when_unsure: WhenUnsure = WhenUnsure.RESEND
    max_per_hour: int = 20
    paths: tuple[str, ...]
    match: tuple[str, ...]
    ignore: tuple[str, ...] = ()
    encoding: str = "auto"
    start_at: StartAt = StartAt.END
    record_start: str = ""
    before: int = 0
    after_lines: int = 0
    threshold: Threshold = Threshold()
    cooldown: timedelta = timedelta(minutes=10)
    group_by: str = ""
    silent_for: timedelta | None = None

    @property
    def sources(self) -> tuple[str, ...]:
        """The globs."""
        return self.paths
