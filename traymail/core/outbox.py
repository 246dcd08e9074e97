"""The durable queue's nouns and decisions: what an item is, and what an attempt makes of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, assert_never

from traymail.core.account import Account, WhenUnsure
from traymail.core.errors import (
    AccountFailure,
    CredentialError,
    DeliveryError,
    KeyringError,
    RecipientReply,
    TransientFailure,
    UnknownOutcome,
)
from traymail.core.message import Address
from traymail.core.retry import delay, soon


class State(Enum):
    """Where a mail stands; the words of ``outbox list``."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    PARTIAL = "partial"
    FAILED = "failed"
    UNKNOWN = "unknown"
    CANCELLED = "cancelled"


# Those of mails that can be tried again, or taken out of the queue.
RETRYABLE = (State.QUEUED, State.PARTIAL, State.FAILED)


class Fate(Enum):
    """How a mail stands with one of its recipients."""

    PENDING = "pending"
    ACCEPTED = "accepted"
    DEFERRED = "deferred"
    REFUSED = "refused"


class Phase(Enum):
    """Of a mail that is ``sending``: before the final dot, or perhaps past it."""

    PRE = "pre"
    DATA = "data"


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxItem:
    """A stored mail as lists and decisions see it (the message's bytes are fetched apart).

    ``pending`` are the mailboxes still to be served: neither accepted nor refused for good.
    ``refused`` were refused for good while others were not.
    ``next_attempt_at`` None in state ``queued``: waits for the user (the account is stopped).
    ``advice_id`` names the advice (`traymail.core.replies`); ``code`` and ``reply`` are the
    server's.
    ``unsure`` counts the times the outcome was unknown. ``tries`` counts the attempts, and
    ``since`` is the first of them, of this round: since the mail was stored, the user asked for
    another round, or a stopped account was let go on. A mail that leaves in ``parts_of`` messages
    has so many ``parts`` taken; 0: it leaves as one.
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
    advice_id: str | None = None
    duration_ms: int | None = None
    possible_duplicate: bool = False
    when_unsure: WhenUnsure = WhenUnsure.ASK
    unsure: int = 0
    refused: tuple[RecipientReply, ...] = ()
    tries: int = 0
    since: datetime | None = None
    parts: int = 0
    parts_of: int = 0

    @property
    def unanswered(self) -> bool:
        """Whether all of it is out, and the server has still to say what it makes of it."""
        return self.state is State.SENDING and self.phase is Phase.DATA

    @property
    def mailboxes(self) -> tuple[str, ...]:
        """All recipients, each once."""
        return tuple(dict.fromkeys(one.mailbox for one in (*self.to, *self.cc, *self.bcc)))

    @property
    def accepted(self) -> tuple[str, ...]:
        """The recipients that have the mail."""
        others = {*self.pending, *(one.mailbox for one in self.refused)}
        return tuple(mailbox for mailbox in self.mailboxes if mailbox not in others)

    @property
    def denied(self) -> tuple[str, ...]:
        """The recipients that do not have it and, as it stands, never will."""
        refused = {one.mailbox for one in self.refused}
        if self.state in {State.FAILED, State.PARTIAL}:
            refused.update(self.pending)
        return tuple(mailbox for mailbox in self.mailboxes if mailbox in refused)


@dataclass(frozen=True, slots=True)
class Recipient:
    """A recipient of a mail, and what the server said of them, or of the mail as a whole."""

    mailbox: str
    fate: Fate
    code: int | None = None
    reply: str | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """The server took the mail: its answer to the final dot, and what it said of each recipient.

    ``refused`` recipients did not get it; the others did. ``hold``: the server takes no more mail
    for so long.
    """

    code: int
    reply: str
    accepted: tuple[str, ...]
    refused: tuple[RecipientReply, ...] = ()
    hold: timedelta = timedelta(0)


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
    advice_id: str | None = None
    code: int | None = None
    reply: str | None = None
    connection: str = ""
    hold_until: datetime | None = None
    failures: int = 0
    login_worked: bool = False

    @property
    def needs_user(self) -> bool:
        """Whether it is stopped until the user has looked at the account: see `in_trouble`."""
        return self.stopped and self.advice_id != _HERE


# The account is as good as before, and its mail goes on once that has passed.
_HERE = "internal"


def in_trouble(state: AccountState, reply: str) -> AccountState:
    """Return how an account stands whose mail something on this computer keeps from leaving."""
    return replace(state, stopped=True, advice_id=_HERE, code=None, reply=reply)


# The advice for a mail whose end a mail server did not answer, as nobody was left to hear it.
UNANSWERED = "unknown-outcome"


RETENTION = timedelta(days=30)


Outcome = Receipt | DeliveryError | CredentialError


def after_attempt(
    item: OutboxItem, outcome: Outcome, now: datetime, account: Account, jitter: float
) -> OutboxItem:
    """Return what an attempt makes of a mail under way: sent, queued again, failed, unknown.

    ``jitter`` from 0 to 1 spreads the retries. Recipients once accepted are not tried again; of
    those refused for good it is told when no other waits any more.
    """
    item = replace(item, phase=Phase.PRE, next_attempt_at=None, updated_at=now)
    match outcome:
        case Receipt():
            item = replace(item, code=outcome.code, reply=outcome.reply, advice_id=None)
            item = replace(item, parts=item.parts_of)
            later = next((one for one in outcome.refused if not one.for_good), None)
            if later is not None:
                item = _with_words_of(item, later)
            item = _divided(item, outcome.accepted, outcome.refused)
            hold = max((one.hold for one in outcome.refused), default=timedelta(0))
            return _after_division(item, now, account, max(delay(item.tries, jitter), hold))
        case KeyringError():
            item = replace(item, code=None, reply=None, advice_id=outcome.advice_id)
            return _after_division(item, now, account, delay(item.tries, jitter))
        case CredentialError():
            item = replace(item, code=None, reply=outcome.detail or None)
            return replace(item, state=State.QUEUED, advice_id=outcome.advice_id)
        case DeliveryError():
            item = _told(item, outcome)
            return _after_failure(item, outcome, now, account, jitter)
        case _:
            assert_never(outcome)


def _after_failure(
    item: OutboxItem, failure: DeliveryError, now: datetime, account: Account, jitter: float
) -> OutboxItem:
    item = _divided(item, (), failure.refused)
    match failure:
        case AccountFailure():
            return replace(item, state=State.QUEUED)
        case UnknownOutcome():
            return after_doubt(item, now, jitter)
        case TransientFailure():
            return _after_division(item, now, account, max(delay(item.tries, jitter), failure.hold))
        case _:
            return _ended(item)


def after_doubt(item: OutboxItem, now: datetime, jitter: float) -> OutboxItem:
    """Return a mail the server may have: held for the user, or sent once more, but only once."""
    item = replace(item, unsure=item.unsure + 1, phase=Phase.PRE, updated_at=now)
    if item.when_unsure is WhenUnsure.RESEND and item.unsure == 1:
        return replace(
            item,
            state=State.QUEUED,
            next_attempt_at=now + soon(jitter),
            possible_duplicate=True,
        )
    return replace(item, state=State.UNKNOWN, next_attempt_at=None)


def after_crash(item: OutboxItem, now: datetime, unanswered: str = UNANSWERED) -> OutboxItem:
    """Return what a mail becomes that was ``sending`` when the program ended.

    ``unanswered``: the advice id for one that was not answered.
    """
    if item.phase is Phase.DATA:
        # What a try before came to says nothing of this one.
        item = replace(item, code=None, reply=None, advice_id=unanswered)
        return after_doubt(item, now, 0.0)
    return replace(item, state=State.QUEUED, next_attempt_at=now, updated_at=now)


def after_interruption(item: OutboxItem, now: datetime) -> OutboxItem:
    """Return a mail whose attempt we broke off ourselves before the final dot: due as it was."""
    return replace(
        item,
        state=State.QUEUED,
        phase=Phase.PRE,
        next_attempt_at=now,
        updated_at=now,
        tries=max(item.tries - 1, 0),
    )


# What a try before came to says nothing of the one that has just begun.
_NOT_SAID: dict[str, Any] = {"code": None, "reply": None, "advice_id": None}


def after_cap(item: OutboxItem, now: datetime) -> OutboxItem:
    """Return a mail whose next message waits for a cap: due as it was, so before what came later.

    It has lost none of its patience: so much of it as might leave has left.
    """
    due = item.next_attempt_at or now
    return replace(after_interruption(item, now), next_attempt_at=due, **_NOT_SAID)


def taken_back(item: OutboxItem, outcome: Outcome | None, now: datetime) -> OutboxItem:
    """Return what is made of a mail that the user stopped while it was being sent.

    ``item`` is what the attempt made of it: perhaps it was too late.
    """
    if item.state is not State.QUEUED:
        return item
    if isinstance(outcome, UnknownOutcome):
        return replace(item, state=State.UNKNOWN, next_attempt_at=None, possible_duplicate=False)
    return settled(item, State.CANCELLED, now)


def another_round(item: OutboxItem, now: datetime) -> OutboxItem:
    """Return a mail the user wants tried now: due, with all its patience, for all who lack it."""
    return replace(
        item,
        state=State.QUEUED,
        phase=Phase.PRE,
        pending=item.pending + tuple(refused.mailbox for refused in item.refused),
        refused=(),
        tries=0,
        since=None,
        next_attempt_at=now,
        updated_at=now,
    )


def resent(item: OutboxItem, now: datetime) -> OutboxItem:
    """Return a mail of unknown fate that the user has sent once more."""
    return replace(another_round(item, now), possible_duplicate=True)


def settled(item: OutboxItem, state: State, now: datetime) -> OutboxItem:
    """Return a mail that the user declares sent, to all but those refused, or cancelled.

    Of one that leaves in several messages, those that are left go on.
    """
    if state is State.SENT and item.parts + 1 < item.parts_of:
        # It is said of the message that was under way; those behind it never left.
        return replace(another_round(item, now), parts=item.parts + 1, unsure=0)
    item = replace(item, state=state, next_attempt_at=None, updated_at=now)
    if state is not State.SENT:
        return item
    return replace(item, pending=(), state=State.PARTIAL if item.refused else state)


def recipients(item: OutboxItem, verdicts: Iterable[RecipientReply]) -> Iterator[Recipient]:
    """Yield how the mail stands with each; ``verdicts``: what servers last said of recipients."""
    said = {one.mailbox: (one.code or None, one.reply) for one in (*verdicts, *item.refused)}
    accepted, denied = set(item.accepted), set(item.denied)
    whole = (item.code, item.reply)
    # Another try follows what a server said of the mail as a whole.
    put_off = item.next_attempt_at is not None and item.code is not None
    unsure = item.state is State.UNKNOWN
    for mailbox in item.mailboxes:
        if mailbox in accepted:
            told = whole if item.state is State.SENT else (None, None)
            yield Recipient(mailbox, Fate.ACCEPTED, *said.get(mailbox, told))
        elif mailbox in denied:
            yield Recipient(mailbox, Fate.REFUSED, *said.get(mailbox, whole))
        elif (mailbox in said or put_off) and not unsure:
            yield Recipient(mailbox, Fate.DEFERRED, *said.get(mailbox, whole))
        else:
            yield Recipient(mailbox, Fate.PENDING)


def _told(item: OutboxItem, failure: DeliveryError) -> OutboxItem:
    return replace(
        item, code=failure.reply.code, reply=failure.reply.text, advice_id=failure.advice_id
    )


def _with_words_of(item: OutboxItem, refusal: RecipientReply) -> OutboxItem:
    return replace(
        item, code=refusal.code, reply=refusal.reply, advice_id=refusal.advice_id or None
    )


def _divided(
    item: OutboxItem, accepted: tuple[str, ...], replies: tuple[RecipientReply, ...]
) -> OutboxItem:
    """Take out of ``pending`` who has the mail, and who never will."""
    for_good = tuple(reply for reply in replies if reply.for_good)
    done = {*accepted, *(reply.mailbox for reply in for_good)}
    return replace(
        item,
        pending=tuple(mailbox for mailbox in item.pending if mailbox not in done),
        refused=item.refused + for_good,
    )


def _after_division(
    item: OutboxItem, now: datetime, account: Account, pause: timedelta
) -> OutboxItem:
    if item.pending:
        begun = item.since or item.created_at
        if now - begun >= account.retry_for:
            return _ended(item)
        return replace(item, state=State.QUEUED, next_attempt_at=now + pause)
    if item.refused:
        return _ended(_with_words_of(item, item.refused[-1]))
    return replace(item, state=State.SENT)


def _ended(item: OutboxItem) -> OutboxItem:
    """Return a mail that is not tried again by itself: perhaps some have it."""
    return replace(item, state=State.PARTIAL if item.accepted else State.FAILED)
