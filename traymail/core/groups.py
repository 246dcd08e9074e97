"""Groups: a name that stands for several recipients, wherever it is told whom a mail goes to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from traymail.core import validators as read
from traymail.core.address import SEPARATORS, excerpt, parse_address
from traymail.core.errors import InputError, Problem
from traymail.core.message import Address
from traymail.core.provider import doubt
from traymail.core.texts import Text, by_command, text
from traymail.core.validators import place_of

Groups = Mapping[str, tuple[Address, ...]]

# What an address has, or what stands between two: in a name it would be taken for that.
_SIGNS = frozenset({*SEPARATORS, *'@<>"'})


def members(words: str, groups: Groups) -> tuple[Address, ...] | None:
    """Return whom a group's name stands for, in capitals or not; None: it is no group's name."""
    name = group_named(words, groups)
    return None if name is None else groups[name]


def group_named(words: str, groups: Groups) -> str | None:
    """Return the name of the group that is meant, as the configuration writes it."""
    wanted = words.strip().casefold()
    return next((name for name in groups if name.casefold() == wanted), None)


def may_be_group(words: str) -> bool:
    """Return whether words could be a group's name, and so are no address."""
    return bool(words.strip()) and not set(words) & _SIGNS


def recipients(
    given: Iterable[str],
    groups: Groups,
    own: Callable[[str], Address | None] = lambda _words: None,
) -> tuple[Address, ...]:
    """Return who is meant by addresses and names of groups; who stands there twice is meant once.

    ``own`` knows those that only the kind of the account has: it is asked first. Raises InputError.
    """
    found: dict[str, Address] = {}
    for words in given:
        named = own(words)
        people = None if named is not None else members(words, groups)
        for address in (named or person(words, groups),) if people is None else people:
            found.setdefault(address.mailbox, address)
    return tuple(found.values())


def person(words: str, groups: Groups) -> Address:
    """Return an address; raises InputError, which tells of groups where there are any."""
    if groups and may_be_group(words):
        raise unknown_group(words, groups)
    return parse_address(words)


def unknown_group(words: str, groups: Groups) -> InputError:
    """Return the error for words that are no address and name no group, with the way out."""
    advice = _nearest(words, groups) or by_command(
        text(
            "Write it like name@example.com; groups are made in the table [groups] of the "
            "configuration."
        ),
        in_window=text(
            "Write it like name@example.com; groups are made on the page “Groups” of the settings."
        ),
    )
    return InputError(
        text("“{name}” is neither an address nor a group", name=excerpt(words)), advice
    )


def _nearest(words: str, groups: Groups) -> Text | None:
    from difflib import get_close_matches  # only where something is wrong

    names = {name.casefold(): name for name in groups}
    near = get_close_matches(words.strip().casefold(), names, n=1)
    return text("Did you mean {name}?", name=names[near[0]]) if near else None


# --- as the configuration writes them -----------------------------------------------------------


def group_name(value: object) -> str:
    """Read the name of a group."""
    name = read.name(value)
    if name != name.strip() or not may_be_group(name):
        raise read.invalid(
            text(
                "a group's name has no @, comma, semicolon, quote or bracket: {name}",
                name=excerpt(name),
            )
        )
    return name


def read_groups(value: object) -> dict[str, tuple[Address, ...]]:
    """Read the table of all groups, telling everything that is wrong with it."""
    found: dict[str, tuple[Address, ...]] = {}
    wrong: list[read.Finding] = []
    for name, written in read.table(value).items():
        at = f".{place_of('', name)}"
        try:
            group_name(name)
            if (other := group_named(name, found)) is not None:
                raise _taken(other)
            found[name] = read.many(read.address, least=1)(written)
        except read.ValidationError as error:
            wrong += [read.Finding(f.what, f.advice, f"{at}{f.at}") for f in error.findings]
    if wrong:
        raise read.ValidationError(*wrong)
    return found


def group_problems(
    name: str, written: Sequence[str], groups: Groups, before: str | None = None
) -> tuple[Problem, ...]:
    """Return what is wrong with a group, at ``name`` and ``people``, and hints.

    ``before``: its name among the ``groups`` so far, None for a new one.
    """
    found: list[Problem] = []
    others = {one: its for one, its in groups.items() if one != before}
    try:
        group_name(name)
        if (other := group_named(name, others)) is not None:
            raise _taken(other)
    except read.ValidationError as error:
        found += [Problem("name", one.what, advice=one.advice) for one in error.findings]
    try:
        addresses = read.many(read.address, least=1)(list(written))
    except read.ValidationError as error:
        found += [Problem(f"people{f.at}", f.what, advice=f.advice) for f in error.findings]
    else:
        doubts = (doubt(one.mailbox) for one in addresses)
        found += [
            Problem("people", what, advice=advice, hint=True)
            for what, advice in doubts
            if what is not None
        ]
    return tuple(found)


def _taken(other: str) -> read.ValidationError:
    return read.invalid(text("another group has this name already: {name}", name=other))


def people(groups: Groups | None, *, least: int, most: int) -> read.Reader[tuple[Address, ...]]:
    """Read a list of addresses and names of groups; ``groups`` None: they cannot be told."""

    def one(value: object) -> tuple[Address, ...]:
        words = read.words(value)
        found = members(words, groups or {})
        if found is not None:
            return found
        if not may_be_group(words):
            return (read.address(words),)
        if groups is None:
            return ()
        error = unknown_group(words, groups)
        raise read.invalid(error.title, error.advice)

    def all_of_them(value: object) -> tuple[Address, ...]:
        given = read.many(one, least=least, most=most)(value)
        found: dict[str, Address] = {}
        for address in (one for some in given for one in some):
            found.setdefault(address.mailbox, address)
        if len(found) > most:
            raise read.invalid(
                text(
                    "must not have more than {count} recipients, those of groups included",
                    count=most,
                )
            )
        return tuple(found.values())

    return all_of_them


def has_groups(value: object) -> bool:
    """Return whether a list of recipients names any group, or what could be one."""
    return isinstance(value, list) and any(
        isinstance(one, str) and may_be_group(one) for one in value
    )
