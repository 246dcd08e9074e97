"""Which rules are on, and which files are read for them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from traymail.core.rotation import FileId
from traymail.core.texts import Text
from traymail.watch.follower import Follower
from traymail.watch.sources import is_out_of_reach
from traymail.watch.watched import Watched


class Leaving:
    """Followers of files that are not at their paths any more, in the order they came."""

    def __init__(self) -> None:
        self._all: dict[Follower, None] = {}
        self._by_file: dict[FileId, list[Follower]] = {}
        self._by_path: dict[str, list[Follower]] = {}
        self._paths: dict[Follower, set[str]] = {}

    def __iter__(self) -> Iterator[Follower]:
        """Iterate over them as they are now."""
        return iter(tuple(self._all))

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._all)

    def __contains__(self, follower: Follower) -> bool:
        """Tell whether one is among them."""
        return follower in self._all

    def add(self, follower: Follower, now: float) -> None:
        """Take one in; its readers keep their paths."""
        follower.leaving_since = now
        self._all[follower] = None
        self._by_file.setdefault(follower.source.file, []).append(follower)
        self._paths[follower] = {reader.path for reader in follower.readers}
        for path in self._paths[follower]:
            self._by_path.setdefault(path, []).append(follower)

    def remove(self, follower: Follower) -> None:
        """Let one go."""
        follower.leaving_since = None
        del self._all[follower]
        _take(self._by_file, follower.source.file, follower)
        for path in self._paths.pop(follower):
            _take(self._by_path, path, follower)

    def of_file(self, file: FileId) -> list[Follower]:
        """Return those that read a file."""
        return list(self._by_file.get(file, ()))

    def of_path(self, path: str) -> list[Follower]:
        """Return those whose file was at a path."""
        return list(self._by_path.get(path, ()))


Key = TypeVar("Key")


def _take(index: dict[Key, list[Follower]], key: Key, follower: Follower) -> None:
    index[key].remove(follower)
    if not index[key]:
        del index[key]


@dataclass(slots=True)
class Followed:
    """What the parts that follow logs share.

    ``current`` are the followers of what is at each path now; ``problems`` tells what is wrong with
    paths. ``changed``: how many files are followed, or what is wrong, is to be told anew.
    """

    rules: dict[str, Watched] = field(default_factory=dict)
    current: dict[str, list[Follower]] = field(default_factory=dict)
    leaving: Leaving = field(default_factory=Leaving)
    problems: dict[str, Text] = field(default_factory=dict)
    changed: bool = True

    def all(self) -> list[Follower]:
        """Return all followers."""
        return [*self.leaving, *(one for those in self.current.values() for one in those)]

    def is_out_of_reach(self, path: str) -> bool:
        """Tell whether what is read of a path may be there, and only cannot be looked at."""
        return any(is_out_of_reach(path, one.source.file[0]) for one in self.current.get(path, ()))
