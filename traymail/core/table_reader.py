"""Reads one table of config.toml, telling everything that is wrong with it at once.

cattrs, which does it, is slow to import: only `traymail.core.structure` needs this module.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Generic, TypeVar

from cattrs import Converter
from cattrs.errors import ClassValidationError, ForbiddenExtraKeysError
from cattrs.gen import make_dict_structure_fn, override

from traymail.core import readers as read
from traymail.core.errors import Problem
from traymail.core.rules.folder import FolderRule
from traymail.core.rules.log import LogRule
from traymail.core.settings import place_of
from traymail.core.tables import KEYS, AccountTable, Key
from traymail.core.texts import Text, text

T = TypeVar("T")

# What stands in for a required value that is wrong, so that the rest can be checked too.
_RULE: dict[str, Any] = {"name": "?", "account": "", "to": ["nobody@localhost"]}
_STAND_INS: dict[type, dict[str, Any]] = {
    AccountTable: {"address": "nobody@localhost"},
    FolderRule: _RULE | {"folder": "~", "move_to": ""},
    LogRule: _RULE | {"paths": ["~/?"], "match": ["-"]},
}
_SECRET_WORDS = {"password", "passwd", "pass", "secret", "code", "token", "api_key", "授权码"}


@dataclass(frozen=True, slots=True)
class Read(Generic[T]):
    """A table as a value. ``bad`` are the keys that were told of: stand-ins are in their place."""

    value: T
    bad: frozenset[str] = frozenset()


def read_table(
    kind: type[T], written: Mapping[str, object], where: str, problems: list[Problem]
) -> Read[T]:
    """Return ``written`` as a ``kind``; what is wrong with it is added to ``problems``."""
    try:
        return Read(_converter().structure(written, kind))
    except ClassValidationError as error:
        told = _told(error, kind, where)
    problems += [problem for _, problem in told]
    bad = frozenset(key for key, _ in told)
    usable = {key: value for key, value in written.items() if key not in bad}
    missing = {k: v for k, v in _STAND_INS.get(kind, {}).items() if k not in usable}
    return Read(_converter().structure(usable | missing, kind), bad)


def _told(error: ClassValidationError, kind: type, where: str) -> list[tuple[str, Problem]]:
    """Return every reason of ``error`` with the key of ``kind`` it is about."""
    told: list[tuple[str, Problem]] = []
    noted, others = error.group_exceptions()
    names = {key.becomes or name: name for name, key in KEYS[kind].items()}
    for inner, note in noted:
        key = names[note.name]
        told += [(key, problem) for problem in _reasons(inner, place_of(where, key))]
    for other in others:
        if not isinstance(other, ForbiddenExtraKeysError):
            raise error
        for key in sorted(other.extra_fields):
            what, advice = text("unknown key"), _advice_for_unknown(key, kind)
            told.append((key, Problem(place_of(where, key), what, advice=advice)))
    return told


def _reasons(error: Exception, where: str) -> list[Problem]:
    """Return what is wrong with one value."""
    if isinstance(error, read.Wrong):
        return [Problem(where + f.at, f.what, advice=f.advice) for f in error.findings]
    if isinstance(error, ClassValidationError):
        return [problem for _, problem in _told(error, error.cl, where)]
    if isinstance(error, KeyError):
        return [Problem(where, text("is missing"))]
    raise error


def _advice_for_unknown(key: str, kind: type) -> Text | None:
    if kind is AccountTable and key.lower() in _SECRET_WORDS:
        return text("Secrets never stand in this file: traymail account set-secret NAME")
    return read.nearest(key, tuple(KEYS[kind]))


@cache
def _converter() -> Converter:
    """Return the converter that knows the tables."""
    converter = Converter(forbid_extra_keys=True, detailed_validation=True)
    for kind in KEYS:
        converter.register_structure_hook(kind, _hook(kind, converter))
    return converter


def _hook(kind: type[T], converter: Converter) -> Callable[[object, object], T]:
    """Return what makes a table a ``kind``, once its fields are first looked at."""

    @cache
    def structure() -> Callable[[dict[str, Any], type[T]], T]:
        overrides = {key.becomes or name: _override(name, key) for name, key in KEYS[kind].items()}
        return make_dict_structure_fn(kind, converter, _cattrs_use_linecache=False, **overrides)

    return lambda value, _type: structure()(read.table(value), kind)


def _override(name: str, key: Key) -> Any:  # noqa: ANN401 # cattrs' type is not exported
    if (reader := key.read) is None:
        return override(rename=name)
    return override(rename=name, struct_hook=lambda value, _type: reader(value))
