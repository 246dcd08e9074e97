"""The files around a log: what was rotated, renamed or copied is among them."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from traymail.core.errors import SourceError
from traymail.core.rotation import (
    GRAIN_NS,
    HEAD,
    FileId,
    FileVerdict,
    Position,
    Sibling,
    digest,
    recognise,
)
from traymail.core.texts import Text
from traymail.watch.position_index import PositionIndex, new_key
from traymail.watch.sources import Listing, Listings, Source

# So often a folder is looked at whose files are given other names meanwhile.
_LOOKS = 20


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


class NearbyFiles:
    """Looks at them with all in mind that is known of the log; ``unread`` cannot be read."""

    def __init__(
        self, path: str, memory: PositionIndex, folders: Listings, reading: OpenLogs
    ) -> None:
        self._path, self._memory = path, memory
        self._folders, self._reading = folders, reading
        self.unread: dict[str, tuple[os.stat_result, Text]] = {}

    def beside(self, source: Source | None, oldest_ns: int) -> list[Sibling]:
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

    def anywhere(self, missing: Collection[Position], source: Source | None) -> list[Sibling]:
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
            looked = self.look(names, rotated=rotated, oldest_ns=oldest_ns)
            found |= {one.file: one for one in looked}
            if all(self._folders.of(one.folder).inodes == one.inodes for one in listed):
                break
        return list(found.values())

    def look(self, places: Iterable[str], *, rotated: bool, oldest_ns: int = 0) -> list[Sibling]:
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
                        self.unread[place] = there, error.title
        return found

    def open(self, sibling: Sibling) -> Source | None:
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
            places = self.names_of(sibling.file[1])
            if not places:
                break
        return None

    def names_of(self, inode: int) -> list[str]:
        """Return where files with an inode are around the log."""
        return [name for one in self._folders.around(self._path) for name in one.having(inode)]

    def may_be_unread(self, position: Position) -> bool:
        """Tell whether what is owed may stand in a file that cannot be read yet."""
        return any(
            found.st_ino == position.inode or found.st_mtime_ns >= position.mtime_ns - GRAIN_NS
            for found, _ in self.unread.values()
        )


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


def _may_hold(head: bytes, positions: Iterable[Position]) -> bool:
    return any(digest(head[: one.head_size]) == one.head for one in positions if one.head_size)
