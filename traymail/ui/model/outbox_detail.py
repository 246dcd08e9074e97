"""One mail of the outbox as the pane beside the list tells it: facts, advice, what can be done."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from pathlib import Path
from typing import Literal

from traymail.core.address import clean
from traymail.core.holds import Hold, hold_told
from traymail.core.message import Address
from traymail.core.outbox import RETRYABLE, Attempt, OutboxItem, State
from traymail.core.overview import MailDetail, Overview
from traymail.core.replies import have_it, outcome_told, parts_told, title_for, trouble_of
from traymail.core.reply_rules import Trouble
from traymail.core.reply_rules.details import reply_told
from traymail.core.reply_rules.services import UNANSWERED
from traymail.core.signature import Written, unsigned
from traymail.core.template import human_size
from traymail.core.texts import Text, text
from traymail.ui.model.outbox_table import (
    SIGNS,
    DeliveryBar,
    DeliveryProgress,
    Sign,
    bar_of,
    moment_words,
    subject_of,
)
from traymail.ui.model.passages import Passage
from traymail.ui.model.prefill import Prefill
from traymail.ui.model.sentences import advice_about

Fill = Literal["warnbg", "errbg", "card"]

# Nothing is wrong with a mail that failed of these: its account needs to be looked at.
_OF_THE_ACCOUNT = frozenset(
    {
        Trouble.NAME,
        Trouble.REFUSED,
        Trouble.TIMEOUT,
        Trouble.NONSENSE,
        Trouble.TLS_FAILED,
    }
)


class Cause(Enum):
    """What keeps a mail from going out, or whose failure it was."""

    MAIL = auto()
    ACCOUNT = auto()
    GONE = auto()  # its account was removed
    PAUSED = auto()
    LIMIT = auto()  # a cap is reached


@dataclass(frozen=True, slots=True)
class OutboxCard:
    """Advice: what is the matter, what to do, and the server's own line."""

    fill: Fill
    title: Text
    advice: Text | None = None
    reply: Text | str = ""


def cause_of(item: OutboxItem, overview: Overview) -> Cause:
    """Return what keeps a waiting mail, or what made one fail."""
    if item.state in {State.PARTIAL, State.FAILED}:
        return Cause.ACCOUNT if trouble_of(item.advice_id) in _OF_THE_ACCOUNT else Cause.MAIL
    if item.account not in overview.settings.accounts:
        return Cause.GONE
    account = overview.accounts.get(item.account)
    if item.next_attempt_at is None or (account is not None and account.stopped):
        return Cause.ACCOUNT
    if overview.paused:
        return Cause.PAUSED
    return Cause.MAIL if overview.holds.of(item) is None else Cause.LIMIT


def card_of(item: OutboxItem, overview: Overview, now: datetime) -> OutboxCard | None:
    """Return the advice about a mail; None when there is nothing to say."""
    if item.state is State.UNKNOWN:
        return _unknown(item)
    if item.unanswered:
        return OutboxCard(
            "card",
            text("Waits for the server's answer"),
            text(
                "The whole mail is out. A server may take ten minutes to say that it has it. "
                "If you stop waiting, nobody knows; the other mails of the account go on."
            ),
        )
    if item.state is State.FAILED:
        title = title_for(item.advice_id) or text("The server refused it.")
        return OutboxCard(
            "errbg", title, advice_about(item.advice_id), reply_told(item.code, item.reply)
        )
    if item.state is State.PARTIAL:
        return OutboxCard(
            "warnbg",
            have_it(item),
            text("What you do now is for the others only."),
            "\n".join(f"{one.mailbox}: {reply_told(one.code, one.reply)}" for one in item.refused)
            or reply_told(item.code, item.reply),
        )
    return _waiting(item, overview, now) if item.state is State.QUEUED else None


def _by_service(item: OutboxItem) -> bool:
    """Tell whether a mail of unknown fate left by HTTP, as far as that is known."""
    return item.parts_of > 1 or item.advice_id == UNANSWERED


def _unknown(item: OutboxItem) -> OutboxCard:
    advice: Text = text(
        "The whole mail went out, but the server's answer did not come back. Ask "
        "the recipient or look into “Sent” on the web page, then choose."
    )
    if item.advice_id == UNANSWERED:
        advice = advice_about(item.advice_id) or advice
    if item.parts_of > 1:
        advice = text(
            "Part {part} of {all} went out, but the service's answer did not come back. Look "
            "whether it is there, then choose.",
            part=item.parts + 1,
            all=item.parts_of,
        )
        if item.parts + 1 < item.parts_of:
            follow = text("Either way, the parts behind it follow.")
            advice = text("{advice} {fate}", advice=advice, fate=follow)
    return OutboxCard(
        "warnbg",
        text("It may have been delivered"),
        advice,
        reply_told(item.code, item.reply) if item.code is not None else "",
    )


