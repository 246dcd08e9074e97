"""A mail that is wanted, in words, and the draft that they make."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from traymail.accounts import kind_of
from traymail.core.address import split_addresses, undotted
from traymail.core.errors import InputError
from traymail.core.groups import Groups, recipients
from traymail.core.message import Address, Draft, DraftFile
from traymail.core.mime import wire_bytes
from traymail.core.texts import Text, text
from traymail.disk import true_place, typed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from traymail.core.account import Account


@dataclass(frozen=True, slots=True)
class WantedMail:
    """What a mail is to be.

    ``body`` "-": it comes from standard input. ``pictures``: the files that its HTML shows.
    ``groups``: the people who are meant by a name in place of an address.
    """

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
    no_signature: bool = False
    groups: Groups = field(default_factory=dict)
    pictures: tuple[DraftFile, ...] = ()


def draft_of(wanted: WantedMail, account: Account, words: str, html: str | None) -> Draft:
    """Return the message with this text; raises InputError for what cannot be sent."""
    kind = kind_of(account)
    refused = kind.refused(account)
    if wanted.html is not None and "html" in refused:
        raise InputError(refused["html"], text("Give the text with --body or --markdown."))
    pictures = wanted.pictures
    if wanted.markdown:
        html, pictures = _markdown(wanted, account, words)
    if not (wanted.subject or words or html or wanted.attach):
        raise InputError(
            text("There is nothing to send: no subject, no body, no file."), _what_is_empty(wanted)
        )
    if account.signature and not wanted.no_signature:
        from traymail.core.signature import signed

        words, html = signed(words, html, account.signature)
    cc, bcc = (_addresses(given, wanted.groups) for given in (wanted.cc, wanted.bcc))
    to = _addresses(wanted.to, wanted.groups, partial(kind.named, account))
    _require_filled(wanted, to, cc, bcc)
    group = kind.group(account)
    if group is not None and not wanted.to:
        to = (group,)
    if not wanted.any_domain:
        _require_dots(one for one in (*to, *cc, *bcc) if not kind.named(account, one.mailbox))
    draft = Draft(
        account=account.name,
        sender=account.address,
        to=to,
        cc=cc,
        bcc=bcc,
        subject=wanted.subject,
        text=words,
        html=html,
        files=(*pictures, *_attached(wanted, pictures)),
        when_unsure=account.when_unsure.value,
    )
    kind.require(account, draft)
    return draft


def _markdown(
    wanted: WantedMail, account: Account, words: str
) -> tuple[str, tuple[DraftFile, ...]]:
    """Return the HTML, and the attached pictures that it shows; raises SourceError."""
    from traymail.core.markdown import to_html  # slow to import, and seldom chosen
    from traymail.services.pictures import Pictures

    pictures = Pictures(account.address, wanted.attach)
    html = to_html(words, pictures.cid_of)
    return html, pictures.files


def _attached(wanted: WantedMail, shown: Iterable[DraftFile]) -> Iterator[DraftFile]:
    """Yield the files that are attached, and not shown in the text already."""
    there = {file.path for file in shown}
    for path in wanted.attach:
        true = true_place(path)
        if true not in there:
            yield DraftFile(typed(path.name), true)


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


def _addresses(
    given: tuple[str, ...],
    groups: Groups,
    own: Callable[[str], Address | None] = lambda _words: None,
) -> tuple[Address, ...]:
    """Return the recipients; ``own``: those that only the kind of the account knows."""
    return recipients((one for words in given for one in split_addresses(words)), groups, own)
