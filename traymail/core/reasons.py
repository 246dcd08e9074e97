"""Why the system did not do something: its own words, as people read them, and the error."""

from __future__ import annotations

from traymail.core.errors import SourceError
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
