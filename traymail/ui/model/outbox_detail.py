"""One mail of the outbox as the pane beside the list tells it: facts, advice, what can be done."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from typing import Literal

from traymail.core.outbox import RETRYABLE, Attempt, OutboxItem, State
from traymail.core.overview import MailDetail, Overview
from traymail.core.reply_rules.details import reply_told
from traymail.core.template import human_size
from traymail.core.texts import Text, text
from traymail.ui.model.outbox_cards import Cause, OutboxCard, card_of, cause_of
from traymail.ui.model.outbox_progress import DeliveryBar, DeliveryProgress, bar_of
from traymail.ui.model.outbox_table import SIGNS, Sign, moment_words, subject_of


class MailAct(Enum):
    """What the user may do with a mail."""

    EDIT = auto()
    SETTINGS = auto()
    RETRY = auto()
    DISMISS = auto()
    MARK_SENT = auto()
    RESEND = auto()
    SEND_NOW = auto()
    RESUME = auto()
    CANCEL = auto()
    STOP = auto()
    OPEN = auto()
    SAVE = auto()


@dataclass(frozen=True, slots=True)
class MailChoice:
    """A button: what it does, what it says, how it looks."""

    act: MailAct
    words: Text
    icon: str | None = None
    kind: Literal["primary", "normal", "ghost"] = "normal"


@dataclass(frozen=True, slots=True)
class Fact:
    """A line: what it is about, and the fact."""

    name: Text
    value: Text | str


@dataclass(frozen=True, slots=True)
class Detail:
    """What the pane shows. ``equal``: the two choices are equally right, and equally wide."""

    id: int
    sign: Sign
    subject: Text | str
    facts: tuple[Fact, ...]
    card: OutboxCard | None = None
    bar: DeliveryBar | None = None
    choices: tuple[MailChoice, ...] = ()
    equal: bool = False
    note: Text | None = None
    twice: bool = False


_EDIT = MailChoice(MailAct.EDIT, text("&Edit and send"), "pencil")
_AGAIN = MailChoice(MailAct.EDIT, text("Send a&gain…"), "arrow-repeat")
_SETTINGS = MailChoice(MailAct.SETTINGS, text("Open se&ttings"), "gear")
_RETRY = MailChoice(MailAct.RETRY, text("T&ry again"), "arrow-clockwise")
_DISMISS = MailChoice(MailAct.DISMISS, text("Dis&miss"), None, "ghost")
_MARK = MailChoice(MailAct.MARK_SENT, text("Mar&k as sent"), "check-lg")
_RESEND = MailChoice(MailAct.RESEND, text("Send agai&n"), "arrow-repeat")
_NOW = MailChoice(MailAct.SEND_NOW, text("Send no&w"), "send")
_RESUME = MailChoice(MailAct.RESUME, text("Res&ume"), "play-fill", "primary")
_CANCEL = MailChoice(MailAct.CANCEL, text("&Cancel"), None, "ghost")
_STOP = MailChoice(MailAct.STOP, text("Sto&p"), "stop-fill")
_STOP_WAITING = MailChoice(MailAct.STOP, text("Sto&p waiting"), "stop-fill")


def describe(
    mail: MailDetail, overview: Overview, now: datetime, progress: DeliveryProgress | None = None
) -> Detail:
    """Return what is to be told of a mail."""
    item = mail.item
    cause = cause_of(item, overview)
    return Detail(
        id=item.id,
        sign=SIGNS[item.state],
        subject=subject_of(item),
        facts=tuple(_facts(mail, now, paused=overview.paused)),
        card=card_of(item, overview, now),
        bar=bar_of(item, progress),
        choices=_choices(item, cause),
        equal=item.state is State.UNKNOWN,
        note=_note(item),
        twice=item.possible_duplicate,
    )


def cancellable(item: OutboxItem) -> bool:
    """Whether a mail can be taken out of the queue: it waits, or is being sent."""
    return item.state in {State.QUEUED, State.SENDING}


def retryable(item: OutboxItem) -> bool:
    """Whether a mail can be tried again as it is."""
    return item.state in RETRYABLE


def _primary(choice: MailChoice) -> MailChoice:
    return MailChoice(choice.act, choice.words, choice.icon, "primary")


_WHEN_WAITING: Mapping[Cause, tuple[MailChoice, ...]] = {
    Cause.PAUSED: (_RESUME, _CANCEL),
    Cause.ACCOUNT: (_primary(_SETTINGS), _RETRY, _CANCEL),
    Cause.GONE: (_primary(_SETTINGS), _CANCEL),
    Cause.LIMIT: (_CANCEL,),
    Cause.MAIL: (_NOW, _CANCEL),
}
_OTHERWISE: Mapping[State, tuple[MailChoice, ...]] = {
    State.UNKNOWN: (_MARK, _RESEND),
    State.SENDING: (_STOP,),
    State.SENT: (_AGAIN,),
    State.CANCELLED: (_EDIT,),
}


def _choices(item: OutboxItem, cause: Cause) -> tuple[MailChoice, ...]:
    if item.state is State.QUEUED:
        return _WHEN_WAITING[cause]
    if item.state in {State.PARTIAL, State.FAILED}:
        mends = _primary(_SETTINGS if cause is Cause.ACCOUNT else _EDIT)
        return (mends, _RETRY, _DISMISS)
    if item.unanswered:
        return (_STOP_WAITING,)
    return _OTHERWISE[item.state]


def _note(item: OutboxItem) -> Text | None:
    if item.state is State.UNKNOWN:
        return text(
            "“Send again” keeps the same message number, so some mail systems drop the second copy."
        )
    return None


# --- facts ----------------------------------------------------------------------------------------


def _facts(mail: MailDetail, now: datetime, *, paused: bool) -> Iterator[Fact]:
    item = mail.item
    for name, people in (
        (text("To"), item.to),
        (text("Cc"), item.cc),
        (text("Bcc"), item.bcc),
    ):
        if people:
            yield Fact(name, ", ".join(address.name or address.mailbox for address in people))
    yield Fact(text("Account"), item.account)
    if item.rule:
        yield Fact(text("Rule"), item.rule)
    yield Fact(text("Size"), size_of(mail))
    if item.attempts:
        yield Fact(text("Tries"), str(item.attempts))
    if mail.attempts:
        yield Fact(text("Last try"), attempt_words(mail.attempts[-1], now))
    due = item.next_attempt_at
    if item.state is State.QUEUED and due is not None and due > now and not paused:
        yield Fact(text("Next try"), moment_words(due, now))
    yield from _divided(item)
    if item.state is State.SENT and item.code is not None:
        yield Fact(text("Answer"), reply_told(item.code, item.reply))
    elif item.code is not None:
        yield Fact(text("Reply code"), str(item.code))


def _divided(item: OutboxItem) -> Iterator[Fact]:
    """Yield who has a mail and who was refused, where that is not the same for all."""
    if item.accepted and item.state is not State.SENT:
        yield Fact(text("Received by"), ", ".join(item.accepted))
    if item.denied and (item.accepted or item.refused):
        yield Fact(text("Refused for"), ", ".join(item.denied))


def size_of(mail: MailDetail) -> Text:
    """Return how large a mail is, and how many files it has."""
    size, files = human_size(mail.item.size), len(mail.attachments)
    if files == 0:
        return text("{size}, no files", size=size)
    if files == 1:
        return text("{size}, 1 file", size=size)
    return text("{size}, {n} files", size=size, n=files)


def attempt_words(attempt: Attempt, now: datetime) -> Text:
    """Return when an attempt was made and how long it took."""
    return text(
        "{when}, took {seconds} s",
        when=moment_words(attempt.started_at, now),
        seconds=f"{attempt.duration_ms / 1000:.1f}",
    )
