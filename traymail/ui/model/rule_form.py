"""A rule's table in config.toml and the values of its form: from the one to the other."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import MISSING, fields, replace
from functools import cache
from typing import Any

from traymail.core.fields import Choice, Form, fields_of
from traymail.core.kinds import KINDS
from traymail.core.texts import Text
from traymail.ui.model.rule_fields import FORMS, HEAD, LOG_PLACES
from traymail.ui.model.rule_values import (
    ADDRESSES,
    LINES,
    NUMBER,
    PATH,
    PATHS,
    SIZE,
    SWITCH,
    TEXT,
    WORDS,
    Codec,
    flat,
    nested,
    plain,
)

Values = Mapping[str, str]
Table = Mapping[str, Any]

_CODECS: Mapping[str, Codec] = {
    "enabled": SWITCH,
    "to": ADDRESSES,
    "cc": ADDRESSES,
    "bcc": ADDRESSES,
    "max_per_hour": NUMBER,
    "folder": PATH,
    "recursive": SWITCH,
    "include": WORDS,
    "exclude": WORDS,
    "hidden": SWITCH,
    "min_bytes": SIZE,
    "max_bytes": SIZE,
    "settle_seconds": NUMBER,
    "batch_seconds": NUMBER,
    "zip": SWITCH,
    "move_to": PATH,
    "failed_to": PATH,
    "paths": PATHS,
    "match": LINES,
    "ignore": LINES,
    "before": NUMBER,
    "after_lines": NUMBER,
    "threshold.count": NUMBER,
}
_LEFT_OUT_EMPTY = frozenset({"account", "when_unsure", "include"})
_REQUIRED = frozenset({"name", "to", "folder", "paths", "match"})
_CAPTURE = re.compile(r"\(\?P?<([A-Za-z_]\w*)>")


def form_of(kind: str) -> Form:
    """Return every field of a kind, those above the form included."""
    return (*HEAD, *FORMS[kind])


@cache
def defaults(kind: str) -> Mapping[str, Any]:
    """Return what each key is worth that is not written; required ones are empty."""
    known = KINDS[kind]
    # What a rule says nothing of comes from elsewhere.
    found: dict[str, Any] = {"account": "", **known.left_out(None)}
    keys = {key.becomes or name: name for name, key in known.form.keys.items()}
    for field in fields(known.rule):
        key = keys.get(field.name, field.name)
        if field.default is not MISSING:
            found |= _default(key, field.default)
    found |= dict.fromkeys(known.from_account, "")
    names = {field.name for field in fields_of(form_of(kind))}
    empty = {name: [] if name in {"to", "paths", "match"} else "" for name in names}
    return {name: found.get(name, empty[name]) for name in names}


def _default(key: str, value: Any) -> dict[str, Any]:  # noqa: ANN401 - a default of any kind
    if key != "threshold":
        return {key: plain(key, value)}
    return {f"{key}.{one.name}": plain(one.name, getattr(value, one.name)) for one in fields(value)}


@cache
def drawn(kind: str) -> Form:
    """Return the form of a kind, its fields with what a new rule starts with."""
    usual = values_of(kind, {})
    return tuple(
        replace(
            section,
            fields=tuple(replace(field, default=usual[field.name]) for field in section.fields),
        )
        for section in FORMS[kind]
    )


def values_of(kind: str, table: Table) -> dict[str, str]:
    """Return a rule's table as its form shows it."""
    written = flat(table)
    return {
        name: _codec(name).show(written.get(name, default))
        for name, default in defaults(kind).items()
    }


def table_of(kind: str, values: Values, before: Table) -> dict[str, Any]:
    """Return what to write for a form; None takes a key out.

    ``before`` is the table as it was written: what stood there stays, and what goes without
    saying is not added.
    """
    known, was = defaults(kind), flat(before)
    found: dict[str, Any] = {} if before else {"kind": kind}
    for name, words in values.items():
        codec = _codec(name)
        value = codec.read(words)
        if value in ("", []) and (codec is NUMBER or name in _LEFT_OUT_EMPTY):
            found |= {name: None} if name in was else {}
        elif name in was or name in _REQUIRED or value != known[name]:
            found[name] = value
    return nested(_in_order(kind, found))


def _in_order(kind: str, found: dict[str, Any]) -> dict[str, Any]:
    """Return a table with its keys as a person would write them: name, kind, then the form's."""
    names = ["name", "kind", *(field.name for field in fields_of(form_of(kind)))]
    return {name: found[name] for name in names if name in found}


def _codec(name: str) -> Codec:
    return _CODECS.get(name, TEXT)


def captures(values: Values) -> tuple[str, ...]:
    """Return the names that the patterns of a log rule capture, as far as they can be read."""
    return tuple(dict.fromkeys(_CAPTURE.findall(values.get("match", ""))))


def places(values: Values, words: Text) -> tuple[Choice, ...]:
    """Return what a log rule's mail can hold: its captures first, called by ``words``."""
    return (*(Choice(f"{{match.{name}}}", words) for name in captures(values)), *LOG_PLACES)