def _waiting(item: OutboxItem, overview: Overview, now: datetime) -> OutboxCard:
    cause = cause_of(item, overview)
    if cause is Cause.GONE:
        return OutboxCard(
            "warnbg",
            text("The account {name} is no longer there", name=item.account),
            text("Add it again under this name, or cancel the mail."),
        )
    if cause is Cause.ACCOUNT:
        return _stopped(item, overview)
    if cause is Cause.PAUSED:
        return _paused(overview, now)
    hold = overview.holds.of(item)
    return _patient(item, overview, now) if hold is None else _limited(hold, now)


def _stopped(item: OutboxItem, overview: Overview) -> OutboxCard:
    """Say why the account waits for the user; the mail itself may never have been tried."""
    account = overview.accounts.get(item.account)
    advice_id, code, reply = item.advice_id, item.code, item.reply
    if account is not None and account.stopped and account.advice_id is not None:
        advice_id, code, reply = account.advice_id, account.code, account.reply
    return OutboxCard(
        "warnbg",
        title_for(advice_id) or text("The account {name} needs you", name=item.account),
        advice_about(advice_id) or text("Its mail waits until you look at the account."),
        reply_told(code, reply),
    )


def _paused(overview: Overview, now: datetime) -> OutboxCard:
    if overview.paused_until is None:
        return OutboxCard("card", text("Paused"), text("It is sent once you resume."))
    time = moment_words(overview.paused_until, now)
    return OutboxCard("card", text("Paused"), text("It is sent after {time}.", time=time))


def _limited(hold: Hold, now: datetime) -> OutboxCard:
    time = moment_words(hold.until, now)
    return OutboxCard("card", text("Held back until {time}", time=time), hold_told(hold))


def _patient(item: OutboxItem, overview: Overview, now: datetime) -> OutboxCard:
    """Say when the next try is, and what came of the last one."""
    advice, reply = advice_about(item.advice_id), reply_told(item.code, item.reply)
    account = overview.accounts.get(item.account)
    hold = account.hold_until if account is not None else None
    if account is not None and hold is not None and hold > now:
        time = moment_words(hold, now)
        if not account.failures:
            title = text("The server asked for a pause until {time}", time=time)
            return OutboxCard("card", title, advice, reply)
        if item.advice_id is None:  # others have tried in vain, this one need not
            return OutboxCard(
                "card",
                text("The server cannot be used just now"),
                text(
                    "Check whether this computer is online. The next try is at {time}.", time=time
                ),
            )
    if item.attempts and item.advice_id is not None:
        return OutboxCard("card", title_for(item.advice_id) or text("Not sent yet"), advice, reply)
    return OutboxCard(
        "card", text("Not sent yet"), text("It is sent automatically when its time has come.")
    )


_LONGEST_NAME = 60


def passages(mail: MailDetail) -> tuple[Passage, ...]:
    """Return the mail in full."""
    return (*_headers(mail), *_body(mail), *_files(mail), *_attempts(mail))


def _headers(mail: MailDetail) -> Iterator[Passage]:
    item = mail.item
    for name, value in (
        (text("From"), item.sender),
        (text("To"), _joined(item.to)),
        (text("Cc"), _joined(item.cc)),
        (text("Bcc"), _joined(item.bcc)),
        (text("Subject"), subject_of(item)),
        (text("Date"), _moment(item.created_at.astimezone().isoformat(" ", "seconds"))),
        (text("Account"), item.account),
        (text("Rule"), item.rule or ""),
        (text("Status"), SIGNS[item.state].word),
        (text("Message-ID"), item.message_id),
    ):
        if value:
            yield from _named(name, value)


def _body(mail: MailDetail) -> Iterator[Passage]:
    yield Passage("\n")
    if mail.text.strip():
        yield Passage(f"{mail.text.rstrip()}\n")
    else:
        yield Passage(text("This mail has no text."), "muted")
        yield Passage("\n")


def _files(mail: MailDetail) -> Iterator[Passage]:
    if mail.attachments:
        yield from _head(text("Attachments"))
    for file in mail.attachments:
        yield Passage(f"{file.name}  ")
        yield Passage(f"{human_size(file.size)}\n", "muted")


def _attempts(mail: MailDetail) -> Iterator[Passage]:
    yield from _head(text("Attempts"))
    if not mail.attempts:
        yield Passage(text("It has not been tried yet."), "muted")
        yield Passage("\n")
    for attempt in mail.attempts:
        yield from _attempt(attempt)
    for verdict in mail.verdicts:
        yield Passage(f"{verdict.mailbox}: {reply_told(verdict.code, verdict.reply)}\n", "mono")


def _attempt(attempt: Attempt) -> Iterator[Passage]:
    when = _moment(attempt.started_at.astimezone().isoformat(" ", "seconds"))
    yield Passage(
        text(
            "{number}. {when}, {outcome}, {seconds} s",
            number=attempt.number,
            when=when,
            outcome=outcome_told(attempt.outcome),
            seconds=f"{attempt.duration_ms / 1000:.1f}",
        )
    )
    reply = reply_told(attempt.code, attempt.reply)
    yield Passage("\n")
    if reply:
        yield Passage(reply, "mono")
        yield Passage("\n")


