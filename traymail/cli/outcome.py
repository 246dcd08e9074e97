"""What came of a mail: the words, and the exit status that stands for it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from traymail.cli import endings
from traymail.cli.progress import TerminalBar
from traymail.cli.session import Session, nobody_delivers
from traymail.cli.show import local
from traymail.core.errors import (
    CredentialError,
    DeliveryError,
    KeyringError,
    SettingsError,
    TransientFailure,
)
from traymail.core.holds import Holds, held_back, hold_told
from traymail.core.outbox import AccountState, Fate, OutboxItem, State, recipients
from traymail.core.replies import (
    about_login,
    advice_for,
    have_it,
    parts_told,
    title_for,
    what_failed,
)
from traymail.core.reply_rules.details import reply_told
from traymail.core.texts import Text, text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from traymail.core.settings import Settings


_COMMAND_WAITS = "command-waits"


def deliver(session: Session, items: Sequence[OutboxItem], settings: Settings) -> list[OutboxItem]:
    """Bring mails to an end or to a first failure, and return how they stand then."""
    try:
        with TerminalBar(session.translated(text("Sending"))) as bar:
            session.beside.deliver(items, settings, bar)
    except KeyboardInterrupt:
        settle_abandoned(session)
        session.note(text("Interrupted: what is not sent yet stays in the outbox."))
        for item in map(session.app.outbox.get, [item.id for item in items]):
            if item.state is State.UNKNOWN:
                tell(session, item, Holds())
        raise
    return [session.app.outbox.get(item.id) for item in items]


def settle_abandoned(session: Session) -> None:
    """Settle what a `send` that was killed left under way, unless somebody is delivering now."""
    from traymail.app import recover

    app = session.app
    app.home.make()
    if app.instance.delivering.take():
        try:
            recover(app)
        finally:
            app.instance.delivering.release()


def status_of(item: OutboxItem, account: AccountState) -> int:
    """Return the exit status for a mail and what is remembered of its account."""
    match item.state:
        case State.SENT:
            return endings.OK
        case State.PARTIAL | State.FAILED | State.CANCELLED:
            return endings.UNAVAILABLE
        case State.UNKNOWN | State.SENDING:
            return endings.LATER
        case State.QUEUED:
            return _status_of_waiting(item, account)


def _status_of_waiting(item: OutboxItem, account: AccountState) -> int:
    advice_id, code = (item.advice_id, item.code)
    if account.stopped and advice_id is None:
        advice_id, code = account.advice_id, account.code
    return _status_of_trouble(advice_id, code, stopped=account.stopped)


def status_of_failure(failure: DeliveryError | CredentialError) -> int:
    """Return the exit status for a mail that meets a failure before it is even offered."""
    stopped = not isinstance(failure, TransientFailure | KeyringError)
    code = failure.reply.code if isinstance(failure, DeliveryError) else None
    return _status_of_trouble(failure.advice_id, code, stopped=stopped)


def _status_of_trouble(advice_id: str | None, code: int | None, *, stopped: bool) -> int:
    if about_login(advice_id, code):
        return endings.NO_PERMISSION
    return endings.UNAVAILABLE if stopped else endings.LATER


def tell(
    session: Session, item: OutboxItem, held: Holds, *, quiet: bool = False, several: bool = False
) -> int:
    """Print how a mail stands, a failure with the way out on standard error; return the status.

    ``held``: the caps that are reached. ``quiet``: a mail that was sent has been shown already.
    ``several``: that nothing delivers it is told of all of them at once.
    """
    account = session.app.outbox.account_state(item.account)
    item = _as_agreed(session, as_it_waits(session, item, held))
    if item.state is State.SENT:
        if not quiet:
            session.say(_line(item, account))
    else:
        gone = without_account(session, item)
        alone = None if gone else nobody_delivers(session, item)
        session.note(_line(item, account, alone=alone is not None, gone=gone is not None))
        for line in _divided(session, item):
            session.note(line)
        advice = gone or _advice(item, account) or reason_to_wait(session, item, held)
        more = None if several else alone
        if advice is not None and more is not None:
            advice = text("{advice} {more}", advice=advice, more=more)
        if advice is not None or more is not None:
            session.note(advice or more or "")
        if gone is not None:
            return endings.CONFIG
    return status_of(item, account)


def without_account(session: Session, item: OutboxItem) -> Text | None:
    """Return what to do about a mail whose account the configuration no longer has; else None."""
    try:
        accounts = session.settings().accounts
    except SettingsError:
        return None  # that is told by whoever needs it
    if item.state is not State.QUEUED or item.account in accounts:
        return None
    return text(
        "It waits until there is an account {name} again. Cancel it with: "
        "traymail outbox cancel {id}",
        name=item.account,
        id=item.id,
    )


NOTHING_DELIVERS = text(
    "Nothing delivers waiting mail: start traymail, or run: traymail outbox retry --all"
)


def tell_what_waits(session: Session, account: str) -> None:
    """Say so when mail of an account waits for its time, while no program runs."""
    waits = session.app.outbox.next_due(account) is not None
    if waits and session.app.instance.running.holder() is None:
        session.note(NOTHING_DELIVERS)


def as_it_waits(session: Session, item: OutboxItem, held: Holds) -> OutboxItem:
    """Return a mail with the time it can leave at; ``held``: the caps that are reached."""
    if item.state is not State.QUEUED:
        return item
    return held_back(item, held, session.app.outbox.account_state(item.account))


def _as_agreed(session: Session, item: OutboxItem) -> OutboxItem:
    """Return a mail with what it waits for where the user has not agreed to its account yet."""
    with suppress(SettingsError):  # told by whoever needs the settings
        account = session.settings().accounts.get(item.account)
        if item.state is State.QUEUED and account and session.beside.awaits_consent(account):
            return replace(item, advice_id=_COMMAND_WAITS, next_attempt_at=None)
    return item


def reason_to_wait(session: Session, item: OutboxItem, held: Holds) -> Text | None:
    """Return why a mail waits that nothing is wrong with; None when it does not."""
    if item.state is not State.QUEUED:
        return None
    if session.app.pauses.pause(session.app.clock.now())[0]:
        return text("Everything is paused. It goes on with: traymail resume")
    hold = held.of(item)
    if hold is not None:
        return text("{why} It goes on at {time}.", why=hold_told(hold), time=local(hold.until))
    account = session.app.outbox.account_state(item.account)
    if account.hold_until is not None and account.hold_until > session.app.clock.now():
        if account.failures:
            return text(
                "The server cannot be used just now; the next try is at {time}.",
                time=local(account.hold_until),
            )
        return text("Its server asked for a pause until {time}.", time=local(account.hold_until))
    return None


def _line(
    item: OutboxItem, account: AccountState, *, alone: bool = False, gone: bool = False
) -> Text:
    said = text("There is no account {name}", name=item.account) if gone else _said(item, account)
    facts = {"id": item.id, "said": said, "ms": item.duration_ms or 0}
    if item.state is State.PARTIAL:
        return text(
            "Mail {id} is partly sent: {n} of {all} have it ({ms} ms)",
            id=item.id,
            n=len(item.accepted),
            all=len(item.mailboxes),
            ms=item.duration_ms or 0,
        )
    again = item.state is State.QUEUED and item.attempts and item.next_attempt_at is not None
    if again and not (alone or gone):
        return text(
            "Mail {id} stays in the outbox and is tried again at {time}: {said} ({ms} ms)",
            time=local(item.next_attempt_at),
            **facts,
        )
    return Text(_LINES[item.state].msgid, tuple(facts.items()))


def _divided(session: Session, item: OutboxItem) -> Iterator[Text | str]:
    """Yield which parts are there, and who lacks the mail, each with the server's words."""
    if (parts := parts_told(item)) is not None:
        yield parts
    verdicts = session.app.outbox.verdicts(item.id)
    if len(item.mailboxes) == 1 or not (verdicts or item.accepted):
        return
    if item.state is not State.PARTIAL and item.accepted:
        yield have_it(item)
    for one in recipients(item, verdicts):
        if one.fate in {Fate.DEFERRED, Fate.REFUSED}:
            yield f"{one.mailbox}: {session.translated(reply_told(one.code, one.reply))}"


