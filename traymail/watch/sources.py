"""Log files as they lie on the disk: opened so that others can move and delete them, looked at."""

from __future__ import annotations

import gzip
import os
import stat
import sys
import zlib
from pathlib import Path
from typing import BinaryIO

from traymail.core.errors import SourceError
from traymail.core.rotation import GZIP, HEAD, Position, Seen, is_rotated_name
from traymail.core.texts import text


class Source:
    """An open log, plain or gzipped. Not for use by several threads."""

    def __init__(self, path: str) -> None:
        """Open it; raises SourceError, FileNotFoundError when there is none."""
        self.path = path
        self._raw = _open(path)
        self._found = os.fstat(self._raw.fileno())
        if not stat.S_ISREG(self._found.st_mode):
            self._raw.close()
            raise not_regular(path)
        self.compressed = path.endswith(GZIP)
        self._resting = False
        self._file: BinaryIO = self._raw
        if self.compressed:
            self._file = gzip.GzipFile(fileobj=self._raw, mode="rb")  # type: ignore[assignment]

    @property
    def file(self) -> tuple[int, int]:
        """Return the device and inode."""
        return self._found.st_dev, self._found.st_ino

    def stat(self) -> os.stat_result:
        """Return how the open file is now; raises SourceError."""
        try:
            self._wake()
            return os.fstat(self._raw.fileno())
        except OSError as error:
            raise as_source_error(self.path, error) from error

    def read(self, offset: int, size: int) -> bytes:
        """Read up to ``size`` bytes of the content from ``offset``; raises SourceError."""
        try:
            self._wake()
            self._file.seek(offset)
            return self._file.read(size) or b""
        except (OSError, EOFError, zlib.error) as error:
            if self.compressed:
                # It is damaged, or being written: what cannot be read is not there.
                return b""
            raise as_source_error(self.path, error) from error

    def seen(self, position: Position) -> Seen:
        """Look at the file with a position in mind; raises SourceError."""
        device, inode = self.file
        start = max(0, position.offset - position.tail_size)
        before = self.read(start, position.tail_size)
        return Seen(device, inode, self.read(0, HEAD), before)

    def rest(self) -> None:
        """Close it until it is used again; it is then found again also when it was rotated."""
        if not self.compressed:
            self._resting = True
            self._raw.close()

    def close(self) -> None:
        """Close it."""
        self._file.close()
        self._raw.close()

    def _wake(self) -> None:
        if not self._resting:
            return
        for place in (self.path, *siblings_of(self.path)):
            raw = _open_if_there(place)
            if raw is None:
                continue
            found = os.fstat(raw.fileno())
            if (found.st_dev, found.st_ino) == self.file:
                self._raw = self._file = raw
                self._resting = False
                return
            raw.close()
        raise SourceError(self.path, text("{path} is gone.", path=self.path))


def siblings_of(path: str) -> list[str]:
    """Return the paths beside a log that are named as its rotated files are."""
    folder = Path(path).parent
    name = Path(path).name
    try:
        with os.scandir(folder) as entries:
            return [one.path for one in entries if is_rotated_name(name, one.name)]
    except OSError:
        return []


def look(path: str) -> os.stat_result | None:
    """Return a file's stat through links; None when there is none. Raises SourceError."""
    try:
        return Path(path).stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise as_source_error(path, error) from error


def not_regular(path: str) -> SourceError:
    """Return the error for what is no regular file."""
    return SourceError(path, text("{path} is not a regular file.", path=path))


def as_source_error(path: str, error: Exception) -> SourceError:
    """Translate an error of the file system."""
    reason = getattr(error, "strerror", None) or str(error)
    return SourceError(
        path,
        text("{path} cannot be read: {reason}", path=path, reason=reason),
        text("Mend its permissions; it is tried again by itself."),
    )


def _open_if_there(path: str) -> BinaryIO | None:
    try:
        return _open(path)
    except FileNotFoundError:
        return None


def _open(path: str) -> BinaryIO:
    try:
        return _unbuffered(path)
    except (FileNotFoundError, NotADirectoryError):
        raise FileNotFoundError(path) from None
    except OSError as error:
        raise as_source_error(path, error) from error


if sys.platform == "win32":
    import ctypes
    import msvcrt
    from ctypes import wintypes

    _GENERIC_READ = 0x80000000
    _SHARE_ALL = 0x1 | 0x2 | 0x4  # read, write, delete: a rotated log must not be held fast
    _OPEN_EXISTING = 3
    _INVALID = ctypes.c_void_p(-1).value
    _create_file = ctypes.WinDLL("kernel32", use_last_error=True).CreateFileW
    _create_file.argtypes = [
        wintypes.LPCWSTR,
        wintypes.DWORD,
        wintypes.DWORD,
        ctypes.c_void_p,
        wintypes.DWORD,
        wintypes.DWORD,
        wintypes.HANDLE,
    ]
    _create_file.restype = ctypes.c_void_p

    def _unbuffered(path: str) -> BinaryIO:
        """Open so that others may rename and delete the file meanwhile."""
        handle = _create_file(path, _GENERIC_READ, _SHARE_ALL, None, _OPEN_EXISTING, 0, None)
        if handle == _INVALID:
            raise ctypes.WinError(ctypes.get_last_error())
        return os.fdopen(msvcrt.open_osfhandle(handle, os.O_RDONLY), "rb", buffering=0)

else:
    # Opening a FIFO would wait for its writer.
    _FLAGS = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK

    def _unbuffered(path: str) -> BinaryIO:
        """Open so that what is read is what the file holds now."""
        return os.fdopen(os.open(path, _FLAGS), "rb", buffering=0)
