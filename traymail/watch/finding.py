"""Finds where reading a log begins, after whatever happened to it."""

from __future__ import annotations

import os
import stat
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from pathlib import Path
from uuid import uuid4

from traymail.core.errors import SourceError
from traymail.core.lines import LONGEST_LINE, encoding_of, lines_end
from traymail.core.rotation import (
    GRAIN_NS,
    HEAD,
    KNOWN_FILES,
    SURE,
    FileId,
    FileVerdict,
    Position,
    ReadStep,
    Sibling,
    catch_up,
    digest,
    is_discarded,
    is_rotated_name,
    mark_digest,
    not_read_yet,
    places_of,
    recognise,
    step,
)
from traymail.core.texts import Text
from traymail.watch.sources import Listing, Listings, Source, look

Begin = tuple[int, bool]  # the offset, and whether it stands inside a line that was cut

_PIECE = 1 << 20
_ALIKE = 50
# So often a folder is looked at whose files are given other names meanwhile.
_LOOKS = 20


class PositionIndex(dict[str, Position]):
    """The positions of a rule by their keys; found quickly also by path, inode and beginning."""

    def __init__(self, positions: Iterable[Position] = ()) -> None:
        super().__init__()
        self._by_path: dict[str, set[str]] = {}
        self._by_inode: dict[int, set[str]] = {}
        # By the digest of the head, and by that of the first line: a copy may be shorter.
        self._by_head: dict[str, set[str]] = {}
        self._head_sizes: Counter[int] = Counter()
        for one in positions:
            self.learn(one)

    def learn(self, position: Position) -> None:
        """Remember a position, in place of what is known of its file."""
        key, before = position.key, self.get(position.key)
        if before is not None:
            self._forget(before)
        if position.inode and (before is None or before.file != position.file):
            # The inode was given out again, or its file written anew: what held it is gone.
            for one in self.of_inode(position.inode):
                if one.file == position.file and one.key != key:
                    self.learn(replace(one, device=0, inode=0))
        self[key] = position
        self._by_path.setdefault(position.path, set()).add(key)
        self._by_inode.setdefault(position.inode, set()).add(key)
        for start in _starts(position):
            self._by_head.setdefault(start, set()).add(key)
        self._head_sizes[position.head_size] += 1
        if position.ended and (before is None or not before.ended):
            ended = [one for one in self.of_path(position.path) if one.ended]
            if len(ended) > KNOWN_FILES:
                self._forget(min(ended, key=lambda one: one.mtime_ns))

    def _forget(self, position: Position) -> None:
        del self[position.key]
        self._by_path[position.path].discard(position.key)
        self._by_inode[position.inode].discard(position.key)
        for start in _starts(position):
            self._by_head[start].discard(position.key)
            if not self._by_head[start]:
                del self._by_head[start]
        self._head_sizes[position.head_size] -= 1

    def of_path(self, path: str) -> list[Position]:
        """Return what is known of the files that were at a path."""
        return [self[key] for key in self._by_path.get(path, ())]

    def knows(self, file: FileId) -> bool:
        """Tell whether anything is known of a file with this device and inode."""
        return any(one.file == file for one in self.of_inode(file[1]))

    def of_inode(self, inode: int) -> list[Position]:
        """Return the positions of an inode: a network share may have another device than before."""
        if not inode:
            return []
        return [self[key] for key in self._by_inode.get(inode, ())]

    def alike(self, source: Source) -> list[Position]:
        """Return some positions of files that begin as this one does; raises SourceError."""
        head = source.read(0, HEAD)
        sizes = [
            size for size, count in self._head_sizes.items() if 0 < size <= len(head) and count
        ]
        starts = [digest(head[:size]) for size in sizes]
        starts.append(mark_digest(head[: head.find(b"\n") + 1]))
        keys = dict.fromkeys(key for start in starts for key in self._by_head.get(start, ()))
        return [self[key] for key in islice(keys, _ALIKE)]


def _starts(position: Position) -> set[str]:
    return {position.head, *(proof for _, proof in position.marks[:1])}


