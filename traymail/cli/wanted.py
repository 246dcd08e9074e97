"""What the options of `send` say of a message, and the draft that they make."""

from __future__ import annotations

import contextlib
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from traymail.accounts import kind_of
from traymail.cli.session import typed
from traymail.core.address import parse_addresses, split_addresses, undotted
from traymail.core.errors import InputError, SourceError
from traymail.core.lines import printed
from traymail.core.message import Address, Draft, DraftFile
from traymail.core.mime import wire_bytes
from traymail.core.reasons import unreadable
from traymail.core.texts import Text, text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from traymail.core.account import Account


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


def body_of(wanted: WantedMail, account: Account) -> tuple[str, str | None]:
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
