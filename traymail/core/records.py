"""From hits to matches: the record a line belongs to, the lines around it, what is ignored.

A `Gatherer` works for one rule on one file. It is fed blocks of lines with the rule's hits in
them and gives back matches once they are complete: a record when the next one begins, a match
when the lines after it have come. What is not complete it keeps; `flush` completes it as it is.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple, TypeVar, overload

from traymail.core.lines import LONGEST_LINE, shown
from traymail.core.matcher import Pattern, PatternSet, Span
from traymail.core.pattern_check import check_pattern
from traymail.core.rules.log import LogRule
from traymail.core.texts import Text, text

# What a service writes into systemd's journal stands so in /var/log/syslog; it is never mailed.
OWN = b"]: traymail."
# Of one match, in bytes: its record or line, with the lines around it.
LONGEST_SHOWN = 16 << 10

T = TypeVar("T", covariant=True)


class Captured(Mapping[str, str]):
    """What the patterns captured in a line by name; looked for when it is first asked for.

    Of most lines of a busy log only the number is told.
    """

    __slots__ = ("_find", "_found", "_line")

    def __init__(self, find: Callable[[bytes], Mapping[str, str]], line: bytes) -> None:
        self._find = find
        self._line = line
        self._found: Mapping[str, str] | None = None

    def __getitem__(self, name: str) -> str:
        return self._all()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())

    def __repr__(self) -> str:
        return repr(self._all())

    def within(self, length: int) -> bool:
        """Tell whether none is longer than so many characters."""
        # No part is longer than the line: most often nothing has to be looked for.
        return len(self._line) <= length or _within(self._all(), length)

    def _all(self) -> Mapping[str, str]:
        if self._found is None:
            self._found = self._find(self._line)
        return self._found


class Match(NamedTuple):
    """A line or record that matched: the line, all there is to show, and what was captured.

    A tuple, since busy logs make many.
    """

    line: str
    shown: str
    captured: Mapping[str, str]

    def within(self, length: int) -> bool:
        """Tell whether nothing of it is longer than so many characters."""
        if len(self.line) > length or len(self.shown) > length:
            return False
        captured = self.captured
        if isinstance(captured, Captured):
            return captured.within(length)
        return _within(captured, length)


class Later(Sequence[T]):
    """A sequence whose items are made when they are looked at."""

    @abstractmethod
    def made(self, places: range) -> Iterator[T]:
        """Make the items at these places, which are in range."""

    @overload
    def __getitem__(self, at: int) -> T: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[T, ...]: ...
    def __getitem__(self, at: int | slice) -> T | tuple[T, ...]:
        places = range(len(self))[at]
        if isinstance(places, range):
            return tuple(self.made(places))
        return next(self.made(range(places, places + 1)))

    def __iter__(self) -> Iterator[T]:
        return self.made(range(len(self)))


@dataclass(frozen=True, slots=True)
class Gathering:
    """What a rule wants: records or single lines, lines around them, what to ignore.

    ``captures`` and ``parts`` are those of its `PatternSet`; None: it captures nothing by name.
    """

    captures: Callable[[bytes], Mapping[str, str]] | None = None
    parts: Callable[[str, Iterable[bytes]], Iterable[bytes]] | None = None
    record_start: Pattern | None = None
    ignore: Pattern | None = None
    before: int = 0
    after: int = 0


def unusable(rule: LogRule) -> Text | None:
    """Return why nothing can be looked for with the patterns of a rule, None when it can."""
    others = (*rule.ignore, rule.record_start) if rule.record_start else rule.ignore
    for pattern in (*rule.match, *others):
        if refusal := check_pattern(pattern):
            return text("{pattern}: {reason}", pattern=pattern, reason=refusal)
    return None


def wants_of(rule: LogRule, patterns: PatternSet, number: int) -> Gathering:
    """Return what a rule wants, which is number ``number`` of ``patterns``."""
    capture = patterns.capture(number)
    return Gathering(
        captures=partial(patterns.captures, number) if capture else None,
        parts=partial(patterns.parts, number) if capture else None,
        record_start=Pattern(rule.record_start) if rule.record_start else None,
        ignore=Pattern(*rule.ignore) if rule.ignore else None,
        before=rule.before,
        after=rule.after_lines,
    )


class Matches(Later[Match]):
    """Matches of one rule in one file, in order: ``lines``, and ``shown``, what is around each.

    Of most matches of a busy log only the number is told, and of which group they are.
    """

    __slots__ = ("_lines", "_shown", "_wants")

    def __init__(
        self, wants: Gathering, lines: Sequence[bytes] = (), shown: Sequence[bytes] | None = None
    ) -> None:
        """``shown`` None: the lines alone."""
        self._wants = wants
        self._lines = lines
        self._shown = shown

    def __len__(self) -> int:
        return len(self._lines)

    def by(self, name: str, longest: int) -> dict[str, Matches]:
        """Return those of each value that was captured by this name, in order of appearance.

        Those of values whose first ``longest`` characters are the same belong together.
        """
        if self._wants.parts is None:
            return {"": self}
        groups: dict[str, list[int]] = {}
        known: dict[bytes, list[int]] = {}
        for at, part in enumerate(self._wants.parts(name, self._lines)):
            if part not in known:
                value = part.decode("utf-8", "replace")[:longest]
                known[part] = groups.setdefault(value, [])
            known[part].append(at)
        return {value: self._some(places) for value, places in groups.items()}

    def joined(self, other: Matches) -> Matches:
        """Return both together, ``other`` behind; both of the same rule and file."""
        shown = None if self._shown is None else [*self._shown, *(other._shown or ())]
        return Matches(self._wants, [*self._lines, *other._lines], shown)

    def _some(self, places: Sequence[int]) -> Matches:
        if len(places) == len(self):
            return self
        shown = None if self._shown is None else [self._shown[at] for at in places]
        return Matches(self._wants, [self._lines[at] for at in places], shown)

    def made(self, places: range) -> Iterator[Match]:
        """Make some of them."""
        captures = self._wants.captures
        for at in places:
            line = self._lines[at]
            words = shown(line, LONGEST_SHOWN)
            around = words if self._shown is None else shown(self._shown[at], LONGEST_SHOWN)
            yield Match(words, around, Captured(captures, line) if captures else {})


class Gatherer:
    """The matches of one rule in one file, in order. Feed it whole lines only."""

    def __init__(self, wants: Gathering) -> None:
        self._wants = wants
        self.simple = wants.record_start is None and wants.before == 0 and wants.after == 0
        self._window = b""
        self._hits: list[Span] = []
        self._told = 0  # how far the window has been shown
        self._open = 0  # where in the window that begins which is not complete

    @property
    def held(self) -> bytes:
        """Return the lines at the end that may still belong to something: b"" when none do."""
        return self._window[self._open :]

    def feed(self, block: bytes, hits: Sequence[Span]) -> Matches:
        """Take in the next lines; return the matches that are complete."""
        if self.simple:
            return self._plain(block, hits)
        shift = len(self._window)
        self._window += block
        self._hits += [(start + shift, end + shift) for start, end in hits]
        return self._gather(last=False)

    def flush(self) -> Matches:
        """Complete what is open, as it is: nothing more came, or will come."""
        return Matches(self._wants) if self.simple else self._gather(last=True)

    def _plain(self, block: bytes, hits: Sequence[Span]) -> Matches:
        ignore = self._wants.ignore
        lines = [block[start:end] for start, end in hits]
        # (Most lines are not the service's, which a single sign tells fast.)
        lines = [line for line in lines if b"]" not in line or OWN not in line]
        if ignore is not None:
            lines = [line for line in lines if not ignore.found_in(line)]
        return Matches(self._wants, lines)

    def _gather(self, *, last: bool) -> Matches:
        lines: list[bytes] = []
        around: list[bytes] = []
        while self._hits:
            start, end = self._unit(self._hits[0])
            inside = [hit for hit in self._hits if hit[0] < end]
            following = self._hits[len(inside)] if len(inside) < len(self._hits) else None
            until, complete = self._after(end, following)
            if end == len(self._window) and self._wants.record_start is not None:
                complete = False
            if not (complete or last or len(self._window) - start > LONGEST_LINE):
                break
            line = self._window[slice(*inside[0])]
            if self._wanted(line, start, end):
                lines.append(line)
                around.append(self._around(start, until))
                self._told = until
            self._hits = self._hits[len(inside) :]
        self._forget(last=last)
        return Matches(self._wants, lines, around)

    def _wanted(self, line: bytes, start: int, end: int) -> bool:
        """Tell whether neither the service wrote a line, nor anything of its record is ignored."""
        ignore = self._wants.ignore
        return OWN not in line and (ignore is None or not ignore.found_in(self._window[start:end]))

    def _around(self, start: int, until: int) -> bytes:
        around = self._window[max(self._before(start), min(self._told, start)) : until]
        return around.removesuffix(b"\n")

    def _unit(self, hit: Span) -> tuple[int, int]:
        """Return where the hit's record (or line) begins and ends, its line break included."""
        start, end = hit[0], min(hit[1] + 1, len(self._window))
        if self._wants.record_start is None:
            return start, end
        return self._record_begin(start), self._record_end(end)

    def _record_begin(self, at: int) -> int:
        begins = self._wants.record_start
        lowest = max(0, at - LONGEST_LINE)
        while begins is not None and at > lowest:
            stop = self._window.find(b"\n", at)
            if begins.found_in(self._window[at : stop if stop >= 0 else len(self._window)]):
                break
            at = self._window.rfind(b"\n", 0, at - 1) + 1
        return at

    def _record_end(self, at: int) -> int:
        begins = self._wants.record_start
        while begins is not None and at < len(self._window):
            stop = self._window.find(b"\n", at)
            if begins.found_in(self._window[at:stop]):
                break
            at = stop + 1
        return at

    def _after(self, end: int, following: Span | None) -> tuple[int, bool]:
        """Return where the lines after a match end, and whether that is all of them."""
        at = end
        for _ in range(self._wants.after):
            if following is not None and following[0] <= at:
                return at, True
            stop = self._window.find(b"\n", at)
            if stop < 0:
                return at, False
            at = stop + 1
        return at, True

    def _before(self, start: int) -> int:
        at = start
        for _ in range(self._wants.before):
            if at == 0:
                break
            at = self._window.rfind(b"\n", 0, at - 1) + 1
        return at

    def _forget(self, *, last: bool) -> None:
        """Keep only what may still be shown: the open part, and the lines before it."""
        size = len(self._window)
        if last:
            opened = size
        elif self._hits:
            opened = self._unit(self._hits[0])[0]
        elif self._wants.record_start is not None and size:
            opened = self._record_begin(self._window.rfind(b"\n", 0, size - 1) + 1)
            opened = max(opened, min(self._told, size), size - LONGEST_LINE)
        else:
            opened = size
        keep = max(self._before(opened), opened - LONGEST_LINE)
        self._window = self._window[keep:]
        self._hits = [(start - keep, end - keep) for start, end in self._hits]
        self._told = max(0, self._told - keep)
        self._open = opened - keep


def _within(captured: Mapping[str, str], length: int) -> bool:
    return all(len(words) <= length for words in captured.values())
