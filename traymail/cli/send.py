"""`traymail send`: one message without a window."""

from __future__ import annotations

import contextlib
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from traymail.accounts import kind_of
from traymail.cli.proposals import accounts, people
from traymail.cli.session import Session, chosen_account, nobody_delivers, typed
from traymail.cli.words import PATH, command, option
from traymail.core.address import parse_addresses, split_addresses, undotted
from traymail.core.errors import InputError, SourceError, TraymailError
from traymail.core.lines import printed
from traymail.core.message import Address, Draft, DraftFile
from traymail.core.mime import wire_bytes
from traymail.core.reasons import unreadable
from traymail.core.texts import Text, text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from traymail.core.account import Account
    from traymail.core.outbox import OutboxItem


@dataclass(frozen=True, slots=True)
class WantedMail:
    """What the options say the message is."""

    to: tuple[str, ...]
    cc: tuple[str, ...]
    bcc: tuple[str, ...]
    subject: str
    body: str | None
    html: Path | None
    markdown: bool
    attach: tuple[Path, ...]
    account: str | None
    any_domain: bool


@dataclass(frozen=True, slots=True)
class Ways:
    """What the options say is to be done with it, or with many mails like it."""

    queue: bool
    as_json: bool
    each: bool
    table: Path | None
    dry_run: bool
    report: Path | None

    @property
    def many(self) -> bool:
        """Whether one mail goes to each of several."""
        return self.each or self.table is not None


@command(
    "send",
    text(
        "Send one message without a window.\n\n"
        "It is stored in the outbox first, then delivered; what fails for now is tried again."
    ),
)
@option(
    "--to",
    text("A recipient; repeat it, or separate several with commas."),
    multiple=True,
    may_be_long=True,
    metavar="ADDRESS",
    may_be_empty=True,  # told as any address that is none
    shell_complete=people,
)
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
@option(
    "--subject",
    text("The subject."),
    default="",
    metavar="TEXT",
    may_be_empty=True,
    may_be_long=True,
)
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
@option(
    "--attach",
    text("A file to attach; repeat it for more."),
    multiple=True,
    type=PATH,
    metavar="FILE",
)
@option("--any-domain", text("Allow addresses without a dot after the @."), is_flag=True)
@option(
    "--account",
    text("The account to send with, else the default one."),
    metavar="NAME",
    shell_complete=accounts,
)
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
@option("--json", text("Print the result as JSON, for programs."), "as_json", is_flag=True)
@click.pass_obj
def send(session: Session, /, *, queue: bool, as_json: bool, **given: Any) -> int:  # noqa: ANN401 # what click gives
    """Store a message, and deliver it."""
    ways = Ways(
        queue, as_json, *(given.pop(name) for name in ("each", "table", "dry_run", "report"))
    )
    wanted = WantedMail(**given)
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
    words, html = _body(wanted, account)
    if ways.many:
        from traymail.cli import each  # few mails are many

        return each.send(session, wanted, (words, html), (settings, account), ways)
    draft = draft_of(wanted, account, words, html)
    require_fit(draft, account)
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


def draft_of(wanted: WantedMail, account: Account, words: str, html: str | None) -> Draft:
    """Return the message with this text; raises InputError for what cannot be sent."""
    kind = kind_of(account)
    if wanted.html is not None and "html" in kind.cannot:
        raise InputError(kind.cannot["html"], text("Give the text with --body or --markdown."))
    if wanted.markdown:
        from traymail.core.markdown import to_html

        html = to_html(words)
    if not (wanted.subject or words or html or wanted.attach):
        raise InputError(
            text("There is nothing to send: no subject, no body, no file."), _what_is_empty(wanted)
        )
    to, cc, bcc = (_addresses(given) for given in (wanted.to, wanted.cc, wanted.bcc))
    _require_filled(wanted, to, cc, bcc)
    group = kind.group(account)
    if group is not None and not wanted.to:
        to = (group,)
    if not wanted.any_domain:
        _require_dots((*to, *cc, *bcc))
    draft = Draft(
        account=account.name,
        sender=account.address,
        to=to,
        cc=cc,
        bcc=bcc,
        subject=typed(wanted.subject),
        text=words,
        html=html,
        files=tuple(DraftFile(typed(path.name), os.path.realpath(path)) for path in wanted.attach),
        when_unsure=account.when_unsure.value,
    )
    kind.require(account, draft)
    return draft