_LINES = {
    State.SENT: text("Mail {id} is sent: {said} ({ms} ms)"),
    State.FAILED: text("Mail {id} failed: {said} ({ms} ms)"),
    State.CANCELLED: text("Mail {id} is cancelled."),
    State.UNKNOWN: text("Mail {id} may have arrived: {said}"),
    State.SENDING: text("Mail {id} is being sent by the running program."),
    State.QUEUED: text("Mail {id} stays in the outbox: {said}"),
}


def _said(item: OutboxItem, account: AccountState) -> Text | str:
    """Return the server's words, or what happened where it said none."""
    advice_id, code, reply = item.advice_id, item.code, item.reply
    if item.state is State.QUEUED and advice_id is None and account.stopped:
        advice_id, code, reply = account.advice_id, account.code, account.reply
    if code is not None:
        return f"{code} {reply or ''}".rstrip()
    title = title_for(advice_id)
    if title is not None:
        return what_failed(title, None, reply)
    return reply or text("it waits for its turn")


def _advice(item: OutboxItem, account: AccountState) -> Text | None:
    if item.state is State.PARTIAL:
        return text(
            "Write to the right addresses, or try the refused ones again with: "
            "traymail outbox retry {id}",
            id=item.id,
        )
    if item.state is State.UNKNOWN and item.parts_of > 1:
        return text(
            "Check whether part {part} of {all} is there, then: "
            "traymail outbox resolve {id} sent|resend",
            part=item.parts + 1,
            all=item.parts_of,
            id=item.id,
        )
    if item.state is State.UNKNOWN:
        return text(
            "Check whether it arrived, then: traymail outbox resolve {id} sent|resend", id=item.id
        )
    told = item.advice_id or (account.advice_id if account.stopped else None)
    return advice_for(told, item.account)
