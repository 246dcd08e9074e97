"""What holds mail back that is due: caps that are reached, and pauses of accounts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import Enum, auto

from traymail.core.outbox import AccountState, OutboxItem, State
from traymail.core.texts import Text, text


class Cap(Enum):
    """Whose cap it is."""

    ACCOUNT = auto()
    RULE = auto()
    RULES = auto()  # of all together


@dataclass(frozen=True, slots=True)
class Hold:
    """One cap that is reached, and when it lets the next mail go."""

    cap: Cap
    name: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Holds:
    """All caps that are reached at one moment: accounts and rules by name, and until when."""

    accounts: Mapping[str, datetime] = field(default_factory=dict)
    rules: Mapping[str, datetime] = field(default_factory=dict)
    together: datetime | None = None

    def of(self, item: OutboxItem) -> Hold | None:
        """Return what holds a mail back the longest; None when no cap does."""
        rule = item.rule or ""
        found = [
            Hold(cap, name, until)
            for cap, name, until in (
                (Cap.ACCOUNT, item.account, self.accounts.get(item.account)),
                (Cap.RULE, rule, self.rules.get(rule)),
                (Cap.RULES, rule, self.together if rule else None),
            )
            if until is not None
        ]
        return max(found, key=lambda hold: hold.until, default=None)


def held_back(item: OutboxItem, holds: Holds, account: AccountState | None) -> OutboxItem:
    """Return a mail with the time it can leave at: its account or a cap may hold it for longer."""
    due = item.next_attempt_at
    if item.state is not State.QUEUED or due is None:
        return item
    hold = holds.of(item)
    pause = None if account is None else account.hold_until
    waits = (due, pause, None if hold is None else hold.until)
    return replace(item, next_attempt_at=max(wait for wait in waits if wait is not None))


def hold_told(hold: Hold) -> Text:
    """Return in a sentence why a mail must wait."""
    match hold.cap:
        case Cap.ACCOUNT:
            return text("The account {name} has reached its sending limit.", name=hold.name)
        case Cap.RULE:
            return text("The rule {name} has reached its hourly limit.", name=hold.name)
        case Cap.RULES:
            return text("All rules together have reached their hourly limit.")
