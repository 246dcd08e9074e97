"""Files of mails: copied whole and hashed; small ones inline, large ones in a folder of ours."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import io
import os
import secrets
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO

from traymail.core.errors import SourceError, StateError
from traymail.core.message import Attachment, DraftFile, FileIdentity, read_fully
from traymail.core.mime import guess_type
from traymail.core.texts import Text, text

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

    def take(self, file: DraftFile) -> Attachment:
        """Copy a file's content, which may change from then on.

        Raises SourceError for what is no regular file, cannot be read, or changes while it is
        copied, or is not the file that ``guard`` describes; StateError when there is no room.
        """
        if file.content is not None:
            return self._keep(file.name, io.BytesIO(file.content))
        path = file.path or ""
        with _reading(path) as descriptor:
            before = _identity(descriptor)
            if file.guard is not None and before != file.guard:
                raise _changed(path)
            with open(descriptor, "rb", buffering=0, closefd=False) as source:
                attachment = self._keep(file.name, source)
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
        path = self._new_file()
        try:
            with self._writing(), path.open("r+b") as target:
                write_zip(target, attachments, self.open, now)
                target.seek(0)
                return self._keep(name, target)
        finally:
            path.unlink(missing_ok=True)

    def open(self, attachment: Attachment) -> BinaryIO:
        """Open an attachment's content; raises SourceError when it is no longer kept."""
        if attachment.content is not None:
            return io.BytesIO(attachment.content)
        path = self.folder / (attachment.spool or "")
        try:
            return path.open("rb")
        except OSError as error:
            raise SourceError(
                attachment.name,
                text("The content of {name} is no longer kept.", name=attachment.name),
                text("Attach the file to a new mail."),
            ) from error

    def remove(self, names: Iterable[str]) -> None:
        """Remove files of the spool; those that are gone already are no error."""
        for name in names:
            with contextlib.suppress(OSError):
                (self.folder / name).unlink()

    def discard(self, attachments: Iterable[Attachment]) -> None:
        """Remove copies that no mail uses."""
        self.remove(attachment.spool for attachment in attachments if attachment.spool)

    def sweep(self, known: set[str], now: datetime) -> int:
        """Remove what no mail needs and is ten minutes old; return how many files.

        Younger ones may belong to a mail that another process is about to store.
        """
        removed = 0
        oldest = (now - SWEEP_AGE).timestamp()
        with contextlib.suppress(FileNotFoundError):
            for path in self.folder.iterdir():
                if path.name not in known and path.stat().st_mtime < oldest:
                    path.unlink(missing_ok=True)
                    removed += 1
        return removed

    def require_room(self, more: int = 0) -> None:
        """Raise StateError when storing ``more`` bytes would leave under 1 MB free."""
        self._make_folder()
        if self._free_bytes(self.folder) < FREE_FLOOR + more:
            raise StateError(
                text("There is no room for more mail on the disk of {folder}.", folder=self.folder),
                text("Free some space there; mail already stored is kept and goes out."),
            )

    def _new_file(self) -> Path:
        self._make_folder()
        path = self.folder / secrets.token_hex(16)
        with self._writing():
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        return path

    def _keep(self, name: str, source: BinaryIO) -> Attachment:
        mime_type = guess_type(name)
        head = _read(source, name, INLINE_BYTES + 1)
        if len(head) <= INLINE_BYTES:
            digest = hashlib.sha256(head).hexdigest()
            return Attachment(name, mime_type, len(head), digest, content=head)
        self.require_room(len(head))
        path = self._new_file()
        try:
            with self._writing(), path.open("r+b") as target:
                size, digest = self._copy(name, head, source, target)
                target.flush()
                os.fsync(target.fileno())
            self._sync_folder()
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        return Attachment(name, mime_type, size, digest, spool=path.name)

    def _copy(self, name: str, head: bytes, source: BinaryIO, target: BinaryIO) -> tuple[int, str]:
        """Write ``head`` and the rest of ``source``; return the size and the hash."""
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

    def _make_folder(self) -> None:
        with self._writing():
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def _sync_folder(self) -> None:
        if os.name != "posix":
            return  # Windows has no such call, and keeps names by its journal
        descriptor = os.open(self.folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise StateError(
                text("{path} cannot be written: {reason}", path=self.folder, reason=error.strerror),
                text("Free some space on that disk, or mend the permissions of that place."),
            ) from error


@contextlib.contextmanager
def _reading(path: str) -> Iterator[int]:
    """Open a regular file without following a link or waiting for a pipe's other end."""
    try:
        # Without O_NOFOLLOW (Windows) the link itself is looked at instead.
        if not hasattr(os, "O_NOFOLLOW") and Path(path).is_symlink():
            raise _no_file(path, text("{path} is a link.", path=path))
        flags = os.O_RDONLY
        for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_BINARY"):
            flags |= getattr(os, name, 0)
        descriptor = os.open(path, flags)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise _no_file(path, text("{path} is a link.", path=path)) from error
        if error.errno == errno.ENXIO:
            raise _no_file(path, text("{path} is a socket.", path=path)) from error
        raise _unreadable(path, error) from error
    try:
        mode = os.fstat(descriptor).st_mode
        if not stat.S_ISREG(mode):
            raise _no_file(path, _kind(path, mode))
        yield descriptor
    finally:
        os.close(descriptor)


def _free_bytes(folder: Path) -> int:
    if hasattr(os, "statvfs"):
        found = os.statvfs(folder)
        return found.f_bavail * found.f_frsize
    import shutil  # slow to import, and needed on Windows only

    return shutil.disk_usage(folder).free


def _identity(descriptor: int) -> FileIdentity:
    found = os.fstat(descriptor)
    return FileIdentity(found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)


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
        text("{path} cannot be read: {reason}", path=path, reason=error.strerror or error),
        text("Look whether the file is there and may be read by you."),
    )


def _changed(path: str) -> SourceError:
    return SourceError(
        path,
        text("{path} changed while it was read.", path=path),
        text("Try again when the program that writes it has finished."),
    )
