"""A rule's table in config.toml and the values of its form: from the one to the other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass, replace
from functools import cache
from typing import Any

from traymail.core.fields import FieldKind, Form, fields_of
from traymail.core.keys import laid_out
from traymail.core.rule_kind import ABOVE, RuleKind
from traymail.core.validators import ValidationError
from traymail.ui.model.rule_values import Codec, codec_of, flat, nested, plain

Values = Mapping[str, str]
Table = Mapping[str, Any]
Kind = RuleKind[Any]


def form_of(kind: Kind) -> Form:
    """Return every field of a kind, those above the form included."""
    asked = {field.name for field in fields_of(kind.asks)}
    return (*laid_out(kind.rule, ((None, ABOVE),), tuple(asked)), *kind.asks)


@cache
def defaults(kind: Kind) -> Mapping[str, Any]:
    """Return what each key is worth that is not written; required ones are empty."""
    # What a rule says nothing of comes from elsewhere.
    found: dict[str, Any] = {"account": "", **kind.left_out(None)}
    for key, default in _defaults(kind).items():
        if default is not MISSING:
            found |= _default(key, default)
    found |= dict.fromkeys(kind.from_account, "")
    return {name: found.get(name, codec.read("")) for name, codec in _codecs(kind).items()}


def _defaults(kind: Kind) -> dict[str, Any]:
    """Return the default of each key, as the class of the rules has it."""
    keys = {key.becomes or name: name for name, key in kind.form.keys.items()}
    return {keys[one.name]: one.default for one in fields(kind.rule)}


def _default(key: str, value: Any) -> dict[str, Any]:  # noqa: ANN401 - a default of any kind
    if not is_dataclass(value):
        return {key: plain(key, value)}
    return {f"{key}.{one.name}": plain(one.name, getattr(value, one.name)) for one in fields(value)}


@cache
def _codecs(kind: Kind) -> Mapping[str, Codec]:
    return {field.name: codec_of(field.kind) for field in fields_of(form_of(kind))}


@cache
def _required(kind: Kind) -> frozenset[str]:
    """Return the keys that are written even when they are empty: they have no default."""
    known = {"account", *kind.left_out(None)}
    return frozenset(key for key, one in _defaults(kind).items() if one is MISSING) - known


@cache
def _left_out_empty(kind: Kind) -> frozenset[str]:
    """Return the keys that are left out when they are empty: others say what they are then."""
    numbers = {one.name for one in fields_of(form_of(kind)) if one.kind is FieldKind.NUMBER}
    lists = {key for key, usual in defaults(kind).items() if usual and _refuses_none(kind, key)}
    return frozenset({"account", *kind.from_account, *numbers, *lists})


def _refuses_none(kind: Kind, key: str) -> bool:
    """Tell whether a key is a list that must not be empty."""
    if not isinstance(defaults(kind)[key], list):
        return False
    read = kind.form.keys[key].read
    try:
        return not callable(read) or read([]) is None
    except ValidationError:
        return True


@cache
def drawn(kind: Kind) -> Form:
    """Return the form of a kind, its fields with what a new rule starts with."""
    usual = values_of(kind, {})
    return tuple(
        replace(
            section,
            fields=tuple(replace(field, default=usual[field.name]) for field in section.fields),
        )
        for section in kind.asks
    )


def values_of(kind: Kind, table: Table) -> dict[str, str]:
    """Return a rule's table as its form shows it."""
    written, codecs = flat(table), _codecs(kind)
    return {
        name: codecs[name].show(written.get(name, default))
        for name, default in defaults(kind).items()
    }


def table_of(kind: Kind, values: Values, before: Table) -> dict[str, Any]:
    """Return what to write for a form; None takes a key out.

    ``before`` is the table as it was written: what stood there stays, and what goes without
    saying is not added.
    """
    known, was, codecs = defaults(kind), flat(before), _codecs(kind)
    found: dict[str, Any] = {} if before else {"kind": kind.name}
    for name, words in values.items():
        value = codecs[name].read(words)
        if value in ("", []) and name in _left_out_empty(kind):
            found |= {name: None} if name in was else {}
        elif name in was or name in _required(kind) or value != known[name]:
            found[name] = value
    return nested(_in_order(kind, found))


def _in_order(kind: Kind, found: dict[str, Any]) -> dict[str, Any]:
    """Return a table with its keys as a person would write them: name, kind, then the form's."""
    names = ["name", "kind", *(field.name for field in fields_of(form_of(kind)))]
    return {name: found[name] for name in names if name in found}
