"""What is known of the files of a log rule, found quickly."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from itertools import islice
from uuid import uuid4

from traymail.core.rotation import HEAD, KNOWN_FILES, FileId, Position, digest, mark_digest
from traymail.watch.sources import Source

_ALIKE = 50


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


def new_key(file: FileId) -> str:
    """Return a name for a file, for as long as it lives."""
    device, inode = file
    return f"{device}:{inode}:{uuid4().hex[:8]}"
