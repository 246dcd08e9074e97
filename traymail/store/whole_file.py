"""Files written whole or not at all, by one process at a time."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from traymail.core.errors import StateError
from traymail.core.texts import text


def write_whole(path: Path, content: bytes) -> None:
    """Put ``content`` in the place of ``path``: after a power cut it is the old or the new file.

    A symbolic link stays one, its target is replaced. The file is private to the user (0600).
    Raises StateError.
    """
    target = Path(os.path.realpath(path))  # pathlib raises for a link that leads to itself
    try:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(descriptor)
            Path(name).replace(target)
        except BaseException:
            with contextlib.suppress(OSError):
                Path(name).unlink()
            raise
        _sync_folder(target.parent)
    except OSError as error:
        raise StateError(
            text("{path} cannot be written: {reason}", path=path, reason=error.strerror),
            text("Check that the folder belongs to you and the disk is not full."),
        ) from error


def _sync_folder(folder: Path) -> None:
    if sys.platform == "win32":
        return  # NTFS keeps its own journal of names; a folder cannot be opened there
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Keep other processes out that take the same lock file; it ends with its process.

    Raises StateError when the lock file cannot be made.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise StateError(
            text("{path} cannot be written: {reason}", path=path, reason=error.strerror),
            text("Check that the folder belongs to you and the disk is not full."),
        ) from error
    try:
        _lock(descriptor)
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int) -> None:
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(descriptor, msvcrt.LK_LOCK, 1)
    else:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX)
