"""How a kind (a rule, an account) describes its own form: fields as values, drawn by the windows.

A form works on strings: each field has a name, and a form's values are a mapping of these names
to what stands in the field (a switch: "true" or "false"; several addresses: joined by ", ").
What is wrong comes back as `Problem`s, whose ``where`` ends in the name of the field.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from traymail.core.errors import Problem
from traymail.core.texts import Text


class FieldKind(Enum):
    """How a field is filled in; LINES are one text, PATTERNS and FILES one of each a line.

    WORDS stand on one line, those with spaces in quotes. A PLACE is a folder that may lie in
    another one; a SIZE is written with its unit.
    """

    LINE = "line"
    WORDS = "words"
    PLACE = "place"
    SIZE = "size"
    NUMBER = "number"
    DURATION = "duration"
    SECRET = "secret"  # noqa: S105 - a kind of field
    PATTERN = "pattern"
    PATTERNS = "patterns"
    LINES = "lines"
    FOLDER = "folder"
    FILE = "file"
    FILES = "files"
    CHOICE = "choice"
    SEGMENTS = "segments"
    SWITCH = "switch"
    ADDRESSES = "addresses"


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of several; ``words`` are a str when they are the user's own (an account)."""

    value: str
    words: Text | str


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a form.

    ``unit`` stands behind the field. ``width`` is in letters; 0 takes all there is. ``joined``
    puts the field behind the one before it, on the same row. ``rare`` hides it under "More".
    ``default`` is what a new form starts with. The ``choices`` of a text (LINE, LINES, PATTERN,
    PATTERNS) are what a button beside it offers to put into it.
    """

    name: str
    label: Text
    kind: FieldKind = FieldKind.LINE
    help: Text | None = None
    choices: tuple[Choice, ...] = ()
    unit: Text | None = None
    width: int = 0
    default: str = ""
    joined: bool = False
    rare: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    """Fields under one heading."""

    title: Text | None
    fields: tuple[Field, ...]


Form = tuple[Section, ...]


def fields_of(form: Form) -> Iterator[Field]:
    """Yield every field of a form, from top to bottom."""
    for section in form:
        yield from section.fields


def defaults(form: Form) -> dict[str, str]:
    """Return the values a new form starts with."""
    return {field.name: field.default for field in fields_of(form)}


def place_problems(
    form: Form, problems: Sequence[Problem]
) -> tuple[dict[str, Problem], tuple[Problem, ...]]:
    """Return the first problem of each field, in the form's order, and those of no field."""
    names = [field.name for field in fields_of(form)]
    found: dict[str, Problem] = {}
    unplaced: list[Problem] = []
    for problem in problems:
        name = _name_in(problem.where, names)
        if name is None:
            unplaced.append(problem)
        else:
            found.setdefault(name, problem)
    return {name: found[name] for name in names if name in found}, tuple(unplaced)


def _name_in(where: str, names: Sequence[str]) -> str | None:
    fitting = [one for one in names if where == one or where.startswith((f"{one}.", f"{one}["))]
    return max(fitting, key=len, default=None)
