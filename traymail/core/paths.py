"""Paths as words: made full, compared, without looking at the disk."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePath

_MAGIC = re.compile(r"[*?\[]")


@dataclass(frozen=True, slots=True)
class PathContext:
    """What a configuration is read against: the user's home folder and traymail's own files.

    From ``own_folders`` (state and log) nothing is ever mailed, nor is ``config_file``.
    """

    user_home: str
    own_folders: tuple[str, ...] = ()
    config_file: str = ""
    log_file: str = ""


def full_path(path: str, user_home: str) -> str:
    """Return ``path`` with ``~`` expanded and without ``.`` and ``..``; "" stays empty."""
    if path == "~" or path.startswith(("~/", "~\\")):
        path = f"{user_home}/{path[2:]}"
    return str(_plain(PurePath(path))) if path else ""


def beside(path: str, folder: str, user_home: str) -> str:
    """Return ``path``, which may be relative to ``folder``, as a full path; "" stays empty."""
    full = path if path.startswith("~") else str(PurePath(folder) / path)
    return full_path(full, user_home) if path else ""


def is_inside(path: str, folder: str) -> bool:
    """Tell whether ``path`` is ``folder`` or lies in it."""
    return PurePath(path).is_relative_to(folder)


def folder_of(path: str) -> str:
    """Return the folder that ``path`` lies in."""
    return str(PurePath(path).parent)


def fixed_part(pattern: str) -> str:
    """Return the folders of a glob before its first part that varies."""
    fixed = PurePath()
    for part in PurePath(pattern).parts:
        if _MAGIC.search(part):
            return str(fixed)
        fixed /= part
    return str(fixed)


def glob_takes(pattern: str, path: str) -> bool:
    """Tell whether a glob takes ``path``; ``**`` stands for any number of folders."""
    parts = PurePath(path).parts
    reached = {0}  # how many parts of the path the pattern so far may take
    for step in PurePath(pattern).parts:
        if step == "**":
            reached = set(range(min(reached, default=len(parts) + 1), len(parts) + 1))
        else:
            reached = {at + 1 for at in reached if at < len(parts) and _part_takes(step, parts[at])}
    return len(parts) in reached


def _part_takes(pattern: str, part: str) -> bool:
    return pattern == part or PurePath(part).match(pattern)


def _plain(path: PurePath) -> PurePath:
    """Return ``path`` without ``..``, as far as there is a folder to leave."""
    plain = PurePath(path.anchor)
    for part in path.parts[1:] if path.anchor else path.parts:
        plain = plain.parent if part == ".." else plain / part
    return plain
