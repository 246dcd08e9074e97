"""Which files of a watched folder are mailed: patterns, files that are never whole, sizes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING

from traymail.core.rules.folder import FolderRule
from traymail.core.template import human_size
from traymail.core.texts import Text, text
from traymail.core.wire_size import file_bytes, wire_bytes

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

# Downloads under way, lock and side files of office programs, systems and sync tools.
_PARTIAL_ENDINGS = (".part", ".crdownload", ".tmp", ".filepart", ".partial")
_SIDE_BEGINNINGS = ("~$", ".~lock", "._", ".syncthing.", "~syncthing~")
_SIDE_NAMES = frozenset({".ds_store", "desktop.ini", "thumbs.db", "@eadir", ".stfolder"})
# A copy that traymail itself is making while it moves a file across file systems.
OWN_COPY = ".traymail-copy-"
# A zip may shrink a file; one that would have to shrink more than this is not even tried.
ZIP_HOPE = 20


# How much of a saved mail is looked at for its headers.
HEAD_BYTES = 64 * 1024
LOOP = text("it is a mail that a rule of traymail made: mailing it on could go round for ever")


@dataclass(frozen=True, slots=True)
class Exclusion:
    """Why a path is not mailed. ``told``: the user may have expected it to be."""

    reason: Text
    told: bool


class Selection:
    """The patterns of one rule, and the folders inside its own that are never looked into.

    Paths are relative to the rule's folder, with "/" between their parts.
    """

    def __init__(self, rule: FolderRule, own_folders: Iterable[str] = ()) -> None:
        # With 100,000 files in the folder, asking the patterns is half of the cost of a look.
        self._include = _patterns(rule.include) if rule.include != ("*",) else None
        self._exclude = _patterns(rule.exclude) if rule.exclude else None
        self._own = frozenset(
            inside
            for folder in (rule.move_to, rule.failed_to, *own_folders)
            if folder and (inside := relative_to(rule.folder, folder)) is not None
        )

    def exclusion(self, path: str) -> Exclusion | None:
        """Return why the file at ``path`` is not mailed, None when it may be."""
        *folders, name = path.split("/")
        inside = ""
        for folder in folders:
            inside = f"{inside}/{folder}" if inside else folder
            if self.closed(inside):
                return Exclusion(text("it lies in a folder that is never mailed from"), told=False)
        if name.lower().endswith(_PARTIAL_ENDINGS) or name.startswith(OWN_COPY):
            return Exclusion(text("its name is that of a file still being written"), told=True)
        if is_side_file(name):
            return Exclusion(text("it is a side file of another program"), told=False)
        shown = readable(path)
        if self._include is not None and not self._include.match_file(shown):
            return Exclusion(text("no pattern of include matches it"), told=False)
        if self._exclude is not None and self._exclude.match_file(shown):
            return Exclusion(text("a pattern of exclude matches it"), told=False)
        return None

    def closed(self, folder: str) -> bool:
        """Tell whether the folder at this path is never looked into."""
        return folder in self._own or is_side_file(folder.rpartition("/")[2])


def _patterns(lines: Sequence[str]) -> GitIgnoreSpec:
    from pathspec import GitIgnoreSpec  # only here: it is large, and most rules need none

    return GitIgnoreSpec.from_lines(lines)


def is_side_file(name: str) -> bool:
    """Tell whether a file or folder of this name belongs to another program's inner workings."""
    lower = name.lower()
    return lower.startswith(_SIDE_BEGINNINGS) or lower in _SIDE_NAMES


def relative_to(folder: str, path: str) -> str | None:
    """Return ``path`` relative to ``folder`` with "/" between parts, None when outside of it."""
    try:
        inside = PurePath(path).relative_to(folder).as_posix()
    except ValueError:
        return None
    return inside if inside != "." else None


def readable(path: str) -> str:
    """Return a path as it can be shown: bytes that are no text become "?"."""
    return path.encode("utf-8", "replace").decode("utf-8")


def is_mail(path: str) -> bool:
    """Tell whether the file is a saved mail, going by its name."""
    return path.lower().endswith(".eml")


def mailed_by_a_rule(head: bytes) -> bool:
    """Tell whether a saved mail, of which this is the beginning, was made by a rule of traymail."""
    headers = re.split(rb"\r?\n\r?\n", head, maxsplit=1)[0]
    return re.search(rb"^X-Traymail-Rule[ \t]*:", headers, re.IGNORECASE | re.MULTILINE) is not None


def size_reason(rule: FolderRule, size: int, wire_limit: int) -> Text | None:
    """Return why a file of ``size`` bytes cannot be mailed by the rule, None when it can.

    ``wire_limit`` is the account's limit for a whole message, in bytes on the wire.
    """
    if size < rule.min_bytes:
        return text(
            "it has {size}, less than the {least} of min_bytes",
            size=human_size(size),
            least=human_size(rule.min_bytes),
        )
    if rule.max_bytes and size > rule.max_bytes:
        return text(
            "it has {size}, more than the {most} of max_bytes",
            size=human_size(size),
            most=human_size(rule.max_bytes),
        )
    shrunk = size // ZIP_HOPE if rule.zip else size
    return None if wire_bytes((), (("", shrunk),)) <= wire_limit else too_large(size, wire_limit)


def too_large(size: int, wire_limit: int) -> Text:
    """Return the reason for a file that no mail of the account can hold."""
    return text(
        "with {size} it is too large for the account, which takes mails of up to {most}; a file "
        "grows by more than a third on its way",
        size=human_size(size),
        most=human_size(wire_limit),
    )


def split(body: str, files: Sequence[tuple[str, int]], wire_limit: int) -> list[list[int]]:
    """Share files (name, size) out to as few mails as their order allows; returns indexes.

    Each mail stays under the limit, but for a file that alone is too large: it gets its own.
    ``body`` is the rule's; it may name each file with its size.
    """
    mails: list[list[int]] = []
    empty = wire_bytes((body,), ())
    full = wire_limit
    for at, (name, size) in enumerate(files):
        part = file_bytes(name, size)
        if not mails or full + part > wire_limit:
            mails.append([])
            full = empty
        mails[-1].append(at)
        full += part
    return mails
