"""Putting mailed files away: moved or deleted, but only the very files that were mailed.

Others may write the folder that files are dropped into. So each step goes through folders that are
open (`traymail.disk`): nothing that is exchanged meanwhile leads elsewhere, and a copy has neither
the owner nor the permissions of what it was copied from.
"""

from __future__ import annotations

import errno
import os
import secrets
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import count
from pathlib import PurePath, PurePosixPath
from typing import BinaryIO

from traymail.core.errors import SourceError, UnsafePath
from traymail.core.message import FileIdentity
from traymail.core.post_send import (
    LONGEST_NAME,
    Arrived,
    PostSend,
    bytes_of,
    numbered,
    to_nobody,
    units_of,
)
from traymail.core.reasons import reason_of
from traymail.core.selection import OWN_COPY, relative_to
from traymail.core.texts import text
from traymail.disk import HAS_DESCRIPTORS, Folder, open_folder

_NO_LINKS = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK}
_BLOCK = 1024 * 1024


class SystemFiles:
    """`traymail.core.post_send.Files` over the operating system."""

    def move(
        self,
        root: str,
        path: str,
        identity: FileIdentity,
        folder: str,
        arrived: Arrived = to_nobody,
    ) -> PostSend:
        """Move a file into ``folder``, at the same place below it, never over another one.

        Can be done again after it was broken off at any point. ``arrived`` is called with what this
        call itself made there.
        """
        real = os.path.realpath(root)  # of a link, what it leads to: the file tells if it is this
        with _translated(root, path):
            source = _open_source(real, path)
            if source is None:
                return PostSend.GONE
            with source.folder:
                state = source.state(identity)
                if state is PostSend.GONE:
                    return source.end_removal(identity)
                if state is not PostSend.DONE:
                    return state
                inside = relative_to(root, folder)
                to = folder if inside is None else str(PurePath(real, inside))
                with _open_target(real, to, PurePosixPath(path).parent) as target:
                    if source.folder.itself().st_dev == target.itself().st_dev:
                        with _one_mount():
                            return _rename_unless_gone(source, target, identity, arrived)
                    return _copy_over(source, target, identity, arrived)

    def delete(self, root: str, path: str, identity: FileIdentity) -> PostSend:
        """Delete a file."""
        with _translated(root, path):
            source = _open_source(os.path.realpath(root), path)
            if source is None:
                return PostSend.GONE
            with source.folder:
                return source.remove(identity)

    def delete_moved(self, path: str, identity: FileIdentity) -> PostSend:
        """Delete a file by its whole path, through no link; what is not that file stays."""
        where = PurePath(path)
        with _translated(str(where.parent), where.name):
            try:
                folder = open_folder(str(where.parent))
            except (FileNotFoundError, NotADirectoryError):
                return PostSend.GONE
            with folder:
                return _Source(folder, where.name).remove(identity)


@dataclass(frozen=True, slots=True)
class _Source:
    """A file in a folder that is open."""

    folder: Folder
    name: str

    def state(self, identity: FileIdentity) -> PostSend:
        """Return DONE when the file is there, just as it was mailed."""
        try:
            found = self.folder.look(self.name)
        except FileNotFoundError:
            return PostSend.GONE
        return PostSend.DONE if _is_it(found, identity) else PostSend.CHANGED

    def remove(self, identity: FileIdentity) -> PostSend:
        """Remove the file; what takes its name at the last moment stays, or gets that name back."""
        state = self.state(identity)
        if state is PostSend.GONE:
            return self.end_removal(identity)
        if state is PostSend.DONE and HAS_DESCRIPTORS:
            return self._remove_aside(identity)
        if state is PostSend.DONE:
            self.folder.remove(self.name)
        return state

    def _remove_aside(self, identity: FileIdentity) -> PostSend:
        aside = _aside(identity)
        if self.folder.has(aside):
            aside = f"{OWN_COPY}{secrets.token_hex(8)}"
        try:
            self.folder.rename(self.name, self.folder, aside)
        except FileNotFoundError:
            return PostSend.GONE
        except OSError:  # it may be removed, but not renamed
            self.folder.remove(self.name)
            return PostSend.DONE
        found = self.folder.look(aside)
        # Some disks give a file another number when it is renamed.
        marks = (found.st_size, found.st_mtime_ns)
        if stat.S_ISREG(found.st_mode) and marks == (identity.size, identity.mtime_ns):
            self.folder.remove(aside)
            return PostSend.DONE
        _give_back(self.folder, aside, self.folder, self.name)
        return PostSend.CHANGED

    def end_removal(self, identity: FileIdentity) -> PostSend:
        """Remove what was to be removed when that was broken off; GONE when there is nothing."""
        aside = _Source(self.folder, _aside(identity))
        if not HAS_DESCRIPTORS or aside.state(identity) is not PostSend.DONE:
            return PostSend.GONE
        self.folder.remove(aside.name)
        return PostSend.DONE


