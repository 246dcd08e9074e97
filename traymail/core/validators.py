"""What a value of the configuration may be: each reader checks it, or raises ValidationError.

A table's form tells which readers take its keys.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum
from ipaddress import ip_address
from pathlib import PurePath
from typing import Any, Generic, TypeVar

from traymail.core.address import clean, excerpt, parse_address
from traymail.core.duration import TooLong, format_duration, parse_duration
from traymail.core.errors import InputError
from traymail.core.lines import encoding_of, to_utf8
from traymail.core.message import Address
from traymail.core.texts import Text, text

T = TypeVar("T")
E = TypeVar("E", bound=Enum)
Reader = Callable[[object], T]

LONGEST_NAME = 100
LONGEST_PATTERN = 1000
# No system has longer ones (PATH_MAX), and to look for one of 30,000 folders takes minutes.
LONGEST_PATH = 4096
MOST_ADDRESSES = 100
MOST_AN_HOUR = 100_000
YEAR = timedelta(days=366)
# An address of IPv6 has two colons at least: one alone stands before a port.
_HOST = re.compile(
    r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,251}[A-Za-z0-9])?|\[?(?=.*:.*:)[0-9A-Fa-f:.]{2,45}\]?"
)
# Patterns of these signs alone cannot be wrong, and pathspec is slow to import.
_PLAIN_FILE_PATTERN = re.compile(r"[\w.*?+-][\w.*? +-]*(?<! )")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]{1,80}")


@dataclass(frozen=True, slots=True)
class Key:
    """How a key is read (a table by its form), and its field where that has another name."""

    read: Reader[Any] | Form[Any]
    becomes: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Form(Generic[T]):
    """A kind of table: the class it becomes and its keys.

    ``stand_ins`` take the place of required values that are wrong, so that the rest can be
    checked too. ``owns`` says of a key found elsewhere that it belongs here.
    """

    kind: type[T]
    keys: Mapping[str, Key]
    owns: Text
    stand_ins: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing wrong with a value, ``at`` being the place inside of it (``[2]``) or ""."""

    what: Text
    advice: Text | None = None
    at: str = ""


class ValidationError(ValueError):
    """A value that cannot be used; every reason at once."""

    def __init__(self, *findings: Finding) -> None:
        super().__init__(*(str(finding.what) for finding in findings))
        self.findings = findings


def invalid(what: Text, advice: Text | None = None) -> ValidationError:
    """Return a ValidationError of one reason."""
    return ValidationError(Finding(what, advice))


def expected(kind: Text) -> ValidationError:
    """Return the complaint about a value of another type than ``kind`` tells."""
    return invalid(text("expected {kind}", kind=kind))


def flag(value: object) -> bool:
    """Read true or false."""
    if not isinstance(value, bool):
        raise expected(text("true or false, without quotes"))
    return value


def words(value: object) -> str:
    """Read a text; it may be empty."""
    if not isinstance(value, str):
        raise expected(text("a text in quotes"))
    return value


def _filled(value: object) -> str:
    """Read a text that says something."""
    if not (given := words(value)).strip():
        raise invalid(text("must not be empty"))
    return given


def name(value: object) -> str:
    """Read a name that fits on a line of a list and into a header."""
    given = _filled(value)
    if clean(given) != given:
        raise invalid(text("must be a single line without control characters"))
    if len(given) > LONGEST_NAME:
        raise invalid(text("must not be longer than {count} characters", count=LONGEST_NAME))
    return given


