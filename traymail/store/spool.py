"""Files of mails: copied whole and hashed; small ones inline, large ones in a folder of ours."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import stat
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO

from traymail.core.errors import SourceError, StateError, UnsafePath
from traymail.core.message import Attachment, DraftFile, FileIdentity, read_fully
from traymail.core.mime import guess_type
from traymail.core.reasons import reason_of
from traymail.core.texts import Text, text
from traymail.disk import Folder, open_behind_links, open_folder

INLINE_BYTES = 256 * 1024
BLOCK_BYTES = 256 * 1024
FREE_FLOOR = 1_000_000
FREE_CHECK_BYTES = 16 * 1024 * 1024
SWEEP_AGE = timedelta(minutes=10)


class Spool:
    """The folder of attachments too large for the database.

    ``free_bytes`` tells the room of the disk.
    """

    def __init__(self, folder: Path, free_bytes: Callable[[Path], int] | None = None) -> None:
        self.folder = folder
        self._free_bytes = free_bytes or _free_bytes

    def take(self, file: DraftFile, *, shared: bool = False) -> Attachment:
        """Copy a file's content, which may change from then on; one that many mails share apart.

        Raises SourceError for what is no regular file, cannot be read, or changes while it is
        copied, or is not the file that ``guard`` describes; StateError when there is no room.
        """
        if file.content is not None:
            return self._keep(file.name, io.BytesIO(file.content), shared=shared)
        path = file.path or ""
        with _reading(path) as descriptor:
            before = _identity(descriptor)
            if file.guard is not None and before != file.guard:
                raise _changed(path)
            with open(descriptor, "rb", buffering=0, closefd=False) as source:
                attachment = self._keep(file.name, source, shared=shared)
            if _identity(descriptor) != before or attachment.size != before.size:
                if attachment.spool is not None:
                    self.remove([attachment.spool])
                raise _changed(path)
        return attachment

    def pack(self, attachments: Sequence[Attachment], name: str, now: datetime) -> Attachment:
        """Make one zip of files already taken; they stay, until they are discarded.

        ``now`` is what the entries' times say. Raises SourceError, StateError.
        """
        from traymail.store.archive import write_zip  # few mails are zipped

        self.require_room(sum(attachment.size for attachment in attachments))
        with writing(self.folder), self._opened() as folder:
            packed, target = _new_file(folder)
            try:
                with target:
                    write_zip(target, attachments, self.open, now)
                    target.seek(0)
                    return self._keep(name, target)
            finally:
                folder.remove(packed)

    def open(self, attachment: Attachment) -> BinaryIO:
        """Open an attachment's content; raises SourceError when it is no longer kept."""
        if attachment.content is not None:
            return io.BytesIO(attachment.content)
        try:
            with self._opened() as folder:
                file = os.fdopen(folder.open(_plain(attachment.spool or "")), "rb")
        except (OSError, UnsafePath) as error:
            raise SourceError(
                attachment.name,
                text("The content of {name} is no longer kept.", name=attachment.name),
                text("Attach the file to a new mail."),
            ) from error
        return file

    def remove(self, names: Iterable[str]) -> None:
        """Remove files of the spool; those that are gone already are no error."""
        if names := list(names):
            with contextlib.suppress(OSError, UnsafePath), self._opened() as folder:
                for name in names:
                    with contextlib.suppress(OSError):
                        folder.remove(_plain(name))

    def discard(self, attachments: Iterable[Attachment]) -> None:
        """Remove copies that no mail uses."""
        self.remove(attachment.spool for attachment in attachments if attachment.spool)

    def sweep(self, known: set[str], now: datetime, keep_in: str = "") -> int:
        """Remove what no mail needs and is ten minutes old; return how many files.

        Younger ones may belong to a mail that another process is about to store. ``keep_in``: the
        folder beside the spool that they go to instead, as mails may be missing.
        """
        removed = 0
        oldest = (now - SWEEP_AGE).timestamp()
        with contextlib.suppress(OSError, UnsafePath), self._opened() as folder:
            for name in [entry.name for entry in folder.entries()]:
                with contextlib.suppress(OSError):  # a folder that someone put there, for one
                    if name in known or folder.look(name).st_mtime >= oldest:
                        continue
                    if keep_in:
                        self._keep_beside(folder, name, keep_in)
                    else:
                        folder.remove(name)
                    removed += 1
        return removed

    def _keep_beside(self, folder: Folder, name: str, keep_in: str) -> None:
        with (
            open_folder(str(self.folder.parent), own_links=True) as state,
            state.enter(keep_in, make=True) as kept,
        ):
            folder.rename(name, kept, name)

    def require_room(self, more: int = 0) -> None:
        """Raise StateError when storing ``more`` bytes would leave under 1 MB free."""
        with writing(self.folder):
            self._opened(make=True).close()
        if self._free_bytes(self.folder) < FREE_FLOOR + more:
            raise StateError(
                text("There is no room for more mail on the disk of {folder}.", folder=self.folder),
                text("Free some space there; mail already stored is kept and goes out."),
            )

    def _keep(self, name: str, source: BinaryIO, *, shared: bool = False) -> Attachment:
        import hashlib  # slow to import, and most mails have no files

        mime_type = guess_type(name)
        head = _read(source, name, INLINE_BYTES + 1)
        if len(head) <= INLINE_BYTES and not shared:
            digest = hashlib.sha256(head).hexdigest()
            return Attachment(name, mime_type, len(head), digest, content=head)
        self.require_room(len(head))
        with writing(self.folder), self._opened() as folder:
            kept, target = _new_file(folder)
            try:
                with target:
                    size, digest = self._copy(name, head, source, target)
                    target.flush()
                    os.fsync(target.fileno())
                folder.sync()
            except BaseException:
                folder.remove(kept)
                raise
        return Attachment(name, mime_type, size, digest, spool=kept)

    def _copy(self, name: str, head: bytes, source: BinaryIO, target: BinaryIO) -> tuple[int, str]:
        """Write ``head`` and the rest of ``source``; return the size and the hash."""
        import hashlib

        hashed = hashlib.sha256()
        size = 0
        block = head
        while block:
            hashed.update(block)
            target.write(block)
            size += len(block)
            block = _read(source, name, BLOCK_BYTES)
            if size % FREE_CHECK_BYTES < len(block):
                self.require_room(len(block))
        return size, hashed.hexdigest()

    def _opened(self, *, make: bool = False) -> Folder:
        """Open the folder, which is no link: nothing else is ever read or removed."""
        with open_folder(str(self.folder.parent), make=make, own_links=True) as state:
            return state.enter(self.folder.name, make=make)


