"""Log files as they lie on the disk: opened so that others can move and delete them, looked at."""

from __future__ import annotations

import bz2
import copy
import errno
import gzip
import lzma
import os
import stat
import sys
import time
import zipfile
import zlib
from bisect import bisect_left
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import BinaryIO, cast

from traymail.core.errors import SourceError, UnsafePath
from traymail.core.reasons import reason_of
from traymail.core.rotation import (
    HEAD,
    READABLE,
    TAIL,
    FileId,
    Position,
    SeenLog,
    digest,
    is_rotated_name,
)
from traymail.core.texts import text
from traymail.disk import folder_behind_links, open_behind_links

PIECE = 1 << 20
# What reading a compressed file raises that is damaged, of a foreign kind or not whole yet.
_DAMAGED = (
    *(EOFError, zlib.error, lzma.LZMAError),
    *(zipfile.BadZipFile, NotImplementedError, RuntimeError, ValueError),
)
# Of files that nothing but their content can tell, so many of a folder are looked into.
_STRANGERS = 2000
_MOST = 8192  # open files; macOS allows 10240
_RESERVED = 512  # for all else
# Until a folder was last changed so long ago, its time does not show every change.
TRUSTED_NS = 50_000_000


class Source:
    """An open log, plain or compressed. Not for use by several threads."""

    def __init__(self, path: str) -> None:
        """Open it; raises SourceError, FileNotFoundError when there is none."""
        self.path = path
        self._raw = _open(path)
        self._found = os.fstat(self._raw.fileno())
        if not stat.S_ISREG(self._found.st_mode):
            self._raw.close()
            raise not_regular(path)
        self.compressed = path.endswith(READABLE)
        # A compressed file that cannot be read on from some place: damaged, or not whole yet.
        self.broken = False
        self._readable = self._packed = 0  # bytes up to that place; those of the file by then
        self._resting = False
        self._file = self._raw if not self.compressed else _unpacked(path, self._raw)

    @property
    def file(self) -> FileId:
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
            if self.compressed:
                return self._unpack(offset, size)
            self._file.seek(offset)
            return self._file.read(size) or b""
        except OSError as error:
            raise as_source_error(self.path, error) from error

    def _unpack(self, offset: int, size: int) -> bytes:
        packed = os.fstat(self._raw.fileno()).st_size
        self.broken = self.broken and packed == self._packed
        content = b""
        if self.broken and offset >= self._readable:
            return content
        try:
            self._file.seek(offset)
            while len(content) < size and (piece := self._file.read1(size - len(content))):  # type: ignore[attr-defined] # all that unpack have it
                content += piece
        except (OSError, *_DAMAGED):
            self.broken, self._packed, self._readable = True, packed, offset + len(content)
            self._raw.seek(0)
            self._file = _unpacked(self.path, self._raw)
        return content

    def before(self, offset: int) -> bytes:
        """Read the up to `TAIL` bytes before an offset; raises SourceError."""
        start = max(0, offset - TAIL)
        return self.read(start, offset - start)

    def after_nuls(self, offset: int) -> int | None:
        """Return where from ``offset`` on something else than NULs stands; None for nowhere.

        The holes of sparse files are not read. Raises SourceError.
        """
        while piece := self.read(offset := self._data_from(offset), PIECE):
            if rest := piece.lstrip(b"\0"):
                return offset + len(piece) - len(rest)
            offset += len(piece)
        return None

    def _data_from(self, offset: int) -> int:
        if self.compressed or not hasattr(os, "SEEK_DATA"):
            return offset
        size = self.stat().st_size
        try:
            return os.lseek(self._raw.fileno(), offset, os.SEEK_DATA)
        except OSError as error:  # behind the last of them
            return max(offset, size) if error.errno == errno.ENXIO else offset

    def size(self) -> int:
        """Return how much content there is; raises SourceError."""
        return self._reach(sys.maxsize)[0]

    def seen(self, position: Position) -> SeenLog:
        """Look at the file with a position in mind; raises SourceError."""
        device, inode = self.file
        head = self.read(0, HEAD)
        if self.compressed and digest(head[: position.head_size]) != position.head:
            # It need not be unpacked, unless it is so short.
            size = len(head) if len(head) < position.head_size else position.offset
            at = position.mark_before(size)[0] if size < position.offset else 0
            return SeenLog(device, inode, size, head, head[:at])
        size, before = self._reach(position.offset)
        if size < position.offset:
            return SeenLog(device, inode, size, head, self.before(position.mark_before(size)[0]))
        return SeenLog(device, inode, size, head, before[len(before) - position.tail_size :])

    def _reach(self, offset: int) -> tuple[int, bytes]:
        """Return how far the content goes, at most to ``offset``, and what stands before that."""
        if not self.compressed:
            size = min(self.stat().st_size, offset)
            return size, self.before(size)
        at, before = 0, b""
        while at < offset and (piece := self.read(at, min(PIECE, offset - at))):
            at += len(piece)
            before = (before + piece)[-TAIL:]
        return at, before

    def begins_as(self, other: Source) -> bool:
        """Tell whether its content is what another one begins with; raises SourceError.

        Of what is being compressed, that is all there is so far.
        """
        size = self.size()
        return (size > 0 or not self.broken) and all(
            self.before(at) == other.before(at) for at in {min(size, HEAD), size}
        )

    def twin(self) -> Source:
        """Return the same open file once more; raises SourceError."""
        self.stat()
        twin = copy.copy(self)
        try:
            twin._raw = twin._file = _doubled(self._raw)
        except OSError as error:
            raise as_source_error(self.path, error) from error
        if self.compressed:
            twin._file = _unpacked(self.path, twin._raw)
        return twin

    @property
    def resting(self) -> bool:
        """Tell whether it is closed until it is used again."""
        return self._resting

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
        beside = (one.having(self.file[1]) for one in Listings().around(self.path))
        for place in (self.path, *chain.from_iterable(beside)):
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


