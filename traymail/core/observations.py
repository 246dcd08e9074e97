"""Bare facts that watchers saw; they travel to the engine, which hands them to the rule's flow."""

from __future__ import annotations

import json
import zlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import astuple, dataclass, field
from itertools import islice

from traymail.core.message import FileIdentity
from traymail.core.records import Matches
from traymail.core.rotation import Position
from traymail.core.texts import Text

_PACK = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """What a watcher saw for the rule of this name."""

    rule: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchTrouble(Observation):
    """The rule cannot be watched for a reason that is not its own, or (None) can be again."""

    reason: Text | None


# --- folders ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A regular file of a watched folder: its path relative to the folder, parts joined by "/"."""

    path: str
    identity: FileIdentity


@dataclass(frozen=True, slots=True)
class Place:
    """Where the path of a watched folder leads: ``real``, its path without links.

    ``medium`` is the file system that is there and the folder in it, "" where the system does not
    tell: after a mount, the same path is another place. ``inner`` are the media that are mounted
    inside, by the paths of their folders, outer ones first.
    """

    real: str = ""
    medium: str = ""
    inner: tuple[tuple[str, str], ...] = ()

    def inner_of(self, path: str) -> str:
        """Return the innermost folder that holds a path and has something mounted at it, or ""."""
        held = (one for one, _medium in reversed(self.inner) if path.startswith(f"{one}/"))
        return next(held, "")


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSettled(Observation):
    """A file is whole: quiet, not empty, closed by its writer where that can be seen."""

    file: FoundFile


@dataclass(frozen=True, slots=True, kw_only=True)
class FileLeftOut(Observation):
    """Something in a watched folder will not be mailed, or not yet."""

    what: str
    reason: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class NoLongerLeftOut(Observation):
    """What was reported as left out is gone, or may be mailed now."""

    what: str


class ManyFiles(Collection[FoundFile]):
    """Found files, packed: a first look may find a hundred thousand, and all wait at once."""

    def __init__(self, files: Iterable[FoundFile] = ()) -> None:
        self._count = 0
        self._packed: list[bytes] = []
        rest = iter(files)
        while some := list(islice(rest, _PACK)):
            rows = [(one.path, *astuple(one.identity)) for one in some]
            self._packed.append(zlib.compress(json.dumps(rows).encode("ascii"), 1))
            self._count += len(some)

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[FoundFile]:
        for packed in self._packed:
            for path, *identity in json.loads(zlib.decompress(packed)):
                yield FoundFile(path, FileIdentity(*identity))

    def __contains__(self, file: object) -> bool:
        return any(one == file for one in self)


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstScan(Observation):
    """What lay in the folder when the rule first started there, at this place."""

    folder: str
    files: Collection[FoundFile]
    place: Place = Place()


@dataclass(frozen=True, slots=True, kw_only=True)
class InnerScan(Observation):
    """What lay in a folder inside, on a medium that was not seen there before.

    ``place``: where the rule's own folder is then.
    """

    folder: str
    place: Place
    path: str
    files: Collection[FoundFile]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceKnown(Observation):
    """A place is one that the rule has been at, which was called ``before``.

    ``path``: the folder inside at which the medium is mounted that is meant; "" the rule's own.
    """

    folder: str
    place: Place
    before: str
    path: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderGone(Observation):
    """The folder cannot be watched; nothing that was handled is forgotten."""

    folder: str
    reason: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderBack(Observation):
    """The folder is watched: at the start, and each time it comes back."""

    folder: str
    place: Place = Place()


# --- logs ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class LogObservation(Observation):
    """What was seen in a rule's logs. ``turn`` grows each time reading goes back to what is saved.

    A flow that could not keep an observation asks for that, and drops those of earlier turns.
    """

    turn: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LinesMatched(LogObservation):
    """Matches that were read together, in order, and the position behind them."""

    path: str
    matches: Matches
    position: Position


@dataclass(frozen=True, slots=True, kw_only=True)
class LogRead(LogObservation):
    """Logs have been read up to here, and nothing matched.

    ``globs`` have been looked at first, at these times (nanoseconds since 1970).
    """

    positions: tuple[Position, ...]
    globs: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogSources(LogObservation):
    """How many files a rule follows, and what is wrong with its paths; told when it changes."""

    following: int
    problem: Text | None
    left_out: tuple[tuple[str, Text], ...] = ()
