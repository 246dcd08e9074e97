"""Putting files away after their mail: what can come of it, and who does it."""

from __future__ import annotations

from enum import Enum
from typing import Protocol

from traymail.core.message import FileIdentity


class PutAway(Enum):
    """What came of it. ``CHANGED``, ``GONE``: it was no longer the file that was mailed."""

    DONE = "done"
    CHANGED = "changed"
    GONE = "gone"


class Files(Protocol):
    """Moves and deletes; ``path`` is relative to ``root``. Every call may raise SourceError."""

    def move(self, root: str, path: str, identity: FileIdentity, folder: str) -> PutAway:
        """Move a file into ``folder``, at the same place below it, never over another one."""
        ...

    def delete(self, root: str, path: str, identity: FileIdentity) -> PutAway:
        """Delete a file."""
        ...
