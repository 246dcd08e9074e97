"""Which file is this, and where does reading go on? Decisions about logs that are rotated.

A file is known again by its inode, by a hash of how it begins, and by a hash of what stands
before the place up to which it was read: an inode alone is given out again, and a file that was
truncated and has grown again keeps it. The device is left out: network shares change it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

HEAD = 256
TAIL = 256
COMPRESSED = (".gz", ".bz2", ".xz", ".zst", ".lz4", ".zip", ".Z", ".7z")
GZIP = ".gz"

FileId = tuple[int, int]  # device, inode


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """Up to where a rule has read a file, and by what the file is known again.

    ``path`` is the followed path it was read for; ``offset`` counts bytes up to the end of the
    last line that was dealt with. ``inside_line``: it stands in a line that was cut, whose rest
    is passed over. ``ended``: the file is known, and read to its end; nothing is owed.
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

    @property
    def file(self) -> FileId:
        """Return the device and inode."""
        return self.device, self.inode


@dataclass(frozen=True, slots=True)
class Known:
    """What is remembered of a rule: the globs that have started, the files and how far."""

    globs: frozenset[str] = frozenset()
    positions: tuple[Position, ...] = ()


@dataclass(frozen=True, slots=True)
class Seen:
    """A file as it is now, looked at with a position in mind.

    ``head`` are its first `HEAD` bytes, ``before`` the ``tail_size`` bytes before the offset
    (fewer when it is shorter).
    """

    device: int
    inode: int
    head: bytes
    before: bytes


class Verdict(Enum):
    """What a file is to a position."""

    SAME = "same"  # the very file: go on at the offset
    COPY = "copy"  # another file with the same content up to there: go on in it
    CUT = "cut"  # the same file, truncated or written anew: begin at 0
    OTHER = "other"


def digest(content: bytes) -> str:
    """Return a short hash of a file's part; logs themselves are not kept in our state."""
    return hashlib.blake2b(content, digest_size=16).hexdigest()


def recognise(position: Position, seen: Seen) -> Verdict:
    """Say what a file is to a position."""
    head = seen.head[: position.head_size]
    content = digest(head) == position.head and digest(seen.before) == position.tail
    if seen.inode == position.inode:
        return Verdict.SAME if content else Verdict.CUT
    # Nothing is the beginning of every file: that proves no copy.
    return Verdict.COPY if content and position.offset > 0 else Verdict.OTHER


_ROTATED = re.compile(r"(?:[._-]?(?:\d[\d._T:-]*|old|prev|bak))?(?:\.gz)?", re.IGNORECASE)


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
    plain = other.removesuffix(GZIP)
    return bool(
        stem
        and plain.startswith(stem)
        and plain.endswith(ending)
        and len(plain) > len(name)
        and _ROTATED.fullmatch(plain[len(stem) : len(plain) - len(ending)])
    )


def is_compressed(path: str) -> bool:
    """Tell whether a path names a compressed file, which is not followed as a log."""
    return path.endswith(COMPRESSED)


@dataclass(frozen=True, slots=True)
class Sibling:
    """A file beside a log, named as its rotated ones are; ``verdicts`` for positions, in order."""

    path: str
    file: FileId
    mtime_ns: int
    verdicts: tuple[Verdict, ...]


@dataclass(frozen=True, slots=True)
class CatchUp:
    """What to read before a log itself: rests of known files, then whole files that came between.

    ``rests`` pairs the number of a position with the path its file has now. ``lost`` are the
    positions whose file is nowhere: what stood behind them is gone.
    """

    rests: tuple[tuple[int, str], ...]
    between: tuple[str, ...]
    lost: tuple[int, ...]


def catch_up(
    owed: tuple[Position, ...],
    known: Iterable[Position],
    siblings: Iterable[Sibling],
    since_mtime_ns: int | None,
) -> CatchUp:
    """Decide where the rests of a log's earlier files are, and which files nobody has read.

    ``owed`` are the positions whose files are not at the log's path any more; the siblings'
    verdicts are about ``owed`` followed by ``known``. ``since_mtime_ns``: when what was last read
    at the log's path had been written; what is younger, and known to nobody, came in between.
    None when the path still has the file it had.
    """
    ordered = sorted(siblings, key=lambda one: (one.mtime_ns, _number_last(one.path)))
    rests: list[tuple[int, str]] = []
    taken: set[str] = set()
    for number, position in enumerate(owed):
        place = _find(number, position, ordered, len(owed))
        if place is not None:
            rests.append((number, place))
            taken.add(place)
    between: list[str] = []
    if since_mtime_ns is not None:
        ids = {position.file for position in known}
        between = [
            one.path
            for one in ordered
            if one.path not in taken
            and one.mtime_ns >= since_mtime_ns
            and _unread(one, ids, len(owed))
        ]
    found = {number for number, _ in rests}
    return CatchUp(
        tuple(rests), tuple(between), tuple(n for n in range(len(owed)) if n not in found)
    )


def _find(number: int, position: Position, siblings: list[Sibling], owed: int) -> str | None:
    for one in siblings:
        if one.verdicts[number] is Verdict.SAME:
            return one.path
    for one in siblings:
        # A copy is made after what was read of the original, and is nobody else's known file.
        if (
            one.verdicts[number] is Verdict.COPY
            and one.mtime_ns >= position.mtime_ns
            and Verdict.SAME not in one.verdicts[owed:]
        ):
            return one.path
    return None


def _unread(one: Sibling, ids: set[FileId], owed: int) -> bool:
    """Tell whether none of the known positions is about this file."""
    if any(verdict in {Verdict.SAME, Verdict.COPY} for verdict in one.verdicts):
        return False
    # An inode that was given out again to another file does not make it known.
    return one.file not in ids or Verdict.CUT in one.verdicts[owed:]


def _number_last(path: str) -> tuple[int, str]:
    """Order files of one moment: app.log.2 is older than app.log.1."""
    numbers = re.findall(r"\d+", path)
    return (-int(numbers[-1]) if numbers else 0, path)
