"""Which file is this, and where does reading go on? Decisions about logs that are rotated.

Content decides. A file is known again by how it begins and by what stands before the place up to
which it was read; its inode tells the file itself from a copy, since an inode alone is given out
again, and a file that was truncated and has grown again keeps it. Marks on the way prove a copy
that ends earlier, and the last line is looked for in a file that was cut at its top. The device
is left out: network shares change it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum

HEAD = 256
TAIL = 256
# The last line is known as a whole, up to so many bytes: long ones may end alike.
LINE = 4096
READABLE = (".gz", ".bz2", ".xz", ".lzma", ".zip")
COMPRESSED = (*READABLE, ".zst", ".lz4", ".Z", ".7z")
# Of so much content it is no coincidence that another file, with a name of its own, has it too.
SURE = 1024
# A copy that ends between two marks is believed from here on: so far it is more than a banner.
PROOF = 128
# Times of files are kept in whole seconds, or two, by some programs and file systems.
GRAIN_NS = 2_000_000_000
_LINE_MARKS = 32
# Files that were read to their end and rotated away, remembered for each log.
KNOWN_FILES = 50

FileId = tuple[int, int]  # device, inode
Mark = tuple[int, str]  # an offset, and the digest of up to TAIL bytes before it


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """Up to where a rule has read a file, and by what the file is known again.

    ``path`` is the followed path it was read for; ``offset`` counts bytes up to the end of the
    last line that was dealt with. ``inside_line``: it stands in a line that was cut, whose rest
    is passed over. ``ended``: the file is known, and read to its end; nothing is owed. ``line``
    is the digest of the last ``line_size`` bytes, those of the last line, `LINE` at most.
    ``key`` names the file for as long as it lives, since its inode is given out again; a file
    that takes its place with all it held takes the key over. Where ``head_size`` is 0 nothing
    could be read of it yet.
    """

    path: str
    device: int
    inode: int
    offset: int
    head: str
    head_size: int
    tail: str
    tail_size: int
    mtime_ns: int
    inside_line: bool = False
    ended: bool = False
    marks: tuple[Mark, ...] = ()
    line: str = ""
    line_size: int = 0
    key: str = ""

    @property
    def file(self) -> FileId:
        """Return the device and inode."""
        return self.device, self.inode

    def mark_before(self, size: int) -> Mark:
        """Return the furthest mark in the first ``size`` bytes; (0, "") when there is none."""
        return max((mark for mark in self.marks if mark[0] <= size), default=(0, ""))


@dataclass(frozen=True, slots=True)
class Known:
    """What is remembered of a rule: since when it looks at each glob, the files and how far.

    Times are nanoseconds since 1970.
    """

    globs: dict[str, int] = field(default_factory=dict)
    positions: tuple[Position, ...] = ()


@dataclass(frozen=True, slots=True)
class SeenLog:
    """A file as it is now, looked at with a position in mind.

    ``size`` is all there is of it, where it is less than the position's offset. ``head`` are its
    first `HEAD` bytes, ``before`` those before the offset, or before the furthest mark in it.
    """

    device: int
    inode: int
    size: int
    head: bytes
    before: bytes


def not_read_yet(path: str, file: FileId, offset: int, mtime_ns: int, key: str) -> Position:
    """Return the position of a file that is owed from an offset on, but cannot be read now."""
    device, inode = file
    nothing = digest(b"")
    return Position(
        path=path,
        device=device,
        inode=inode,
        offset=offset,
        head=nothing,
        head_size=0,
        tail=nothing,
        tail_size=0,
        mtime_ns=mtime_ns,
        key=key,
    )


class FileVerdict(Enum):
    """What a file is to a position."""

    SAME = "same"  # the very file: go on at the offset
    COPY = "copy"  # another file with the same content up to there
    SHORT = "short"  # the same content, but it ends before the offset
    CUT = "cut"  # the same file, truncated or written anew
    OTHER = "other"


def digest(content: bytes) -> str:
    """Return a short hash of a file's part; logs themselves are not kept in our state."""
    return hashlib.blake2b(content, digest_size=16).hexdigest()


def mark_digest(content: bytes) -> str:
    """Return a shorter one, for marks: there are many."""
    return hashlib.blake2b(content, digest_size=8).hexdigest()