@dataclass(frozen=True, slots=True)
class Listing:
    """What lies in a folder: sorted names, those of each inode, and its subfolders."""

    folder: str
    names: tuple[str, ...] = ()
    inodes: Mapping[int, list[str]] = field(default_factory=dict)
    folders: tuple[str, ...] = ()
    mtime_ns: int = 0
    taken_ns: int = 0

    def rotated(self, name: str) -> list[str]:
        """Return the paths that are named as the rotated files of a log are."""
        stem = name.rpartition(".")[0] or name
        found = []
        for other in self.names[bisect_left(self.names, stem) :]:
            if not other.startswith(stem):
                break
            if is_rotated_name(name, other):
                found.append(os.path.join(self.folder, other))  # noqa: PTH118 # hot: many logs
        return found

    def having(self, inode: int) -> list[str]:
        """Return the paths of an inode."""
        return [str(Path(self.folder) / name) for name in self.inodes.get(inode, ())]


class Listings:
    """Listings of folders, each taken anew when the folder has changed."""

    def __init__(self) -> None:
        self._listings: dict[str, Listing] = {}
        self._newest: dict[str, list[str]] = {}
        self._heads: dict[str, bytes] = {}

    def forget(self) -> None:
        """Give the memory back: nothing is being looked for at present."""
        self._listings.clear()
        self._newest.clear()
        self._heads.clear()

    def newest(self, listing: Listing) -> list[str]:
        """Return a folder's newest files, as many as may be looked into."""
        if listing.folder not in self._newest:
            places = [str(Path(listing.folder) / name) for name in listing.names]
            if len(places) > _STRANGERS:
                places = sorted(places, key=_mtime, reverse=True)[:_STRANGERS]
            self._newest[listing.folder] = places
        return self._newest[listing.folder]

    def head(self, place: str) -> bytes:
        """Return how a file begins, as it was when first asked for; b"" when it cannot be read."""
        if place not in self._heads:
            try:
                with closing(Source(place)) as source:
                    self._heads[place] = source.read(0, HEAD)
            except (SourceError, FileNotFoundError):
                self._heads[place] = b""
        return self._heads[place]

    def around(self, path: str) -> list[Listing]:
        """Return the folder of a log, and that of the file its link leads to."""
        folder = os.path.dirname(path)  # noqa: PTH120 # hot: many logs
        if not os.path.islink(path):  # noqa: PTH114 # hot: many logs
            return [self.of(folder)]
        try:
            real = folder_behind_links(path) or folder
        except OSError:
            real = folder
        return [self.of(one) for one in dict.fromkeys((folder, real))]

    def of(self, folder: str) -> Listing:
        """Return what lies in a folder; nothing in one that cannot be read."""
        try:
            mtime_ns = os.stat(folder or ".").st_mtime_ns  # noqa: PTH116 # hot: many logs
        except OSError:
            return Listing(folder)
        known = self._listings.get(folder)
        # What happened within the clock's grain is not seen by the folder's time.
        if known and known.mtime_ns == mtime_ns and known.taken_ns - mtime_ns > TRUSTED_NS:
            return known
        listing = self._listings[folder] = _list(folder, mtime_ns)
        return listing


def _mtime(path: str) -> float:
    try:
        return Path(path).stat().st_mtime
    except OSError:
        return 0.0


def _list(folder: str, mtime_ns: int) -> Listing:
    taken_ns = time.time_ns()
    names: list[str] = []
    inodes: dict[int, list[str]] = {}
    folders: list[str] = []
    try:
        with os.scandir(folder or ".") as entries:
            for one in entries:
                if one.is_dir(follow_symlinks=False):
                    folders.append(one.path)
                else:
                    names.append(one.name)
                    inodes.setdefault(one.inode(), []).append(one.name)
    except OSError:
        return Listing(folder)
    return Listing(folder, tuple(sorted(names)), inodes, tuple(folders), mtime_ns, taken_ns)


