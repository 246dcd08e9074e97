"""One open log: what was added to it is read in chunks, searched, and reported.

What several rules want of one file is found in one search. Nothing here decides which file is
to be read: `traymail.watch.tails` does.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum

from traymail.core.errors import SourceError
from traymail.core.lines import (
    LONGEST_LINE,
    Encoding,
    cut_line,
    encoding_of,
    last_line,
    last_lines,
    lines_end,
    to_utf8,
)
from traymail.core.matcher import PatternSet, Span
from traymail.core.observations import LinesMatched, LogObservation
from traymail.core.records import Gatherer, Matches
from traymail.core.rotation import (
    HEAD,
    LINE,
    TAIL,
    Mark,
    Position,
    digest,
    mark_digest,
    marks_between,
)
from traymail.watch.sources import Source

CHUNK = 128 << 10
# A record, or the lines after a match, are taken as they are when nothing came for so long.
QUIET_SECONDS = 1.0
# A last line without a line break is reported as it is when nothing came for so long.
UNENDED_SECONDS = 5.0
# So many NULs are a hole, as a truncated file has, or one that the power cut left: no line.
_HOLE = 512
_MOST_ROOM = 64 << 20  # bytes that a program makes room for in its log, at most
_LAST_LINE = 4096  # bytes in which a file's last line begins, nearly always

Tell = Callable[[LogObservation], None]


class ReadProgress(Enum):
    """What reading once came to."""

    MORE = "more"  # something was read: perhaps there is more
    QUIET = "quiet"
    DOUBT = "doubt"  # the file looks truncated: look again
    CUT = "cut"  # it was truncated, or written anew


@dataclass(slots=True)
class Reader:
    """One rule's interest in one file.

    ``told`` are the bytes of the line without a line break that it was given: what comes of
    that line later is passed over.
    """

    rule: str
    turn: int
    path: str
    number: int  # the rule's place in the PatternSet
    gatherer: Gatherer
    key: str  # of the rule's position
    told: int = 0


@dataclass(frozen=True, slots=True)
class Before:
    """How a file was before it was decided where to begin in it.

    ``old``: what it held then is reported only as part of lines that end later.
    """

    head: bytes
    mtime_ns: int
    old: bool = False


@dataclass(frozen=True, slots=True)
class _Block:
    """Lines that were searched and may still be held by a rule: raw, with their place."""

    offset: int
    raw: bytes
    lines: int


class _Recent:
    """The last blocks that were searched, for as long as a rule holds lines of them."""

    def __init__(self) -> None:
        self._blocks: list[_Block] = []

    def add(self, block: _Block) -> None:
        self._blocks.append(block)

    def clear(self) -> None:
        self._blocks.clear()

    def begin_of_last(self, lines: int, end: int, encoding: Encoding) -> int:
        """Return the offset where the last lines before ``end`` begin."""
        offset = end
        for block in reversed(self._blocks):
            if lines >= block.lines:
                lines -= block.lines
                offset = block.offset
            else:
                offset = block.offset + last_lines(block.raw, encoding, lines)[0]
                lines = 0
            if not lines:
                break
        return offset

    def keep(self, lines: int) -> None:
        """Keep what has the last lines."""
        kept = len(self._blocks)
        while kept and lines > 0:
            kept -= 1
            lines -= self._blocks[kept].lines
        del self._blocks[:kept]


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
        """``before`` is how the file was when it was decided to begin at ``begin``."""
        self.source = source
        self.readers = readers
        self.leaving_since: float | None = None
        self.last_growth = float("-inf")
        self.moved = False
        self.trouble: SourceError | None = None  # why it could not be read last time
        self._patterns = patterns
        self._wanted = encoding
        self._offset, self._inside_line = begin
        self._carry = b""
        # What is read must agree with it.
        before = before or look_before(source)
        # (A program may have made room in its log that it fills later.)
        filled = len(before.head.rstrip(b"\0"))
        self._head = before.head[: max(filled, self._offset)]
        self._encoding = encoding_of(self._head, encoding)
        self._past = source.before(self._offset)
        self._last_line = self._line_before(self._past, self._offset)
        self._marks: list[Mark] = []
        if not source.compressed:
            wanted = marks_between(0, self._offset, self._head)
            self._marks = [
                (at, mark_digest(self._head[:at] if at <= HEAD else source.before(at)))
                for at in wanted
            ]
        self._recent = _Recent()
        self._stat = None if before.head else (0, before.mtime_ns)
        self._mtime_ns = before.mtime_ns
        self._doubts = 0
        self._settled = True
        self._old_end = source.stat().st_size if before.old else 0
        self._unended = False

    @property
    def end(self) -> int:
        """Return up to where the file has been read, in bytes."""
        return self._offset + len(self._carry)

    @property
    def waiting(self) -> bool:
        """Tell whether something is held that `settle` will complete, or doubted."""
        return not self._settled or self._doubts > 0 or self._unended

    def grown(self, found: os.stat_result) -> bool:
        """Tell whether the file changed since it was last read to its end."""
        return self._doubts > 0 or self._stat != (found.st_size, found.st_mtime_ns)

    def is_there(self) -> bool:
        """Tell whether the file is what was read: a closed one may be gone, its inode another's."""
        known = self._known()
        try:
            there = self.source.read(self.end - len(known), len(known)) == known
            return there and self._begins_as_known(len(known))
        except SourceError:
            return False

    def _known(self) -> bytes:
        """Return the last bytes that were read; of what is unpacked, all is as it was."""
        return b"" if self.source.compressed else (self._past + self._carry)[-TAIL:]

    def _begins_as_known(self, compared: int) -> bool:
        """Tell whether it begins as it did: lines of one size may all end alike.

        So many bytes before the end of what was read were ``compared``. Raises SourceError.
        """
        size = min(len(self._head), self.end - compared)
        return self.source.compressed or self.source.read(0, size) == self._head[:size]

    def read_whole(self) -> bool:
        """Tell whether the file has been read to its end as it is now."""
        try:
            return not self.grown(self.source.stat())
        except SourceError as error:
            self.trouble = error
            return True

    def read(self, now: float, tell: Tell) -> ReadProgress:
        """Read the next chunk and tell what matched in it; raises SourceError."""
        found = self.source.stat()
        if self.end == 0 and self.leaving_since is None and self._stat and self.grown(found):
            # An empty file may have been filled, copied and emptied since: to be looked at anew.
            return ReadProgress.CUT
        known = self._known()
        end = self.end
        chunk = self.source.read(end - len(known), len(known) + CHUNK)
        if not (
            chunk.startswith(known if end else self._head) and self._begins_as_known(len(known))
        ):
            # A network share may tell nonsense for a moment: believed when seen twice.
            self._doubts += 1
            return ReadProgress.DOUBT if self._doubts == 1 else ReadProgress.CUT
        self._doubts, self.trouble = 0, None
        self._mtime_ns = found.st_mtime_ns
        new = len(chunk) - len(known)
        beyond = None
        nuls = min(new, len(chunk) - len(chunk.rstrip(b"\0")))
        if nuls >= len(self._encoding.newline):
            # What is written into the NULs at a file's end comes later: they are not read.
            beyond = self.source.after_nuls(end + new)
            if beyond is None:
                new -= nuls
                new += -(end + new) % len(self._encoding.newline)  # the last character is whole
            elif nuls < _HOLE:
                beyond = None
        if not new:
            self._stat = (found.st_size, found.st_mtime_ns)
            return ReadProgress.QUIET
        self.last_growth = now
        self.moved = True
        self._settled = False
        chunk = chunk[: len(known) + new]
        if end < HEAD:
            self._head = (self._head[:end] + chunk[len(known) :])[:HEAD]
        if self._offset == 0:
            self._encoding = encoding_of(self._head, self._wanted)
        # What is carried is mostly the end of what is known: then nothing is put together anew.
        behind = len(known) - len(self._carry)
        raw = chunk[behind:] if behind >= 0 else self._carry + chunk[len(known) :]
        self._take(raw, tell)
        if beyond is not None:
            self._skip_to(beyond)
        self._unended = self.end > max(self._offset, self._old_end)
        return ReadProgress.MORE

    def settle(self, now: float, tell: Tell) -> None:
        """Complete what waited for more lines, once none have come for a while."""
        quiet = now - self.last_growth
        if self._unended:
            if quiet >= UNENDED_SECONDS:
                self._unended = False
                self._tell_unended(tell)
                self._flush(tell)
        elif not self._settled and quiet >= QUIET_SECONDS:
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
        """Return up to where a rule has been given all there was; raises SourceError."""
        offset, inside = self._offset, self._inside_line
        if reader.told:
            offset, inside = offset + reader.told, True
        elif reader.gatherer.held and not self.source.compressed:
            held = reader.gatherer.held.count(b"\n")
            offset = self._recent.begin_of_last(held, self._offset, self._encoding)
            inside = False
        before = self._past if offset == self._offset else self.source.before(offset)
        line = self._last_line if offset == self._offset else self._line_before(before, offset)
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
            marks=tuple(mark for mark in self._marks if mark[0] <= offset),
            line=digest(line),
            line_size=len(line),
            key=reader.key,
        )

    def _line_before(self, before: bytes, offset: int) -> bytes:
        """Return the last `LINE` bytes of the line that ends at an offset; raises SourceError."""
        line = last_line(before, self._encoding)
        if len(line) == TAIL and not self.source.compressed:
            start = max(0, offset - LINE)
            line = last_line(self.source.read(start, offset - start), self._encoding)
        return line

    def _take(self, raw: bytes, tell: Tell) -> None:
        """Search the whole lines of ``raw``, which begins at the offset; keep the rest."""
        if self._offset == 0 and self._encoding.mark:
            mark, raw = raw[: self._encoding.mark], raw[self._encoding.mark :]
            self._move(mark)
        if self._inside_line:
            raw = self._pass_over(raw)
        while b"\0" in raw and (hole := raw.find(bytes(_HOLE))) >= 0:
            raw = self._up_to_hole(raw, hole, tell)
        end = lines_end(raw, self._encoding)
        if end:
            self._lines(raw[:end], tell)
        self._carry = raw[end:]
        if len(self._carry) >= LONGEST_LINE:
            self._cut(tell)

    def _up_to_hole(self, raw: bytes, at: int, tell: Tell) -> bytes:
        """Take what stands before a hole, which ends a line; return what stands behind it."""
        width = len(self._encoding.newline)
        at += -at % width
        end = len(raw) - len(raw[at:].lstrip(b"\0"))
        end -= (end - at) % width
        if at:
            self._lines(raw[:at], tell)
        self._move(raw[at:end])
        return raw[end:]

    def _skip_to(self, offset: int) -> None:
        """Move on to where a hole ends; all between is NULs."""
        offset -= (offset - self._offset) % len(self._encoding.newline)
        if offset > self.end:
            self._offset, self._carry, self._past = offset, b"", bytes(TAIL)
            self._last_line = self._past

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
        for at in marks_between(self._offset, self._offset + len(raw), self._head):
            content = self._past + raw[: at - self._offset]
            self._marks.append((at, mark_digest(content[-TAIL:])))
        self._offset += len(raw)
        self._past = (self._past + raw[-TAIL:])[-TAIL:]
        self._last_line = last_line((self._last_line + raw[-LINE:])[-LINE:], self._encoding)

    def _lines(self, raw: bytes, tell: Tell) -> None:
        """Search lines, move behind them, and tell what matched."""
        block = to_utf8(raw, self._encoding)
        if not block.endswith(b"\n"):
            block += b"\n"
        hits = self._patterns.scan(block)
        keeping = any(not reader.gatherer.simple for reader in self.readers)
        if keeping:
            self._recent.add(_Block(self._offset, raw, block.count(b"\n")))
        fed = [
            (reader, reader.gatherer.feed(*_untold(reader, block, hits))) for reader in self.readers
        ]
        if keeping:
            self._recent.keep(max(one.gatherer.held.count(b"\n") for one in self.readers))
        self._move(raw)
        for reader, matches in fed:
            if matches:
                self._tell(reader, matches, tell)

    def _tell_unended(self, tell: Tell) -> None:
        """Tell of the last line, which has no line break, whom it matters to."""
        if not self._carry.strip(b"\0"):
            return
        block = to_utf8(self._carry, self._encoding) + b"\n"
        hits = self._patterns.scan(block)
        for reader in self.readers:
            mine = hits[reader.number]
            if mine and not reader.told:
                matches = reader.gatherer.feed(block, mine).joined(reader.gatherer.flush())
                reader.told = len(self._carry)
                self.moved = True
                if matches:
                    self._tell(reader, matches, tell)

    def _flush(self, tell: Tell) -> None:
        self._settled = True
        flushed = [(reader, reader.gatherer.flush()) for reader in self.readers]
        self._recent.clear()
        for reader, matches in flushed:
            if matches:
                self._tell(reader, matches, tell)

    def _tell(self, reader: Reader, matches: Matches, tell: Tell) -> None:
        tell(
            LinesMatched(
                rule=reader.rule,
                turn=reader.turn,
                path=reader.path,
                matches=matches,
                position=self.position(reader),
            )
        )


