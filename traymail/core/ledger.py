"""The ledger of a folder rule: the files it has handled, and what is still to be done."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from typing import Protocol

from traymail.core.message import FileIdentity
from traymail.core.observations import FoundFile, Place


class FileState(Enum):
    """How far a file has come. The order of a mailed one: posted, away, done.

    ``SKIPPED`` it lay there when the rule first started. ``POSTED`` its mail is in the outbox.
    ``AWAY`` the mail has ended and the file is now to be put away. ``DONE`` nothing is left to do.
    """

    SKIPPED = "skipped"
    POSTED = "posted"
    AWAY = "away"
    DONE = "done"


class Goal(Enum):
    """Why a file is put away."""

    SENT = "sent"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class LedgerFile:
    """The latest file of a path, as it was when it was handled; ``sha256`` None = never read.

    ``root`` is the ledger's own sign for the place that it lies at; None = the present one.
    """

    path: str
    identity: FileIdentity
    state: FileState
    sha256: str | None = None
    mail_id: int | None = None
    goal: Goal | None = None
    root: int | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class MovedFile:
    """A file as it is at the whole ``path`` that it was moved to, in the rule's ``folder``.

    ``passed``: how much time traymail had seen pass by then.
    """

    path: str
    identity: FileIdentity
    folder: str
    passed: timedelta
    root: int | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Begun:
    """What is remembered of a rule's looks at a folder: where its path led when it began.

    ``real`` "" = not known. ``media``: what has been there, the latest last.
    """

    real: str
    media: tuple[str, ...]


class Arrival(Enum):
    """What a folder is to a rule that looks at it.

    ``FIRST`` never seen. ``KNOWN`` it goes on. ``UNNAMED`` seen by a version that kept no places.
    ``STRANGE`` something is mounted there that has another name than all before.
    """

    FIRST = "first"
    KNOWN = "known"
    UNNAMED = "unnamed"
    STRANGE = "strange"


def arrival(begun: Begun | None, place: Place) -> Arrival:
    """Return what a place is to a rule that has begun so."""
    if begun is None:
        return Arrival.FIRST
    if place.medium in begun.media:
        return Arrival.KNOWN
    return Arrival.UNNAMED if "" in begun.media else Arrival.STRANGE


def recognised(met: Mapping[str, int], files: int) -> str | None:
    """Return the medium that a strange one is after all, None when it was never there.

    ``met``: how many of the ``files`` that lie there each of those before knows. A disk may get
    another name, also a new one that all was copied to: then it knows most of them. Half is not
    enough: the other half would be taken for new, and a single file that was copied to two places
    is half of two.
    """
    best = max(met, key=lambda medium: met[medium], default=None)
    return best if best is not None and met[best] * 2 > files else None


class KnownFiles(Protocol):
    """What a watcher asks. May be called from any thread; every call may raise StateError."""

    def begun(self) -> Begun | None:
        """Return what is remembered of the rule's looks at this folder, None before the first."""
        ...

    def stand_at(self, place: Place) -> bool:
        """Go on with what is known of this place; False when the rule never looked there."""
        ...

    def is_another(self, place: Place, inode: int) -> bool:
        """Tell whether the folder that was last looked into at a place has another number."""
        ...

    def keep_inode(self, place: Place, inode: int) -> None:
        """Remember that number, once the rule has begun there."""
        ...

    def knows_inside(self, path: str) -> bool:
        """Tell whether the rule has seen, at this place, what is mounted at a folder inside."""
        ...

    def met(self, files: Iterable[FoundFile], inner: str = "") -> Mapping[str, int]:
        """Return how many of these files each medium knows by path, size and time.

        Of the media that were at the rule's folder, or mounted at a folder ``inner`` of this place.
        """
        ...

    def handled(self, files: Sequence[FoundFile]) -> set[str]:
        """Return the paths of those that were handled just as they are.

        Same path, size, time and inode; the device is another one after each mount. Of what was
        skipped nothing else is known, and some shares give new inodes: there the inode may differ.
        """
        ...


class MovedMemory(Protocol):
    """What is kept of the files that a rule has moved. Every call may raise StateError."""

    def add(self, file: MovedFile) -> None:
        """Note that a file was moved."""
        ...

    def until(self, folder: str, passed: timedelta, most: int) -> tuple[MovedFile, ...]:
        """Return what was moved to ``folder`` until then, from the present place; oldest first."""
        ...

    def first(self, folder: str) -> timedelta | None:
        """Return how much time had passed when the oldest of them was moved."""
        ...

    def forget(self, file: MovedFile) -> None:
        """Note that a file is no longer there, or no longer the same."""
        ...


class MailedMemory(Protocol):
    """What is kept of the contents that a rule has mailed. Every call may raise StateError."""

    def knows(self, path: str, sha256: str) -> bool:
        """Tell whether this content was mailed under this path, whatever medium was there then."""
        ...

    def add(self, path: str, sha256: str, mail_id: int, root: int | None = None) -> None:
        """Note that a mail with this content under this path is in the outbox."""
        ...

    def forget(self, mail_id: int) -> None:
        """Take back the contents of a mail that did not go out."""
        ...


class Ledger(KnownFiles, Protocol):
    """What a flow asks and keeps, for one rule in one folder. Every call may raise StateError."""

    @property
    def moved(self) -> MovedMemory:
        """The files that were moved, from its present place."""
        ...

    @property
    def mailed(self) -> MailedMemory:
        """The contents that were mailed."""
        ...

    def transaction(self) -> AbstractContextManager[object]:
        """Keep what is written inside all or not at all, together with what others write."""
        ...

    def started(self, path: str = "") -> bool:
        """Tell whether the rule has ever looked at what ``path`` lies on, at its present place."""
        ...

    def start(self, files: Iterable[FoundFile], now: datetime) -> None:
        """Begin at the present place, and what is mounted inside; ``files`` are passed over."""
        ...

    def begin_inside(self, path: str, files: Iterable[FoundFile], now: datetime) -> None:
        """Begin at what is mounted at a folder inside; ``files`` are passed over as they are."""
        ...

    def rename_place(self, before: str, place: Place, inner: str = "") -> None:
        """Go on at a place, or at a folder inside, with what is known of the medium ``before``."""
        ...

    def is_here(self, file: LedgerFile) -> bool:
        """Tell whether a file lies at the present place, or none is known yet."""
        ...

    def find(self, path: str, root: int | None = None) -> LedgerFile | None:
        """Return what is known of a path."""
        ...

    def save(self, file: LedgerFile) -> None:
        """Keep what is known of a path, in the place of what was."""
        ...

    def of_mail(self, mail_id: int) -> tuple[LedgerFile, ...]:
        """Return the files that are with a mail, as long as no newer one took their place."""
        ...

    def unfinished(self) -> tuple[LedgerFile, ...]:
        """Return the files that are posted or to be put away."""
        ...
