"""What holds mail back that is due: caps that are reached."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, auto

from traymail.core.outbox import OutboxItem
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


def hold_told(hold: Hold) -> Text:
    """Return in a sentence why a mail must wait."""
    match hold.cap:
        case Cap.ACCOUNT:
            return text("The account {name} has sent as many mails as it may.", name=hold.name)
        case Cap.RULE:
            return text(
                "The rule {name} has sent as many mails as it may in an hour.", name=hold.name
            )
        case Cap.RULES:
            return text("All rules together have sent as many mails as they may in an hour.")