def _untold(reader: Reader, block: bytes, hits: list[list[Span]]) -> tuple[bytes, Sequence[Span]]:
    """Return what a reader has not been given in lines, and where something matches there."""
    mine = hits[reader.number]
    if not reader.told:
        return block, mine
    reader.told = 0
    first = block.find(b"\n") + 1
    return block[first:], [(start - first, end - first) for start, end in mine if start >= first]


def look_before(source: Source) -> Before:
    """Look at a file before deciding where to begin in it; raises SourceError."""
    mtime_ns = source.stat().st_mtime_ns
    return Before(source.read(0, HEAD), mtime_ns)


def start_at_end(source: Source, encoding: str, size: int) -> int:
    """Return where the last line of a file's first bytes begins, without a line break yet; or end.

    A line that is being written when a rule starts is whole later. Raises SourceError.
    """
    kind: Encoding = encoding_of(source.read(0, HEAD), encoding)
    width = len(kind.newline)
    size = _without_room(source, size)
    size += -(size - kind.mark) % width
    for longest in (_LAST_LINE, LONGEST_LINE):
        start = max(kind.mark, size - longest)
        start += (start - kind.mark) % width
        if start >= size:
            break
        end = lines_end(source.read(start, size - start), kind)
        if end or start == kind.mark:
            return start + end
    return size


def _without_room(source: Source, size: int) -> int:
    """Return how much of a file's first bytes there is without the NULs at their end."""
    end = size
    while end and end > size - _MOST_ROOM:
        piece = source.read(max(0, end - CHUNK), min(end, CHUNK))
        left = len(piece.rstrip(b"\0"))
        end -= len(piece) - left
        if left or not piece:
            break
    return end if size - end >= _HOLE else size