@contextlib.contextmanager
def writing(path: Path) -> Iterator[None]:
    """Raise StateError for what keeps a place from being written."""
    try:
        yield
    except OSError as error:
        raise StateError(
            text("{path} cannot be written: {reason}", path=path, reason=reason_of(error)),
            text("Free some space on that disk, or fix the permissions of that place."),
        ) from error


def _plain(name: str) -> str:
    """Return the name of a file of the spool; raises OSError for what damage made of one."""
    if name in {"", ".", ".."} or any(letter in name for letter in "/\\\0"):
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), name)
    return name


def _new_file(folder: Folder) -> tuple[str, BinaryIO]:
    name = os.urandom(16).hex()
    return name, folder.create(name)


@contextlib.contextmanager
def _reading(path: str) -> Iterator[int]:
    """Open a regular file; it is no link, nor behind a stranger's, and no pipe's end is awaited."""
    try:
        # Without O_NOFOLLOW (Windows) the link itself is looked at instead.
        if not hasattr(os, "O_NOFOLLOW") and Path(path).is_symlink():
            raise _no_file(path, text("{path} is a link.", path=path))
        descriptor = open_behind_links(path, last=False)
    except UnsafePath as error:
        raise SourceError(path, error.title, error.advice) from error
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise _no_file(path, text("{path} is a link.", path=path)) from error
        if error.errno == errno.ENXIO:
            raise _no_file(path, text("{path} is a socket.", path=path)) from error
        # Windows opens no folder, and says that it is not permitted.
        if isinstance(error, PermissionError) and Path(path).is_dir():
            raise _no_file(path, text("{path} is a folder.", path=path)) from error
        raise _unreadable(path, error) from error
    try:
        mode = os.fstat(descriptor).st_mode
        if not stat.S_ISREG(mode):
            raise _no_file(path, _kind(path, mode))
        yield descriptor
    finally:
        os.close(descriptor)


def _free_bytes(folder: Path) -> int:
    if sys.platform == "win32":
        import shutil  # slow to import, and needed here only

        return shutil.disk_usage(folder).free
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize


def _identity(descriptor: int) -> FileIdentity:
    return FileIdentity.of(os.fstat(descriptor))


def _read(source: BinaryIO, path: str, size: int) -> bytes:
    try:
        return read_fully(source, size)
    except OSError as error:
        raise _unreadable(path, error) from error


def _kind(path: str, mode: int) -> Text:
    if stat.S_ISDIR(mode):
        return text("{path} is a folder.", path=path)
    if stat.S_ISFIFO(mode):
        return text("{path} is a pipe.", path=path)
    return text("{path} is a device.", path=path)


def _no_file(path: str, title: Text) -> SourceError:
    return SourceError(path, title, text("Only regular files can be attached."))


def _unreadable(path: str, error: OSError) -> SourceError:
    return SourceError(
        path,
        text("{path} cannot be read: {reason}", path=path, reason=reason_of(error)),
        text("Look whether the file is there and may be read by you."),
    )


def _changed(path: str) -> SourceError:
    return SourceError(
        path,
        text("{path} changed while it was read.", path=path),
        text("Try again when the program that writes it has finished."),
    )