def _what_is_empty(wanted: WantedMail) -> Text:
    if wanted.body == "-":
        return text("Standard input is empty: look at the program that writes to it.")
    if wanted.html is not None:
        return text("{path} is empty: look at the program that writes it.", path=wanted.html)
    return text("The text has nothing but signs that cannot be shown.")


def _require_filled(wanted: WantedMail, *found: tuple[Address, ...]) -> None:
    """Raise InputError for a recipient that is empty beside others: an empty variable of a script.

    That there is none at all is told when the mail is stored.
    """
    given = (*wanted.to, *wanted.cc, *wanted.bcc)
    if any(found) and not all(split_addresses(words) for words in given):
        raise InputError(
            text("One of the recipients is empty."),
            text("Write it like name@example.com or Name <name@example.com>, or leave it out."),
        )


def _require_dots(addresses: Iterable[Address]) -> None:
    """Raise InputError for an address that was hardly meant so."""
    for address in addresses:
        if undotted(address.mailbox):
            raise InputError(
                text("The address “{address}” has no dot after the @", address=address.mailbox),
                text("Fix it; for a name in your own network, add --any-domain."),
            )


def require_fit(draft: Draft, account: Account) -> None:
    """Raise InputError for a mail above the account's limit, before large files are copied."""
    files = []
    for file in draft.files:
        if file.path is not None:
            with contextlib.suppress(OSError):  # told when it is copied
                files.append((file.name, Path(file.path).stat().st_size))
    if wire_bytes((draft.text, draft.html or ""), files) > account.max_message_bytes:
        raise too_large(account)


def too_large(account: Account) -> InputError:
    """Return the error for a mail above the account's limit."""
    from traymail.core.template import human_size

    return InputError(
        text(
            "The mail is too large: account {name} accepts up to {most}, and files grow by a "
            "third when sent.",
            name=account.name,
            most=human_size(account.max_message_bytes),
        ),
        text("Compress, split or share a link; if the server accepts more, raise max_message_mb."),
    )


def _addresses(given: tuple[str, ...]) -> tuple[Address, ...]:
    return tuple(address for words in given for address in parse_addresses(typed(words)))


def _body(wanted: WantedMail, account: Account) -> tuple[str, str | None]:
    """Return the text and the HTML of a message."""
    words = wanted.body
    if words is not None:
        words = _standard_input(account) if words == "-" else printed(typed(words).encode())
    if wanted.html is None:
        return words or "", None
    html = _html_file(wanted.html, account)
    if words is None:
        from traymail.core.markdown import text_of

        words = text_of(html)
    return words, html


def _standard_input(account: Account) -> str:
    if sys.stdin is None:
        raise SourceError(
            "-",
            text("There is no standard input to read the text from."),
            text("Give the text with --body, or pipe it in."),
        )
    return printed(_bounded(sys.stdin.buffer, account))


def _bounded(source: BinaryIO, account: Account) -> bytes:
    """Read to the end, which may never come; raises InputError for more than a mail can hold."""
    content = source.read(account.max_message_bytes + 1)
    if len(content) > account.max_message_bytes:
        raise too_large(account)
    return content


def _html_file(path: Path, account: Account) -> str:
    try:
        with path.open("rb") as source:
            return _bounded(source, account).decode("utf-8-sig")
    except OSError as error:
        raise unreadable(path, error) from error
    except UnicodeDecodeError as error:
        raise InputError(
            text("{path} is not UTF-8.", path=path), text("Save it with the encoding UTF-8.")
        ) from error


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
