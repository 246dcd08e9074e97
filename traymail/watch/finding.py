"""Finds where reading a log begins, after whatever happened to it."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace
from pathlib import Path

from traymail.core.errors import SourceError
from traymail.core.lines import LONGEST_LINE, encoding_of, lines_end
from traymail.core.rotation import (
    GRAIN_NS,
    HEAD,
    SURE,
    FileVerdict,
    Position,
    ReadStep,
    catch_up,
    is_discarded,
    is_rotated_name,
    not_read_yet,
    places_of,
    recognise,
    step,
)
from traymail.core.texts import Text
from traymail.watch.nearby import NearbyFiles, OpenLogs
from traymail.watch.position_index import PositionIndex, new_key
from traymail.watch.sources import PIECE, Listings, Source, look

Begin = tuple[int, bool]  # the offset, and whether it stands inside a line that was cut


@dataclass(slots=True)
class Start:
    """Where to begin in a file; None: nothing is known of it, nor of its path.

    ``wait``: it is being written; look again. Before it come the ``rests`` of known files, and
    the files ``between``: opened, whoever takes them closes them. Of ``closed`` positions
    nothing is owed any more; ``lost`` is what is owed and nowhere; ``over`` are keys of files
    being read whose content goes on in this one; ``key`` is that of the position of the very
    file, or of one that this file stands for from now on; "" when there is none. ``unread`` tells
    why files cannot be read yet that may hold what is owed, ``unseen`` is what is owed of those.
    """

    begin: Begin | None = None
    wait: bool = False
    rests: list[tuple[Source, Position]] = field(default_factory=list)
    between: list[Source] = field(default_factory=list)
    closed: list[Position] = field(default_factory=list)
    lost: list[Position] = field(default_factory=list)
    over: set[str] = field(default_factory=set)
    key: str = ""
    unread: dict[str, Text] = field(default_factory=dict)
    unseen: list[Position] = field(default_factory=list)


class Finder:
    """Finds where one rule goes on in the logs at one path."""

    def __init__(
        self, path: str, memory: PositionIndex, folders: Listings, reading: OpenLogs, encoding: str
    ) -> None:
        self._path = path
        self._memory = memory
        self._reading = reading
        self._encoding = encoding
        self._nearby = NearbyFiles(path, memory, folders, reading)

    def start(self, source: Source, since_ns: int | None, *, quiet: bool) -> Start:
        """Find where to go on in the file that is at the path now.

        ``since_ns``: since when files beside a log that was never seen are new ones; None when
        its glob is looked at for the first time. ``quiet``: the file has not changed for a while.
        Raises SourceError.
        """
        mine = self._memory.of_path(self._path)
        same = self._same(source, mine)
        owed = self._owed(same)
        if same is not None:
            # (Its device may be another one, where a share is mounted again.)
            over = {same.key} & self._reading.live.keys()
            start = Start((same.offset, same.inside_line), key=same.key, over=over)
            since = _since_filled(source, same)
            if not same.offset and since_ns is not None:
                # An empty file that was filled may be a copy of another log since then.
                copied = self._copied(source, known=len(mine) > 1, quiet=quiet)
                if copied.begin is not None or copied.wait:
                    return replace(copied, key=same.key)
        else:
            start = self._replaced(source, mine, quiet=quiet) if mine else Start()
            if start.begin is None and not start.wait and since_ns is not None:
                start = self._copied(source, known=bool(mine), quiet=quiet)
            if start.begin is not None or start.wait:
                return start
            if not mine and since_ns is None:
                return start
            start = Start((0, False))
            since = max((one.mtime_ns for one in mine), default=since_ns)
        if since is not None or owed:
            self._before(start, source, owed, since)
        return start

    def rests(self, since_ns: int | None) -> Start:
        """Find the rests of a log's earlier files, and those that nobody has read, since then."""
        start, owed = Start(), self._owed(None)
        if owed:
            self._before(start, None, owed, since_ns)
        return start

    def _owed(self, same: Position | None) -> list[Position]:
        return [
            one
            for one in self._memory.of_path(self._path)
            if not (one.ended or one is same or self._is_read(one))
        ]

    def _is_read(self, position: Position) -> bool:
        return self._reading.is_read(position.file, position.key)

    def _same(self, source: Source, mine: list[Position]) -> Position | None:
        """Return the position of this very file; None when another one has read more of it."""
        fitting = [
            one
            for one in self._memory.of_inode(source.file[1])
            if recognise(one, source.seen(one)) is FileVerdict.SAME
            # An inode is given out again, perhaps to the same lines as before.
            and not (one.ended and (not one.offset or self._kept(one, source)))
        ]
        same = max(fitting, key=lambda one: (one.offset, not one.ended), default=None)
        if same is None or any(
            self._verdict(one, source) is FileVerdict.COPY and not self._kept(one, source)
            for one in mine
            if one.offset > same.offset or (same.ended and not one.ended)
        ):
            return None
        return same

    # --- another file at the path ---------------------------------------------------------------

    def _replaced(self, source: Source, mine: list[Position], *, quiet: bool) -> Start:
        """Find out whether a new file holds the same log, perhaps cut, or still being written."""
        verdicts = [(one, self._verdict(one, source)) for one in mine]
        copies = [one for one, verdict in verdicts if verdict is FileVerdict.COPY]
        for one in sorted(copies, key=lambda one: (one.offset, not one.ended), reverse=True):
            if step(FileVerdict.COPY, kept=self._kept(one, source)) is ReadStep.ON:
                return self._on(source, one, (one.offset, one.inside_line))
        last, here = max(
            verdicts, key=lambda pair: (not pair[0].ended, pair[0].mtime_ns, pair[0].offset)
        )
        if last.ended or not last.offset or here is FileVerdict.COPY:
            return Start()
        place = self._shifted(source, last)
        size = source.size()
        match step(
            here,
            kept=self._kept(last, source),
            shifted=place is not None,
            empty=size == 0,
            quiet=quiet,
        ):
            case ReadStep.SHIFTED if place is not None:
                return self._on(source, last, (place, False))
            case ReadStep.PART:
                part = self._line_at(source, last.mark_before(size)[0])
                return self._on(source, last, (part, False))
            case ReadStep.WAIT:
                # What came in between tells that the log was rotated, and is a new one.
                beside = self._nearby.beside(source, last.mtime_ns)
                return Start(wait=size > 0 or not catch_up((), beside, last.mtime_ns).between)
            case _:
                return Start()

    def _verdict(self, position: Position, source: Source) -> FileVerdict:
        live = self._reading.live.get(position.key)
        if live is not None and live.stat().st_size:
            if live.begins_as(source):
                return FileVerdict.COPY  # also of what was not read yet
            if source.size() and source.begins_as(live):
                return FileVerdict.SHORT
        return recognise(position, source.seen(position))

    def _on(self, source: Source, position: Position, begin: Begin) -> Start:
        """Go on in a file with what another held, of which nothing is owed any more."""
        start = Start(begin)
        for key, live in self._reading.live.items():
            cut = key == position.key and begin[0] != position.offset
            if cut or live.begins_as(source):
                start.over.add(key)
        if begin[0] == position.offset and (
            position.key in start.over or position.key not in self._reading.live
        ):
            # Remembered besides, it would pass for a log of its own that ended early.
            start.key = position.key
        elif position.key not in self._reading.live:
            start.closed.append(position)
        return start

    def _kept(self, position: Position, source: Source) -> bool:
        """Tell whether a position's file, or a copy of it, lies beside as a rotated one."""
        live = self._reading.live.get(position.key)
        if live is None and self._is_read(position):
            return True
        if position.inode != source.file[1] and (live is None or live.stat().st_nlink):
            names = self._nearby.names_of(position.inode)
            if live is not None:
                return not names or not all(is_discarded(name) for name in names)
            if any(one.holds(position) for one in self._nearby.look(names, rotated=False)):
                return True
        return any(one.holds(position) for one in self._nearby.beside(source, position.mtime_ns))

    def _shifted(self, source: Source, position: Position) -> int | None:
        """Return where the content before a position stands in a file that was cut at its top."""
        newline = encoding_of(source.read(0, HEAD), self._encoding).newline
        found: set[int] = set()
        at, carry = 0, b""
        while at < position.offset and (piece := source.read(at, PIECE)):
            content = carry + piece
            begin = at - len(carry)
            places = places_of(position, content, newline, top=begin == 0)
            found.update(begin + place for place in places)
            at += len(piece)
            carry = content[-LONGEST_LINE:]
        # The same lines again and again prove nothing, nor does what stands where it stood: there
        # nothing is cut, so that only the ends of lines are alike.
        return found.pop() if len(found) == 1 and max(found) < position.offset else None

    def _line_at(self, source: Source, offset: int) -> int:
        """Return the beginning of the line at an offset."""
        kind = encoding_of(source.read(0, HEAD), self._encoding)
        start = max(kind.mark, offset - LONGEST_LINE)
        start -= (start - kind.mark) % len(kind.newline)
        return start + lines_end(source.read(start, max(0, offset - start)), kind)

    def _copied(self, source: Source, *, known: bool, quiet: bool) -> Start:
        """Find out whether a new file is the copy of another log, which need not be whole yet."""
        best: Position | None = None
        proven = 0  # of the copy, by what a position says that holds more than it
        for one in self._memory.alike(source):
            if one.path == self._path:
                continue
            related = _is_rotated_path(one.path, self._path)
            verdict = (
                recognise(one, source.seen(one)) if related or not known else FileVerdict.OTHER
            )
            if verdict is FileVerdict.SHORT and related:
                proven = max(proven, one.mark_before(source.size())[0])
            elif (
                verdict is FileVerdict.COPY
                and (related or one.offset >= SURE)
                and (best is None or one.offset > best.offset)
            ):
                best = one
        originals = [*self._originals(), *(() if best is None else (best.path,))]
        short = proven >= best.offset if best is not None else proven > 0
        if short or any(self._is_in(source, original) for original in originals):
            if not quiet:
                return Start(wait=True)
            # All that is in a copy that ends early was read in the original, or will be.
            return Start((source.size(), False))
        if best is None:
            return Start()
        start = Start((best.offset, best.inside_line))
        if not (best.ended or self._is_read(best) or self._is_there(best)):
            start.closed.append(best)  # what is owed of it is read here
        return start

    def _is_there(self, position: Position) -> bool:
        """Tell whether the file a position is about is at its path, and goes on."""
        try:
            with closing(Source(position.path)) as source:
                return recognise(position, source.seen(position)) is FileVerdict.SAME
        except (SourceError, FileNotFoundError):
            return False

    def _originals(self) -> list[str]:
        """Return the followed logs of which this one may be a rotated file, by its name."""
        folder, name = os.path.split(self._path)
        suffix = Path(name).suffix
        names = (name[:size] + end for size in range(1, len(name)) for end in {"", suffix})
        return [
            path
            for path in dict.fromkeys(os.path.join(folder, one) for one in names)  # noqa: PTH118 # hot: many logs
            if path in self._reading.followed and _is_rotated_path(path, self._path)
        ]

    def _is_in(self, source: Source, path: str) -> bool:
        """Tell whether what a file holds stands in the followed log at a path, too."""
        if path not in self._reading.followed or not source.size():
            return False
        try:
            with closing(Source(path)) as original:
                return original.file != source.file and source.begins_as(original)
        except (SourceError, FileNotFoundError):
            return False

    # --- what comes before ----------------------------------------------------------------------

    def _before(
        self, start: Start, source: Source | None, owed: list[Position], since: int | None
    ) -> None:
        """Find the rests of earlier files, and the files that nobody has read."""
        oldest = min((*(one.mtime_ns for one in owed), *(() if since is None else (since,))))
        beside = self._nearby.beside(source, oldest)
        plan = catch_up(self._from_spare(start, owed), beside, since)
        start.closed += plan.done
        rests = list(plan.rests)
        if plan.lost:
            far = catch_up(plan.lost, self._nearby.anywhere(plan.lost, source), None)
            rests += far.rests
            start.closed += far.done
            gone = [one for one in far.lost if not self._nearby.may_be_unread(one)]
            start.lost += (one for one in gone if one.offset)
            start.closed += (one for one in gone if not one.offset)
        for position, sibling in rests:
            found = self._nearby.open(sibling)
            if found is not None and is_discarded(sibling.path) and self._is_copied(found, source):
                found.close()
                start.closed.append(position)
            elif found is not None:
                start.rests.append((found, position))
        for sibling in plan.between:
            found = self._nearby.open(sibling)
            if found is None:
                continue
            if self._is_copied(found, source) or _is_unpacked_too(found, start.between):
                found.close()
            else:
                start.between.append(found)
        self._note_unread(start, since)

    def _note_unread(self, start: Start, since: int | None) -> None:
        for place, (found, why) in self._nearby.unread.items():
            if place != self._path:  # of which that is told anyway
                start.unread[place] = why
            file = found.st_dev, found.st_ino
            came_between = since is not None and found.st_mtime_ns >= since - GRAIN_NS
            if since is not None and came_between and not self._memory.knows(file):
                start.unseen.append(not_read_yet(self._path, file, 0, since, new_key(file)))

    def _is_copied(self, found: Source, source: Source | None) -> bool:
        """Tell whether a file is a copy, perhaps still being made, of what is read itself."""
        if not found.size() and self._memory.knows(found.file):
            # Emptied and renamed, a log may be written to yet. Where it was emptied at its place,
            # this is the copy of before, and what is copied next comes into it.
            return self._goes_on()
        stem = self._path.removesuffix(Path(self._path).suffix)
        read = [*self._reading.live.values(), *(() if source is None else (source,))]
        # (A rotated file may be followed under its own name.)
        read += (
            other
            for path, other in self._reading.others()
            if path.startswith(stem) and _is_rotated_path(self._path, path)
        )
        return any(_begins_as(found, one) for one in read)

    def _goes_on(self) -> bool:
        """Tell whether the file at the path is one that was read before."""
        try:
            found = look(self._path)
        except SourceError:
            return False
        return found is not None and self._memory.knows((found.st_dev, found.st_ino))

    def _from_spare(self, start: Start, owed: list[Position]) -> list[Position]:
        """Take what is still open; return the positions that are left."""
        left = []
        for one in owed:
            spare = self._reading.spare.get(one.file)
            if spare is not None and recognise(one, spare.seen(one)) is FileVerdict.SAME:
                start.rests.append((spare.twin(), one))
            else:
                left.append(one)
        return left


def _since_filled(source: Source, same: Position) -> int | None:
    """Return from when on an empty file may have been filled, copied and emptied unseen."""
    found = source.stat()
    changed = found.st_size > 0 or found.st_mtime_ns != same.mtime_ns
    return same.mtime_ns if same.offset == 0 and changed else None


def _begins_as(copy: Source, other: Source) -> bool:
    try:
        return copy.begins_as(other)
    except SourceError:  # it was closed, and is gone
        return False


def _is_unpacked_too(packed: Source, read: Iterable[Source]) -> bool:
    """Tell whether what was compressed is read itself, or lies beside: it goes when all is packed.

    What can be unpacked of it so far may be nothing yet.
    """
    if not packed.compressed:
        return False
    place = packed.path.rpartition(".")[0]
    with ExitStack() as opened:
        plain = next((one for one in read if one.path == place), None)
        try:
            plain = plain or opened.enter_context(closing(Source(place)))
            return not packed.size() or packed.begins_as(plain)
        except (SourceError, FileNotFoundError):
            return False


def _is_rotated_path(path: str, other: str) -> bool:
    return Path(path).parent == Path(other).parent and is_rotated_name(
        Path(path).name, Path(other).name
    )
