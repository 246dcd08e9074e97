"""Bare facts that watchers saw; they travel to the engine, which hands them to the rule's flow."""

from __future__ import annotations

from dataclasses import dataclass

from traymail.core.message import FileIdentity
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
    """Something in a watched folder will not be mailed, or not yet; told again at each rescan."""

    what: str
    reason: Text


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


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderScanned(Observation):
    """A rescan has ended: what it left out has been told before this."""

    folder: str
