"""Recipients while they are typed: who is proposed, what a chip says, what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from traymail.core.address import excerpt, parse_address
from traymail.core.errors import InputError
from traymail.core.message import Address
from traymail.core.texts import Text, text

MOST = 6
_BOUNDARY = re.compile(r"[\s.@_+\-]+")


def proposals(people: Iterable[Address], typed: str, taken: Sequence[str]) -> tuple[Address, ...]:
    """Return whom ``typed`` may mean, in the order given, without those who are ``taken``."""
    wanted = typed.strip().casefold()
    if not wanted:
        return ()
    there = {_mailbox(words) for words in taken}
    found = []
    for person in people:
        if _means(person, wanted) and person.mailbox.casefold() not in there:
            found.append(person)
            if len(found) == MOST:
                break
    return tuple(found)


def chip(words: str, names: Mapping[str, str]) -> str | None:
    """Return what stands on the chip of an address; None when it is no address.

    ``names`` are those of known mailboxes.
    """
    try:
        address = named(words, names)
    except InputError:
        return None
    return address.name or address.mailbox


def named(words: str, names: Mapping[str, str]) -> Address:
    """Return the address in ``words``, with a known name when it has none; raises InputError."""
    address = parse_address(words)
    return address if address.name else Address(address.mailbox, names.get(address.mailbox, ""))


def complaint(words: str) -> Text | None:
    """Return what is wrong with an address; None when nothing is."""
    try:
        parse_address(words)
    except InputError as error:
        local, _, domain = words.rpartition("@")
        if local and domain:
            return error.title
        return text("“{a}” is not a complete address.", a=excerpt(words))
    return None


def _means(person: Address, wanted: str) -> bool:
    name, box = person.name.casefold(), person.mailbox.casefold()
    if name.startswith(wanted) or box.startswith(wanted):
        return True
    if not wanted.isascii():
        return wanted in name  # Chinese names have no spaces to begin after
    return any(part.startswith(wanted) for part in _BOUNDARY.split(f"{name} {box}"))


def _mailbox(words: str) -> str:
    try:
        return parse_address(words).mailbox.casefold()
    except InputError:
        return ""
