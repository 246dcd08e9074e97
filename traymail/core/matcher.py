"""Which lines match: the patterns of many rules, looked for at once by RE2.

A `PatternSet` searches whole blocks of lines with all patterns joined into one, so a line that
matches nothing costs no Python object. Only for a line in which something begins is it asked
which patterns these are, and what they captured. Patterns see one line at a time, without its
line break; ``^`` and ``$`` are the line's ends.

RE2 never backtracks, so no pattern and no line can make it slow. What it lacks (lookaround,
backreferences, possessive and atomic groups) `traymail.core.pattern_check` refuses with the way
round.
re2 is imported by the first use: programs without log rules do not pay for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from traymail.core.pattern_shape import tokens_of

# What one compiled expression may use. With RE2's 8 MiB, many patterns like a.*b.*c make it
# throw its automaton away again and again.
MAX_MEMORY = 64 << 20

Span = tuple[int, int]
Spans = Sequence[Span]
# In some bytes, from one place to another.
Search = Callable[[bytes, int, int], Spans]


def capture_names(patterns: Iterable[str]) -> frozenset[str]:
    """Return the names that any of the patterns captures; each pattern must have been checked."""
    return frozenset(name for pattern in patterns for name in compile_pattern(pattern).groupindex)


class PatternSet:
    """The ``match`` patterns of several rules, searched together.

    Every pattern must have passed `traymail.core.pattern_check`.
    """

    def __init__(self, rules: Sequence[Sequence[str]]) -> None:
        wrapped = [_wrap(_nameless(pattern)) for patterns in rules for pattern in patterns]
        self._owners = [rule for rule, patterns in enumerate(rules) for _ in patterns]
        self._patterns = [Pattern(pattern) for patterns in rules for pattern in patterns]
        self._rules = [
            [number for number, owner in enumerate(self._owners) if owner == rule]
            for rule in range(len(rules))
        ]
        self._search = _joined(wrapped)
        self._which = _set_of(wrapped) if len(wrapped) > 1 else None

    def scan(self, block: bytes) -> list[list[Span]]:
        r"""Return the lines that match, for each rule, without their line breaks.

        ``block`` is whole lines (UTF-8, each ended by ``\n``).
        """
        found: list[list[Span]] = [[] for _ in self._rules]
        alone = found[0] if len(found) == 1 else None
        search, find_back, find = self._search, block.rfind, block.find
        at, size = 0, len(block)
        while at < size:
            begins, ends = search(block, at, size)[0]
            if begins < 0 or begins >= size:
                break
            start = find_back(b"\n", at, begins) + 1 or at
            end = find(b"\n", begins)
            end = size if end < 0 else end
            # What was found may reach over the line's end: then the line alone decides.
            if alone is not None and ends <= end:
                alone.append((start, end))
            else:
                for rule in {self._owners[one] for one in self._matching(block[start:end])}:
                    found[rule].append((start, end))
            at = end + 1
        return found

    def capture(self, rule: int) -> bool:
        """Tell whether any pattern of a rule captures a part by name."""
        return any(self._patterns[number].names for number in self._rules[rule])

    def captures(self, rule: int, line: bytes) -> Mapping[str, str]:
        """Return what the first pattern of a rule that matches a line captured there by name."""
        return self._patterns[self._first(rule, line)].captures(line)

    def parts(self, rule: int, name: str, lines: Iterable[bytes]) -> Iterator[bytes]:
        """Yield of each line what `captures` has by this name, as it stands there; b"" for none."""
        first = self._rules[rule][0]
        number = first
        for line in lines:
            # Where the first pattern matches, no other matters: while it does, none is looked for.
            part = self._patterns[first].part(name, line) if number == first else None
            if part is None:
                number = self._first(rule, line)
                part = self._patterns[number].part(name, line)
            yield part or b""

    def _first(self, rule: int, line: bytes) -> int:
        own = self._rules[rule]
        if len(own) == 1:
            return own[0]
        found = self._matching(line)
        return min(found if len(self._rules) == 1 else set(found).intersection(own))

    def _matching(self, line: bytes) -> Sequence[int]:
        found = self._which(line) if self._which else None
        # A set that runs out of memory says "nothing": then, each by itself.
        return found or [at for at, one in enumerate(self._patterns) if one.found_in(line)]


class Pattern:
    """One pattern, or several of which any will do, searched for in a text of one or more lines.

    ``names`` are those of the parts that one captures, each with the part's number.
    """

    def __init__(self, *patterns: str) -> None:
        wrapped = [_wrap(pattern) for pattern in patterns]
        try:
            compiled = [compile_pattern("|".join(wrapped))]
        except re2_error():
            compiled = [
                compile_pattern(pattern) for pattern in wrapped
            ]  # together too large for RE2
        self._searches = [_searcher(one) for one in compiled]
        self.names: dict[str, int] = dict(
            sorted(compiled[0].groupindex.items(), key=lambda item: item[1])
        )

    def found_in(self, lines: bytes) -> bool:
        """Tell whether it matches anywhere."""
        return any(search(lines, 0, len(lines))[0][0] >= 0 for search in self._searches)

    def places_in(self, line: bytes) -> Iterator[tuple[int, int]]:
        """Yield where it matches (start, end), from left to right, without overlap."""
        at = 0
        while at <= len(line):
            found = [search(line, at, len(line))[0] for search in self._searches]
            begun = [one for one in found if one[0] >= 0]
            if not begun:
                return
            start, end = min(begun, key=lambda one: one[0])
            if end > start:
                yield start, end
            at = max(end, start + 1)

    def captures(self, line: bytes) -> Mapping[str, str]:
        """Return the named parts of the first match; "" for a part that took no part in it.

        Asked of one pattern only.
        """
        if not self.names:
            return {}
        spans = self._searches[0](line, 0, len(line))
        if spans[0][0] < 0:
            return {}
        return {
            name: line[spans[at][0] : spans[at][1]].decode("utf-8", "replace")
            if spans[at][0] >= 0
            else ""
            for name, at in self.names.items()
        }

    def part(self, name: str, line: bytes) -> bytes | None:
        """Return one of the named parts, as it stands in the line; None where nothing matches."""
        spans = self._searches[0](line, 0, len(line))
        if spans[0][0] < 0:
            return None
        if name not in self.names:
            return b""
        start, end = spans[self.names[name]]
        return line[start:end] if start >= 0 else b""


def _wrap(pattern: str) -> str:
    # The group keeps a leading (?i) from leaking into its neighbours.
    return f"(?m:{pattern})"


def _nameless(pattern: str) -> str:
    """Return a pattern that captures nothing by name: finding such parts too costs RE2 time."""
    return "".join("(?:" if one.kind == "named" else one.words for one in tokens_of(pattern))


def _options(*, captures: bool) -> Any:  # noqa: ANN401 # re2 ships no types
    import re2

    options = re2.Options()
    options.max_mem = MAX_MEMORY
    options.log_errors = False
    options.never_capture = not captures
    return options


def compile_pattern(pattern: str, *, captures: bool = True) -> Any:  # noqa: ANN401 # re2 ships no types
    """Return a pattern compiled by RE2; raises `re2_error`."""
    import re2

    return re2.compile(pattern, _options(captures=captures))


def re2_error() -> type[Exception]:
    """Return what RE2 raises for a pattern that it does not take."""
    import re2

    error: type[Exception] = re2.error
    return error


def _joined(wrapped: list[str]) -> Search:
    try:
        return _searcher(compile_pattern("|".join(wrapped), captures=False))
    except re2_error():
        # Together too large for RE2: every line is looked at by itself.
        return _searcher(compile_pattern("(?m:^)", captures=False))


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


def _searcher(compiled: Any) -> Search:  # noqa: ANN401 # re2 ships no types
    """Return a search for the spans of the first match; ``[(-1, -1)]`` when there is none.

    The wrapper's own row below its match objects is nearly twice as fast on busy logs. It is
    private: where a release of re2 has it no more, the public one serves.
    """
    import re2

    try:
        row = partial(compiled._regexp.Match, re2._Anchor.UNANCHORED)
        row(b"", 0, 0)
    except (AttributeError, TypeError):
        groups = range(compiled.groups + 1)

        def by_match(lines: bytes, at: int, end: int) -> Spans:
            found = compiled.search(lines, at, end)
            return [found.span(group) for group in groups] if found else [(-1, -1)]

        return by_match
    return row