def whole(low: int, high: int) -> Reader[int]:
    """Read a whole number of a range."""

    def read(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise expected(text("a whole number from {low} to {high}", low=low, high=high))
        return value

    return read


def number(low: float, high: float) -> Reader[float]:
    """Read a number of a range, decimals allowed (nan and inf are in no range)."""

    def read(value: object) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise expected(text("a number from {low} to {high}", low=low, high=high))
        if not low <= value <= high:
            raise expected(text("a number from {low} to {high}", low=low, high=high))
        return value

    return read


def seconds(low: float, high: float) -> Reader[timedelta]:
    """Read a number of seconds."""
    read = number(low, high)
    return lambda value: timedelta(seconds=read(value))


def megabytes(value: object) -> int:
    """Read a number of 10^6 bytes, at least a thousandth; return bytes."""
    return int(number(0.001, 10_000)(value) * 1_000_000)


def duration(low: timedelta, high: timedelta) -> Reader[timedelta]:
    """Read a duration such as ``10m``, of a range."""

    def read(value: object) -> timedelta:
        if not isinstance(value, str):
            raise expected(text('a duration in quotes such as "30s", "10m", "24h" or "3d"'))
        named = text(
            "a duration from {low} to {high}", low=format_duration(low), high=format_duration(high)
        )
        try:
            given = parse_duration(value)
        except TooLong as error:
            raise expected(named) from error
        except InputError as error:
            raise invalid(error.title, error.advice) from error
        if not low <= given <= high:
            raise expected(named)
        return given

    return read


def duration_or_off(low: timedelta, high: timedelta) -> Reader[timedelta | None]:
    """Read a duration; an empty text is None."""
    read = duration(low, high)
    return lambda value: None if value == "" else read(value)


def choice(kind: type[E]) -> Reader[E]:
    """Read one of an enum's words."""
    read = one_of(*(member.value for member in kind))
    return lambda value: kind(read(value))


def place_of(where: str, key: str) -> str:
    """Return the place of ``key`` in the table at ``where``, as problems tell it: ``a."b c"``."""
    shown = key if _BARE_KEY.fullmatch(key) else json.dumps(excerpt(key), ensure_ascii=False)
    return f"{where}.{shown}" if where else shown


def one_of(*known: str) -> Reader[str]:
    """Read one of a few words. The value itself is not repeated: it may be a misplaced secret."""

    def read(value: object) -> str:
        if not isinstance(value, str) or value not in known:
            choices = ", ".join(f'"{word}"' for word in known)
            raise invalid(text("must be one of {choices}", choices=choices), nearest(value, known))
        return value

    return read


def nearest(given: object, known: tuple[str, ...]) -> Text | None:
    """Return the question whether the nearest known word was meant; None where none is near."""
    from difflib import get_close_matches

    near = get_close_matches(given, known, n=1) if isinstance(given, str) else []
    return text("Did you mean {name}?", name=near[0]) if near else None


def many(read_one: Reader[T], *, least: int = 0, most: int = 1000) -> Reader[tuple[T, ...]]:
    """Read a list, telling every item that is wrong."""

    def read(value: object) -> tuple[T, ...]:
        if not isinstance(value, list):
            raise expected(text('a list in brackets such as ["a", "b"]'))
        if not least <= len(value) <= most:
            raise (
                invalid(text("must not be empty"))
                if len(value) < least
                else invalid(text("must not have more than {count} items", count=most))
            )
        found: list[Finding] = []
        items: list[T] = []
        for index, item in enumerate(value):
            try:
                items.append(read_one(item))
            except ValidationError as error:
                found += [Finding(f.what, f.advice, f"[{index}]{f.at}") for f in error.findings]
        if found:
            raise ValidationError(*found)
        return tuple(items)

    return read


def address(value: object) -> Address:
    """Read a mail address, with or without a name."""
    try:
        return parse_address(words(value))
    except InputError as error:
        raise invalid(error.title, error.advice) from error


def host(value: object) -> str:
    """Read a server's name or IP address; empty = left out."""
    return filled_host(value) if words(value) else ""


def filled_host(value: object) -> str:
    """Read a server's name or IP address."""
    given = words(value)
    if not _HOST.fullmatch(given):
        raise invalid(
            text("is not the name of a server"),
            text("Write it like smtp.example.com, without http:// and without a port."),
        )
    return given.strip("[]")


def is_loopback(host: str) -> bool:
    """Tell whether a host is this computer: localhost, 127.0.0.0/8 or ::1."""
    if host.lower().rstrip(".") == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def path(value: object) -> str:
    """Read an absolute path, or one that begins with ``~`` (expanded later)."""
    given = _path_text(_filled(value))
    if given != "~" and not given.startswith(("~/", "~\\")) and not PurePath(given).is_absolute():
        raise invalid(
            text("must be a full path"),
            text("Begin it with ~/ (your home folder) or with the root of the disk."),
        )
    return given


def path_or_empty(value: object) -> str:
    """Read a full path; it may be left empty."""
    return path(value) if words(value) else ""


def place(value: object) -> str:
    """Read a folder that may be relative to another one; it may be left empty."""
    return _path_text(words(value))


def _path_text(given: str) -> str:
    if "\0" in given:
        raise invalid(text("must not contain control characters"))
    if len(given) > LONGEST_PATH:
        raise invalid(text("must not be longer than {count} characters", count=LONGEST_PATH))
    return given


def file_pattern(value: object) -> str:
    """Read a pattern of .gitignore's kind."""
    given = _filled(value)
    if len(given) > LONGEST_PATTERN:
        raise invalid(text("must not be longer than {count} characters", count=LONGEST_PATTERN))
    if _PLAIN_FILE_PATTERN.fullmatch(given):
        return given
    from pathspec import GitIgnoreSpec

    try:
        compiled = GitIgnoreSpec.from_lines([given]).patterns
    except (ValueError, re.error) as error:
        raise _no_file_pattern() from error
    if all(pattern.include is None for pattern in compiled):
        raise _no_file_pattern()  # a comment, or brackets that never close: it matches nothing
    return given


def _no_file_pattern() -> ValidationError:
    return invalid(text("is not a file pattern"), text("Write it like *.pdf, or like scans/*.pdf."))


def encoding(value: object) -> str:
    """Read the name of a text encoding that Python knows, or ``auto``."""
    given = words(value)
    try:
        to_utf8(b"\xff\0\n\0", encoding_of(b"", given))  # as logs are read
    except (LookupError, ValueError) as error:
        raise invalid(
            text("is not a known text encoding"),
            text("Write auto, utf-8, gb18030, utf-16, big5, latin-1 or another one's name."),
        ) from error
    return given


def table(value: object) -> dict[str, Any]:
    """Read a table, whatever is in it."""
    if not isinstance(value, dict):
        raise expected(text("a table"))
    return value