def _unpacked(path: str, raw: BinaryIO) -> BinaryIO:
    """Return the content of a compressed file; by its ending."""
    if path.endswith(".gz"):
        return gzip.GzipFile(fileobj=raw, mode="rb")  # type: ignore[return-value] # it reads as one
    if path.endswith(".bz2"):
        return bz2.BZ2File(raw)  # type: ignore[return-value] # it reads as one
    if path.endswith(".zip"):
        return _Zipped(raw)  # type: ignore[return-value] # it reads as one
    return lzma.LZMAFile(raw)  # type: ignore[return-value] # it reads as one


class _Zipped:
    """The one file in a zip archive; what is wrong with it is raised by `seek`."""

    def __init__(self, raw: BinaryIO) -> None:
        self._raw = raw
        self._archive: zipfile.ZipFile | None = None
        self._content: zipfile.ZipExtFile | None = None

    def seek(self, offset: int) -> int:
        return self._opened().seek(offset)

    def read1(self, size: int) -> bytes:
        return self._opened().read1(size)

    def close(self) -> None:
        if self._content is not None:
            self._content.close()
        if self._archive is not None:
            self._archive.close()

    def _opened(self) -> zipfile.ZipExtFile:
        if self._content is None:
            self._archive = zipfile.ZipFile(self._raw)
            files = [one for one in self._archive.infolist() if not one.is_dir()]
            if len(files) != 1:
                raise zipfile.BadZipFile("not the archive of one file")
            self._content = cast("zipfile.ZipExtFile", self._archive.open(files[0]))
        return self._content


def look(path: str) -> os.stat_result | None:
    """Return a file's stat through links; None when there is none. Raises SourceError."""
    try:
        return os.stat(path)  # noqa: PTH116 # hot: many logs
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise as_source_error(path, error) from error


def is_out_of_reach(path: str, device: int) -> bool:
    """Tell whether a file that was on a device may be there, and only cannot be read now.

    Its permissions, or those of a folder, do not allow it; or what it lies on is not mounted.
    """
    try:
        if stat.S_ISREG(os.stat(path).st_mode):  # noqa: PTH116 # hot: many logs
            _unbuffered(path).close()
    except (FileNotFoundError, NotADirectoryError):
        return device != 0 and _device_of(os.path.realpath(path)) != device
    except (OSError, UnsafePath):
        return True
    return False


def _device_of(path: str) -> int | None:
    """Return the device of the nearest folder that is there; None when nobody can tell."""
    for folder in Path(path).parents:
        try:
            return folder.stat().st_dev
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError:
            break
    return None


def not_regular(path: str) -> SourceError:
    """Return the error for what is no regular file."""
    return SourceError(path, text("{path} is not a regular file.", path=path))


def as_source_error(path: str, error: Exception) -> SourceError:
    """Translate an error of the file system."""
    reason = reason_of(error)
    return SourceError(
        path,
        text("{path} cannot be read: {reason}", path=path, reason=reason),
        text("Fix its permissions; it is retried automatically."),
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
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path) from None
    except UnsafePath as error:
        raise SourceError(path, error.title, error.advice) from error
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

    def _doubled(file: BinaryIO) -> BinaryIO:
        """Return the same open file once more."""
        return os.fdopen(os.dup(file.fileno()), "rb", buffering=0)

    def most_open() -> int:
        """Return how many open files may be logs: the C library has 8192 of all."""
        return _MOST - _RESERVED

else:
    import fcntl
    import resource

    _SELECTABLE = 1024  # Tk can only wait for descriptors below: logs leave them to it

    def _unbuffered(path: str) -> BinaryIO:
        """Open so that what is read is what the file holds now."""
        return os.fdopen(_out_of_the_way(open_behind_links(path)), "rb", buffering=0)

    def _doubled(file: BinaryIO) -> BinaryIO:
        """Return the same open file once more."""
        return os.fdopen(_out_of_the_way(os.dup(file.fileno())), "rb", buffering=0)

    def _out_of_the_way(descriptor: int) -> int:
        try:
            moved = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, _SELECTABLE)
        except OSError:
            return descriptor  # no more are allowed
        os.close(descriptor)
        return moved

    def most_open() -> int:
        """Have the system allow as many open files as it does; return how many may be logs."""
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = _MOST if hard == resource.RLIM_INFINITY else min(hard, _MOST)
        if soft != resource.RLIM_INFINITY and soft < wanted:
            try:
                resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
            except (OSError, ValueError):
                wanted = soft
        return max(wanted - _RESERVED, wanted // 2)
