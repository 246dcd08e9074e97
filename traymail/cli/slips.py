"""Slips of the finger in the domains that most people have, asked about before anything is done."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from traymail.cli.session import Session
from traymail.core.errors import InputError
from traymail.core.message import Draft
from traymail.core.provider import meant_domain
from traymail.core.texts import text


def mailboxes_of(draft: Draft) -> Iterator[str]:
    """Yield the mailboxes of all recipients."""
    yield from (one.mailbox for one in (*draft.to, *draft.cc, *draft.bcc))


def ask_about_slips(
    session: Session, mailboxes: Iterable[str], *, any_domain: bool = False
) -> None:
    """Ask whether another domain is meant, unless any is; where nobody can be asked, only tell.

    Raises InputError when it is.
    """
    for mailbox in dict.fromkeys(() if any_domain else mailboxes):
        meant = meant_domain(mailbox)
        if meant is None:
            continue
        words = {"meant": meant, "address": mailbox}
        if not session.interactive:
            session.note(text("Is @{meant} meant? “{address}” is used as it is.", **words))
        elif not session.agrees(text("Is @{meant} meant? Use “{address}” anyway?", **words)):
            raise InputError(
                text("The address “{address}” is not used.", address=mailbox),
                text("Write it with @{meant}.", meant=meant),
            )
