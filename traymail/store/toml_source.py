"""From the bytes of a TOML file to its document, whatever they are."""

from __future__ import annotations

import re
import tomllib

from traymail.core.address import excerpt
from traymail.core.errors import Problem
from traymail.core.texts import Text, text

LARGEST = 64 * 1024
# tomllib's time grows with the square of a dotted key's parts: 16 s for the 30,000 that fit.
MOST_DOTS = 1000
BOM = b"\xef\xbb\xbf"
_WHERE = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")


class Unreadable(Exception):
    """The document is no TOML, or more of it than anyone writes."""

    def __init__(self, what: Text, line: int | None = None, advice: Text | None = None) -> None:
        super().__init__(str(what))
        self.problem = Problem("", what, line, advice)


def parsed(content: bytes) -> tuple[str, dict[str, object]]:
    """Return the text (without a byte order mark) and the document; raises Unreadable."""
    if len(content) > LARGEST:
        raise Unreadable(text("is larger than {count} KiB", count=LARGEST // 1024))
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
        raise Unreadable(text("is not valid TOML: {reason}", reason=excerpt(said)), line) from error
    except RecursionError as error:
        raise Unreadable(text("is nested too deeply")) from error
