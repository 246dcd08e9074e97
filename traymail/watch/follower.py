"""One open log: what was added to it is read in chunks, searched, and told of.

What several rules want of one file is found in one search. Nothing here decides which file is
to be read: `traymail.watch.tails` does.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum

from traymail.core.lines import (
    LONGEST_LINE,
    Encoding,
    cut_line,
    encoding_of,
    last_lines,
    lines_end,
    to_utf8,
)
from traymail.core.matcher import Hit, PatternSet
from traymail.core.observations import LinesMatched, LogObservation
from traymail.core.records import Gatherer, Match, RuleHit
from traymail.core.rotation import HEAD, TAIL, Position, digest
from traymail.watch.sources import Source

CHUNK = 128 << 10
# A record, or the lines after a match, are taken as they are when nothing came for so long.
QUIET_SECONDS = 1.0
# So many bytes of nothing but NULs are the hole of a truncated file, not a line's beginning.
_HOLE = 4096

Tell = Callable[[LogObservation], None]


class Progress(Enum):
    """What reading once came to."""

    MORE = "more"  # something was read: perhaps there is more
    QUIET = "quiet"
    DOUBT = "doubt"  # the file looks truncated: look again
    CUT = "cut"  # it was truncated, or written anew


@dataclass(slots=True)
class Reader:
    """One rule's interest in one file."""

    rule: str
    turn: int
    path: str
    number: int  # the rule's place in the PatternSet
    gatherer: Gatherer


@dataclass(frozen=True, slots=True)
class Before:
    """How a file was before it was decided where to begin in it."""

    head: bytes
    mtime_ns: int


@dataclass(frozen=True, slots=True)
class _Block:
    """Lines that were searched and may still be held by a rule: raw, with their place."""

    offset: int
    raw: bytes
    lines: int