@dataclass(frozen=True, slots=True)
class OpenLogs:
    """What a rule has open while it looks for a log.

    ``live`` are files that were at the log's path and are still being read, by their positions'
    keys; ``others`` yields all that the rule reads, with their paths; ``is_read`` tells of any
    file whether it is read, with what key; ``spare`` are open files that nobody reads any more;
    ``followed`` are the paths of the rule.
    """

    live: Mapping[str, Source]
    others: Callable[[], Iterable[tuple[str, Source]]]
    is_read: Callable[[FileId, str], bool]
    spare: Mapping[FileId, Source]
    followed: Collection[str]


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
        self._folders = folders
        self._reading = reading
        self._encoding = encoding
        self._unread: dict[str, tuple[os.stat_result, Text]] = {}

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
                beside = self._beside(source, last.mtime_ns)
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
            folders = self._folders.around(self._path)
            names = [name for one in folders for name in one.having(position.inode)]
            if live is not None:
                return not names or not all(is_discarded(name) for name in names)
            if any(one.holds(position) for one in self._look(names, rotated=False)):
                return True
        return any(one.holds(position) for one in self._beside(source, position.mtime_ns))

    def _shifted(self, source: Source, position: Position) -> int | None:
        """Return where the content before a position stands in a file that was cut at its top."""
        newline = encoding_of(source.read(0, HEAD), self._encoding).newline
        found: set[int] = set()
        at, carry = 0, b""
        while at < position.offset and (piece := source.read(at, _PIECE)):
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
            for path in dict.fromkeys(os.path.join(folder, one) for one in names)  # noqa: PTH118 (hot: many logs)
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
        beside = self._beside(source, oldest)
        plan = catch_up(self._from_spare(start, owed), beside, since)
        start.closed += plan.done
        rests = list(plan.rests)
        if plan.lost:
            far = catch_up(plan.lost, self._anywhere(plan.lost, source), None)
            rests += far.rests
            start.closed += far.done
            gone = [one for one in far.lost if not self._may_be_unread(one)]
            start.lost += (one for one in gone if one.offset)
            start.closed += (one for one in gone if not one.offset)
        for position, sibling in rests:
            found = self._open(sibling)
            if found is not None and is_discarded(sibling.path) and self._is_copied(found, source):
                found.close()
                start.closed.append(position)
            elif found is not None:
                start.rests.append((found, position))
        for sibling in plan.between:
            found = self._open(sibling)
            if found is None:
                continue
            if self._is_copied(found, source) or _is_unpacked_too(found, start.between):
                found.close()
            else:
                start.between.append(found)
        self._note_unread(start, since)

    def _may_be_unread(self, position: Position) -> bool:
        """Tell whether what is owed may stand in a file that cannot be read yet."""
        return any(
            found.st_ino == position.inode or found.st_mtime_ns >= position.mtime_ns - GRAIN_NS
            for found, _ in self._unread.values()
        )

    def _note_unread(self, start: Start, since: int | None) -> None:
        for place, (found, why) in self._unread.items():
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

    def _beside(self, source: Source | None, oldest_ns: int) -> list[Sibling]:
        """Look at the rotated files beside the log that are young enough."""
        names = dict.fromkeys((Path(self._path).name, Path(os.path.realpath(self._path)).name))
        here = None if source is None else source.file
        found = self._look_all(
            lambda: self._folders.around(self._path),
            lambda folder: [place for name in names for place in folder.rotated(name)],
            rotated=True,
            oldest_ns=oldest_ns,
        )
        return [
            one for one in found if one.file != here and not self._reading.is_read(one.file, "")
        ]

    def _anywhere(self, missing: Collection[Position], source: Source | None) -> list[Sibling]:
        """Look at what may be a missing file: by its inode, else by what any newer file holds."""
        inodes = {one.inode for one in missing}
        here = None if source is None else source.file
        found = [
            one
            for one in self._look_all(
                self._around_and_below,
                lambda folder: [place for inode in inodes for place in folder.having(inode)],
                rotated=False,
            )
            if one.file != here
            and any(one.verdicts.get(position) is FileVerdict.SAME for position in missing)
        ]
        if len(found) < len(missing):
            strangers = self._look_all(
                self._around_and_below,
                lambda folder: [
                    place
                    for place in self._folders.newest(folder)
                    if _may_hold(self._folders.head(place), missing)
                ],
                rotated=False,
                oldest_ns=min(one.mtime_ns for one in missing),
            )
            besides = {here, *(one.file for one in found)}
            found += (
                one
                for one in strangers
                if one.file not in besides and not self._reading.is_read(one.file, "")
            )
        return found

    def _around_and_below(self) -> list[Listing]:
        around = self._folders.around(self._path)
        return around + [self._folders.of(inner) for one in around for inner in one.folders]

    def _look_all(
        self,
        folders: Callable[[], list[Listing]],
        places: Callable[[Listing], Iterable[str]],
        *,
        rotated: bool,
        oldest_ns: int = 0,
    ) -> list[Sibling]:
        """Look at files of folders, each once, until the folders are still as they were listed.

        While files are renamed, one is met under two names, and another one under none.
        """
        found: dict[FileId, Sibling] = {}
        for _ in range(_LOOKS):
            listed = folders()
            names = dict.fromkeys(place for one in listed for place in places(one))
            looked = self._look(names, rotated=rotated, oldest_ns=oldest_ns)
            found |= {one.file: one for one in looked}
            if all(self._folders.of(one.folder).inodes == one.inodes for one in listed):
                break
        return list(found.values())

    def _look(self, places: Iterable[str], *, rotated: bool, oldest_ns: int = 0) -> list[Sibling]:
        """Look at files with all in mind that is known of them, or of the log."""
        found = []
        for place in places:
            try:
                with closing(Source(place)) as source:
                    mtime_ns = source.stat().st_mtime_ns
                    if mtime_ns < oldest_ns - GRAIN_NS:
                        continue
                    related = (
                        *self._memory.of_path(self._path),
                        *self._memory.of_inode(source.file[1]),
                        *self._memory.alike(source),
                    )
                    verdicts = {one: recognise(one, source.seen(one)) for one in related}
                    if not source.broken:  # (what is being packed is still there unpacked)
                        found.append(Sibling(place, source.file, mtime_ns, verdicts, rotated))
            except FileNotFoundError:
                continue
            except SourceError as error:
                with suppress(OSError):
                    there = Path(place).stat()
                    if stat.S_ISREG(there.st_mode) and there.st_mtime_ns >= oldest_ns - GRAIN_NS:
                        self._unread[place] = there, error.title
        return found

    def _open(self, sibling: Sibling) -> Source | None:
        """Open a file that was found; it may have been renamed meanwhile, and again."""
        places = [sibling.path]
        for _ in range(_LOOKS):
            for name in places:
                try:
                    source = Source(name)
                except (SourceError, FileNotFoundError):
                    continue
                if source.file == sibling.file:
                    return source
                source.close()
            having = (one.having(sibling.file[1]) for one in self._folders.around(self._path))
            places = list(chain.from_iterable(having))
            if not places:
                break
        return None


