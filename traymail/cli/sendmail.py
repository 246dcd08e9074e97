"""`traymail sendmail`: a whole message from standard input, as programs expect of sendmail.

Its options are those of Sendmail and Postfix that cron, smartd, mdadm, git, mail and mutt give.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from traymail.accounts import kind_of
from traymail.cli.proposals import mailboxes, senders
from traymail.cli.session import Session, chosen_account
from traymail.cli.words import argument, command, option
from traymail.core.errors import InputError
from traymail.core.message import Address, Draft
from traymail.core.texts import text
from traymail.disk import typed
from traymail.services.wanted import too_large

if TYPE_CHECKING:
    from collections.abc import Callable

    from traymail.core.account import Account
    from traymail.core.settings import Settings

HOME_VARIABLE = "TRAYMAIL_SENDMAIL_HOME"

# The first letters of what `-o` may say besides "i": how errors are told, how mail is delivered,
# eight bits, and what else is of no consequence here.
_HARMLESS = frozenset("78deijmosvLT")
# The same by the long names that `-O` takes.
_HARMLESS_NAMES = frozenset({"deliverymode", "errormode", "eightbitmode", "loglevel", "metoo"})
_IGNORE_DOTS = "ignoredots"
_YES = {"", "1", "t", "true", "y", "yes"}
_DOTS = (b".\n", b".\r\n", b".")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the options say of a message."""

    recipients: tuple[str, ...]
    from_headers: bool
    ignore_dots: bool
    senders: tuple[str, ...]
    names: tuple[str, ...]


def _ignored(name: str, **attributes: Any) -> Callable[[Any], Any]:  # noqa: ANN401 # what click takes
    """Add an option that programs give and that changes nothing here."""
    return click.option(
        name, f"ignored_{name[1:]}", hidden=True, expose_value=False, multiple=True, **attributes
    )


@command(
    "sendmail",
    text(
        "Send a whole message from standard input, as cron and other programs expect of sendmail.\n"
        "\n"
        "It leaves as it is, but for Bcc, a missing date or Message-ID, and From, which becomes "
        "the address of the account; the one that was written becomes Reply-To. A recipient "
        "without a domain, such as root, is the account's own address. Other options of sendmail "
        "are taken and ignored where that does no harm."
    ),
)
@option(
    "-t", text("Send to those in the headers To, Cc and Bcc, too."), "from_headers", is_flag=True
)
@option("-i", text("A line with a lone dot does not end the message."), "ignore_dots", is_flag=True)
@option(
    "-f",
    text("The sender: the account with this address, else the default one."),
    "-r",
    "senders",
    metavar="ADDRESS",
    multiple=True,
    may_be_empty=True,
    shell_complete=senders,
)
@option(
    "-F",
    text("The name of the sender, where From becomes the account's address."),
    "names",
    metavar="NAME",
    multiple=True,
    may_be_empty=True,
)
@click.option("-o", "settings", hidden=True, multiple=True)
@click.option("-O", "long_settings", hidden=True, multiple=True)
@click.option("-b", "modes", hidden=True, multiple=True)
@_ignored("-A")
@_ignored("-B")
@_ignored("-e")
@_ignored("-h")
@_ignored("-L")
@_ignored("-N")
@_ignored("-p")
@_ignored("-R")
@_ignored("-V")
@_ignored("-E", is_flag=True)
@_ignored("-G", is_flag=True)
@_ignored("-m", is_flag=True)
@_ignored("-n", is_flag=True)
@_ignored("-U", is_flag=True)
@_ignored("-v", is_flag=True)
@argument("recipients", "[ADDRESS]...", nargs=-1, may_be_long=True, shell_complete=mailboxes)
@click.pass_obj
def sendmail(
    session: Session,
    /,
    *,
    modes: tuple[str, ...],
    settings: tuple[str, ...],
    long_settings: tuple[str, ...],
    **given: Any,  # noqa: ANN401 # what click gives
) -> int:
    """Store a message, and deliver it."""
    wanted = Wanted(**given)
    dots_are_text = wanted.ignore_dots
    for mode in modes:
        if mode != "m":
            raise _no_mail(session, f"-b{mode}")
    for one in settings:
        dots_are_text = dots_are_text or one == "i"
        if one[:1] not in _HARMLESS:
            raise _no_mail(session, f"-o{one}")
    for one in long_settings:
        name, _, value = one.lower().partition("=")
        if name.strip() == _IGNORE_DOTS:
            dots_are_text = value.strip() in _YES
        elif name.strip() not in _HARMLESS_NAMES:
            raise _no_mail(session, f"-O{one}")
    if not (wanted.recipients or wanted.from_headers):
        raise click.UsageError(
            session.translated(text("Name a recipient, or use -t to send to those in the headers."))
        )
    session.prefer_home_of(HOME_VARIABLE)
    configured = session.settings()
    account = _account(configured, wanted.senders[-1] if wanted.senders else "")
    data = _message(account, dots_are_text=dots_are_text)
    item = session.mail.store(_draft(wanted, account, data))
    # Not needed before, and slow to import.
    from traymail.cli.outcome import deliver, tell

    [item] = deliver(session, [item], configured)
    return tell(session, item, session.app.holds(configured), quiet=True)


def _no_mail(session: Session, option: str) -> click.UsageError:
    """Return the error for an option that asks for something else than sending a message."""
    return click.UsageError(
        session.translated(text("{option} is not for traymail: it sends one mail.", option=option))
    )


def _account(settings: Settings, sender: str) -> Account:
    """Return the account with that address, else the default one; raises InputError."""
    wanted = typed(sender).strip(" <>").lower()
    of_sender = (one for one in settings.accounts.values() if one.address.mailbox.lower() == wanted)
    default = settings.accounts.get(settings.default_account)
    if default is not None and default.address.mailbox.lower() == wanted:
        return default
    return next(of_sender, None) or chosen_account(settings, None)


def _draft(wanted: Wanted, account: Account, data: bytes) -> Draft:
    """Return the message and whom it goes to; raises InputError for one that cannot be sent."""
    from traymail.core.given import read_given, recipients_in, recipients_of, text_of

    given = read_given(data)
    own = Address(account.address.mailbox)
    named = tuple(one for words in wanted.recipients for one in recipients_in(typed(words), own))
    to, cc, bcc = (
        recipients_of(given, name, own) if wanted.from_headers else ()
        for name in ("to", "cc", "bcc")
    )
    if not (named or to or cc or bcc):
        raise InputError(
            text("The message names no recipient in To, Cc or Bcc."),
            text("Write at least one address."),
        )
    name = typed(wanted.names[-1]).strip() if wanted.names else ""
    draft = Draft(
        account=account.name,
        sender=Address(account.address.mailbox, name or account.address.name),
        to=(*to, *named),
        cc=cc,
        bcc=bcc,
        subject=given.subject,
        text=text_of(given),
        when_unsure=account.when_unsure.value,
        given=given,
    )
    if sum(len(one.raw) for one in given.fields) + len(given.body) > account.max_message_bytes:
        raise too_large(account)
    kind_of(account).require(account, draft)
    return draft


def _message(account: Account, *, dots_are_text: bool) -> bytes:
    """Read standard input to its end, or to a lone dot; raises InputError for too much of it."""
    if sys.stdin is None:
        return b""
    source: BinaryIO = sys.stdin.buffer
    kept = bytearray()
    most = account.max_message_bytes
    while line := source.readline(most + 1 - len(kept)):
        if not dots_are_text and line in _DOTS:
            break
        kept += line
        if len(kept) > most:
            raise too_large(account)
    return bytes(kept)
