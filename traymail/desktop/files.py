"""Putting mailed files away: moved or deleted, but only the very files that were mailed."""

from __future__ import annotations

import errno
import filecmp
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path, PurePosixPath

from traymail.core.errors import SourceError
from traymail.core.message import FileIdentity
from traymail.core.putaway import PutAway
from traymail.core.selection import OWN_COPY
from traymail.core.texts import text

_NO_LINKS = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK}


class Files:
    """`traymail.core.putaway.Files` over the operating system."""

    def move(self, root: str, path: str, identity: FileIdentity, folder: str) -> PutAway:
        """Move a file into ``folder``, at the same place below it, never over another one.

        Can be done again after it was broken off at any point.
        """
        source = Path(root, path)
        state = _state(source, identity)
        if state is not PutAway.DONE:
            return state
        with _translated(source):
            target = Path(folder, PurePosixPath(path))
            target.parent.mkdir(parents=True, exist_ok=True)
            if source.stat().st_dev == target.parent.stat().st_dev:
                return _rename(source, target, identity)
            return _copy_over(source, target, identity)

    def delete(self, root: str, path: str, identity: FileIdentity) -> PutAway:
        """Delete a file."""
        source = Path(root, path)
        state = _state(source, identity)
        if state is PutAway.DONE:
            with _translated(source):
                source.unlink(missing_ok=True)
        return state


def _state(source: Path, identity: FileIdentity) -> PutAway:
    """Return DONE when the file is there as it was mailed, and something can be done with it."""
    with _translated(source):
        try:
            found = source.lstat()
        except (FileNotFoundError, NotADirectoryError):
            return PutAway.GONE
    # Not the device: it is another one after each mount.
    now = (found.st_ino, found.st_size, found.st_mtime_ns)
    same = now == (identity.inode, identity.size, identity.mtime_ns)
    return PutAway.DONE if same else PutAway.CHANGED


def _rename(source: Path, target: Path, identity: FileIdentity) -> PutAway:
    """Give the file its new name; a link never replaces what is there, as a rename would."""
    for free in _names(target):
        try:
            if os.name == "nt":
                source.rename(free)  # refuses a name that is taken
                return PutAway.DONE
            os.link(source, free, follow_symlinks=False)
        except FileExistsError:
            # Broken off between the two steps, the last time.
            if not (free.exists() and free.samefile(source)):
                continue
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
            if os.path.lexists(free):
                continue
            source.rename(free)  # file systems without links: a short race is left
            return PutAway.DONE
        state = _state(source, identity)
        if state is PutAway.DONE:
            source.unlink()
        return PutAway.DONE if state is PutAway.GONE else state
    raise AssertionError  # names never end


def _copy_over(source: Path, target: Path, identity: FileIdentity) -> PutAway:
    """Copy to another file system, make it durable, then remove the source."""
    copy = target.with_name(f"{OWN_COPY}{secrets.token_hex(8)}")
    try:
        for free in _names(target):
            if _is_copy(free, source):
                break  # made the last time, which was broken off before the source was removed
            if os.path.lexists(free):
                continue
            if not copy.exists():
                with source.open("rb") as reader, copy.open("xb") as writer:
                    shutil.copyfileobj(reader, writer, 1024 * 1024)
                    writer.flush()
                    os.fsync(writer.fileno())
                shutil.copystat(source, copy)
                _sync_folder(copy.parent)
            if _rename(copy, free, _identity_of(copy)) is PutAway.DONE:
                break
    finally:
        copy.unlink(missing_ok=True)
    _sync_folder(target.parent)
    state = _state(source, identity)
    if state is PutAway.DONE:
        source.unlink()
    return state


def _is_copy(path: Path, source: Path) -> bool:
    """Tell whether ``path`` is a copy of the source: its time is copied last, content compared."""
    try:
        found, wanted = path.lstat(), source.lstat()
    except FileNotFoundError:
        return False
    same = (found.st_size, found.st_mtime_ns) == (wanted.st_size, wanted.st_mtime_ns)
    return same and filecmp.cmp(path, source, shallow=False)


def _identity_of(path: Path) -> FileIdentity:
    found = path.lstat()
    return FileIdentity(found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":
        return  # Windows has no such call, and keeps names by its journal
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _names(target: Path) -> Iterator[Path]:
    """Yield the name, then the name with a number: ``a.pdf``, ``a (2).pdf``, …."""
    yield target
    for number in count(2):
        yield target.with_name(f"{target.stem} ({number}){target.suffix}")


@contextmanager
def _translated(source: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise SourceError(
            str(source),
            text("{path} cannot be put away: {reason}", path=source, reason=error.strerror),
            text("Mend the permissions of its folder and of the folder that it goes to."),
        ) from error
