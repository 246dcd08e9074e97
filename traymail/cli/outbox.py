"""`traymail outbox`: the queue and the history."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Literal

import click

from traymail.cli.outcome import deliver, reason_to_wait, settle_abandoned, tell
from traymail.cli.session import Session, write_bytes
from traymail.cli.show import entry, local, shortened, state_word, table
from traymail.cli.words import Number, command, group, option
from traymail.core.address import clean
from traymail.core.duration import parse_duration
from traymail.core.errors import InputError, SettingsError
from traymail.core.holds import Holds
from traymail.core.outbox import OutboxItem, State
from traymail.core.replies import advice_for, outcome_told, title_for
from traymail.core.template import human_size
from traymail.core.texts import Text, text

if TYPE_CHECKING:
    from traymail.core.settings import Settings

# No number is larger in SQLite.
_NUMBER = Number(1, 2**63 - 1)
IDS = click.argument("ids", metavar="ID", nargs=-1, type=_NUMBER)
# So much of an address or a subject stands in the list.
MOST_PLACES = 60
ID = click.argument("mail_id", metavar="ID", type=_NUMBER)


@group("outbox", text("Show and steer the queue and the history."))
def outbox() -> None:
    """Hold the commands below."""


@command("list", text("List the mails, newest first."))
@option(
    "--state",
    text("Only mails in this state."),
    type=click.Choice([state.value for state in State]),
)
@option("--json", text("Print the result for programs."), "as_json", is_flag=True)
@click.pass_obj
def list_(session: Session, /, *, state: str | None, as_json: bool) -> None:
    """Print entries of the outbox."""
    settle_abandoned(session)
    items = session.app.outbox.find(state=State(state) if state else None)
    if as_json:
        session.dump([entry(item, session.translate) for item in items])
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
    first, *others = [*item.to, *item.cc, *item.bcc]
    to = f"{first.mailbox} +{len(others)}" if others else first.mailbox
    return (
        *(str(item.id), session.translated(state_word(item.state)), local(item.updated_at)),
        *(item.account, shortened(to, MOST_PLACES)),
        shortened(clean(item.subject), MOST_PLACES),
    )


@command("show", text("Show one mail with its attempts."))
@ID
@option("--eml", text("Print the message itself, as it is sent."), is_flag=True)
@click.pass_obj
def show(session: Session, /, *, mail_id: int, eml: bool) -> None:
    """Print all that is known of a mail."""
    settle_abandoned(session)
    item = session.app.outbox.get(mail_id)
    if eml:
        for chunk in session.app.outbox.mail(mail_id).chunks(session.app.spool.open):
            write_bytes(chunk)
        return
    held = _holds(session)
    due = _due(session, item, held)
    facts = [
        (session.translated(name), session.translated(value)) for name, value in _facts(item, due)
    ]
    for line in table(facts):
        session.say(line)
    advice = advice_for(item.advice_id)
    if advice is not None and item.state is not State.SENT:
        session.say(advice)
    reason = reason_to_wait(session, item, held)
    if reason is not None:
        session.say(reason)
    for attempt in session.app.outbox.attempts(mail_id):
        session.say(
            text(
                "{time}  attempt {number}: {outcome} {stage} {code} {reply} ({ms} ms)",
                time=local(attempt.started_at),
                number=attempt.number,
                outcome=outcome_told(attempt.outcome),
                stage=attempt.stage,
                code=attempt.code or "",
                reply=attempt.reply,
                ms=attempt.duration_ms,
            )
        )
    for verdict in session.app.outbox.verdicts(mail_id):
        session.say(f"{verdict.mailbox}: {verdict.code} {verdict.reply}")


def _holds(session: Session) -> Holds:
    """Return the caps that are reached, as far as the configuration can be read."""
    try:
        return session.app.holds(session.settings())
    except SettingsError:
        return Holds()


def _due(session: Session, item: OutboxItem, held: Holds) -> Text | str:
    """Return when the next attempt can be made."""
    if item.next_attempt_at is None:
        return text("once you have mended the account")
    now = session.app.clock.now()
    paused, until = session.app.pauses.pause(now)
    if paused and until is None:
        return text("once you resume")
    hold, account = held.of(item), session.app.outbox.account_state(item.account)
    waits = (item.next_attempt_at, until, None if hold is None else hold.until, account.hold_until)
    due = max(wait for wait in waits if wait is not None)
    return local(due) if due > now else text("as soon as can be")


def _facts(item: OutboxItem, due: Text | str) -> Iterator[tuple[Text, Text | str]]:
    def joined(addresses: Sequence[object]) -> str:
        return ", ".join(map(str, addresses))

    yield text("id"), str(item.id)
    yield text("state"), state_word(item.state)
    yield text("account"), item.account
    if item.rule:
        yield text("rule"), item.rule
    yield text("to"), joined(item.to)
    if item.cc:
        yield text("copy"), joined(item.cc)
    if item.bcc:
        yield text("hidden copy"), joined(item.bcc)
    yield text("subject"), clean(item.subject)
    yield text("size"), human_size(item.size)
    yield text("Message-ID"), item.message_id
    yield text("stored"), local(item.created_at)
    yield text("changed"), local(item.updated_at)
    if item.state is State.QUEUED:
        yield text("next attempt"), due
    if title := title_for(item.advice_id):
        yield text("problem"), title
    if item.code is not None or item.reply:
        yield text("answer"), f"{item.code or ''} {item.reply or ''}".strip()
    if item.possible_duplicate:
        yield text("twice"), text("It may have been sent twice.")


@command("retry", text("Try mails now that wait or failed, whatever they wait for."))
@IDS
@option("--all", text("All of them."), "everything", is_flag=True)
@click.pass_obj
def retry(session: Session, /, *, ids: tuple[int, ...], everything: bool) -> int:
    """Make mails due and deliver them."""
    if bool(ids) == everything:
        raise click.UsageError(
            session.translated(text("Name mails by their number, or say --all."))
        )
    settings = session.settings()
    settle_abandoned(session)
    chosen = session.app.retry(ids or None)
    _require_all(session, ids, chosen)
    if not chosen:
        session.say(text("No mail waits."))
    return _deliver(session, chosen, settings)


def _deliver(session: Session, items: Sequence[OutboxItem], settings: Settings) -> int:
    """Deliver and tell; return the first exit status that is not 0."""
    ended = deliver(session, sorted(items, key=lambda item: item.id), settings)
    for name in {item.account for item in ended if item.state is State.SENT}:
        if not session.app.outbox.account_state(name).stopped:
            session.app.let_go(name, mails=True)
    held = session.app.holds(settings)
    return next(filter(None, [tell(session, item, held) for item in ended]), 0)


def _require_all(session: Session, ids: Sequence[int], changed: Sequence[OutboxItem]) -> None:
    """Raise InputError for the first mail that stands where nothing can be done."""
    for mail_id in set(ids) - {item.id for item in changed}:
        item = session.app.outbox.get(mail_id)
        way = (
            text("Decide about it with: traymail outbox resolve {id} sent|resend", id=mail_id)
            if item.state is State.UNKNOWN
            else text("Only mails that wait or failed can be tried again or cancelled.")
        )
        raise InputError(
            text("Mail {id} is {state}.", id=mail_id, state=state_word(item.state)), way
        )


@command("resolve", text("Decide about a mail that the server may have: it is sent, or resend it."))
@ID
@click.argument("answer", metavar="sent|resend", type=click.Choice(["sent", "resend"]))
@click.pass_obj
def resolve(session: Session, /, *, mail_id: int, answer: Literal["sent", "resend"]) -> int:
    """Settle a mail of unknown fate."""
    settings = session.settings()
    settle_abandoned(session)
    before = session.app.outbox.get(mail_id)
    if before.state is not State.UNKNOWN:
        raise InputError(
            text("Mail {id} is {state}.", id=mail_id, state=state_word(before.state)),
            text("Only a mail the server may already have needs this decision."),
        )
    item = session.app.outbox.resolve(mail_id, answer, session.app.clock.now())
    if answer == "resend":
        return _deliver(session, [item], settings)
    session.app.wake([mail_id])
    session.say(text("Mail {id} counts as sent.", id=mail_id))
    return 0


@command("cancel", text("Take mails out of the queue; stop those that are being sent."))
@IDS
@click.pass_obj
def cancel(session: Session, /, *, ids: tuple[int, ...]) -> None:
    """Cancel mails."""
    if not ids:
        raise click.UsageError(session.translated(text("Name mails by their number.")))
    settle_abandoned(session)
    find = session.app.outbox.get
    chosen = [item for item in map(find, ids) if item.state is not State.CANCELLED]
    session.app.cancel([item.id for item in chosen])
    after = [find(item.id) for item in chosen]
    cancelled = [item for item in after if item.state is State.CANCELLED]
    for item in cancelled:
        session.say(text("Mail {id} is cancelled.", id=item.id))
    _require_all(session, ids, cancelled)


@command("purge", text("Forget mails that ended: sent, failed, cancelled."))
@option(
    "--older-than",
    text("Only those that ended so long ago."),
    default="30d",
    show_default=True,
    metavar="DURATION",
)
@click.pass_obj
def purge(session: Session, /, *, older_than: str) -> None:
    """Forget the history before a time."""
    before = session.app.clock.now() - parse_duration(older_than)
    count = session.app.outbox.purge(before)
    session.say(text("{count} mails are forgotten.", count=count))


for each in (list_, show, retry, resolve, cancel, purge):
    outbox.add_command(each)