class Follower:
    """Reads one open file from ``offset`` on, for all its ``readers``. Used by one thread."""

    def __init__(
        self,
        source: Source,
        encoding: str,
        patterns: PatternSet,
        readers: list[Reader],
        begin: tuple[int, bool],
        before: Before | None = None,
    ) -> None:
        self.source = source
        self.readers = readers
        self.leaving_since: float | None = None
        self.last_growth = float("-inf")
        self.moved = False
        self._patterns = patterns
        self._wanted = encoding
        self._offset, self._inside_line = begin
        self._carry = b""
        # How the file was when it was decided to begin there; what is read must agree.
        before = before or look_before(source)
        self._head = before.head
        self._encoding = encoding_of(self._head, encoding)
        self._past = source.read(max(0, self._offset - TAIL), min(TAIL, self._offset))
        self._recent: list[_Block] = []
        self._stat = None if before.head else (0, before.mtime_ns)
        self._mtime_ns = before.mtime_ns
        self._doubts = 0
        self._settled = True

    @property
    def end(self) -> int:
        """Return up to where the file has been read, in bytes."""
        return self._offset + len(self._carry)

    @property
    def waiting(self) -> bool:
        """Tell whether something is held that `settle` will complete, or doubted."""
        return not self._settled or self._doubts > 0

    def grown(self, found: os.stat_result) -> bool:
        """Tell whether the file changed since it was last read to its end."""
        return self._doubts > 0 or self._stat != (found.st_size, found.st_mtime_ns)

    def read(self, now: float, tell: Tell) -> Progress:
        """Read the next chunk and tell what matched in it; raises SourceError."""
        found = self.source.stat()
        if self.end == 0 and self.leaving_since is None and self._stat and self.grown(found):
            # An empty file may have been filled, copied and emptied since: to be looked at anew.
            return Progress.CUT
        known = b"" if self.source.compressed else (self._past + self._carry)[-TAIL:]
        end = self.end
        chunk = self.source.read(end - len(known), len(known) + CHUNK)
        if not chunk.startswith(known if end else self._head):
            # A network share may tell nonsense for a moment: believed when seen twice.
            self._doubts += 1
            return Progress.DOUBT if self._doubts == 1 else Progress.CUT
        self._doubts = 0
        self._mtime_ns = found.st_mtime_ns
        if len(chunk) == len(known):
            self._stat = (found.st_size, found.st_mtime_ns)
            return Progress.QUIET
        self.last_growth = now
        self.moved = True
        self._settled = False
        fresh = chunk[len(known) :]
        self._head = (self._head[:end] + fresh)[:HEAD] if end < HEAD else self._head
        if self._offset == 0:
            self._encoding = encoding_of(self._head, self._wanted)
        self._take(self._carry + fresh, tell)
        return Progress.MORE

    def settle(self, now: float, tell: Tell) -> None:
        """Complete what waited for more lines, once none have come for a while."""
        if not self._settled and now - self.last_growth >= QUIET_SECONDS:
            self._flush(tell)

    def give_up(self, tell: Tell) -> None:
        """Complete what is held, as it is: the file has been cut, and goes on elsewhere."""
        self._flush(tell)

    def finish(self, tell: Tell) -> None:
        """Take a last line without line break, and complete everything: no more will come."""
        if self._carry:
            raw, self._carry = self._carry, b""
            self._lines(raw, tell)
            self.moved = True
        self._flush(tell)

    def position(self, reader: Reader, *, ended: bool = False) -> Position:
        """Return up to where a rule has been told of all there was; raises SourceError."""
        offset, inside = self._offset, self._inside_line
        if reader.gatherer.held and not self.source.compressed:
            offset, inside = self._held_from(reader), False
        before = self._past
        if offset != self._offset:
            start = max(0, offset - TAIL)
            before = self.source.read(start, offset - start)
        device, inode = self.source.file
        return Position(
            path=reader.path,
            device=device,
            inode=inode,
            offset=offset,
            head=digest(self._head),
            head_size=len(self._head),
            tail=digest(before),
            tail_size=len(before),
            mtime_ns=self._mtime_ns,
            inside_line=inside,
            ended=ended,
        )

    def _take(self, raw: bytes, tell: Tell) -> None:
        """Search the whole lines of ``raw``, which begins at the offset; keep the rest."""
        if self._offset == 0 and self._encoding.mark:
            mark, raw = raw[: self._encoding.mark], raw[self._encoding.mark :]
            self._move(mark)
        if self._inside_line:
            raw = self._pass_over(raw)
        end = lines_end(raw, self._encoding)
        if end:
            self._lines(raw[:end], tell)
        self._carry = raw[end:]
        if len(self._carry) >= LONGEST_LINE:
            self._cut(tell)
        elif len(self._carry) >= _HOLE and not self._carry.strip(b"\0"):
            self._move(self._carry)
            self._carry = b""

    def _pass_over(self, raw: bytes) -> bytes:
        """Pass over the rest of a line that was cut."""
        width = len(self._encoding.newline)
        at = raw.find(self._encoding.newline)
        while at >= 0 and at % width:
            at = raw.find(self._encoding.newline, at + 1)
        self._inside_line = at < 0
        end = at + width if at >= 0 else len(raw) - len(raw) % width
        self._move(raw[:end])
        return raw[end:]

    def _cut(self, tell: Tell) -> None:
        """Take the beginning of an endless line as the line."""
        size = cut_line(self._carry, self._encoding)
        self._inside_line = True
        self._lines(self._carry[:size], tell)
        self._carry = self._pass_over(self._carry[size:])

    def _move(self, raw: bytes) -> None:
        self._offset += len(raw)
        self._past = (self._past + raw[-TAIL:])[-TAIL:]

    def _lines(self, raw: bytes, tell: Tell) -> None:
        """Search lines, move behind them, and tell what matched."""
        block = to_utf8(raw, self._encoding)
        if not block.endswith(b"\n"):
            block += b"\n"
        hits = list(self._patterns.scan(block))
        keeping = any(not reader.gatherer.simple for reader in self.readers)
        if keeping:
            self._recent.append(_Block(self._offset, raw, block.count(b"\n")))
        fed = [
            (reader, reader.gatherer.feed(block, _own_hits(hits, reader.number)))
            for reader in self.readers
        ]
        if keeping:
            self._forget_recent()
        self._move(raw)
        for reader, matches in fed:
            if matches:
                self._tell(reader, matches, tell)

    def _flush(self, tell: Tell) -> None:
        self._settled = True
        flushed = [(reader, reader.gatherer.flush()) for reader in self.readers]
        self._recent.clear()
        for reader, matches in flushed:
            if matches:
                self._tell(reader, matches, tell)

    def _tell(self, reader: Reader, matches: Iterable[Match], tell: Tell) -> None:
        tell(
            LinesMatched(
                rule=reader.rule,
                turn=reader.turn,
                path=reader.path,
                matches=tuple(matches),
                position=self.position(reader),
            )
        )

    def _held_from(self, reader: Reader) -> int:
        wanted = reader.gatherer.held.count(b"\n")
        offset = self._offset
        for block in reversed(self._recent):
            if wanted >= block.lines:
                wanted -= block.lines
                offset = block.offset
            else:
                offset = block.offset + last_lines(block.raw, self._encoding, wanted)[0]
                wanted = 0
            if not wanted:
                break
        return offset

    def _forget_recent(self) -> None:
        wanted = max(reader.gatherer.held.count(b"\n") for reader in self.readers)
        keep = len(self._recent)
        while keep and wanted > 0:
            keep -= 1
            wanted -= self._recent[keep].lines
        del self._recent[:keep]


def look_before(source: Source) -> Before:
    """Look at a file before deciding where to begin in it; raises SourceError."""
    mtime_ns = source.stat().st_mtime_ns
    return Before(source.read(0, HEAD), mtime_ns)


def start_at_end(source: Source, encoding: str) -> int:
    """Return where the last line of a file begins, if it has no line break yet, else the end.

    A line that is being written when a rule starts is whole later. Raises SourceError.
    """
    size = source.stat().st_size
    kind: Encoding = encoding_of(source.read(0, HEAD), encoding)
    width = len(kind.newline)
    start = max(kind.mark, size - LONGEST_LINE)
    start += (start - kind.mark) % width
    if start >= size:
        return size
    end = lines_end(source.read(start, size - start), kind)
    return start + end if end or start == kind.mark else size


def _own_hits(hits: list[Hit], number: int) -> list[RuleHit]:
    return [
        RuleHit(hit.start, hit.end, pattern)
        for hit in hits
        for rule, pattern in hit.matched
        if rule == number
    ]
