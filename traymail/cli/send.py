"""`traymail send`: one message without a window."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from traymail.accounts import kind_of
from traymail.cli.options import AS_JSON, ATTACH, SUBJECT, to
from traymail.cli.proposals import accounts, people
from traymail.cli.session import Session, chosen_account, nobody_delivers
from traymail.cli.slips import ask_about_slips, mailboxes_of
from traymail.cli.wanted import Ways, body_of
from traymail.cli.words import PATH, command, option
from traymail.core.errors import TraymailError
from traymail.core.texts import text
from traymail.disk import typed
from traymail.services.wanted import WantedMail, draft_of, require_fit

if TYPE_CHECKING:
    from traymail.core.outbox import OutboxItem


@command(
    "send",
    text(
        "Send one message without a window.\n\n"
        "It is stored in the outbox first, then delivered; what fails for now is tried again."
    ),
)
@to(may_be_empty=True)  # told as any address that is none
@option(
    "--cc",
    text("Who gets a copy."),
    multiple=True,
    may_be_long=True,
    metavar="ADDRESS",
    shell_complete=people,
)
@option(
    "--bcc",
    text("Who gets a copy that the others do not see."),
    multiple=True,
    may_be_long=True,
    metavar="ADDRESS",
    shell_complete=people,
)
@SUBJECT
@option(
    "--body",
    text("The message; “-” reads it from standard input."),
    metavar="TEXT",
    may_be_empty=True,
    may_be_long=True,
)
@option(
    "--html",
    text("An HTML file as the message; a plain text is made from it."),
    type=PATH,
    metavar="FILE",
)
@option(
    "--markdown", text("The message is Markdown: it is sent as HTML and as text."), is_flag=True
)
@ATTACH
@option("--any-domain", text("Allow addresses without a dot after the @."), is_flag=True)
@option(
    "--account",
    text("The account to send with, else the default one."),
    metavar="NAME",
    shell_complete=accounts,
)
@option("--no-signature", text("Leave the account's signature out."), is_flag=True)
@option("--queue", text("Return as soon as it is stored."), is_flag=True)
@option("--each", text("Send each recipient of --to a mail of their own."), is_flag=True)
@option(
    "--csv",
    text(
        "Send a mail for each row of a table. Its first row names the columns; {csv.NAME} stands "
        "for them in --to, --subject, --body and --attach."
    ),
    "table",
    type=PATH,
    metavar="FILE",
)
@option("--dry-run", text("With --each or --csv: show the mails, and send nothing."), is_flag=True)
@option(
    "--report",
    text("With --each or --csv: write what came of each mail into a CSV file."),
    type=PATH,
    metavar="FILE",
)
@AS_JSON
@click.pass_obj
def send(session: Session, /, *, queue: bool, as_json: bool, **given: Any) -> int:  # noqa: ANN401 # what click gives
    """Store a message, and deliver it."""
    ways = Ways(
        queue, as_json, *(given.pop(name) for name in ("each", "table", "dry_run", "report"))
    )
    wanted = _wanted(given)
    _require_to(session, wanted)
    if ways.each and ways.table is not None:
        raise click.UsageError(
            session.translated(text("--each and --csv cannot be used together."))
        )
    if (ways.dry_run or ways.report is not None) and not ways.many:
        raise click.UsageError(
            session.translated(text("--dry-run and --report belong to --each and --csv."))
        )
    if wanted.html is not None and wanted.markdown:
        raise click.UsageError(
            session.translated(text("--html and --markdown cannot be used together."))
        )
    if not (wanted.subject or wanted.body or wanted.html or wanted.attach):
        raise click.UsageError(
            session.translated(text("There is nothing to send: no subject, no body, no file."))
        )
    settings = session.settings()
    account = chosen_account(settings, wanted.account)
    wanted, words, html = body_of(replace(wanted, groups=settings.groups), account)
    if ways.many:
        from traymail.cli import each  # few mails are many

        return each.send(session, wanted, (words, html), (settings, account), ways)
    draft = draft_of(wanted, account, words, html)
    require_fit(draft, account)
    ask_about_slips(session, mailboxes_of(draft), any_domain=wanted.any_domain)
    item = session.mail.store(draft)
    if queue:
        delivered = session.beside.wake()
        if as_json:
            _dump(session, item)
        else:
            session.say(text("Mail {id} is stored in the outbox.", id=item.id))
        if not delivered and (alone := nobody_delivers(session, item)):
            session.note(alone)
        return 0
    # Not needed, and not imported, by --queue.
    from traymail.cli.outcome import deliver, tell

    [item] = deliver(session, [item], settings)
    if as_json:
        _dump(session, item)
    return tell(session, item, session.app.holds(settings), quiet=as_json)


def _wanted(given: dict[str, Any]) -> WantedMail:
    """Return what the options say, in the characters that were typed."""
    for name in ("to", "cc", "bcc"):
        given[name] = tuple(map(typed, given[name]))
    for name in ("subject", "body"):
        given[name] = given[name] and typed(given[name])
    return WantedMail(**given)


def _require_to(session: Session, wanted: WantedMail) -> None:
    """Raise MissingParameter without recipients, unless mails of the account need none."""
    if wanted.to:
        return
    with contextlib.suppress(TraymailError):  # told later
        account = chosen_account(session.settings(), wanted.account)
        if kind_of(account).group(account) is not None:
            return
    context = click.get_current_context()
    [missing] = [one for one in context.command.params if one.name == "to"]
    raise click.MissingParameter(ctx=context, param=missing)


def _dump(session: Session, item: OutboxItem) -> None:
    from traymail.cli.show import recipient_entries
    from traymail.core.outbox import recipients

    found = recipients(item, session.app.outbox.verdicts(item.id))
    session.dump(
        {
            "id": item.id,
            "message_id": item.message_id,
            "state": item.state.value,
            "code": item.code,
            "reply": item.reply,
            "duration_ms": item.duration_ms,
            "account": item.account,
            "recipients": recipient_entries(found),
        }
    )