def _aside(identity: FileIdentity) -> str:
    """Return the name that a file has while it is being removed."""
    return f"{OWN_COPY}{identity.inode:x}-{identity.mtime_ns:x}"


def _is_it(found: os.stat_result, identity: FileIdentity) -> bool:
    return stat.S_ISREG(found.st_mode) and identity.same_file(FileIdentity.of(found))


@contextmanager
def _one_mount() -> Iterator[None]:
    """Go on behind it when two folders of one disk are mounted apart: no rename leads across."""
    try:
        yield
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise


def _open_source(root: str, path: str) -> _Source | None:
    """Open the folder that a file lies in; None: that folder is gone."""
    where, folder = PurePosixPath(path), open_folder(root)
    try:
        return _Source(folder.descend(where.parent.parts), where.name)
    except (FileNotFoundError, NotADirectoryError):
        return None


def _open_target(root: str, path: str, below: PurePosixPath) -> Folder:
    """Open the folder that a file goes to, made when it is not there.

    Inside the folder that files are dropped into, strangers may have made it.
    """
    inside = relative_to(root, path)
    if inside is None:
        return open_folder(str(PurePath(path, below)), make=True)
    return open_folder(root).descend((*PurePosixPath(inside).parts, *below.parts), make=True)


def _rename_unless_gone(
    source: _Source, target: Folder, identity: FileIdentity, arrived: Arrived
) -> PostSend:
    """Give the file its new name, if it is still there."""
    try:
        return _rename(source, target, source.name, identity, arrived)
    except FileNotFoundError:
        # The system says so, too, when another file takes its place at this very moment.
        state = source.state(identity)
        if state is PostSend.DONE:
            raise  # something else is gone
        return state


def _rename(
    source: _Source, target: Folder, name: str, identity: FileIdentity, arrived: Arrived
) -> PostSend:
    """Give the file its new name; a link never replaces what is there, as a rename would."""
    for free in names_for(target, name):
        tell = arrived
        try:
            if not HAS_DESCRIPTORS:
                return _rename_by_path(source, target, free, identity, arrived)
            source.folder.link(source.name, target, free)
        except FileExistsError:
            # Broken off between the two steps, the last time.
            if not _is_there(target, free, identity):
                continue
            tell = to_nobody  # or somebody else gave it this name
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
            if target.has(free):
                continue
            # File systems without links, files of others: a short race is left.
            source.folder.rename(source.name, target, free)
            return _renamed(source, target, free, identity, arrived)
        if not _is_there(target, free, identity):
            target.remove(free)  # exchanged since it was looked at: only our new name goes
            return PostSend.CHANGED
        tell(target.full(free), identity)
        state = source.remove(identity)
        return PostSend.DONE if state is PostSend.GONE else state
    raise AssertionError  # names never end


def _rename_by_path(
    source: _Source, target: Folder, name: str, identity: FileIdentity, arrived: Arrived
) -> PostSend:
    """Rename a file where a rename refuses a name that is taken (Windows)."""
    source.folder.rename(source.name, target, name)
    # Shares of Unix do nothing when it is a name of that very file. Else it is not looked at again:
    # FAT gives a file another number when it is renamed.
    found = FileIdentity.of(target.look(name))
    if (found.size, found.mtime_ns) == (identity.size, identity.mtime_ns):
        arrived(target.full(name), found)
    if source.state(identity) is PostSend.DONE and _is_there(target, name, identity):
        source.folder.remove(source.name)
    return PostSend.DONE


