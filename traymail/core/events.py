"""What the engine tells its listeners: frozen facts, sent once each, from the engine's threads."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from traymail.core.errors import SettingsError
from traymail.core.outbox import AccountState, OutboxItem
from traymail.core.texts import Text


@dataclass(frozen=True, slots=True)
class ItemChanged:
    """A mail was stored, tried or ended; ``item`` is how it stands now."""

    item: OutboxItem


@dataclass(frozen=True, slots=True)
class OutboxChanged:
    """Something in the outbox is not as it was: other processes and the user's acts do that."""


@dataclass(frozen=True, slots=True)
class MailProgress:
    """So many bytes of a large mail are out; told a few times a second."""

    mail_id: int
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class AccountChanged:
    """An account was stopped (its state says why) or works again."""

    state: AccountState


@dataclass(frozen=True, slots=True)
class LimitReached:
    """A cap holds mail back until then; ``whose`` is an account, a rule, or all rules."""

    whose: Text
    until: datetime


@dataclass(frozen=True, slots=True)
class SettingsApplied:
    """A valid edit of the configuration is in force."""


@dataclass(frozen=True, slots=True)
class SettingsRefused:
    """An edit was invalid: the last good configuration stays in force."""

    error: SettingsError


@dataclass(frozen=True, slots=True)
class RuleTrouble:
    """A rule cannot do its work now, or (``trouble`` None) can again."""

    rule: str
    trouble: Text | None


@dataclass(frozen=True, slots=True)
class LeftOutTold:
    """A file or line a rule leaves out, and why."""

    rule: str
    what: str
    reason: Text


@dataclass(frozen=True, slots=True)
class RuleHealth:
    """The health of a rule has changed: it watches, something matched, matches are held."""

    rule: str


@dataclass(frozen=True, slots=True)
class PauseChanged:
    """Nothing leaves this computer from now on, or (``paused`` False) mail leaves again."""

    paused: bool
    until: datetime | None


Event = (
    ItemChanged
    | OutboxChanged
    | MailProgress
    | AccountChanged
    | LimitReached
    | SettingsApplied
    | SettingsRefused
    | RuleTrouble
    | LeftOutTold
    | RuleHealth
    | PauseChanged
)