def _named(name: Text, value: Text | str) -> Iterator[Passage]:
    yield Passage(name, "name")
    yield Passage("\t", "name")
    yield Passage(value, "value")
    yield Passage("\n")


def _head(words: Text) -> Iterator[Passage]:
    yield Passage(words, "head")
    yield Passage("\n", "head")


def _joined(people: Sequence[Address]) -> str:
    return ", ".join(map(str, people))


def _moment(iso: str) -> str:
    """Return a moment without the offset of its zone."""
    return iso[: len("2026-11-23 10:02:00")]


# --- what leaves the window -----------------------------------------------------------------------


def as_new(mail: MailDetail, files: Sequence[Path]) -> Prefill:
    """Return a new mail with the words and recipients of one; its files are at these paths.

    When only some have the mail, the new one is for the others. The pictures that
    were in its text are there again.
    """
    item = mail.item
    names = [one.name for one in mail.attachments]
    written = unsigned(mail.text, mail.html, names)
    # In a message, the pictures of its HTML come before the files that are attached.
    places = dict(zip(dict.fromkeys(written.pictures), files, strict=False))
    if [name for _cid, name in places] != names[: len(set(written.pictures))]:
        written, places = Written(mail.text, markdown=written.markdown), {}
    lacking = set(item.mailboxes) - set(item.accepted) or set(item.mailboxes)

    def for_them(people: Sequence[Address]) -> tuple[str, ...]:
        return tuple(str(one) for one in people if one.mailbox in lacking)

    return Prefill(
        to=for_them(item.to),
        cc=for_them(item.cc),
        bcc=for_them(item.bcc),
        subject=item.subject,
        body=written.body,
        files=tuple(map(str, files[len(places) :])),
        account=item.account,
        # HTML of another origin cannot be edited: the plain text goes out alone.
        markdown=written.markdown,
        shown=tuple(str(places[one]) for one in written.pictures),
    )


def eml_name(subject: str) -> str:
    """Return a name for the message as a file."""
    safe = "".join("_" if sign in '/\\:*?"<>|' else sign for sign in clean(subject))
    return f"{safe[:_LONGEST_NAME].strip(' .') or 'mail'}.eml"


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
    """What the pane shows. ``equal``: the two choices are equally right, and equally wide.

    ``more``: facts that may take long to read, and stand below what can be done.
    """

    id: int
    sign: Sign
    subject: Text | str
    facts: tuple[Fact, ...]
    more: tuple[Fact, ...] = ()
    card: OutboxCard | None = None
    bar: DeliveryBar | None = None
    choices: tuple[MailChoice, ...] = ()
    equal: bool = False
    note: Text | None = None
    twice: bool = False


# So many recipients are named before what can be done, so that it stays in sight.
_MOST_NAMED = 4
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
    """Return what is to be shown of a mail."""
    item = mail.item
    cause = cause_of(item, overview)
    return Detail(
        id=item.id,
        sign=SIGNS[item.state],
        subject=subject_of(item),
        facts=tuple(_facts(mail, now, paused=overview.paused)),
        more=(*_at_length(item), *_divided(item)),
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
    # A message of a service has no such number, nor a copy in “Sent”.
    if item.state is State.UNKNOWN and not _by_service(item):
        return text(
            "“Send again” keeps the same message number, so some mail systems drop the second copy."
        )
    return None


# --- facts ----------------------------------------------------------------------------------------


def _facts(mail: MailDetail, now: datetime, *, paused: bool) -> Iterator[Fact]:
    item = mail.item
    for name, people in _people(item):
        first = people if len(people) <= _MOST_NAMED else people[: _MOST_NAMED - 1]
        others = f" +{len(people) - len(first)}" if len(first) < len(people) else ""
        yield Fact(name, ", ".join(first) + others)
    yield Fact(text("Account"), item.account)
    if item.rule:
        yield Fact(text("Rule"), item.rule)
    yield Fact(text("Size"), size_of(mail))
    if (parts := parts_told(item)) is not None:
        yield Fact(text("Parts"), parts)
    if item.attempts:
        yield Fact(text("Tries"), str(item.attempts))
    if mail.attempts:
        yield Fact(text("Last try"), attempt_words(mail.attempts[-1], now))
    due = item.next_attempt_at
    if item.state is State.QUEUED and due is not None and due > now and not paused:
        yield Fact(text("Next try"), moment_words(due, now))
    if item.state is State.SENT and item.code is not None:
        yield Fact(text("Answer"), reply_told(item.code, item.reply))
    elif item.code is not None:
        yield Fact(text("Reply code"), str(item.code))


def _people(item: OutboxItem) -> Iterator[tuple[Text, list[str]]]:
    """Yield what the recipients are, and how they are called."""
    for name, people in ((text("To"), item.to), (text("Cc"), item.cc), (text("Bcc"), item.bcc)):
        if people:
            yield name, [address.name or address.mailbox for address in people]


def _at_length(item: OutboxItem) -> Iterator[Fact]:
    """Yield all recipients where only the first of them are named before."""
    for name, people in _people(item):
        if len(people) > _MOST_NAMED:
            yield Fact(name, ", ".join(people))


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
