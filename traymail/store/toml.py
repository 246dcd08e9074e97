"""TOML: a file's bytes as its document, whatever they are, and on which line a key stands."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import replace

from traymail.core.address import excerpt
from traymail.core.errors import Problem
from traymail.core.texts import Text, text
from traymail.core.validators import place_of

LARGEST = 64 * 1024
# tomllib's time grows with the square of a dotted key's parts: 16 s for the 30,000 that fit.
MOST_DOTS = 1000
BOM = b"\xef\xbb\xbf"
_WHERE = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")
_LONG_NUMBER = re.compile(r"[0-9_]{4300}")
_ANY_STRING = re.compile(r""""(?:[^"\\]|\\.)*"|'[^']*'""")
_LOOKALIKE = re.compile("[“”„‘’＂＇＝，［］｛｝]")
_PLAINLY = text('Type quotation marks, commas, = and brackets on an English keyboard, as in "a".')

_SAID = (
    text("Invalid statement"),
    text("Invalid value"),
    text("Invalid initial character for a key part"),
    text("Invalid date or datetime"),
    text("Invalid hex value"),
    text("Escaped character is not a Unicode scalar value"),
    text("Unescaped '\\' in a string"),
    text("Unterminated string"),
    text("Unclosed array"),
    text("Unclosed inline table"),
    text("Cannot overwrite a value"),
    text("Expected '=' after a key in a key/value pair"),
    text("Expected ']' at the end of a table declaration"),
    text("Expected ']]' at the end of an array declaration"),
    text("Expected newline or end of document after a statement"),
    text("Cannot declare {what} twice", what=""),
    text("Cannot mutate immutable namespace {what}", what=""),
    text("Cannot redefine namespace {what}", what=""),
    text("Duplicate inline table key {what}", what=""),
    text("Found invalid character {what}", what=""),
    text("Illegal character {what}", what=""),
    text("Expected {what}", what=""),
)


class Unreadable(Exception):
    """The document is no TOML, or more of it than anyone writes."""

    def __init__(self, what: Text, line: int | None = None, advice: Text | None = None) -> None:
        super().__init__(str(what))
        self.problem = Problem("", what, line, advice)


def parsed(content: bytes) -> tuple[str, dict[str, object]]:
    """Return the text (without a byte order mark) and the document; raises Unreadable."""
    if len(content) > LARGEST:
        raise Unreadable(
            text("is larger than {count} KiB", count=LARGEST // 1024),
            advice=text(
                "Move some of the rules, with their account, into a second home, which runs beside "
                "this one: traymail --home DIR run"
            ),
        )
    try:
        source = content.removeprefix(BOM).decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        advice = text("Save it with the encoding UTF-8.")
        raise Unreadable(text("is not UTF-8"), line, advice) from error
    for number, written in enumerate(source.split("\n"), 1):
        if written.count(".") > MOST_DOTS and not written.lstrip().startswith("#"):
            raise Unreadable(text("is nested too deeply"), number)
    try:
        return source, tomllib.loads(source)
    except tomllib.TOMLDecodeError as error:
        said, _, _ = str(error).partition(" (at ")
        found = _WHERE.search(str(error))
        last = source.count("\n") + (not source.endswith("\n"))
        line = int(found[1]) if found and found[1] else last
        what = text("is not valid TOML: {reason}", reason=_reason(said))
        mistyped = _looks_right_only(source.split("\n")[line - 1])
        raise Unreadable(what, line, _PLAINLY if mistyped else None) from error
    except ValueError as error:  # Python reads no number of more than 4300 digits
        long = _LONG_NUMBER.search(source)
        at = source.count("\n", 0, long.start()) + 1 if long else None
        raise Unreadable(text("a number has too many digits"), at) from error
    except RecursionError as error:
        raise Unreadable(text("is nested too deeply")) from error


def _reason(said: str) -> Text | str:
    """Return the parser's words, translated where they are those of Python's today."""
    for words in _SAID:
        before, field, after = words.msgid.partition("{what}")
        if not field and said == before:
            return words
        if field and said.startswith(before) and said.endswith(after):
            what = said.removeprefix(before).removesuffix(after)
            return replace(words, values=(("what", excerpt(what)),))
    return excerpt(said)


def _looks_right_only(written: str) -> bool:
    """Tell whether a line has a sign in the place of one of TOML's: a curly quote, a wide comma."""
    return _LOOKALIKE.search(_ANY_STRING.sub("", written.partition(" #")[0])) is not None


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
    return next(iter(tomllib.loads(f"{key} = 0")))
