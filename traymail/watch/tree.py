"""Looking at a watched folder that is open: what lies in it; nothing is opened or followed."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import PurePath

from traymail.core.errors import UnsafePath
from traymail.core.message import FileIdentity
from traymail.core.observations import FoundFile
from traymail.core.own_mail import LOOP, mailed_by_a_rule
from traymail.core.reasons import reason_of
from traymail.core.rules.folder import FolderRule
from traymail.core.selection import (
    MOST_DEEP,
    TOO_DEEP,
    Selection,
    readable,
    relative_to,
)
from traymail.core.texts import Text, text
from traymail.disk import Folder, current_user, open_folder, open_to_others


@dataclass(frozen=True, slots=True)
class Passed:
    """Something that is not mailed, and why. ``told``: the user may have expected it to be."""

    path: str
    reason: Text
    told: bool = True


@dataclass(frozen=True, slots=True)
class Glance:
    """A folder as a look finds it: another ``mark`` when any file in it is another one.

    ``passed``: it cannot be looked into.
    """

    path: str
    inode: int = 0
    mark: int = 0
    passed: Passed | None = None


def look_through(
    rule: FolderRule, selection: Selection, root: Folder, under: str = ""
) -> Iterator[FoundFile | Passed]:
    """Yield what lies in the rule's folder, which is open, or in the folder ``under`` inside it.

    Raises OSError when the folder itself cannot be read; one inside that cannot is Passed.
    """
    for glance in glances(rule, selection, root, under):
        if glance.passed is not None:
            yield glance.passed
            continue
        try:
            yield from look_into(selection, root, glance.path)
        except UnsafePath:
            yield behind_link(selection, root, glance.path)
        except OSError as error:
            yield Passed(glance.path, cannot_read(error))


def glances(
    rule: FolderRule, selection: Selection, root: Folder, under: str = ""
) -> Iterator[Glance]:
    """Glance at each folder that is looked into; raises OSError as `look_through` does."""
    pending = [under]
    while pending:
        path = pending.pop()
        inner: list[str] = []
        try:
            with root.reach(_parts(path)) as folder:
                itself = folder.itself()
                mark = _mark(folder, inner) ^ hash(open_to_others(folder, itself))
        except UnsafePath:
            yield Glance(path, passed=behind_link(selection, root, path))
            continue
        except OSError as error:
            if path == under:
                raise
            yield Glance(path, passed=Passed(path, cannot_read(error)))
            continue
        yield Glance(path, itself.st_ino, mark)
        if rule.recursive:
            open_ones = [one for name in inner if not selection.closed(one := _joined(path, name))]
            if open_ones and len(_parts(path)) == MOST_DEEP:
                yield Glance(open_ones[0], passed=Passed(open_ones[0], TOO_DEEP))
            else:
                pending += open_ones


def _mark(folder: Folder, inner: list[str]) -> int:
    """Return a mark of the files in a folder; the names of folders in it are added to ``inner``.

    A hot path: it is what a look costs where nothing has changed.
    """
    mark = 0
    for entry in folder.entries():
        if entry.is_dir(follow_symlinks=False):
            inner.append(entry.name)
            continue
        try:
            found = entry.stat(follow_symlinks=False)
        except OSError:
            continue  # gone since
        # The last of these changes with anything else that is asked of a file.
        times = found.st_mtime_ns, found.st_ctime_ns
        mark ^= hash((entry.name, found.st_ino, found.st_size, *times))
    return mark


def look_into(selection: Selection, root: Folder, path: str) -> Iterator[FoundFile | Passed]:
    """Yield what lies in one folder, but for folders; raises OSError, UnsafePath."""
    with root.reach(_parts(path)) as folder:
        shared = open_to_others(folder, folder.itself())
        for entry in folder.entries():
            if entry.is_dir(follow_symlinks=False):
                continue
            try:
                # On Windows, scandir's answer lacks inode and device.
                known = entry.stat(follow_symlinks=False) if os.name == "posix" else None
                inside = _joined(path, entry.name)
                found = classify(selection, root, inside, known, shared=shared)
            except OSError:
                continue  # gone since
            yield found


def classify(
    selection: Selection,
    root: Folder,
    path: str,
    found: os.stat_result | None = None,
    *,
    shared: bool = False,
) -> FoundFile | Passed:
    """Return what lies at ``path``; raises OSError when there is nothing, or it cannot be seen.

    ``found`` is what is known of it, when it was reached through no link; ``shared``: others may
    write the folder that it lies in.
    """
    exclusion = selection.exclusion(path)
    if exclusion is not None:
        return Passed(path, exclusion.reason, exclusion.told)
    if found is None:
        *folders, name = path.split("/")
        try:
            with root.reach(folders) as folder:
                found, shared = folder.look(name), open_to_others(folder, folder.itself())
        except UnsafePath:  # a folder on the way was replaced by a link to somewhere else
            return behind_link(selection, root, "/".join(folders))
    if not stat.S_ISREG(found.st_mode):
        return Passed(path, _kind(found.st_mode))
    if shared and found.st_nlink > 1 and found.st_uid == current_user():
        return Passed(path, _SECOND_NAME)
    return FoundFile(path, FileIdentity.of(found))


# Where the system allows it (fs.protected_hardlinks = 0), anyone gives a file another name.
_SECOND_NAME = text(
    "it has a second name elsewhere, and others may write this folder: it may be a private file of "
    "yours that somebody else put there"
)


def _joined(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name


def behind_link(selection: Selection, root: Folder, folder: str) -> Passed:
    """Return what is reported of a folder that a link leads to: that link, and no name behind it.

    Nothing is told where there is none any more.
    """
    link = _first_link(root, _parts(folder))
    if not link:
        return Passed(folder, _kind(stat.S_IFLNK), told=False)
    exclusion = selection.exclusion(link)
    if exclusion is not None:
        return Passed(link, exclusion.reason, exclusion.told)
    return Passed(link, _kind(stat.S_IFLNK))


def _first_link(root: Folder, parts: list[str]) -> str:
    """Return the first step that is a link; "" where there is none any more.

    From each folder to the next through what was opened: one on the way may become a link
    meanwhile, and what lies behind it must not be taken for what is here.
    """
    with contextlib.suppress(OSError):
        here = root.reach(())
        for number, name in enumerate(parts, 1):
            try:
                here = here.descend((name,))
            except UnsafePath:
                return "/".join(parts[:number])
        here.close()
    return ""


def _parts(path: str) -> list[str]:
    return path.split("/") if path else []


def cannot_read(error: OSError) -> Text:
    """Return the reason for something that the system does not let us read."""
    return text("it cannot be read: {reason}", reason=reason_of(error))


def present(rule: FolderRule, selection: Selection) -> Iterator[FoundFile | Passed]:
    """Yield what a dry run is about: all that lies in the folder, and whether it can be read.

    Raises OSError when the folder cannot be read.
    """
    with open_folder(os.path.realpath(rule.folder)) as root:
        for found in look_through(rule, selection, root):
            yield _try_to_read(found, root)


def one_file(rule: FolderRule, selection: Selection, file: str) -> FoundFile | Passed:
    """Return what a dry run says of one file, which may lie anywhere, as if it were dropped.

    Raises OSError when it is not there.
    """
    inside = relative_to(rule.folder, file)
    path = inside if inside is not None else PurePath(file).name
    with open_folder(os.path.realpath(PurePath(file).parent)) as folder:
        found = classify(selection, folder, path, folder.look(PurePath(file).name))
        if "/" in path and not rule.recursive:
            found = Passed(path, text("it lies in a folder inside, and the rule is not recursive"))
        return _try_to_read(found, folder, PurePath(file).name)


def _try_to_read(found: FoundFile | Passed, root: Folder, file: str = "") -> FoundFile | Passed:
    """Return what a dry run can show of it: with a name that is text, and surely readable."""
    if isinstance(found, Passed):
        return replace(found, path=readable(found.path))
    *folders, name = [file] if file else found.path.split("/")
    try:
        with root.reach(folders) as folder, os.fdopen(folder.open(name), "rb") as source:
            if mailed_by_a_rule(source.read):
                return Passed(readable(found.path), LOOP)
    except UnsafePath:  # it has become one just now
        return Passed(readable(found.path), _kind(stat.S_IFLNK))
    except OSError as error:
        return Passed(readable(found.path), cannot_read(error))
    return found


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
