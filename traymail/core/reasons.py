"""Why the system did not do something: its own words, as people read them, and the error."""

from __future__ import annotations

import errno

from traymail.core.errors import SourceError, StateError, TraymailError, unforeseen
from traymail.core.texts import Text, text

_KNOWN = {
    one.msgid: one
    for one in (
        text("Permission denied"),
        text("Operation not permitted"),
        text("No such file or directory"),
        text("File exists"),
        text("Is a directory"),
        text("Not a directory"),
        text("Directory not empty"),
        text("No space left on device"),
        text("Disk quota exceeded"),
        text("Read-only file system"),
        text("File too large"),
        text("File name too long"),
        text("Too many levels of symbolic links"),
        text("Too many open files"),
        text("Input/output error"),
        text("Device or resource busy"),
        text("Stale file handle"),
        text("Transport endpoint is not connected"),
        text("No such device"),
        text("No such device or address"),
        text("Host is down"),
        text("Broken pipe"),
        text("Bad file descriptor"),
        text("Invalid argument"),
        text("Invalid cross-device link"),
        text("Text file busy"),
        text("Exec format error"),
        text("Cannot allocate memory"),
        text("Interrupted system call"),
        text("Resource temporarily unavailable"),
        # watchdog's
        text("inotify watch limit reached"),
        text("inotify instance limit reached"),
        # Python's
        text("can't start new thread"),
    )
}


_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_MANY_FILES = frozenset({errno.EMFILE, errno.ENFILE})
_REFUSED = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})
_BROKEN = frozenset({errno.EIO, errno.EFBIG, errno.ENODEV, errno.ENXIO, errno.ESTALE})
_NO_THREAD = "can't start new thread"


def foreseen(error: BaseException) -> TraymailError | None:
    """Return the error of ours that stands for one; None: it is one that nobody foresaw.

    Any call may fail where the system is short of something, or may not be asked.
    """
    if isinstance(error, TraymailError):
        return error
    number = error.errno if isinstance(error, OSError) else None
    if number in _FULL:
        return StateError(
            text("The disk is full."),
            text("Free some space on that disk; stored mail is kept and sent afterwards."),
        )
    if number in _MANY_FILES:
        return StateError(
            text("Too many files are open."),
            text("End other programs, or let traymail open more files (ulimit -n)."),
        )
    threadless = isinstance(error, RuntimeError) and str(error) == _NO_THREAD
    if number == errno.ENOMEM or threadless or isinstance(error, MemoryError):
        return StateError(
            text("There is too little memory, or too many programs run."),
            text("End other programs, then try again."),
        )
    if isinstance(error, OSError) and number in _REFUSED | _BROKEN:
        permissions = text("Fix the permissions of that place, or choose another one with --home.")
        disk = text("Look at the disk of that place, then try again.")
        reason, path = reason_of(error), error.filename
        return StateError(
            text("A file cannot be used: {reason}", reason=reason)
            if path is None
            else text("{path} cannot be used: {reason}", path=path, reason=reason),
            permissions if number in _REFUSED else disk,
        )
    return None


def title_of(error: Exception) -> Text:
    """Return what is shown for an error, foreseen or not."""
    known = foreseen(error)
    return unforeseen(error) if known is None else known.title


def unreadable(path: object, error: OSError) -> SourceError:
    """Return the error for a file that the user named, and that cannot be read."""
    return SourceError(
        str(path),
        text("{path} cannot be read: {reason}", path=path, reason=reason_of(error)),
        text("Check the name and the permissions of the file."),
    )


def reason_of(error: Exception) -> Text | str:
    """Return an error's words, translated where they are the usual ones of the system."""
    if isinstance(error, RecursionError):
        return text("folders lie too deep in one another")
    words = (error.strerror if isinstance(error, OSError) else None) or str(error)
    return _KNOWN.get(words, words)
