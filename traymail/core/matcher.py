"""Which lines match: the patterns of many rules, looked for at once by RE2.

A `PatternSet` searches whole blocks of lines with all patterns joined into one, so a line that
matches nothing costs no Python object. Only for a line in which something begins is it asked
which patterns these are, and what they captured. Patterns see one line at a time, without its
line break; ``^`` and ``$`` are the line's ends.

RE2 never backtracks, so no pattern and no line can make it slow. What it lacks (lookaround,
backreferences, possessive and atomic groups) `check_pattern` refuses with the way round.
re2 is imported by the first use: programs without log rules do not pay for it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from traymail.core.texts import Text, text

# What one compiled expression may use. With RE2's 8 MiB, many patterns like a.*b.*c make it
# throw its automaton away again and again.
MAX_MEMORY = 64 << 20
MAX_PATTERN = 4096

Spans = Sequence[tuple[int, int]]
Search = Callable[[bytes, int], Spans]

# A pattern cut into what has a meaning of its own: quoted text, escapes, classes, openings.
_TOKEN = re.compile(
    r"""
    \\Q.*?(?:\\E|$) | \\.
    | \[\^?\]?(?:\\.|\[:\^?\w+:\]|[^\]\\])*\]
    | \(\?(?:<?[=!]|>|\#|P=|[A-Za-z]*(?:-[A-Za-z]*)?)
    """,
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Hit:
    """A line that matched: its place in the block (without the line break) and by what.

    ``matched`` has, for each rule that matched, the number of its first pattern that did.
    """

    start: int
    end: int
    matched: tuple[tuple[int, int], ...]


def check_pattern(pattern: str) -> Text | None:
    """Return None when RE2 takes the pattern, else why not and what to write instead."""
    if not pattern:
        return text("The pattern is empty: it would match every line.")
    if len(pattern) > MAX_PATTERN:
        return text("The pattern is longer than {most} characters.", most=MAX_PATTERN)
    for token in _TOKEN.findall(pattern):
        if refusal := _refusal(token):
            return refusal
    try:
        _compile(pattern)
    except _error() as error:
        return _explain(error)
    return None


def capture_names(patterns: Iterable[str]) -> frozenset[str]:
    """Return the names that any of the patterns captures; each pattern must have been checked."""
    return frozenset(name for pattern in patterns for name in _compile(pattern).groupindex)


class PatternSet:
    """The ``match`` patterns of several rules, searched together.

    Every pattern must have passed `check_pattern`.
    """

    def __init__(self, rules: Sequence[Sequence[str]]) -> None:
        self._owners = [
            (rule, number) for rule, patterns in enumerate(rules) for number in range(len(patterns))
        ]
        wrapped = [_wrap(pattern) for patterns in rules for pattern in patterns]
        self._patterns = [Pattern(pattern) for patterns in rules for pattern in patterns]
        self._by_owner = dict(zip(self._owners, self._patterns, strict=True))
        self._search = _joined(wrapped)
        self._which = _set_of(wrapped) if len(wrapped) > 1 else None

    def scan(self, block: bytes) -> Iterator[Hit]:
        r"""Yield the matching lines of a block of whole lines (UTF-8, each ended by ``\n``)."""
        search, at, size = self._search, 0, len(block)
        while at < size:
            begins = search(block, at)[0][0]
            if begins < 0 or begins >= size:
                return
            start = block.rfind(b"\n", at, begins) + 1 or at
            end = block.find(b"\n", begins)
            end = size if end < 0 else end
            # What was found may reach over the line's end: the line alone decides.
            if matched := self._matched(block[start:end]):
                yield Hit(start, end, matched)
            at = end + 1

    def captures(self, rule: int, number: int, line: bytes) -> Mapping[str, str]:
        """Return what a pattern of a rule captured by name in a line that it matches."""
        return self._by_owner[rule, number].captures(line)

    def _matched(self, line: bytes) -> tuple[tuple[int, int], ...]:
        found = self._which(line) if self._which else None
        # A set that runs out of memory says "nothing": then, each by itself.
        if not found:
            found = [at for at, pattern in enumerate(self._patterns) if pattern.found_in(line)]
        first: dict[int, int] = {}
        for at in sorted(found):
            rule, number = self._owners[at]
            first.setdefault(rule, number)
        return tuple(first.items())


class Pattern:
    """One pattern, or several of which any will do, searched for in a text of one or more lines."""

    def __init__(self, *patterns: str) -> None:
        compiled = _compile("|".join(_wrap(pattern) for pattern in patterns))
        self._search = _searcher(compiled)
        self._names: dict[str, int] = dict(
            sorted(compiled.groupindex.items(), key=lambda item: item[1])
        )

    def found_in(self, lines: bytes) -> bool:
        """Tell whether it matches anywhere."""
        return self._search(lines, 0)[0][0] >= 0

    def places_in(self, line: bytes) -> Iterator[tuple[int, int]]:
        """Yield where it matches (start, end), from left to right, without overlap."""
        at = 0
        while at <= len(line):
            start, end = self._search(line, at)[0]
            if start < 0:
                return
            if end > start:
                yield start, end
            at = max(end, start + 1)

    def captures(self, line: bytes) -> Mapping[str, str]:
        """Return the named parts of the first match; "" for a part that took no part in it."""
        if not self._names:
            return {}
        spans = self._search(line, 0)
        if spans[0][0] < 0:
            return {}
        return {
            name: line[spans[at][0] : spans[at][1]].decode("utf-8", "replace")
            if spans[at][0] >= 0
            else ""
            for name, at in self._names.items()
        }


def _wrap(pattern: str) -> str:
    # The group keeps a leading (?i) from leaking into its neighbours.
    return f"(?m:{pattern})"


def _options(*, captures: bool) -> Any:  # noqa: ANN401 (re2 ships no types)
    import re2

    options = re2.Options()
    options.max_mem = MAX_MEMORY
    options.log_errors = False
    options.never_capture = not captures
    return options


def _compile(pattern: str, *, captures: bool = True) -> Any:  # noqa: ANN401 (re2 ships no types)
    import re2

    return re2.compile(pattern, _options(captures=captures))


def _error() -> type[Exception]:
    import re2

    error: type[Exception] = re2.error
    return error


def _joined(wrapped: list[str]) -> Search:
    try:
        return _searcher(_compile("|".join(wrapped), captures=False))
    except _error():
        # Together too large for RE2: every line is looked at by itself.
        return _searcher(_compile("(?m:^)", captures=False))


def _set_of(wrapped: list[str]) -> Callable[[bytes], list[int] | None] | None:
    import re2

    patterns = re2.Set.SearchSet(_options(captures=False))
    try:
        for pattern in wrapped:
            patterns.Add(pattern)
        patterns.Compile()
    except re2.error:
        return None
    match: Callable[[bytes], list[int] | None] = patterns.Match
    return match


def _searcher(compiled: Any) -> Search:  # noqa: ANN401 (re2 ships no types)
    """Return a search for the spans of the first match; ``[(-1, -1)]`` when there is none.

    The wrapper's own row below its match objects is nearly twice as fast on busy logs. It is
    private: where a release of re2 has it no more, the public one serves.
    """
    import re2

    try:
        row, anchor = compiled._regexp.Match, re2._Anchor.UNANCHORED
        row(anchor, b"", 0, 0)
    except (AttributeError, TypeError):
        groups = range(compiled.groups + 1)

        def by_match(lines: bytes, at: int) -> Spans:
            found = compiled.search(lines, at)
            return [found.span(group) for group in groups] if found else [(-1, -1)]

        return by_match

    def by_row(lines: bytes, at: int) -> Spans:
        spans: Spans = row(anchor, lines, at, len(lines))
        return spans

    return by_row


def _refusal(token: str) -> Text | None:
    if token.startswith("(?"):
        return _refused_opening(token)
    if re.fullmatch(r"\\.", token, re.DOTALL):
        return _refused_escape(token)
    return None


def _refused_opening(token: str) -> Text | None:
    match token:
        case "(?=" | "(?!" | "(?<=" | "(?<!":
            return text(
                "RE2 has no lookaround ({token}…): write one pattern for what a line must hold, "
                "and one for what it must not hold (ignore; in the window “but not”).",
                token=token,
            )
        case "(?>":
            return text("RE2 has no atomic groups: write (?:…) instead of (?>…); it is never slow.")
        case "(?P=":
            return _no_backreference(token)
        case "(?#":
            return text("RE2 has no comments in patterns: leave (?#…) out.")
        case _:
            return _refused_flags(token)


def _refused_flags(token: str) -> Text | None:
    on, _, off = token.removeprefix("(?").partition("-")
    if "x" in on:
        return text("RE2 has no flag x: write the pattern without spaces and comments.")
    if "m" in off:
        return text("Leave (?-m) out: ^ and $ are always the ends of a line.")
    return None


_ESCAPES: dict[str, str] = {
    r"\A": "^",
    r"\z": "$",
    r"\Z": "$",
    r"\h": r"[ \t]",
    r"\H": r"[^ \t]",
    r"\N": ".",
    r"\X": ".",
    r"\R": "$",
    r"\e": r"\x1b",
    r"\u": r"\x{…}",
    r"\U": r"\x{…}",
}


def _refused_escape(token: str) -> Text | None:
    if token[1] in "123456789" or token in {r"\k", r"\g"}:
        return _no_backreference(token)
    if token in {r"\K", r"\G"}:
        return text("RE2 has no {token}: capture the part by name, as in (?P<name>…).", token=token)
    if token in _ESCAPES:
        return text(
            "{token} cannot be used here: write {instead} instead.",
            token=token,
            instead=_ESCAPES[token],
        )
    return None


def _no_backreference(token: str) -> Text:
    return text("RE2 has no backreferences ({token}…): write the part out again.", token=token)


def _explain(error: Exception) -> Text:
    said = error.args[0] if error.args else ""
    said = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
    reason, _, part = said.partition(": ")
    if reason == "bad repetition operator" and part.endswith("+"):
        return text(
            "RE2 has no possessive repetition ({part}): leave the last + out; it is never slow.",
            part=part,
        )
    if known := _REASONS.get(reason):
        return replace(known, values=(("part", part),)) if known.values else known
    return text("RE2 does not take the pattern: {said}", said=said)


_REPETITION = text("Nothing stands before {part} that could be repeated.", part="")
_BRACKET = text("A bracket is opened and not closed, or the other way round: {part}", part="")
_CLASS = text("RE2 does not know this class of characters: {part}", part="")
_REASONS = {
    "bad repetition operator": _REPETITION,
    "no argument for repetition operator": _REPETITION,
    "missing )": _BRACKET,
    "unexpected )": _BRACKET,
    "missing ]": _BRACKET,
    "invalid repetition size": text("RE2 repeats at most 1000 times in all: {part}", part=""),
    "invalid character class range": _CLASS,
    "invalid character class": _CLASS,
    "pattern too large - compile failed": text(
        "The pattern is too large: use fewer or smaller repetitions."
    ),
    "invalid escape sequence": text(
        "RE2 does not know {part}: for the sign itself write it without a backslash.", part=""
    ),
}
