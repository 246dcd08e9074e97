"""The durable queue's nouns and decisions: what an item is, and what an attempt makes of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from traymail.core.account import WhenUnsure
from traymail.core.errors import RecipientReply
from traymail.core.message import Address


class State(Enum):
    """Where a mail stands; the words of ``outbox list``."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    UNKNOWN = "unknown"
    CANCELLED = "cancelled"


class Phase(Enum):
    """Of a mail that is ``sending``: before the final dot, or perhaps past it."""

    PRE = "pre"
    DATA = "data"


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxItem:
    """A stored mail as lists and decisions see it (the message's bytes are fetched apart).

    ``pending`` are the recipients' mailboxes that no server has accepted yet.
    ``next_attempt_at`` None in state ``queued``: waits for the user (the account is stopped).
    ``rule_id`` names the advice (`traymail.core.replies`); ``code`` and ``reply`` are the server's.
    ``unsure`` counts the times the outcome was unknown.
    """

    id: int
    message_id: str
    state: State
    account: str
    rule: str | None
    sender: str
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    bcc: tuple[Address, ...]
    pending: tuple[str, ...]
    subject: str
    size: int
    created_at: datetime
    updated_at: datetime
    attempts: int = 0
    phase: Phase = Phase.PRE
    next_attempt_at: datetime | None = None
    code: int | None = None
    reply: str | None = None
    rule_id: str | None = None
    duration_ms: int | None = None
    possible_duplicate: bool = False
    when_unsure: WhenUnsure = WhenUnsure.ASK
    unsure: int = 0


@dataclass(frozen=True, slots=True)
class Receipt:
    """The server took the mail: its answer to the final dot, and what it said of each recipient.

    ``refused`` recipients did not get it; the others did.
    """

    code: int
    reply: str
    accepted: tuple[str, ...]
    refused: tuple[RecipientReply, ...] = ()


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try of delivering an item, for the history."""

    number: int
    started_at: datetime
    duration_ms: int
    outcome: str
    stage: str
    code: int | None
    reply: str


@dataclass(frozen=True, slots=True)
class AccountState:
    """What is remembered of an account between runs.

    ``stopped``: nothing leaves until the user acts (`attention`). ``connection`` is
    `Account.connection` at that time: a changed one lifts the stop. ``hold_until``: the server
    asked for a pause. ``login_worked``: this secret has been accepted before.
    """

    name: str
    stopped: bool = False
    rule_id: str | None = None
    code: int | None = None
    reply: str | None = None
    connection: str = ""
    hold_until: datetime | None = None
    failures: int = 0
    login_worked: bool = False


RETENTION = timedelta(days=30)
