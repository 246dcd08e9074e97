"""What windows show of the program: how everything stands, one mail, the mail being written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from traymail.core.consent import Risk
from traymail.core.errors import Problem, RecipientReply
from traymail.core.holds import Holds
from traymail.core.message import Attachment
from traymail.core.outbox import AccountState, Attempt, OutboxItem, State
from traymail.core.reports import FlowStatus
from traymail.core.settings import Settings
from traymail.core.texts import Text

if TYPE_CHECKING:
    from traymail.core.rule_kind import Kinds

Fields = Mapping[str, Any]
"""A table of config.toml as a form holds it: keys and plain values, nothing checked yet."""


@dataclass(frozen=True, slots=True)
class Overview:
    """How everything stands, as of one moment."""

    settings: Settings
    accounts: Mapping[str, AccountState]
    rules: Mapping[str, FlowStatus]
    counts: Mapping[State, int]
    paused: bool
    paused_until: datetime | None
    config_error: tuple[Problem, ...] = ()
    unconfirmed: tuple[Risk, ...] = ()
    holds: Holds = field(default_factory=Holds)
    # What was lost on the disk, until the user has looked at the remains.
    warnings: tuple[Text, ...] = ()
    # Those that rules may be of.
    kinds: Kinds = field(kw_only=True)


@dataclass(frozen=True, slots=True)
class MailDetail:
    """One mail of the outbox with all that is known of it; ``text`` is its plain body."""

    item: OutboxItem
    text: str
    html: str | None
    attachments: tuple[Attachment, ...]
    attempts: tuple[Attempt, ...]
    verdicts: tuple[RecipientReply, ...]


@dataclass(frozen=True, slots=True)
class SavedDraft:
    """The quick-send window's content, as it survives closing and a restart.

    Addresses are kept as they were typed. ``files`` are paths, also those of pasted pictures.
    ``posted``: the mail it was sent as, while that can be undone; 0 when it was not sent. A draft
    that is found so at a start has gone out. ``each``: one mail for each recipient.
    ``pictures``: the longest side that large ones are made smaller to, in pixels; 0 leaves them.
    ``shown``: the paths of the pictures in ``body``, in the order of their signs there
    (`traymail.core.shown.PICTURE`); they are not among ``files``.
    """

    account: str = ""
    to: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()
    bcc: tuple[str, ...] = ()
    subject: str = ""
    body: str = ""
    markdown: bool = False
    files: tuple[str, ...] = ()
    posted: int = 0
    each: bool = False
    pictures: int = 0
    shown: tuple[str, ...] = ()
