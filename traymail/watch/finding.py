"""Finds logs: what globs stand for, and where reading a file begins after whatever happened."""

from __future__ import annotations

import glob
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from traymail.core.errors import SourceError
from traymail.core.rotation import (
    HEAD,
    TAIL,
    CatchUp,
    FileId,
    Position,
    Sibling,
    Verdict,
    catch_up,
    digest,
    is_rotated_name,
    recognise,
)
from traymail.watch.sources import Source, look, siblings_of

# A file that took another's place with the same content, as editors and rsync leave it, goes on
# where that one was: only when there is so much of it that it is no coincidence.
REWRITTEN = 1024

Begin = tuple[int, bool]  # the offset, and whether it stands inside a line that was cut


@dataclass(frozen=True, slots=True)
class Start:
    """Where to begin in a file; None: nothing is known of it, nor of its path.

    Before it come the ``rests`` of known files, and the files ``between``, both beside the log:
    by identity, since they may be renamed at any time. Of ``closed`` positions nothing is owed
    any more.
    """

    begin: Begin | None
    rests: tuple[tuple[FileId, Position], ...] = ()
    between: tuple[FileId, ...] = ()
    closed: tuple[Position, ...] = ()


def expand(pattern: str) -> Iterator[str]:
    """Yield the paths a glob stands for now; a path without wildcards is itself."""
    if glob.has_magic(pattern):
        # (pathlib's cannot take absolute patterns)
        yield from sorted(glob.iglob(pattern, recursive=True))  # noqa: PTH207
    else:
        yield pattern


def find_start(
    source: Source, path: str, known: Mapping[FileId, Position], live: Collection[FileId]
) -> Start:
    """Find where a rule goes on in the file that is now at ``path``.

    ``live`` are files being read for the rule at this time. Raises SourceError.
    """
    mine = [one for one in known.values() if one.path == path]
    same = _same(source, known)
    owed = tuple(one for one in mine if not one.ended and one is not same and one.file not in live)
    since = _since(source, same, mine)
    if same is not None and since is None and not owed:
        return Start((same.offset, same.inside_line))
    if not mine and same is None:
        return Start(_copied(source, path, known))
    others = tuple(known.values())
    beside = _siblings(path, owed, others, {source.file, *live}, since)
    if same is not None:
        beside = _no_copies(beside, source)
    found = {one.path: one for one in beside}
    plan = catch_up(owed, others, found.values(), since_mtime_ns=since)
    if same is not None:
        begin = (same.offset, same.inside_line)
    else:
        begin = _copied(source, path, known) or (0, False)
    if same is None and (rewritten := _rewritten(source, path, mine)):
        return Start(
            (rewritten.offset, rewritten.inside_line), closed=_closed(owed, plan, source.file)
        )
    rests = tuple((found[place].file, owed[number]) for number, place in plan.rests)
    between = tuple(found[place].file for place in plan.between)
    return Start(begin, rests, between, _closed(owed, plan, source.file))


def _since(source: Source, same: Position | None, mine: list[Position]) -> int | None:
    """Return from when on files may have come and gone at a path unseen; None: none have."""
    if same is None:
        return max((one.mtime_ns for one in mine), default=None)
    # An empty file that changed may have been filled, copied and emptied: nothing shows it.
    found = source.stat()
    changed = found.st_size > 0 or found.st_mtime_ns != same.mtime_ns
    return same.mtime_ns if same.offset == 0 and changed else None


def bystanders(
    path: str, known: Collection[FileId], followed: Collection[str]
) -> Iterator[Position]:
    """Yield the rotated files that are beside a log when it is first seen, as ended ones.

    So they are told from those that come later, of which every line is owed. Those ``followed``
    as logs themselves are none.
    """
    for place in siblings_of(path):
        if place in followed:
            continue
        try:
            with closing(Source(place)) as source:
                if source.file in known:
                    continue
                found = source.stat()
                offset = 0 if source.compressed else found.st_size
                head = source.read(0, HEAD)
                tail = source.read(max(0, offset - TAIL), min(TAIL, offset))
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
        )


def _closed(owed: tuple[Position, ...], plan: CatchUp, file: FileId) -> tuple[Position, ...]:
    """Return the owed positions whose file is nowhere; that of ``file`` is written anew anyway."""
    return tuple(owed[number] for number in plan.lost if owed[number].file != file)


def _same(source: Source, known: Mapping[FileId, Position]) -> Position | None:
    """Return the position of this very file."""
    candidates = [known[source.file]] if source.file in known else []
    # A network share may have another device number than before.
    candidates += [one for one in known.values() if one.inode == source.file[1]]
    for one in candidates:
        if recognise(one, source.seen(one)) is Verdict.SAME:
            return one
    return None


def _copied(source: Source, path: str, known: Mapping[FileId, Position]) -> Begin | None:
    """Return where to go on in a new file that is the copy of a followed one, named after it."""
    mtime_ns = source.stat().st_mtime_ns
    for one in known.values():
        if (
            Path(one.path).parent == Path(path).parent
            and is_rotated_name(Path(one.path).name, Path(path).name)
            and mtime_ns >= one.mtime_ns
            and recognise(one, source.seen(one)) is Verdict.COPY
        ):
            return one.offset, one.inside_line
    return None


def _rewritten(source: Source, path: str, mine: Iterable[Position]) -> Position | None:
    """Return the position of a file that was replaced by its own content, and is nowhere else."""
    for one in mine:
        if (
            not one.ended
            and one.offset >= REWRITTEN
            and recognise(one, source.seen(one)) is Verdict.COPY
            and not any(_has_inode(place, one.inode) for place in siblings_of(path))
        ):
            return one
    return None


def _has_inode(path: str, inode: int) -> bool:
    try:
        found = look(path)
    except SourceError:
        return False
    return found is not None and found.st_ino == inode


def open_beside(path: str, file: FileId) -> Source:
    """Open a rotated file beside a log; raises FileNotFoundError, SourceError."""
    for place in siblings_of(path):
        try:
            source = Source(place)
        except FileNotFoundError:
            continue
        if source.file == file:
            return source
        source.close()
    raise FileNotFoundError(path)


def _no_copies(siblings: Iterator[Sibling], source: Source) -> Iterator[Sibling]:
    """Leave out copies, perhaps still being made, of the file that will be read itself."""
    head = source.read(0, HEAD)
    for one in siblings:
        try:
            with closing(Source(one.path)) as other:
                if not head.startswith(other.read(0, HEAD)):
                    yield one
        except (SourceError, FileNotFoundError):
            continue


def _siblings(
    path: str,
    owed: tuple[Position, ...],
    known: tuple[Position, ...],
    besides: Collection[FileId],
    since: int | None,
) -> Iterator[Sibling]:
    """Look at the rotated files beside a log that are young enough to hold something unread."""
    oldest = min((*(one.mtime_ns for one in owed), *(() if since is None else (since,))), default=0)
    for place in siblings_of(path):
        try:
            with closing(Source(place)) as source:
                mtime_ns = source.stat().st_mtime_ns
                if source.file in besides or mtime_ns < oldest:
                    continue
                verdicts = tuple(recognise(one, source.seen(one)) for one in (*owed, *known))
                yield Sibling(place, source.file, mtime_ns, verdicts)
        except (SourceError, FileNotFoundError):
            continue
