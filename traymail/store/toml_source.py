"""From the bytes of a TOML file to its document, whatever they are."""

from __future__ import annotations

import re
import tomllib
from dataclasses import replace

from traymail.core.address import excerpt
from traymail.core.errors import Problem
from traymail.core.texts import Text, text

LARGEST = 64 * 1024
# tomllib's time grows with the square of a dotted key's parts: 16 s for the 30,000 that fit.
MOST_DOTS = 1000
BOM = b"\xef\xbb\xbf"
_WHERE = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")
_LONG_NUMBER = re.compile(r"[0-9_]{4300}")
_STRING = re.compile(r""""(?:[^"\\]|\\.)*"|'[^']*'""")
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
    return _LOOKALIKE.search(_STRING.sub("", written.partition(" #")[0])) is not None