def marks_between(begin: int, end: int, head: bytes) -> list[int]:
    """Return where marks belong behind ``begin``, to ``end``: at first line ends, then 2^n."""
    marks: list[int] = []
    at = head.find(b"\n", begin, end) + 1
    while at and len(marks) < _LINE_MARKS:
        marks.append(at)
        at = head.find(b"\n", at, end) + 1
    power = 1 << max(HEAD.bit_length() - 1, begin.bit_length())
    while power <= end:
        marks.append(power)
        power <<= 1
    return marks


def recognise(position: Position, seen: SeenLog) -> FileVerdict:
    """Say what a file is to a position."""
    same_file = seen.inode == position.inode
    if seen.size < position.offset:
        at, proof = position.mark_before(seen.size)
        proven = (at >= PROOF or 0 < at == seen.size) and mark_digest(seen.before) == proof
        # (The lines of two logs may look alike at one place.)
        begins = seen.size < position.head_size or _begins(seen, position)
        if proven and begins:
            return FileVerdict.SHORT
    elif _begins(seen, position) and digest(seen.before) == position.tail:
        if same_file:
            # Of an empty file that was left nothing is known but an inode.
            empty = position.ended and not position.head_size
            return FileVerdict.CUT if empty and seen.head else FileVerdict.SAME
        # Nothing is the beginning of every file: that proves no copy.
        return FileVerdict.COPY if position.offset > 0 < position.head_size else FileVerdict.OTHER
    return FileVerdict.CUT if same_file else FileVerdict.OTHER


def _begins(seen: SeenLog, position: Position) -> bool:
    return digest(seen.head[: position.head_size]) == position.head


class ReadStep(Enum):
    """How reading goes on in the file that is now at a log's path."""

    ON = "on"  # at the offset
    SHIFTED = "shifted"  # where the content before the offset stands now
    PART = "part"  # after what is proven to be the same
    WAIT = "wait"  # it is being written: look again
    NEW = "new"  # it is another log: from its beginning


def step(
    here: FileVerdict,
    *,
    kept: bool,
    shifted: bool = False,
    empty: bool = False,
    quiet: bool = False,
) -> ReadStep:
    """Decide how to go on in a log's file, which is ``here`` to a position of that log.

    ``kept``: the file the position is about, or a copy of it, lies beside under the name of a
    rotated one. ``shifted``: what stood before the offset stands elsewhere in the content.
    ``quiet``: the file has not changed for a while.
    """
    if here is FileVerdict.SAME:
        return ReadStep.ON
    if kept:
        # Programs that write the same lines every night write them into a new log.
        return ReadStep.NEW
    if here is FileVerdict.COPY:
        return ReadStep.ON
    if shifted:
        return ReadStep.SHIFTED
    if here is FileVerdict.SHORT and quiet:
        return ReadStep.PART
    # What is written next into an empty file may be the old content: editors and ">" empty first.
    return ReadStep.WAIT if empty or here is FileVerdict.SHORT else ReadStep.NEW


def places_of(position: Position, content: bytes, newline: bytes, *, top: bool) -> Iterator[int]:
    """Yield where in a piece of a file the content before a position ends, at a line's end.

    ``top``: the piece is the file's beginning, where the content may be cut off: then two whole
    lines are enough.
    """
    size, begin = position.line_size, 0
    if not size or position.inside_line:
        return
    end = content.find(newline) + len(newline)
    while end >= len(newline):
        # Of a longer line only its end is known: of one that was packed, `TAIL` bytes.
        if (end - begin == size or (size in {TAIL, LINE} and size < end - begin)) and (
            digest(content[end - size : end]) == position.line
        ):
            if end < position.tail_size:
                found = top and begin > 0
            else:
                found = digest(content[end - position.tail_size : end]) == position.tail
            if found:
                yield end
        begin, end = end, content.find(newline, end) + len(newline)


_ROTATED = re.compile(
    rf"(?:[._-]?(?:\d[\d._T:-]*|old|prev|bak))?(?:{'|'.join(map(re.escape, READABLE))})?",
    re.IGNORECASE,
)


def is_rotated_name(name: str, other: str) -> bool:
    """Tell whether ``other`` is what a rotated file ``name`` is called: the same folder's names.

    ``app.log``: ``app.log.1``, ``app.log-20261123.gz``, ``app-20261123.log``, ``app.1.log.gz``.
    """
    if other == name:
        return False
    if other.startswith(name) and _ROTATED.fullmatch(other[len(name) :]):
        return True
    stem, dot, suffix = name.rpartition(".")
    ending = dot + suffix
    plain = _plain(other)
    return bool(
        stem
        and plain.startswith(stem)
        and plain.endswith(ending)
        and len(plain) > len(name)
        and _ROTATED.fullmatch(plain[len(stem) : len(plain) - len(ending)])
    )


