"""From hits to matches: the record a line belongs to, the lines around it, what is ignored.

A `Gatherer` works for one rule on one file. It is fed blocks of lines with the rule's hits in
them and gives back matches once they are complete: a record when the next one begins, a match
when the lines after it have come. What is not complete it keeps; `flush` completes it as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from traymail.core.lines import LONGEST_LINE, shown
from traymail.core.matcher import Pattern, PatternSet
from traymail.core.rules.log import LogRule

# Of one match, in bytes: its record or line, with the lines around it.
LONGEST_SHOWN = 16 << 10


@dataclass(frozen=True, slots=True)
class Match:
    """A line or record that matched: the line, all there is to show, and what was captured."""

    line: str
    shown: str
    captured: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class RuleHit:
    """A line of a block in which a pattern of the rule matched: the line's place, the pattern."""

    start: int
    end: int
    pattern: int


@dataclass(frozen=True, slots=True)
class Gathering:
    """What a rule wants: records or single lines, lines around them, what to ignore."""

    captures: Callable[[int, bytes], Mapping[str, str]]
    record_start: Pattern | None = None
    ignore: Pattern | None = None
    before: int = 0
    after: int = 0


def wants_of(rule: LogRule, patterns: PatternSet, number: int) -> Gathering:
    """Return what a rule wants, which is number ``number`` of ``patterns``."""
    return Gathering(
        captures=lambda pattern, line: patterns.captures(number, pattern, line),
        record_start=Pattern(rule.record_start) if rule.record_start else None,
        ignore=Pattern(*rule.ignore) if rule.ignore else None,
        before=rule.before,
        after=rule.after_lines,
    )


class Gatherer:
    """The matches of one rule in one file, in order. Feed it whole lines only."""

    def __init__(self, wants: Gathering) -> None:
        self._wants = wants
        self.simple = wants.record_start is None and wants.before == 0 and wants.after == 0
        self._window = b""
        self._hits: list[RuleHit] = []
        self._told = 0  # how far the window has been shown
        self._open = 0  # where in the window that begins which is not complete

    @property
    def held(self) -> bytes:
        """Return the lines at the end that may still belong to something: b"" when none do."""
        return self._window[self._open :]

    def feed(self, block: bytes, hits: Sequence[RuleHit]) -> list[Match]:
        """Take in the next lines; return the matches that are complete."""
        if self.simple:
            return self._plain(block, hits)
        shift = len(self._window)
        self._window += block
        self._hits += [RuleHit(h.start + shift, h.end + shift, h.pattern) for h in hits]
        return self._gather(last=False)

    def flush(self) -> list[Match]:
        """Complete what is open, as it is: nothing more came, or will come."""
        return [] if self.simple else self._gather(last=True)

    def _plain(self, block: bytes, hits: Sequence[RuleHit]) -> list[Match]:
        ignore = self._wants.ignore
        found = []
        for hit in hits:
            line = block[hit.start : hit.end]
            if ignore is None or not ignore.found_in(line):
                words = shown(line, LONGEST_SHOWN)
                found.append(Match(words, words, self._wants.captures(hit.pattern, line)))
        return found

    def _gather(self, *, last: bool) -> list[Match]:
        found: list[Match] = []
        while self._hits:
            start, end = self._unit(self._hits[0])
            inside = [hit for hit in self._hits if hit.start < end]
            following = self._hits[len(inside)] if len(inside) < len(self._hits) else None
            until, complete = self._after(end, following)
            if end == len(self._window) and self._wants.record_start is not None:
                complete = False
            if not (complete or last or len(self._window) - start > LONGEST_LINE):
                break
            match = self._match(inside[0], start, end, until)
            if match is not None:
                found.append(match)
                self._told = until
            self._hits = self._hits[len(inside) :]
        self._forget(last=last)
        return found

    def _match(self, hit: RuleHit, start: int, end: int, until: int) -> Match | None:
        ignore = self._wants.ignore
        if ignore is not None and ignore.found_in(self._window[start:end]):
            return None
        line = self._window[hit.start : hit.end]
        around = self._window[max(self._before(start), min(self._told, start)) : until]
        return Match(
            shown(line, LONGEST_SHOWN),
            shown(around.removesuffix(b"\n"), LONGEST_SHOWN),
            self._wants.captures(hit.pattern, line),
        )

    def _unit(self, hit: RuleHit) -> tuple[int, int]:
        """Return where the hit's record (or line) begins and ends, its line break included."""
        end = min(hit.end + 1, len(self._window))
        if self._wants.record_start is None:
            return hit.start, end
        return self._record_begin(hit.start), self._record_end(end)

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

    def _after(self, end: int, following: RuleHit | None) -> tuple[int, bool]:
        """Return where the lines after a match end, and whether that is all of them."""
        at = end
        for _ in range(self._wants.after):
            if following is not None and following.start <= at:
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
        self._hits = [RuleHit(h.start - keep, h.end - keep, h.pattern) for h in self._hits]
        self._told = max(0, self._told - keep)
        self._open = opened - keep
