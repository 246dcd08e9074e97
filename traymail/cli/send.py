"""`traymail send`: one message without a window."""

from __future__ import annotations

import contextlib
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from traymail.cli.session import Session, chosen_account, typed
from traymail.cli.words import PATH, command, option
from traymail.core.address import parse_addresses
from traymail.core.errors import InputError, SourceError
from traymail.core.message import Address, Draft, DraftFile
from traymail.core.texts import text
from traymail.core.wire_size import wire_bytes

if TYPE_CHECKING:
    from traymail.core.account import Account
    from traymail.core.outbox import OutboxItem


@dataclass(frozen=True, slots=True)
class Wanted:
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


@command(
    "send",
    text(
        "Send one message without a window.\n\n"
        "It is stored in the outbox first, then delivered; what fails for now is tried again."
    ),
)
@option(
    "--to",
    text("Who gets it; repeat it, or separate by commas."),
    multiple=True,
    required=True,
    metavar="ADDRESS",
)
@option("--cc", text("Who gets a copy."), multiple=True, metavar="ADDRESS")
@option(
    "--bcc", text("Who gets a copy that the others do not see."), multiple=True, metavar="ADDRESS"
)
@option("--subject", text("The subject."), default="", metavar="TEXT")
@option("--body", text("The message; “-” reads it from standard input."), metavar="TEXT")
@option(
    "--html", text("An HTML file as the message; a text is made of it."), type=PATH, metavar="FILE"
)
@option(
    "--markdown", text("The message is Markdown: it goes out as HTML and as text."), is_flag=True
)
@option(
    "--attach",
    text("A file to attach; repeat it for more."),
    multiple=True,
    type=PATH,
    metavar="FILE",
)
@option("--account", text("The account to send with, else the default one."), metavar="NAME")
@option("--queue", text("Return as soon as it is stored."), is_flag=True)
@option("--json", text("Print the result for programs."), "as_json", is_flag=True)
@click.pass_obj
def send(session: Session, /, *, queue: bool, as_json: bool, **given: object) -> int:
    """Store a message, and deliver it."""
    wanted = Wanted(**given)  # type: ignore[arg-type] # click has made them what they are
    if wanted.html is not None and wanted.markdown:
        raise click.UsageError(
            session.translated(text("--html and --markdown exclude each other."))
        )
    if not (wanted.subject or wanted.body or wanted.html or wanted.attach):
        raise click.UsageError(
            session.translated(text("There is nothing to send: no subject, no body, no file."))
        )
    settings = session.settings()
    account = chosen_account(settings, wanted.account)
    draft = _draft(wanted, account)
    _require_fit(draft, account)
    item = session.app.store(draft)
    if queue:
        session.app.wake()
        if as_json:
            _dump(session, item)
        else:
            session.say(text("Mail {id} is stored in the outbox.", id=item.id))
        return 0
    # Not needed, and not imported, by --queue.
    from traymail.cli.outcome import deliver, tell

    [item] = deliver(session, [item], settings)
    if as_json:
        _dump(session, item)
    return tell(session, item, session.app.holds(settings), quiet=as_json)


def _draft(wanted: Wanted, account: Account) -> Draft:
    words, html = _body(wanted, account)
    return Draft(
        account=account.name,
        sender=account.address,
        to=_addresses(wanted.to),
        cc=_addresses(wanted.cc),
        bcc=_addresses(wanted.bcc),
        subject=typed(wanted.subject),
        text=words,
        html=html,
        files=tuple(DraftFile(typed(path.name), str(path.absolute())) for path in wanted.attach),
        when_unsure=account.when_unsure.value,
    )


def _require_fit(draft: Draft, account: Account) -> None:
    """Raise InputError for a mail above the account's limit, before large files are copied."""
    files = []
    for file in draft.files:
        if file.path is not None:
            with contextlib.suppress(OSError):  # told when it is copied
                files.append((file.name, Path(file.path).stat().st_size))
    if wire_bytes((draft.text, draft.html or ""), files) > account.max_message_bytes:
        raise _too_large(account)


def _too_large(account: Account) -> InputError:
    from traymail.core.template import human_size

    return InputError(
        text(
            "The mail is too large: account {name} takes {most}, in which files grow by a third.",
            name=account.name,
            most=human_size(account.max_message_bytes),
        ),
        text("Compress, split or share a link; if its server takes more: max_message_mb."),
    )


def _addresses(given: tuple[str, ...]) -> tuple[Address, ...]:
    return tuple(address for words in given for address in parse_addresses(typed(words)))


def _body(wanted: Wanted, account: Account) -> tuple[str, str | None]:
    """Return the text and the HTML of a message."""
    words = _standard_input(account) if wanted.body == "-" else wanted.body and typed(wanted.body)
    if wanted.markdown:
        from traymail.core.markdown import to_html

        return words or "", to_html(words or "")
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
    content = _bounded(sys.stdin.buffer, account)
    for encoding in ("utf-8-sig", sys.stdin.encoding):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise InputError(
        text("The text on standard input is not UTF-8."), text("Convert it, or attach the file.")
    )


def _bounded(source: BinaryIO, account: Account) -> bytes:
    """Read to the end, which may never come; raises InputError for more than a mail can hold."""
    content = source.read(account.max_message_bytes + 1)
    if len(content) > account.max_message_bytes:
        raise _too_large(account)
    return content


def _html_file(path: Path, account: Account) -> str:
    try:
        with path.open("rb") as source:
            return _bounded(source, account).decode("utf-8-sig")
    except OSError as error:
        raise SourceError(
            str(path),
            text("{path} cannot be read: {reason}", path=path, reason=error.strerror),
            text("Check the name and the permissions of the file."),
        ) from error
    except UnicodeDecodeError as error:
        raise InputError(
            text("{path} is not UTF-8.", path=path), text("Save it with the encoding UTF-8.")
        ) from error


def _dump(session: Session, item: OutboxItem) -> None:
    session.dump(
        {
            "id": item.id,
            "message_id": item.message_id,
            "state": item.state.value,
            "code": item.code,
            "reply": item.reply,
            "duration_ms": item.duration_ms,
            "account": item.account,
        }
    )
