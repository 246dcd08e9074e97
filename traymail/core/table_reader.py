"""Reads one table of config.toml, telling everything that is wrong with it at once.

cattrs, which does it, is slow to import: this is needed only where there is a configuration.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Generic, TypeVar

from cattrs import Converter
from cattrs.errors import ClassValidationError, ForbiddenExtraKeysError
from cattrs.gen import make_dict_structure_fn, override

from traymail.core.errors import Problem
from traymail.core.readers import Reader, Wrong, nearest, table
from traymail.core.settings import place_of
from traymail.core.texts import Text, by_command, text

T = TypeVar("T")

_SECRET_WORDS = {"password", "passwd", "pass", "secret", "code", "token", "api_key", "授权码"}
_CONVERTER = Converter(forbid_extra_keys=True, detailed_validation=True)


@dataclass(frozen=True, slots=True)
class Key:
    """How a key is read (a table by its form), and its field where that has another name."""

    read: Reader[Any] | Form[Any]
    becomes: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Form(Generic[T]):
    """A kind of table: the class it becomes and its keys.

    ``stand_ins`` take the place of required values that are wrong, so that the rest can be
    checked too.
    """

    kind: type[T]
    keys: Mapping[str, Key]
    stand_ins: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Read(Generic[T]):
    """A table as a value. ``bad`` are the keys that were told of: stand-ins are in their place."""

    value: T
    bad: frozenset[str] = frozenset()


def read_table(
    form: Form[T], written: Mapping[str, object], where: str, problems: list[Problem]
) -> Read[T]:
    """Return ``written`` in its form; what is wrong with it is added to ``problems``."""
    structure = _structure(form)
    try:
        return Read(structure(written, form.kind))
    except ClassValidationError as error:
        told = _told(error, form, where)
    problems += [problem for _, problem in told]
    bad = frozenset(key for key, _ in told)
    usable = {key: value for key, value in written.items() if key not in bad}
    return Read(structure({**form.stand_ins, **usable}, form.kind), bad)


def _told(error: ClassValidationError, form: Form[Any], where: str) -> list[tuple[str, Problem]]:
    """Return every reason of ``error`` with the key it is about."""
    told: list[tuple[str, Problem]] = []
    noted, others = error.group_exceptions()
    names = {key.becomes or name: name for name, key in form.keys.items()}
    for inner, note in noted:
        name = names[note.name]
        reasons = _reasons(inner, form.keys[name], place_of(where, name))
        told += [(name, problem) for problem in reasons]
    for other in others:
        if not isinstance(other, ForbiddenExtraKeysError):
            raise error
        for name in sorted(other.extra_fields):
            advice = _advice_for_unknown(name, form)
            told.append((name, Problem(place_of(where, name), text("unknown key"), advice=advice)))
    return told


def _reasons(error: Exception, key: Key, where: str) -> list[Problem]:
    """Return what is wrong with one value."""
    if isinstance(error, Wrong):
        return [Problem(where + f.at, f.what, advice=f.advice) for f in error.findings]
    if isinstance(error, ClassValidationError) and isinstance(key.read, Form):
        return [problem for _, problem in _told(error, key.read, where)]
    if isinstance(error, KeyError):
        return [Problem(where, text("is missing"))]
    raise error


def _advice_for_unknown(name: str, form: Form[Any]) -> Text | None:
    if name.lower() in _SECRET_WORDS:
        return by_command(
            text("Secrets never stand in this file: traymail account set-secret NAME"),
            in_window=text(
                "Secrets never stand in this file: enter them on the page “Accounts” of the "
                "settings."
            ),
        )
    return nearest(name, tuple(form.keys))


@cache
def _structure(form: Form[T]) -> Callable[[Mapping[str, object], type[T]], T]:
    """Return what makes a table of the form a value."""
    overrides: dict[str, Any] = {}
    for name, key in form.keys.items():
        hook = _hook(key.read)
        overrides[key.becomes or name] = override(rename=name, struct_hook=hook)
    return make_dict_structure_fn(form.kind, _CONVERTER, _cattrs_use_linecache=False, **overrides)


def _hook(reader: Reader[Any] | Form[Any]) -> Callable[[object, object], Any]:
    if isinstance(reader, Form):
        return lambda value, _type: _structure(reader)(table(value), reader.kind)
    return lambda value, _type: reader(value)
