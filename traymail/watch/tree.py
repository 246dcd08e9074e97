"""Looking at a watched folder: what lies in it, by lstat alone; nothing is opened or followed."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import PurePath

from traymail.core.message import FileIdentity
from traymail.core.observations import FoundFile
from traymail.core.rules.folder import FolderRule
from traymail.core.selection import (
    HEAD_BYTES,
    LOOP,
    Selection,
    is_mail,
    mailed_by_a_rule,
    readable,
    relative_to,
)
from traymail.core.texts import Text, text


@dataclass(frozen=True, slots=True)
class Passed:
    """Something that is not mailed, and why. ``told``: the user may have expected it to be."""

    path: str
    reason: Text
    told: bool = True


def look_through(
    rule: FolderRule, selection: Selection, under: str = ""
) -> Iterator[FoundFile | Passed]:
    """Yield what lies in the rule's folder, or in the folder ``under`` inside it.

    Raises OSError when the folder itself cannot be read; one inside that cannot is Passed.
    """
    pending = [under]
    while pending:
        folder = pending.pop()
        try:
            entries = os.scandir(full_path(rule, folder))
        except OSError as error:
            if folder == under:
                raise
            yield Passed(folder, cannot_read(error))
            continue
        with entries:
            for entry in entries:
                path = f"{folder}/{entry.name}" if folder else entry.name
                try:
                    found = entry.stat(follow_symlinks=False)
                except OSError:
                    continue  # gone since
                if stat.S_ISDIR(found.st_mode):
                    if rule.recursive and not selection.closed(path):
                        pending.append(path)
                else:
                    # On Windows, scandir's answer lacks inode and device.
                    yield classify(rule, selection, path, found if os.name == "posix" else None)


def classify(
    rule: FolderRule, selection: Selection, path: str, found: os.stat_result | None = None
) -> FoundFile | Passed:
    """Return what lies at ``path``; raises OSError when there is nothing, or it cannot be seen.

    ``found`` is what is known of it, when it was reached through no link.
    """
    exclusion = selection.exclusion(path)
    if exclusion is not None:
        return Passed(path, exclusion.reason, exclusion.told)
    if found is None:
        # A folder on the way may have been replaced by a link to somewhere else.
        for at, sign in enumerate(path):
            if sign == "/" and stat.S_ISLNK(os.lstat(full_path(rule, path[:at])).st_mode):
                return Passed(path, _kind(stat.S_IFLNK))
        found = os.lstat(full_path(rule, path))
    if not stat.S_ISREG(found.st_mode):
        return Passed(path, _kind(found.st_mode))
    return FoundFile(path, identity_of(found))


def identity_of(found: os.stat_result) -> FileIdentity:
    """Return what makes a file this very one."""
    return FileIdentity(found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)


def full_path(rule: FolderRule, path: str) -> str:
    """Return the path on disk of ``path``, which is relative to the rule's folder."""
    return str(PurePath(rule.folder, path))


def cannot_read(error: OSError) -> Text:
    """Return the reason for something that the system does not let us read."""
    return text("it cannot be read: {reason}", reason=error.strerror or str(error))


def present(rule: FolderRule, selection: Selection) -> Iterator[FoundFile | Passed]:
    """Yield what a dry run is about: all that lies in the folder, and whether it can be read.

    Raises OSError when the folder cannot be read.
    """
    for found in look_through(rule, selection):
        yield _try_to_read(rule, found)


def one_file(rule: FolderRule, selection: Selection, file: str) -> FoundFile | Passed:
    """Return what a dry run says of one file, which may lie anywhere, as if it were dropped.

    Raises OSError when it is not there.
    """
    inside = relative_to(rule.folder, file)
    path = inside if inside is not None else PurePath(file).name
    found = classify(rule, selection, path, os.lstat(file))
    if "/" in path and not rule.recursive:
        found = Passed(path, text("it lies in a folder inside, and the rule is not recursive"))
    return _try_to_read(rule, found, file)


def _try_to_read(rule: FolderRule, found: FoundFile | Passed, file: str = "") -> FoundFile | Passed:
    """Return what a dry run can show of it: with a name that is text, and surely readable."""
    if isinstance(found, Passed):
        return replace(found, path=readable(found.path))
    try:
        descriptor = os.open(file or full_path(rule, found.path), READ_FLAGS)
        with os.fdopen(descriptor, "rb") as source:
            if is_mail(found.path) and mailed_by_a_rule(source.read(HEAD_BYTES)):
                return Passed(readable(found.path), LOOP)
    except OSError as error:
        return Passed(readable(found.path), cannot_read(error))
    return found


# Never through a link, and never waiting for the other end of a pipe that took a file's place.
READ_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)


def _kind(mode: int) -> Text:
    if stat.S_ISLNK(mode):
        return text("it is a link, and links are not followed")
    if stat.S_ISFIFO(mode):
        return text("it is a pipe, not a regular file")
    if stat.S_ISSOCK(mode):
        return text("it is a socket, not a regular file")
    if stat.S_ISDIR(mode):
        return text("it is a folder")
    return text("it is a device, not a regular file")
