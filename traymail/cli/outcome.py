"""What came of a mail: the words, and the exit status that stands for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from traymail.cli import endings
from traymail.cli.progress import Bar
from traymail.cli.session import Session
from traymail.cli.show import local
from traymail.core.holds import hold_told
from traymail.core.outbox import AccountState, OutboxItem, State
from traymail.core.replies import about_login, advice_for, title_for
from traymail.core.texts import Text, text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from traymail.core.holds import Holds
    from traymail.core.settings import Settings


def deliver(session: Session, items: Sequence[OutboxItem], settings: Settings) -> list[OutboxItem]:
    """Bring mails to an end or to a first failure, and return how they stand then."""
    try:
        with Bar(session.translated(text("Sending"))) as bar:
            session.app.deliver(items, settings, bar)
    except KeyboardInterrupt:
        settle_abandoned(session)
        session.note(text("Interrupted: what is not sent yet stays in the outbox."))
        raise
    return [session.app.outbox.get(item.id) for item in items]


def settle_abandoned(session: Session) -> None:
    """Settle what a `send` that was killed left under way, unless somebody is delivering now."""
    app = session.app
    app.home.make()
    if app.instance.delivering.take():
        try:
            app.outbox.recover(app.clock.now())
        finally:
            app.instance.delivering.release()


def status_of(item: OutboxItem, account: AccountState) -> int:
    """Return the exit status for a mail and what is remembered of its account."""
    match item.state:
        case State.SENT:
            return endings.OK
        case State.FAILED | State.CANCELLED:
            return endings.UNAVAILABLE
        case State.UNKNOWN | State.SENDING:
            return endings.LATER
        case State.QUEUED:
            return _status_of_waiting(item, account)


def _status_of_waiting(item: OutboxItem, account: AccountState) -> int:
    advice_id, code = (item.advice_id, item.code)
    if account.stopped and advice_id is None:
        advice_id, code = account.advice_id, account.code
    if about_login(advice_id, code):
        return endings.NO_PERMISSION
    return endings.UNAVAILABLE if account.stopped else endings.LATER


def tell(session: Session, item: OutboxItem, held: Holds, *, quiet: bool = False) -> int:
    """Print how a mail stands, a failure with the way out on standard error; return the status.

    ``held``: the caps that are reached. ``quiet``: a mail that was sent has been told of already.
    """
    account = session.app.outbox.account_state(item.account)
    if item.state is State.SENT:
        if not quiet:
            session.say(_line(item, account))
    else:
        session.note(_line(item, account))
        advice = _advice(item, account) or reason_to_wait(session, item, held)
        if advice is not None:
            session.note(advice)
    return status_of(item, account)


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
        return text("Its server wants a pause until {time}.", time=local(account.hold_until))
    return None


def _line(item: OutboxItem, account: AccountState) -> Text:
    told = {"id": item.id, "said": _said(item, account), "ms": item.duration_ms or 0}
    if item.state is State.QUEUED and item.attempts and item.next_attempt_at is not None:
        return text(
            "Mail {id} stays in the outbox and is tried again at {time}: {said} ({ms} ms)",
            time=local(item.next_attempt_at),
            **told,
        )
    return Text(_LINES[item.state].msgid, tuple(told.items()))


_LINES = {
    State.SENT: text("Mail {id} is sent: {said} ({ms} ms)"),
    State.FAILED: text("Mail {id} failed: {said} ({ms} ms)"),
    State.CANCELLED: text("Mail {id} is cancelled."),
    State.UNKNOWN: text("Mail {id} may have arrived: {said} ({ms} ms)"),
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
        return text("{title} ({detail})", title=title, detail=reply) if reply else title
    return reply or text("it waits for its turn")


def _advice(item: OutboxItem, account: AccountState) -> Text | None:
    if item.state is State.UNKNOWN:
        return text(
            "Look whether it arrived, then: traymail outbox resolve {id} sent|resend", id=item.id
        )
    return advice_for(item.advice_id or (account.advice_id if account.stopped else None))
