"""Recipients while they are typed: who is proposed, what a chip says, what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from traymail.core.address import excerpt, parse_address
from traymail.core.errors import InputError
from traymail.core.groups import Groups, group_named, may_be_group, members, unknown_group
from traymail.core.message import Address
from traymail.core.texts import Text, text
from traymail.ui.model.sentences import sentence_of

MOST = 6
# So many letters of a group's people are shown beside its name.
_ROOM = 44
_NO_GROUPS: Groups = {}
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


def group_proposals(groups: Groups, typed: str, taken: Sequence[str]) -> tuple[str, ...]:
    """Return the names of the groups that ``typed`` may mean, without those who are ``taken``."""
    wanted = typed.strip().casefold()
    there = {words.strip().casefold() for words in taken}
    fitting = (name for name in groups if wanted and _means(Address("", name), wanted))
    return tuple(name for name in fitting if name.casefold() not in there)[:MOST]


def group_words(people: Sequence[Address]) -> str:
    """Return who is in a group, on a short line."""
    told = ", ".join(one.name or one.mailbox for one in people)
    return told if len(told) <= _ROOM else f"{told[: _ROOM - 1]}…"


def chip(words: str, names: Mapping[str, str], groups: Groups = _NO_GROUPS) -> str | None:
    """Return what stands on the chip of an address or a group; None when it is neither.

    ``names`` are those of known mailboxes.
    """
    if (name := group_named(words, groups)) is not None:
        return f"{name} ({len(groups[name])})"
    try:
        address = named(words, names)
    except InputError:
        return None
    return address.name or address.mailbox


def named(words: str, names: Mapping[str, str]) -> Address:
    """Return the address in ``words``, with a known name when it has none; raises InputError."""
    return with_name(parse_address(words), names)


def with_name(address: Address, names: Mapping[str, str]) -> Address:
    """Return an address with a known name when it has none."""
    return address if address.name else Address(address.mailbox, names.get(address.mailbox, ""))


def complaint(words: str, groups: Groups = _NO_GROUPS) -> Text | None:
    """Return what is wrong with a recipient; None when nothing is."""
    if members(words, groups) is not None:
        return None
    if groups and may_be_group(words):
        return sentence_of(unknown_group(words, groups))
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
