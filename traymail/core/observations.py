"""Bare facts that watchers saw; they travel to the engine, which hands them to the rule's flow."""

from __future__ import annotations

from dataclasses import dataclass

from traymail.core.message import FileIdentity
from traymail.core.records import Match
from traymail.core.rotation import Position
from traymail.core.texts import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """What a watcher saw for the rule of this name."""

    rule: str


# --- folders ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A regular file of a watched folder: its path relative to the folder, parts joined by "/"."""

    path: str
    identity: FileIdentity


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
    """What was told of as left out is gone, or may be mailed now."""

    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstScan(Observation):
    """What lay in the folder when the rule first started there."""

    folder: str
    files: tuple[FoundFile, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderGone(Observation):
    """The folder cannot be watched; nothing that was handled is forgotten."""

    folder: str
    reason: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderBack(Observation):
    """The folder is watched: at the start, and each time it comes back."""

    folder: str


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
    matches: tuple[Match, ...]
    position: Position


@dataclass(frozen=True, slots=True, kw_only=True)
class LogRead(LogObservation):
    """Logs have been read up to here, and nothing matched; ``globs`` have been looked at first."""

    positions: tuple[Position, ...]
    globs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LogSources(LogObservation):
    """How many files a rule follows, and what is wrong with its paths; told when it changes."""

    following: int
    problem: Text | None
    left_out: tuple[tuple[str, Text], ...] = ()
