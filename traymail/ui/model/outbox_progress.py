"""How far a mail under way is: a bar, the MB that are out, the time that is left."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from traymail.core.outbox import OutboxItem, State
from traymail.core.template import human_size
from traymail.core.texts import Text, text

# Before that, the speed is not known well enough to promise anything.
_SURE_AFTER = 1.0
_MINUTE = 60


@dataclass(frozen=True, slots=True)
class DeliveryProgress:
    """Bytes that are out, of all; ``began`` and ``at`` are when the first and last were told."""

    done: int
    total: int
    began: datetime
    at: datetime
    first: int = 0

    @property
    def part(self) -> float:
        """The part that is out, 0 to 1."""
        return self.done / self.total if self.total else 0.0


@dataclass(frozen=True, slots=True)
class DeliveryBar:
    """A bar (0 to 1; None: the mail is too small for one), words below at the left and right."""

    part: float | None
    words: Text
    left: Text | str = ""


def went_on(
    before: DeliveryProgress | None, done: int, total: int, now: datetime
) -> DeliveryProgress:
    """Return the progress after more of a mail went out; less than before is another attempt."""
    if before is None or done < before.done or total != before.total:
        return DeliveryProgress(done, total, began=now, at=now, first=done)
    return replace(before, done=done, at=now)


def bar_of(item: OutboxItem, progress: DeliveryProgress | None) -> DeliveryBar | None:
    """Return the bar of a mail that goes out; None for other mails."""
    if item.state is not State.SENDING:
        return None
    if item.unanswered:
        return None
    if progress is None:
        return DeliveryBar(None, text("On its way to the server…"))
    words = text("{a} of {b}", a=human_size(progress.done), b=human_size(progress.total))
    return DeliveryBar(progress.part, words, _left(progress))


def _left(progress: DeliveryProgress) -> Text | str:
    seconds = (progress.at - progress.began).total_seconds()
    moved = progress.done - progress.first
    if seconds < _SURE_AFTER or moved <= 0:
        return ""
    left = (progress.total - progress.done) * seconds / moved
    if left < _MINUTE:
        return text("{n} s left", n=max(1, round(left)))
    return text("{n} min left", n=round(left / _MINUTE))