def new_key(file: FileId) -> str:
    """Return a name for a file, for as long as it lives."""
    device, inode = file
    return f"{device}:{inode}:{uuid4().hex[:8]}"


def bystanders(
    path: str, memory: PositionIndex, folders: Listings, followed: Collection[str]
) -> Iterator[Position]:
    """Yield the rotated files that are beside a log when it is first seen, as ended ones.

    So they are told from those that come later, of which every line is owed. Those ``followed``
    as logs themselves are none.
    """
    name = Path(path).name
    for place in dict.fromkeys(p for one in folders.around(path) for p in one.rotated(name)):
        if place in followed:
            continue
        try:
            with closing(Source(place)) as source:
                if memory.knows(source.file):
                    continue
                found = source.stat()
                offset = 0 if source.compressed else found.st_size
                head = source.read(0, HEAD)
                tail = source.before(offset)
        except (SourceError, FileNotFoundError):
            continue
        yield Position(
            path=path,
            device=found.st_dev,
            inode=found.st_ino,
            offset=offset,
            head=digest(head),
            head_size=len(head),
            tail=digest(tail),
            tail_size=len(tail),
            mtime_ns=found.st_mtime_ns,
            ended=True,
            key=new_key(source.file),
        )


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


def _may_hold(head: bytes, positions: Iterable[Position]) -> bool:
    return any(digest(head[: one.head_size]) == one.head for one in positions if one.head_size)
