"""On which line a key of a TOML document stands; tomllib does not tell.

The document has been parsed before, so what is read here is known to be valid TOML 1.0.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from traymail.core.settings import place_of

_STRING = (
    r'"""(?:[^\\]|\\.)*?"""(?:"{0,2})|\'\'\'.*?\'\'\'(?:\'{0,2})|"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\''
)
_SPACE = re.compile(r"[ \t]*")
_BLANK = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)*")
_KEY = re.compile(r'[A-Za-z0-9_-]+|"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\'')
_SCALAR = re.compile(rf"{_STRING}|[^,\]\}}#\r\n]+", re.DOTALL)


def lines_of(source: str) -> dict[str, int]:
    """Return the line (from 1) of every table, key and item, by its place (``rules[2].to[0]``)."""
    return _Scanner(source).scan()


def line_of(place: str, lines: Mapping[str, int]) -> int | None:
    """Return the line of a place; of what holds it when it is not there itself (a missing key)."""
    if place in lines:
        return lines[place]
    for at in range(len(place) - 1, 0, -1):
        if place[at] in ".[" and place[:at] in lines:
            return lines[place[:at]]
    return None


class _Scanner:
    """Walks through a document once, noting where each place begins."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._at = 0
        self._line = 1
        self._counted = 0
        self._lines: dict[str, int] = {}
        self._items: dict[str, int] = {}

    def scan(self) -> dict[str, int]:
        """Return the lines of all places."""
        table = ""
        self._skip(_BLANK)
        while self._at < len(self._source):
            if self._take("[["):
                table = self._next_item(self._key(""))
                self._take("]]")
            elif self._take("["):
                table = self._key("")
                self._take("]")
            else:
                self._pair(table)
            self._skip(_BLANK)
        return self._lines

    def _pair(self, table: str) -> None:
        place = self._key(table)
        self._take("=")
        self._skip(_SPACE)
        self._value(place)

    def _key(self, where: str) -> str:
        """Read a key, dotted or not; return its place."""
        while True:
            self._skip(_SPACE)
            found = _KEY.match(self._source, self._at)
            if found is None:  # not TOML: the parser would have said so
                self._at = len(self._source)
                return where
            where = self._note(place_of(where, _unquoted(found[0])))
            self._at = found.end()
            self._skip(_SPACE)
            if not self._take("."):
                return where
            if where in self._items:  # what follows belongs to the latest table of the array
                where = f"{where}[{self._items[where]}]"

    def _next_item(self, place: str) -> str:
        """Return the place of the next table of an array of tables."""
        index = self._items[place] = self._items.get(place, -1) + 1
        return self._note(f"{place}[{index}]")

    def _note(self, place: str) -> str:
        self._line += self._source.count("\n", self._counted, self._at)
        self._counted = self._at
        self._lines.setdefault(place, self._line)
        return place

    def _value(self, place: str) -> None:
        if self._take("["):
            self._array(place)
        elif self._take("{"):
            self._skip(_BLANK)
            while self._at < len(self._source) and not self._take("}"):
                self._pair(place)
                self._skip(_BLANK)
                self._take(",")
                self._skip(_BLANK)
        else:
            self._skip(_SCALAR)

    def _array(self, place: str) -> None:
        index = 0
        self._skip(_BLANK)
        while self._at < len(self._source) and not self._take("]"):
            self._value(self._note(f"{place}[{index}]"))
            index += 1
            self._skip(_BLANK)
            self._take(",")
            self._skip(_BLANK)

    def _take(self, sign: str) -> bool:
        if not self._source.startswith(sign, self._at):
            return False
        self._at += len(sign)
        return True

    def _skip(self, pattern: re.Pattern[str]) -> None:
        if found := pattern.match(self._source, self._at):
            self._at = found.end()


def _unquoted(key: str) -> str:
    """Return the key that is meant."""
    if key[0] == "'":
        return key[1:-1]
    if key[0] != '"':
        return key
    import tomllib

    return next(iter(tomllib.loads(f"{key} = 0")))
