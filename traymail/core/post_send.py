"""Putting files away after their mail: what can come of it, and who does it."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from enum import Enum
from pathlib import PurePosixPath
from typing import Protocol

from traymail.core.message import FileIdentity

# What file systems allow a name; few allow less. Windows counts units of UTF-16, others bytes.
LONGEST_NAME = 255
# A longer one is no ending, but a name with a dot in it.
_LONGEST_SUFFIX = 32
# They belong to the character before: joiners, variations, shades of skin.
_JOINED = {*"\u200c\u200d", *map(chr, range(0xFE00, 0xFE10)), *map(chr, range(0x1F3FB, 0x1F400))}


class PostSend(Enum):
    """What came of it. ``CHANGED``, ``GONE``: it was no longer the file that was mailed."""

    DONE = "done"
    CHANGED = "changed"
    GONE = "gone"


Arrived = Callable[[str, FileIdentity], object]
"""Told the whole path that a file got, and what it is there."""


def to_nobody(_path: str, _identity: FileIdentity) -> None:
    """Tell nobody where a file was moved to."""


class Files(Protocol):
    """Moves and deletes; ``path`` is relative to ``root``. Every call may raise SourceError."""

    def move(
        self,
        root: str,
        path: str,
        identity: FileIdentity,
        folder: str,
        arrived: Arrived = to_nobody,
    ) -> PostSend:
        """Move a file into ``folder``, at the same place below it, never over another one.

        ``arrived`` is called with a name that is new there; if it can be, before the old one goes.
        """
        ...

    def delete(self, root: str, path: str, identity: FileIdentity) -> PostSend:
        """Delete a file."""
        ...

    def delete_moved(self, path: str, identity: FileIdentity) -> PostSend:
        """Delete a file by its whole path, through no link."""
        ...


def bytes_of(name: str) -> int:
    """Return how long a name is on disk, where a byte that is no text is one."""
    return sum(
        1 if "\udc80" <= sign <= "\udcff" else len(sign.encode("utf-8", "surrogatepass"))
        for sign in name
    )


def units_of(name: str) -> int:
    """Return how long a name is on Windows: the signs of most languages count as one each."""
    return len(name.encode("utf-16-le", "surrogatepass")) // 2


def numbered(
    name: str,
    number: int,
    longest: int = LONGEST_NAME,
    length_of: Callable[[str], int] = bytes_of,
) -> str:
    """Return the name of a file that is the ``number``-th of it: ``a.pdf``, ``a (2).pdf``, ….

    What would be too long is cut before its ending, and between two characters.
    """
    path = PurePosixPath(name)
    stem, suffix = path.stem, path.suffix
    if length_of(suffix) > _LONGEST_SUFFIX:
        stem, suffix = name, ""
    ending = f" ({number}){suffix}" if number > 1 else suffix
    room = longest - length_of(ending)
    if length_of(stem) <= room:
        return stem + ending
    at = len(stem)
    while at > 1 and (length_of(stem[:at]) > room or _belongs_together(stem[at - 1], stem[at])):
        at -= 1
    return (stem[:at].rstrip() or stem[:at]) + ending


def _belongs_together(sign: str, following: str) -> bool:
    return sign == "\u200d" or following in _JOINED or unicodedata.combining(following) > 0
