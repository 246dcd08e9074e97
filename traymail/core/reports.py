"""What a rule tells of itself: its health, what it leaves out, what it would do."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum

from traymail.core.texts import Text, text


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A file or line that is not mailed, and why; named in the log, in status, in a dry run."""

    what: str
    reason: Text


@dataclass(frozen=True, slots=True)
class FlowStatus:
    """The health of a rule since the program started. ``left_out`` holds the latest, a bounded few.

    ``held`` matches wait for a mail that tells of them; ``quiet_until``: the end of a cooldown.
    """

    watching: bool = False
    matched: int = 0
    sent: int = 0
    suppressed: int = 0
    last_match_at: datetime | None = None
    error: Text | None = None
    left_out: tuple[LeftOut, ...] = ()
    held: int = 0
    quiet_until: datetime | None = None

    def after(self, earlier: FlowStatus) -> FlowStatus:
        """Return this with what was counted by an earlier flow of the same rule."""
        return replace(
            self,
            matched=earlier.matched + self.matched,
            sent=earlier.sent + self.sent,
            suppressed=earlier.suppressed + self.suppressed,
            last_match_at=self.last_match_at or earlier.last_match_at,
        )


class Health(Enum):
    """The health of a rule; the value is the word for it, the same wherever it is told."""

    OFF = text("off")
    BROKEN = text("does not work now")
    PAUSED = text("paused")
    STARTING = text("not watching yet")
    COOLING = text("cooling down")
    WATCHING = text("watching")

    @property
    def words(self) -> Text:
        """Return the word for it."""
        words: Text = self.value
        return words


def health_of(status: FlowStatus, *, enabled: bool, paused: bool) -> Health:
    """Return the health of a rule. ``paused``: all of traymail is."""
    if not enabled:
        return Health.OFF
    if status.error is not None:
        return Health.BROKEN
    if paused:
        return Health.PAUSED
    if status.held:
        return Health.COOLING
    return Health.WATCHING if status.watching else Health.STARTING


@dataclass(frozen=True, slots=True)
class PreviewMail:
    """A mail that a rule would make; attachments by name and size in bytes."""

    subject: str
    to: tuple[str, ...]
    body: str
    attachments: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Preview:
    """A dry run: how many files or matches, the first mails they would make, what is left out."""

    rule: str
    events: int
    mails: tuple[PreviewMail, ...]
    left_out: tuple[LeftOut, ...]


@dataclass(frozen=True, slots=True)
class LineShown:
    """A line of a log in a dry run; ``marks`` are the places (start, end) that match.

    ``ignored``: it matches, but an ignore pattern leaves it out.
    """

    words: str
    marks: tuple[tuple[int, int], ...] = ()
    ignored: bool = False


@dataclass(frozen=True, slots=True)
class RulePreview:
    """What a rule would do now; for a log rule, also which logs there are.

    ``lines`` are the last ones of the newest log; the mails are those these lines would make.
    """

    preview: Preview
    lines: tuple[LineShown, ...] = ()
    logs: tuple[str, ...] = ()
