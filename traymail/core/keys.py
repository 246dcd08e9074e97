"""A key of the configuration is one row, beside its field: how it is read, and how it is asked for.

`table_form` reads tables by these rows, `laid_out` makes the form that windows draw of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import MISSING, dataclass, fields, replace
from typing import Any, TypeVar

from traymail.core import fields as asked
from traymail.core.texts import Text
from traymail.core.validators import Form, Key, Reader

T = TypeVar("T")
Layout = Sequence[tuple[Text | None, tuple[str, ...]]]
"""The sections of a form: their titles, and the keys in them."""
_ROW = "key"


@dataclass(frozen=True, slots=True)
class KeyRow:
    """What is known of a key besides its field and its default.

    ``read`` is a form where the key is a table. ``called`` is its name where the field has another
    one; ``stand_in`` takes its place when it is required and wrong. In a form whose layout does not
    name it, it comes ``after`` another key, or at the end. ``of`` returns what its field shows of
    what is made of the table; None: what has the field's name there.
    """

    read: Reader[Any] | Form[Any]
    asked: asked.Field | None
    called: str
    stand_in: object
    after: str
    of: Callable[[Any], object] | None = None


def key(
    read: Reader[Any] | Form[Any],
    asked: asked.Field | None = None,
    *,
    called: str = "",
    stand_in: object = MISSING,
    after: str = "",
    of: Callable[[Any], object] | None = None,
) -> dict[str, KeyRow]:
    """Return the metadata of a dataclass's field that is a key; ``asked`` needs no name."""
    return {_ROW: KeyRow(read, asked, called, stand_in, after, of)}


def rows_of(kind: type[Any]) -> dict[str, tuple[str, KeyRow]]:
    """Return the keys of a class in its order: its field and its row.

    A class that gives a field of another one a default keeps its row.
    """
    found = {}
    for one in fields(kind):
        row = _row(kind, one.name)
        found[row.called or one.name] = one.name, row
    return found


def _row(kind: type[Any], name: str) -> KeyRow:
    for one in kind.__mro__:
        known = getattr(one, "__dataclass_fields__", {}).get(name)
        if known is not None and _ROW in known.metadata:
            row: KeyRow = known.metadata[_ROW]
            return row
    raise LookupError(name)


def table_form(kind: type[T], owns: Text) -> Form[T]:
    """Return how a table becomes one of a class; ``owns`` says where its keys belong."""
    rows = rows_of(kind)
    return Form(
        kind,
        {
            name: Key(row.read, "" if field == name else field)
            for name, (field, row) in rows.items()
        },
        owns,
        {name: row.stand_in for name, (_, row) in rows.items() if row.stand_in is not MISSING},
    )


def asked_of(kind: type[Any]) -> dict[str, tuple[asked.Field, str]]:
    """Return the fields that ask for the keys of a class, and what each comes after."""
    found: dict[str, tuple[asked.Field, str]] = {}
    for name, (_, row) in rows_of(kind).items():
        if row.asked is not None:
            found[name] = replace(row.asked, name=name), row.after
        elif isinstance(row.read, Form):
            inner = asked_of(row.read.kind)
            found |= {
                f"{name}.{one}": (replace(field, name=f"{name}.{one}"), after and f"{name}.{after}")
                for one, (field, after) in inner.items()
            }
    return found


def laid_out(kind: type[Any], layout: Layout, elsewhere: Sequence[str] = ()) -> asked.Form:
    """Return the form that asks for all keys of a class but those ``elsewhere``."""
    found = asked_of(kind)
    placed = [list(names) for _, names in layout]
    for name, (_, after) in found.items():
        if name in elsewhere or any(name in names for names in placed):
            continue
        section = next((names for names in placed if after in names), placed[-1])
        section.insert(section.index(after) + 1 if after in section else len(section), name)
    return tuple(
        asked.Section(title, tuple(found[name][0] for name in names))
        for (title, _), names in zip(layout, placed, strict=True)
    )
