"""The ledger of a folder rule: the files it has handled, and what is still to be done."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Protocol

from traymail.core.message import FileIdentity
from traymail.core.observations import FoundFile


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
    """The latest file of a path, as it was when it was handled; ``sha256`` None = never read."""

    path: str
    identity: FileIdentity
    state: FileState
    sha256: str | None = None
    mail_id: int | None = None
    goal: Goal | None = None


class KnownFiles(Protocol):
    """What a watcher asks. May be called from any thread; every call may raise StateError."""

    def started(self) -> bool:
        """Tell whether the rule has ever looked at this folder."""
        ...

    def handled(self, files: Sequence[FoundFile]) -> set[str]:
        """Return the paths of those that were handled just as they are.

        Same path, size, time and inode; the device is another one after each mount.
        """
        ...


class Ledger(KnownFiles, Protocol):
    """What a flow asks and keeps, for one rule in one folder. Every call may raise StateError."""

    def transaction(self) -> AbstractContextManager[object]:
        """Keep what is written inside all or not at all, together with what others write."""
        ...

    def start(self, files: Iterable[FoundFile], now: datetime) -> None:
        """Begin; ``files`` are passed over as they are."""
        ...

    def find(self, path: str) -> LedgerFile | None:
        """Return what is known of a path."""
        ...

    def save(self, file: LedgerFile) -> None:
        """Keep what is known of a path, in the place of what was."""
        ...

    def mailed(self, path: str, sha256: str) -> bool:
        """Tell whether this content was mailed under this path."""
        ...

    def add_content(self, path: str, sha256: str, mail_id: int) -> None:
        """Note that a mail with this content under this path is in the outbox."""
        ...

    def forget_contents(self, mail_id: int) -> None:
        """Take back the contents of a mail that did not go out."""
        ...

    def of_mail(self, mail_id: int) -> tuple[LedgerFile, ...]:
        """Return the files that are with a mail, as long as no newer one took their place."""
        ...

    def unfinished(self) -> tuple[LedgerFile, ...]:
        """Return the files that are posted or to be put away."""
        ...
