"""The folder rule: mail the files that are dropped into a folder."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from typing import ClassVar

from traymail.core.rule import Rule


class Existing(Enum):
    """What to do with what lies in the folder when the rule first starts."""

    SKIP = "skip"
    SEND = "send"


class Again(Enum):
    """When a file name that was handled before is mailed again."""

    CHANGED = "changed"
    ALWAYS = "always"
    NEVER = "never"


class After(Enum):
    """What becomes of a file once the server has taken its mail."""

    KEEP = "keep"
    MOVE = "move"
    DELETE = "delete"


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderRule(Rule):
    """A watched folder. Paths are absolute, ``~`` expanded; ``failed_to`` "" = the file stays.

    ``max_bytes`` 0 = what the account's limit allows. Patterns are gitwildmatch, upper and
    lower case alike. ``hidden``: also files whose names begin with a dot.
    """

    kind: ClassVar[str] = "folder"
    subject: str = "{file.name}"
    body: str = "{files}"
    max_per_hour: int = 60
    folder: str
    recursive: bool = False
    include: tuple[str, ...] = ("*",)
    exclude: tuple[str, ...] = ()
    hidden: bool = False
    min_bytes: int = 1
    max_bytes: int = 0
    settle: timedelta = timedelta(seconds=5)
    existing: Existing = Existing.SKIP
    batch: timedelta = timedelta(0)
    zip: bool = False
    again: Again = Again.CHANGED
    after: After = After.KEEP
    move_to: str
    failed_to: str = ""

    @property
    def sources(self) -> tuple[str, ...]:
        """The folder."""
        return (self.folder,)
