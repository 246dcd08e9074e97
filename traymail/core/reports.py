"""What a rule tells of itself: how it fares, what it leaves out, what it would do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from traymail.core.texts import Text


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A file or line that is not mailed, and why; named in the log, in status, in a dry run."""

    what: str
    reason: Text


@dataclass(frozen=True, slots=True)
class FlowStatus:
    """How a rule fares since the program started. ``left_out`` holds the latest, a bounded few.

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
