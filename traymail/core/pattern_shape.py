r"""What a pattern is made of, and which of its parts can follow which.

The parts are RE2's: a sign, an escape, a class in brackets, quoted words, ``^``, ``$``, ``\b``.
What a group, an alternative or a repetition does to them is in `Shape.first`, `last` and `follow`.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a pattern: a part, or an opening, ``)``, ``|``, a repetition; with its kind.

    ``braces`` look like a repetition, and RE2 takes them for signs.
    """

    kind: str
    words: str
    name: str = ""


@cache  # compiled where there are patterns: it takes longer than all the rest of this file
def _token() -> re.Pattern[str]:
    return re.compile(
        r"""
        (?P<quoted> \\Q.*?(?:\\E|\Z))
        | (?P<named> \(\?P?<(?P<name>[^>=!]*)>)
        | (?P<open>
            \(\?(?:<?[=!]|>|\#|P=|P>|\||\(|&|'|R|[+-]?\d+|\^?[A-Za-z]*(?:-[A-Za-z]*)?)[:)]?
            | \(\*?
          )
        | (?P<close> \)) | (?P<bar> \|)
        | (?P<times> (?:[*+?]|\{\d+(?:,\d*)?\})[?+]?)
        | (?P<braces> \{\s*\d*\s*,\s*\d*\s*\} | \{\s*\d+\s*\})
        | (?P<part>
            \\[pP](?:\{[^}]*\}|.) | \\x(?:\{[^}]*\}|[0-9A-Fa-f]{2}) | \\N\{[^}]*\}
            | \\[0-7]{2,3} | \\.
            | \[\^?\]?(?:\\.|\[:\^?\w+:\]|[^\]\\])*\]
            | .
          )
        """,
        re.VERBOSE | re.DOTALL,
    )


def tokens_of(pattern: str) -> Iterator[Token]:
    """Yield the pieces of a pattern, from left to right; RE2 need not take it."""
    for found in _token().finditer(pattern):
        kind = found.lastgroup or ""
        yield Token("named" if kind == "name" else kind, found[0], found["name"] or "")


@dataclass(frozen=True, slots=True)
class _Piece:
    first: frozenset[int] = frozenset()
    last: frozenset[int] = frozenset()
    empty: bool = True


@dataclass(slots=True)
class Shape:
    """The parts of a pattern by number; ``follow`` has the parts that can come after each."""

    parts: list[str] = field(default_factory=list)
    first: frozenset[int] = frozenset()
    last: frozenset[int] = frozenset()
    follow: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))


def shape_of(pattern: str) -> Shape:
    """Return the shape of a pattern that RE2 takes."""
    shape = Shape()
    # Of each group that is open: the alternatives so far, and what the present one begins with.
    groups: list[tuple[_Piece, _Piece]] = []
    either, before, piece = _NEVER, _Piece(), _Piece()
    for token in tokens_of(pattern):
        if token.kind in {"open", "named"}:
            if token.words.endswith(")"):
                continue  # flags only
            groups.append((either, _joined(shape, before, piece)))
            either, before, piece = _NEVER, _Piece(), _Piece()
        elif token.kind == "close" and groups:
            piece = _either(either, _joined(shape, before, piece))
            either, before = groups.pop()
        elif token.kind == "bar":
            either = _either(either, _joined(shape, before, piece))
            before, piece = _Piece(), _Piece()
        elif token.kind == "times":
            piece = _repeated(shape, piece, token.words)
        else:
            for part in _parts(token):
                before = _joined(shape, before, piece)
                piece = _part(shape, part)
    whole = _either(either, _joined(shape, before, piece))
    shape.first, shape.last = whole.first, whole.last
    return shape


_NEVER = _Piece(empty=False)


def _parts(token: Token) -> list[str]:
    if token.kind == "quoted":
        return [re.escape(sign) for sign in token.words[2:].removesuffix(r"\E")]
    return [token.words]


def _part(shape: Shape, words: str) -> _Piece:
    shape.parts.append(words)
    only = frozenset({len(shape.parts) - 1})
    return _Piece(only, only, empty=False)


def _joined(shape: Shape, one: _Piece, other: _Piece) -> _Piece:
    for number in one.last:
        shape.follow[number] |= other.first
    return _Piece(
        one.first | other.first if one.empty else one.first,
        other.last | one.last if other.empty else other.last,
        one.empty and other.empty,
    )


def _either(one: _Piece, other: _Piece) -> _Piece:
    return _Piece(one.first | other.first, one.last | other.last, one.empty or other.empty)


def _repeated(shape: Shape, piece: _Piece, times: str) -> _Piece:
    if times.startswith("{"):
        least, comma, most = times[1 : times.index("}")].partition(",")
    else:
        least, comma, most = {"*": ("0", ",", ""), "+": ("1", ",", ""), "?": ("0", ",", "1")}[
            times[0]
        ]
    highest = (most or "2") if comma else least
    if int(highest) == 0:
        return _Piece()
    if int(highest) > 1:
        for number in piece.last:
            shape.follow[number] |= piece.first
    return _Piece(piece.first, piece.last, piece.empty or int(least) == 0)