def _plain(name: str) -> str:
    stem, dot, suffix = name.rpartition(".")
    return stem if dot + suffix in READABLE else name


def is_discarded(path: str) -> bool:
    """Tell whether a name says that its file was replaced, not rotated: by an editor, on NFS."""
    return path.endswith("~") or "/.nfs" in path


def is_compressed(path: str) -> bool:
    """Tell whether a path names a compressed file, which is not followed as a log."""
    return path.endswith(COMPRESSED)


_COPIES = (FileVerdict.COPY, FileVerdict.SHORT)


@dataclass(frozen=True, slots=True)
class Sibling:
    """A file that may be, or hold, what was at a log's path; with verdicts about positions.

    ``rotated``: its name is that of a rotated file of the log.
    """

    path: str
    file: FileId
    mtime_ns: int
    verdicts: Mapping[Position, FileVerdict]
    rotated: bool = True

    def holds(self, position: Position) -> bool:
        """Tell whether it is a position's file, or a copy under the name of a rotated one."""
        verdict = self.verdicts.get(position)
        if verdict is FileVerdict.SAME:
            return not is_discarded(self.path)
        return self.rotated and verdict in _COPIES


@dataclass(frozen=True, slots=True)
class CatchUp:
    """What to read before a log itself: rests of known files, then whole files that came between.

    ``rests`` pairs a position with the file that holds it now. ``done`` are positions of which a
    copy holds nothing more; ``lost`` those whose file is nowhere: what stood behind is gone.
    """

    rests: tuple[tuple[Position, Sibling], ...]
    between: tuple[Sibling, ...]
    done: tuple[Position, ...]
    lost: tuple[Position, ...]


def catch_up(
    owed: Iterable[Position], siblings: Iterable[Sibling], since_mtime_ns: int | None
) -> CatchUp:
    """Decide where the rests of a log's earlier files are, and which files nobody has read.

    ``owed`` are the positions whose files are not at the log's path any more. ``since_mtime_ns``:
    when what was last read at the log's path had been written; what is younger, and known to
    nobody, came in between. None when the path still has the file it had.
    """
    ordered = sorted(siblings, key=lambda one: (one.mtime_ns, _number_last(one.path)))
    rests: list[tuple[Position, Sibling]] = []
    done: list[Position] = []
    lost: list[Position] = []
    for position in owed:
        place = _find(position, ordered)
        if place is None:
            lost.append(position)
        elif place.verdicts[position] is FileVerdict.SHORT:
            done.append(position)
        else:
            rests.append((position, place))
    between = [
        one
        for one in ordered
        if since_mtime_ns is not None
        and one.rotated
        and one.mtime_ns >= since_mtime_ns - GRAIN_NS
        and not any(verdict in {FileVerdict.SAME, *_COPIES} for verdict in one.verdicts.values())
    ]
    return CatchUp(tuple(rests), tuple(between), tuple(done), tuple(lost))


def _find(position: Position, siblings: list[Sibling]) -> Sibling | None:
    for verdict in (FileVerdict.SAME, *_COPIES):
        for one in siblings:
            if one.verdicts.get(position) is verdict and (
                not _has_only_its_number(one, position)
                if verdict is FileVerdict.SAME
                else _may_be_copy(one, position)
            ):
                return one
    return None


def _has_only_its_number(sibling: Sibling, position: Position) -> bool:
    """Tell whether an inode that an empty file had was given to what another one was packed into.

    Packing makes a new file, so it cannot be the one that was empty.
    """
    return (
        not position.head_size
        and is_compressed(sibling.path)
        and any(how in _COPIES for how in sibling.verdicts.values())
    )


def _may_be_copy(sibling: Sibling, position: Position) -> bool:
    """Tell whether it was written after the original was read, and not read further itself."""
    return sibling.mtime_ns >= position.mtime_ns - GRAIN_NS and not any(
        verdict is FileVerdict.SAME
        and other != position
        and (other.offset, not other.ended) >= (position.offset, True)
        for other, verdict in sibling.verdicts.items()
    )


def _number_last(path: str) -> tuple[int, str]:
    """Order files of one moment: app.log.2 is older than app.log.1."""
    numbers = re.findall(r"\d+", path)
    return (-int(numbers[-1]) if numbers else 0, path)
