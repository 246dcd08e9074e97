"""`traymail outbox`: the queue and the history."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Literal

import click

from traymail.cli import endings
from traymail.cli.options import AS_JSON
from traymail.cli.outcome import (
    NOTHING_DELIVERS,
    as_it_waits,
    deliver,
    reason_to_wait,
    settle_abandoned,
    tell,
    tell_what_waits,
    without_account,
)
from traymail.cli.proposals import mails
from traymail.cli.session import Session, nobody_delivers, write_bytes
from traymail.cli.show import (
    STATES,
    entry,
    fate_word,
    local,
    recipient_entries,
    shortened,
    state_word,
    table,
    try_entries,
)
from traymail.cli.words import F, Number, argument, command, group, option
from traymail.core.address import clean
from traymail.core.duration import parse_duration
from traymail.core.errors import InputError, SettingsError
from traymail.core.holds import Holds
from traymail.core.message import LARGEST_NUMBER
from traymail.core.outbox import RETRYABLE, OutboxItem, Recipient, State, recipients
from traymail.core.replies import (
    advice_for,
    have_it,
    outcome_told,
    parts_told,
    stage_told,
    title_for,
)
from traymail.core.reply_rules.details import reply_told
from traymail.core.template import human_size
from traymail.core.texts import Text, text

if TYPE_CHECKING:
    from traymail.core.settings import Settings

# No number is larger in SQLite.
_NUMBER = Number(1, LARGEST_NUMBER)
# So much of an address or a subject stands in the list.
MOST_PLACES = 60


def _id(*states: State) -> Callable[[F], F]:
    """Add the argument ID; a shell proposes mails in these states."""
    return argument("mail_id", "ID", type=_NUMBER, shell_complete=mails(*states))


def _ids(*states: State) -> Callable[[F], F]:
    """Add an argument of several IDs."""
    return argument("ids", "[ID]...", nargs=-1, type=_NUMBER, shell_complete=mails(*states))


@group("outbox", text("Show and manage the queue and the history."))
def outbox() -> None:
    """Hold the commands below."""


@command("list", text("List the mails, newest first."))
@option(
    "--state",
    text("Only mails in this state."),
    type=click.Choice([state.value for state in State]),
)
@option("--batch", text("Only mails of this batch."), type=_NUMBER, metavar="N")
@AS_JSON
@click.pass_obj
def list_(session: Session, /, *, state: str | None, batch: int | None, as_json: bool) -> None:
    """Print entries of the outbox."""
    settle_abandoned(session)
    items = session.app.outbox.find(state=State(state) if state else None, batch=batch)
    if as_json:
        held = _holds(session)
        session.dump([entry(as_it_waits(session, i, held), session.translate) for i in items])
    elif not items:
        session.say(text("There is no mail."))
    else:
        for line in table([_head(session), *(_row(session, item) for item in items)]):
            session.say(line)


def _head(session: Session) -> tuple[str, ...]:
    words = (
        text("id"),
        text("state"),
        text("changed"),
        text("account"),
        text("to"),
        text("subject"),
    )
    return tuple(map(session.translated, words))


def _row(session: Session, item: OutboxItem) -> tuple[str, ...]:
    first, *others = [one.mailbox for one in (*item.to, *item.cc, *item.bcc)] or [""]
    to = f"{first} +{len(others)}" if others else first
    return (
        *(str(item.id), session.translated(state_word(item)), local(item.updated_at)),
        *(item.account, shortened(to, MOST_PLACES)),
        shortened(clean(item.subject), MOST_PLACES),
    )


@command("show", text("Show one mail with its attempts."))
@_id(*State)
@option("--eml", text("Print the message itself, as it is sent."), is_flag=True)
@AS_JSON
@click.pass_obj
def show(session: Session, /, *, mail_id: int, eml: bool, as_json: bool) -> None:
    """Print all that is known of a mail."""
    if eml and as_json:
        raise click.UsageError(
            session.translated(text("--eml and --json cannot be used together."))
        )
    settle_abandoned(session)
    item = session.app.outbox.get(mail_id)
    found = list(recipients(item, session.app.outbox.verdicts(mail_id)))
    if as_json:
        _dump(session, item, found)
        return
    if eml:
        for chunk in session.app.outbox.mail(mail_id).chunks(session.app.spool.open):
            write_bytes(chunk)
        return
    held = _holds(session)
    due = _due(session, item, held)
    say = session.translated
    facts = [(say(name), say(value)) for name, value in _facts(item, due)]
    for line in table(facts):
        session.say(line)
    advice = None if item.state is State.SENT else advice_for(item.advice_id, item.account)
    gone = without_account(session, item)
    alone = None if gone else nobody_delivers(session, item)
    waits = None if gone else reason_to_wait(session, item, held)
    for words in (parts_told(item), gone or advice, waits, alone):
        if words is not None:
            session.say(words)
    for attempt in session.app.outbox.attempts(mail_id):
        told = (
            say(outcome_told(attempt.outcome)),
            say(stage_told(attempt.stage)),
            str(attempt.code or ""),
            say(reply_told(None, attempt.reply)),
        )
        session.say(
            text(
                "{time} attempt {number}: {told} ({ms} ms)",
                time=local(attempt.started_at),
                number=attempt.number,
                told=" ".join(filter(None, told)),
                ms=attempt.duration_ms,
            )
        )
    stands = [
        (one.mailbox, say(fate_word(one.fate)), say(reply_told(one.code, one.reply)))
        for one in found
    ]
    for line in table(stands):
        session.say(line)


def _dump(session: Session, item: OutboxItem, found: Sequence[Recipient]) -> None:
    session.dump(
        {
            **entry(as_it_waits(session, item, _holds(session)), session.translate),
            "recipients": recipient_entries(found),
            "tries": try_entries(session.app.outbox.attempts(item.id)),
        }
    )


def _holds(session: Session) -> Holds:
    """Return the caps that are reached, as far as the configuration can be read."""
    try:
        return session.app.holds(session.settings())
    except SettingsError:
        return Holds()


def _due(session: Session, item: OutboxItem, held: Holds) -> Text | str:
    """Return when the next attempt can be made."""
    if without_account(session, item):
        return text("once its account is there again")
    if item.next_attempt_at is None:
        return text("once you have fixed the account")
    now = session.app.clock.now()
    paused, until = session.app.pauses.pause(now)
    if paused and until is None:
        return text("once you resume")
    waits = (as_it_waits(session, item, held).next_attempt_at, until)
    due = max(wait for wait in waits if wait is not None)
    return local(due) if due > now else text("as soon as possible")


def _facts(item: OutboxItem, due: Text | str) -> Iterator[tuple[Text, Text | str]]:
    def joined(addresses: Sequence[object]) -> str:
        return ", ".join(map(str, addresses))

    yield text("id"), str(item.id)
    yield text("state"), state_word(item)
    yield text("account"), item.account
    if item.rule:
        yield text("rule"), item.rule
    yield text("to"), joined(item.to)
    if item.cc:
        yield text("copy"), joined(item.cc)
    if item.bcc:
        yield text("hidden copy"), joined(item.bcc)
    yield text("subject"), item.subject
    yield text("size"), human_size(item.size)
    yield text("Message-ID"), item.message_id
    yield text("stored"), local(item.created_at)
    yield text("changed"), local(item.updated_at)
    if item.state is State.QUEUED:
        yield text("next attempt"), due
    if title := title_for(item.advice_id):
        yield text("problem"), title
    if item.code is not None or item.reply:
        yield text("answer"), reply_told(item.code, item.reply)
    if item.possible_duplicate:
        yield text("twice"), text("It may have been sent twice.")


@command("retry", text("Retry waiting or failed mails now, whatever they are waiting for."))
@_ids(*RETRYABLE)
@option("--all", text("All of them."), "everything", is_flag=True)
@click.pass_obj
def retry(session: Session, /, *, ids: tuple[int, ...], everything: bool) -> int:
    """Make mails due and deliver them."""
    if bool(ids) == everything:
        raise click.UsageError(session.translated(text("Give the numbers of mails, or use --all.")))
    settings = session.settings()
    settle_abandoned(session)
    chosen = session.mail.retry(ids or None)
    _require_all(session, ids, chosen)
    if not chosen:
        session.say(text("No mail is waiting."))
    return _deliver(session, chosen, settings)


def _deliver(session: Session, items: Sequence[OutboxItem], settings: Settings) -> int:
    """Deliver and tell; return the first exit status that is not 0."""
    ended = deliver(session, sorted(items, key=lambda item: item.id), settings)
    work = {item.account for item in ended if item.state is State.SENT}
    for name in work:
        if not session.app.outbox.account_state(name).stopped:
            session.beside.stops.clear(name, mails=True)
    held = session.app.holds(settings)
    several = len([item for item in ended if nobody_delivers(session, item)]) > 1
    status = next(filter(None, [tell(session, item, held, several=several) for item in ended]), 0)
    if several:
        session.note(NOTHING_DELIVERS)
        return status
    # Others of the accounts may be due now; of those that were tried it is told.
    for name in work - {item.account for item in ended if item.state is State.QUEUED}:
        tell_what_waits(session, name)
    return status


def _require_all(session: Session, ids: Sequence[int], changed: Sequence[OutboxItem]) -> None:
    """Raise InputError for the first mail that stands where nothing can be done."""
    for mail_id in set(ids) - {item.id for item in changed}:
        item = session.app.outbox.get(mail_id)
        if item.state is State.UNKNOWN:
            way = text("Decide about it with: traymail outbox resolve {id} sent|resend", id=mail_id)
        elif item.state is State.SENDING:
            way = text("Wait for its end, or end the command that sends it, with Ctrl+C.")
        else:
            way = text("Only mails that wait or failed can be tried again or cancelled.")
        raise InputError(text("Mail {id} is {state}.", id=mail_id, state=STATES[item.state]), way)


@command(
    "resolve", text("Decide about a mail that may have arrived: count it as sent, or resend it.")
)
@_id(State.UNKNOWN)
@argument("answer", "sent|resend", type=click.Choice(["sent", "resend"]))
@click.pass_obj
def resolve(session: Session, /, *, mail_id: int, answer: Literal["sent", "resend"]) -> int:
    """Settle a mail of unknown fate."""
    settings = session.settings()
    settle_abandoned(session)
    before = session.app.outbox.get(mail_id)
    if before.state is not State.UNKNOWN:
        raise InputError(
            text("Mail {id} is {state}.", id=mail_id, state=STATES[before.state]),
            text("Only a mail the server may already have needs this decision."),
        )
    item = session.mail.resolve(mail_id, answer)
    if answer == "resend" or item.state is State.QUEUED:
        return _deliver(session, [item], settings)
    session.say(text("Mail {id} counts as sent.", id=mail_id))
    if item.state is State.PARTIAL:
        session.say(have_it(item))
    return 0


@command("cancel", text("Cancel mails that are waiting, and stop those being sent."))
@_ids(*RETRYABLE, State.SENDING)
@click.pass_obj
def cancel(session: Session, /, *, ids: tuple[int, ...]) -> int:
    """Cancel mails."""
    if not ids:
        raise click.UsageError(session.translated(text("Give the numbers of mails.")))
    settle_abandoned(session)
    find = session.app.outbox.get
    chosen = [item for item in map(find, ids) if item.state is not State.CANCELLED]
    session.mail.cancel([item.id for item in chosen])
    status, done = endings.OK, []
    for before in chosen:
        item = find(before.id)
        if item.state is State.CANCELLED:
            session.say(text("Mail {id} is cancelled.", id=item.id))
            if item.accepted:
                session.say(have_it(item))
        elif item.state is State.UNKNOWN and before.state is State.SENDING:
            status = tell(session, item, Holds())  # the wait for the server's answer has ended
        else:
            continue
        done.append(item)
    _require_all(session, ids, done)
    return status


@command("purge", text("Remove finished mails from the history: sent, failed, cancelled."))
@option(
    "--older-than",
    text("Only those that finished at least this long ago."),
    default="30d",
    show_default=True,
    metavar="DURATION",
)
@click.pass_obj
def purge(session: Session, /, *, older_than: str) -> None:
    """Forget the history before a time."""
    before = session.app.clock.now() - parse_duration(older_than)
    count = session.app.outbox.purge(before)
    session.say(text("{count} mails are removed from the history.", count=count))


for each in (list_, show, retry, resolve, cancel, purge):
    outbox.add_command(each)
