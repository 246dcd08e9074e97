"""The form of an account, by the rows of its table: what an account shows, and what is written."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from enum import Enum
from typing import Any

from traymail.core.account import AccountTable
from traymail.core.duration import format_duration
from traymail.core.fields import FieldKind, Form, Section, fields_of
from traymail.core.keys import asked_of, laid_out, rows_of
from traymail.core.validators import Form as Table

_LIMITS = ("max_per_minute", "max_per_hour", "max_per_day", "undo_seconds")


def parts_of(
    table: type[AccountTable], above: Sequence[str], below: Sequence[str] = ()
) -> tuple[Form, Form]:
    """Return what stands above the secret of an account, and what below it."""
    first = [one for one in asked_of(table) if one.partition(".")[0] in below]
    upper, lower = laid_out(table, ((None, tuple(above)), (None, (*first, *_LIMITS))))
    return (upper,), (lower,)


def with_defaults(form: Form, usual: Mapping[str, str]) -> Form:
    """Return a form in which a rare field with what is usual is folded away."""
    return tuple(
        Section(one.title, tuple(replace(each, default=usual[each.name]) for each in one.fields))
        for one in form
    )


def values_of(table: type[Any], made: Any) -> dict[str, str]:  # noqa: ANN401 - what is made of it
    """Return an account (of a table inside of one: that table) as its form shows it."""
    found = {}
    for name, (field, row) in rows_of(table).items():
        if row.asked is None and not isinstance(row.read, Table):
            continue
        value = row.of(made) if row.of else getattr(made, field)
        if row.asked is not None:
            found[name] = _shown(value, row.asked.kind)
        elif isinstance(row.read, Table):
            inner = values_of(row.read.kind, value)
            found |= {f"{name}.{one}": shown for one, shown in inner.items()}
    return found


def _shown(value: Any, kind: FieldKind) -> str:  # noqa: ANN401 - what an account holds
    if isinstance(value, timedelta):
        seconds = kind is FieldKind.NUMBER
        return _number(value.total_seconds()) if seconds else format_duration(value)
    if isinstance(value, tuple):
        return shlex.join(value)
    if isinstance(value, int | float):
        return _number(value)
    return "" if value is None else str(value.value if isinstance(value, Enum) else value)


def as_written(form: Form, name: str, value: str) -> Any:  # noqa: ANN401 - what TOML may hold
    """Return what stands in a field as config.toml holds it; what is no number stays as it is."""
    value = value.strip()
    if not value:
        return None
    if name in _READ:
        return _READ[name](value)
    if name not in {one.name for one in fields_of(form) if one.kind is FieldKind.NUMBER}:
        return value
    try:
        return int(value)
    except ValueError:
        pass
    try:
        return float(value)
    except ValueError:
        return value


def _number(value: float) -> str:
    return f"{value:g}" if value < 10**6 else str(int(value))


def _table(value: str) -> Any:  # noqa: ANN401 - a table, or the text that is none
    import tomllib

    try:
        return tomllib.loads(f"table = {value}")["table"]
    except tomllib.TOMLDecodeError:
        return value


def _words(value: str) -> Any:  # noqa: ANN401 - a list, or the text that cannot be one
    try:
        return shlex.split(value)
    except ValueError:
        return value


_READ = {"password_command": _words, "webhook": _table}
