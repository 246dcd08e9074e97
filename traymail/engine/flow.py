"""A flow carries one rule from what its watcher saw to mails in the outbox, and what comes after.

There is one flow for each rule that is on. All calls come from the engine's thread.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO, Protocol

from traymail.core.message import Attachment, Draft, DraftFile
from traymail.core.observations import Observation
from traymail.core.outbox import OutboxItem
from traymail.core.reports import FlowStatus
from traymail.core.rule import Rule


@dataclass(frozen=True, slots=True)
class Machine:
    """What ``{host}`` and ``{user}`` say: the names of this computer and of its user."""

    host: str
    user: str


def common_values(rule: Rule, machine: Machine, now: datetime, count: int) -> dict[str, str]:
    """Return the placeholders that every rule has, times in local time."""
    local = now.astimezone()
    return {
        "rule": rule.name,
        "host": machine.host,
        "user": machine.user,
        "time": f"{local:%Y-%m-%d %H:%M:%S}",
        "date": f"{local:%Y-%m-%d}",
        "count": str(count),
    }


class Posting(Protocol):
    """The one door into the outbox for flows."""

    def take(self, file: DraftFile) -> Attachment:
        """Copy a file's content into the spool.

        Raises SourceError: cannot be read, or changed while it was read; StateError: no room.
        """
        ...

    def open(self, attachment: Attachment) -> BinaryIO:
        """Open the copied content for reading."""
        ...

    def post(self, draft: Draft, attachments: tuple[Attachment, ...]) -> OutboxItem:
        """Compose and store the mail; joins the transaction that is open. ``draft.files`` is ().

        Raises StateError: nothing was stored.
        """
        ...

    def discard(self, attachments: tuple[Attachment, ...]) -> None:
        """Throw away copies that no mail came to use."""
        ...


class Flow(Protocol):
    """One rule at work."""

    @property
    def rule(self) -> Rule:
        """Return the rule as configured."""
        ...

    def start(self, now: datetime) -> None:
        """Begin, after the outbox has recovered: bring to an end what a crash left undone."""
        ...

    def observe(self, observation: Observation, now: datetime) -> None:
        """Take in what the rule's watcher saw."""
        ...

    def tick(self, now: datetime) -> datetime | None:
        """Do what is due; return when to be called next, None when nothing waits for a time."""
        ...

    def finished(self, item: OutboxItem, now: datetime) -> None:
        """Learn that one of the rule's mails became sent, partial, failed, cancelled or unknown."""
        ...

    def pause(self, paused: bool, now: datetime) -> None:  # noqa: FBT001 # a state, not a mode
        """Learn that the program is paused (nothing leaves), or goes on."""
        ...

    def status(self) -> FlowStatus:
        """Return the health of the rule."""
        ...
