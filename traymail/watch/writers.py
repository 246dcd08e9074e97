"""Does a program still have a file open for writing? Asked before a file is taken for whole.

Linux: a read lease is granted only when nobody has the file open for writing; that needs the
file to be the user's own (or root). Where it is refused, the descriptors of the processes that
the user may look at are searched. Windows: the file cannot be opened without sharing it for
writing. Elsewhere it cannot be seen, and the file's being quiet must do.
"""

from __future__ import annotations

import errno
import os
import sys
from contextlib import suppress
from pathlib import Path

from traymail.disk import READ, Folder


def open_for_writing(folder: Folder, name: str) -> bool:
    """Tell whether a program is seen to have the file open for writing; never raises OSError."""
    return _open_for_writing(folder, name)


if sys.platform == "linux":
    import fcntl
    import signal

    def _open_for_writing(folder: Folder, name: str) -> bool:
        refused = _lease_refused(folder, name)
        return held_by_a_process(folder, name) if refused is None else refused

    def _lease_refused(folder: Folder, name: str) -> bool | None:
        """Return whether a read lease is refused for a writer, None when leases say nothing."""
        try:
            descriptor = os.open(folder.at(name), READ, dir_fd=folder.descriptor)
        except OSError:
            return False
        try:
            # Who opens the file in the instant of our lease has this signal sent to us. The
            # usual one, SIGIO, would end the program; this one is ignored by default.
            fcntl.fcntl(descriptor, fcntl.F_SETSIG, signal.SIGURG)
            fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_RDLCK)
            fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)
        except OSError as error:
            return True if error.errno == errno.EAGAIN else None
        finally:
            os.close(descriptor)
        return False

    def held_by_a_process(folder: Folder, name: str) -> bool:
        """Tell whether one of the processes that can be looked into has it open for writing."""
        try:
            wanted = folder.look(name)
        except OSError:
            return False
        for process in Path("/proc").iterdir():
            if process.name.isdigit():
                with suppress(OSError):
                    if any(_writes(fd, wanted) for fd in (process / "fd").iterdir()):
                        return True
        return False

    def _writes(fd: Path, wanted: os.stat_result) -> bool:
        with suppress(OSError, ValueError):
            found = fd.stat()
            if (found.st_ino, found.st_dev) == (wanted.st_ino, wanted.st_dev):
                info = (fd.parent.parent / "fdinfo" / fd.name).read_text(encoding="ascii")
                flags = int(info.split("flags:", 1)[1].split(None, 1)[0], 8)
                return flags & os.O_ACCMODE != os.O_RDONLY
        return False


elif sys.platform == "win32":
    import ctypes
    from ctypes import wintypes

    _GENERIC_READ = 0x80000000
    _FILE_SHARE_READ = 1
    _FILE_SHARE_DELETE = 4
    _OPEN_EXISTING = 3
    _ERROR_SHARING_VIOLATION = 32

    def _open_for_writing(folder: Folder, name: str) -> bool:
        kernel = ctypes.WinDLL("kernel32", use_last_error=True)
        kernel.CreateFileW.restype = wintypes.HANDLE
        handle = kernel.CreateFileW(
            folder.full(name),
            _GENERIC_READ,
            _FILE_SHARE_READ | _FILE_SHARE_DELETE,
            None,
            _OPEN_EXISTING,
            0,
            None,
        )
        if handle == wintypes.HANDLE(-1).value:
            return ctypes.get_last_error() == _ERROR_SHARING_VIOLATION
        kernel.CloseHandle(wintypes.HANDLE(handle))
        return False


else:

    def _open_for_writing(folder: Folder, name: str) -> bool:  # noqa: ARG001 # nothing tells it here
        return False