def _renamed(
    source: _Source, target: Folder, name: str, identity: FileIdentity, arrived: Arrived
) -> PostSend:
    """Return what came of it; what was renamed in the place of the file gets its name back."""
    if _is_there(target, name, identity):
        arrived(target.full(name), identity)
        return PostSend.DONE
    _give_back(target, name, source.folder, source.name)
    return PostSend.CHANGED


def _give_back(folder: Folder, name: str, to: Folder, wanted: str) -> None:
    """Give what was renamed in the place of a file its name back, or one like it that is free."""
    for free in names_for(to, wanted):
        try:
            folder.link(name, to, free)
        except FileExistsError:
            continue
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
            if to.has(free):
                continue
            folder.rename(name, to, free)  # a short race is left
        else:
            folder.remove(name)
        return
    raise AssertionError  # names never end


def _is_there(folder: Folder, name: str, identity: FileIdentity) -> bool:
    return _Source(folder, name).state(identity) is PostSend.DONE


def _copy_over(
    source: _Source, target: Folder, identity: FileIdentity, arrived: Arrived
) -> PostSend:
    """Copy to another file system, make it durable, then remove the source."""
    with os.fdopen(source.folder.open(source.name), "rb") as reader:
        if not _is_it(os.fstat(reader.fileno()), identity):
            return PostSend.CHANGED
        copy: _Source | None = None
        try:
            for free in names_for(target, source.name):
                if _is_copy(target, free, reader):
                    break  # made the last time, which was broken off before the source was removed
                if target.has(free):
                    continue
                copy = copy or _copied(reader, identity, target)
                if copy is None:
                    return PostSend.CHANGED
                made = FileIdentity.of(target.look(copy.name))
                if _rename(copy, target, free, made, arrived) is PostSend.DONE:
                    break
        finally:
            if copy is not None:
                target.remove(copy.name)
        target.sync()
    return source.remove(identity)


def _copied(reader: BinaryIO, identity: FileIdentity, target: Folder) -> _Source | None:
    """Copy what is open into a file that is the user's alone; only its time is taken over.

    None: it changed meanwhile.
    """
    name = f"{OWN_COPY}{secrets.token_hex(8)}"
    try:
        with target.create(name) as writer:
            reader.seek(0)
            left = identity.size
            while left and (block := reader.read(min(left, _BLOCK))):
                writer.write(block)
                left -= len(block)
            writer.flush()
            times = (identity.mtime_ns, identity.mtime_ns)
            os.utime(writer.fileno() if os.utime in os.supports_fd else target.full(name), ns=times)
            os.fsync(writer.fileno())
        target.sync()
        if left or not _is_it(os.fstat(reader.fileno()), identity):
            target.remove(name)
            return None
    except BaseException:
        target.remove(name)
        raise
    return _Source(target, name)


def _is_copy(folder: Folder, name: str, source: BinaryIO) -> bool:
    """Tell whether a file is a copy of the source: its time is copied last, content compared."""
    try:
        descriptor = folder.open(name)
    except (OSError, UnsafePath):
        return False
    with os.fdopen(descriptor, "rb") as file:
        found, wanted = os.fstat(descriptor), os.fstat(source.fileno())
        same = (found.st_size, found.st_mtime_ns) == (wanted.st_size, wanted.st_mtime_ns)
        return same and stat.S_ISREG(found.st_mode) and _same_content(file, source)


def _same_content(one: BinaryIO, other: BinaryIO) -> bool:
    other.seek(0)
    while block := one.read(_BLOCK):
        if block != other.read(len(block)):
            return False
    return True


def names_for(folder: Folder, name: str, system: str = sys.platform) -> Iterator[str]:
    """Yield the name, then the name with a number: ``a.pdf``, ``a (2).pdf``, …."""
    longest, length_of = LONGEST_NAME, units_of
    if system != "win32":
        length_of = bytes_of
    if sys.platform != "win32":
        with suppress(OSError, ValueError):  # some systems do not tell
            longest = min(longest, os.pathconf(folder.path, "PC_NAME_MAX"))
    return (numbered(name, number, longest, length_of) for number in count(1))


@contextmanager
def _translated(root: str, path: str) -> Iterator[None]:
    source = PurePath(root, path)
    try:
        yield
    except OSError as error:
        raise SourceError(
            str(source),
            text("{path} cannot be put away: {reason}", path=source, reason=reason_of(error)),
            text("Fix the permissions of its folder and of the folder that it goes to."),
        ) from error
