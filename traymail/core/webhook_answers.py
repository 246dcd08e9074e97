"""What a webhook's answer means: a comparison as it is written, and an answer as it is heard."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeGuard

from traymail.core.address import excerpt
from traymail.core.answers import CODES, json_table
from traymail.core.errors import InputError
from traymail.core.texts import text

HTTP = "HTTP"
LONGEST = 200
LONGEST_REST = timedelta(days=1)
_KEYED = re.compile(
    r'([A-Za-z_][\w-]*(?:\.[\w-]+)*) *== *(-?\d{1,10}|true|false|"[^"\\]*")', re.ASCII
)
_STATUS = re.compile(r"HTTP *== *([1-5](?:\d\d|xx))")
_AND = re.compile(r' +and +(?=(?:[^"]*"[^"]*")*[^"]*$)')
# Where services write what is wrong, in words.
_WORDS = ("errmsg", "msg", "message", "description", "errorDescription", "error", "info")


@dataclass(frozen=True, slots=True)
class Comparison:
    """One of them: the keys that lead to a value, () for the status, and what it has to be."""

    keys: tuple[str, ...]
    value: str | int | bool


@dataclass(frozen=True, slots=True)
class Success:
    """What is to be true of an answer, all of it; ``words`` is how that is written."""

    words: str
    all: tuple[Comparison, ...]


@dataclass(frozen=True, slots=True)
class Heard:
    """An answer, as far as it says something.

    ``taken`` None: it is none that such a service gives. ``code`` is the service's own, if it
    gives one. ``rest``: how long it wants to be left alone.
    """

    taken: bool | None
    code: int | None
    words: str | None
    rest: timedelta | None = None


def compile_success(words: str) -> Success:
    """Return what is to be true of an answer; raises InputError for what says nothing."""
    if len(words) > LONGEST:
        raise _nothing(words)
    return Success(words, tuple(_comparison(one) for one in _AND.split(words.strip())))


def _comparison(words: str) -> Comparison:
    if status := _STATUS.fullmatch(words):
        return Comparison((), status[1])
    keyed = _KEYED.fullmatch(words)
    if keyed is None or keyed[1] == HTTP:
        raise _nothing(words)
    value = _literal(keyed[2])
    if isinstance(value, int) and value not in CODES:
        raise _nothing(words)
    return Comparison(tuple(keyed[1].split(".")), value)


def _nothing(words: str) -> InputError:
    return InputError(
        text("“{words}” compares nothing", words=excerpt(words)),
        text("Write it like errcode == 0, or ok == true, or HTTP == 200; join several by and."),
    )


def _literal(value: str) -> str | int | bool:
    if value in {"true", "false"}:
        return value == "true"
    return value[1:-1] if value.startswith('"') else int(value)


def heard(success: Success, status: int, content: bytes, retry_after: str, now: float) -> Heard:
    """Return what an answer says. ``now``: seconds since 1970, for a date in ``retry_after``."""
    table = json_table(content)
    words = next((one for key in _WORDS if isinstance(one := table.get(key), str) and one), None)
    rest = _rest(table, retry_after, now)
    fine = status in range(200, 300)
    compared = [(_value(table, one.keys), one.value) for one in success.all if one.keys]
    code = _code_in(table, [value for value, _ in compared])
    taken: bool | None = all(_holds(one, status, table) for one in success.all)
    if not fine and len(compared) == len(success.all):
        taken = False
    if fine and not all(_is_like(*pair) for pair in compared):
        taken = None
    return Heard(taken, code, words, rest)


def _holds(one: Comparison, status: int, table: Mapping[str, Any]) -> bool:
    if not one.keys:
        wanted = str(one.value)
        return wanted == str(status) or (wanted[1:] == "xx" and wanted[0] == str(status)[0])
    value = _value(table, one.keys)
    return _is_like(value, one.value) and bool(value == one.value)


def _value(table: Mapping[str, Any], keys: tuple[str, ...]) -> Any:  # noqa: ANN401 # a JSON value
    found: Any = table
    for key in keys:
        found = found.get(key) if isinstance(found, dict) else None
    return found


def _is_like(value: object, wanted: object) -> bool:
    """Tell whether a service could say so in this place: True is no 1, and 10^30 no code."""
    return (
        _is_code(value)
        if isinstance(wanted, int) and not isinstance(wanted, bool)
        else (type(value) is type(wanted))
    )


def _is_code(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and value in CODES


def _code_in(table: Mapping[str, Any], compared: list[Any]) -> int | None:
    """Return the code of a refusal, where there is one."""
    places = (*compared, *(table.get(key) for key in ("errcode", "code", "error_code")))
    return next((one for one in places if _is_code(one)), None)


def _rest(table: Mapping[str, Any], retry_after: str, now: float) -> timedelta | None:
    """Return how long the service wants to be left alone, a day at most."""
    own = _value(table, ("parameters", "retry_after"))
    if _is_code(own):
        return min(timedelta(seconds=max(own, 0)), LONGEST_REST)
    words = retry_after.strip()
    if words.isascii() and words.isdigit():
        return timedelta(seconds=int(words)) if len(words) < 6 else LONGEST_REST  # noqa: PLR2004 # digits
    from email.utils import parsedate_to_datetime

    with suppress(ValueError, OverflowError):
        told = parsedate_to_datetime(words)
        told = told if told.tzinfo is not None else told.replace(tzinfo=UTC)
        left = told - datetime.fromtimestamp(now, UTC)
        return min(max(left, timedelta(0)), LONGEST_REST)
    return None
