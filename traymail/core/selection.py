"""Which files of a watched folder are mailed: patterns, files that are never whole, sizes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from traymail.core.mime import file_bytes, wire_bytes
from traymail.core.rules.folder import FolderRule
from traymail.core.template import human_size
from traymail.core.texts import Text, text

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

# A copy that traymail itself is making while it moves a file across file systems.
OWN_COPY = ".traymail-copy-"
# How programs call a file that they still write: browsers, downloaders (Thunder and Baidu among
# them), FTP clients and servers, synchronisers. What stands behind the last dot, in lower case,
_UNFINISHED = frozenset(
    {"aria2", "incomplete", "inprogress", "partial", "td", "temp", "unfinished", "writing"}
    | {"xltd", "ytdl"}
)
# the end of that (crdownload, filepart, ffs_tmp, baiduyun.p.downloading),
_UNFINISHED_TAILS = ("download", "downloading", "part", "tmp", "upload", "uploading")
# .!qb, .!ut, .!sync, .bc!, .jc!; .part-Frag7; what macOS saves safely,
_UNFINISHED_WORDS = re.compile(r"![a-z]{2,4}|[a-z]{2}!|part-frag[0-9]+|sb-[0-9a-f]{8}-\w{6}")
# the end of the name,
_UNFINISHED_ENDINGS = (".part.met", ".td.cfg", ".xltd.cfg", "___jb_tmp___", "___jb_old___")
# and its beginning: ProFTPD and lftp, Pure-FTPd, synchronisers, browsers, GNOME, FUSE and NFS.
_UNFINISHED_BEGINNINGS = (
    *(OWN_COPY, ".in.", ".pureftpd-upload", "pureftpd-upload", ".syncthing.", "~syncthing~"),
    *(".unison.", ".com.google.chrome.", ".org.chromium.", ".goutputstream-", ".fuse_hidden"),
    *(".nfs0", ".smbdelete"),
)
# rsync's ".name.AbC1d2": the end is made of letters and digits by chance; Excel's is in hex.
_RSYNC = re.compile(r"\..+\.(?=[a-z]*[A-Z0-9])[A-Za-z0-9]{6}")
_EXCEL = re.compile(r"(?=[0-9]*[A-F])[0-9A-F]{7,8}")
# Lock, backup and side files of office programs, editors and systems.
_SIDE_BEGINNINGS = ("~$", ".~", "._", ".#")
_SIDE_SUFFIXES = frozenset(
    {"ac$", "dwl", "dwl2", "idlk", "kate-swp", "laccdb", "lck", "ldb", "sv$", "swn", "swo", "swp"}
)
_SIDE_NAMES = frozenset({".ds_store", "desktop.ini", "ehthumbs.db", "icon\r", "thumbs.db", "4913"})
# Folders of systems and programs: rubbish, versions, indexes.
_CLOSED_BEGINNINGS = (".", "#", "@", "$", "~syncthing~", "~snapshot")
_CLOSED_NAMES = frozenset(
    {
        *(
            "recycle",
            "recycled",
            "recycler",
            "recycle.bin",
            "_recycle",
            "trash",
            "trashbox",
            "回收站",
        ),
        *("lost+found", "system volume information", "network trash folder", "temporary items"),
        *("__macosx", "cvs", "rcs", "sccs", "_svn", "_darcs", "_gsdata_", "previous versions"),
    }
)
# A zip may shrink a file; one that would have to shrink more than this is not even tried.
ZIP_HOPE = 20


# Each folder is reached from the top, so that no link leads astray: whoever may write there could
# keep us busy by the depth alone.
MOST_DEEP = 100
TOO_DEEP = text("it lies more than {count} folders deep", count=MOST_DEEP)


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
        self._hidden = rule.hidden
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
        if (foreign := _foreign(name)) is not None:
            return foreign
        if name.startswith(".") and not self._hidden:
            return _HIDDEN
        shown = readable(path)
        if self._include is not None and not self._include.match_file(shown):
            return Exclusion(text("no pattern of include matches it"), told=False)
        if self._exclude is not None and self._exclude.match_file(shown):
            return Exclusion(text("a pattern of exclude matches it"), told=False)
        return None

    def closed(self, folder: str) -> bool:
        """Tell whether the folder at this path is never looked into."""
        name = folder.rpartition("/")[2].lower()
        # A download of Safari's grows in a folder of its own.
        closed = name.startswith(_CLOSED_BEGINNINGS) or name.endswith(".download")
        closed = closed or name in _CLOSED_NAMES
        return closed or folder in self._own


def _patterns(lines: Sequence[str]) -> GitIgnoreSpec:
    """Return patterns as of .gitignore, for which upper and lower case are the same."""
    from pathspec import GitIgnoreSpec  # only here: it is large, and most rules need none
    from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern

    class AnyCase(GitIgnoreSpecPattern):
        @classmethod
        def pattern_to_regex(cls, pattern: Any) -> Any:  # noqa: ANN401 # of str or bytes
            regex, include = super().pattern_to_regex(pattern)
            return regex and f"(?i){regex}", include

    return GitIgnoreSpec.from_lines(lines, AnyCase)


# What people bring along from shells, from file dialogs and from regular expressions.
_REGULAR = re.compile(r"^\^|\$$|\\\.|\\[dws][+*{]|\.\+")
_CHOICE = re.compile(r"\{[^{}]*,[^{}]*\}|\([^()]*\|[^()]*\)|\*\.\w+ ?[ ;,|，；、] ?\*?\.\w.*")
_FROM_ELSEWHERE = re.compile(r"[A-Za-z]:[\\/]|~/|.*\\[\w*]")
_BARE_SUFFIX = re.compile(r"\.\w{1,5}")


def remark_on_file_pattern(pattern: str, rule: FolderRule) -> Text | None:
    """Return what a pattern that can be used hardly means; None when there is nothing to say."""
    if _REGULAR.search(pattern):
        return text(
            "This looks like a regular expression. Patterns of files are written as in .gitignore, "
            "like *.pdf or scan-??.jpg."
        )
    if _FROM_ELSEWHERE.match(pattern) or pattern.startswith(f"{rule.folder}/"):
        return text(
            "Patterns are read from inside the rule's folder, with / between folders. Write it "
            "like *.pdf, or like scans/*.pdf."
        )
    if choice := _CHOICE.search(pattern):
        return text(
            "{part} is no choice here, but stands for these very characters. Write a pattern of "
            "its own for each.",
            part=choice[0],
        )
    if _BARE_SUFFIX.fullmatch(pattern) and not rule.hidden:
        return text(
            "This takes a file whose whole name is {part}. For all that end with it, write "
            "*{part}.",
            part=pattern,
        )
    return None


_UNFINISHED_FILE = Exclusion(text("its name is that of a file still being written"), told=True)
_SIDE_FILE = Exclusion(text("it is a side file of another program"), told=True)
_HIDDEN = Exclusion(
    text("its name begins with a dot, and the rule takes no hidden files (hidden)"), told=True
)


def _foreign(name: str) -> Exclusion | None:
    """Return why a file of this name is another program's own, or not finished by it."""
    lower = name.lower()
    if lower.startswith(_UNFINISHED_BEGINNINGS) or lower.endswith(_UNFINISHED_ENDINGS):
        return _UNFINISHED_FILE
    _, dot, suffix = lower.rpartition(".")
    told = _told_by(suffix) if dot else _EXCEL.fullmatch(name) and _UNFINISHED_FILE
    if told is None and name[0] == "." and _RSYNC.fullmatch(name):
        told = _UNFINISHED_FILE
    if told is None and (
        lower.startswith(_SIDE_BEGINNINGS)
        or lower in _SIDE_NAMES
        or name[-1] == "~"
        or (name[0] == name[-1] == "#")
    ):
        told = _SIDE_FILE
    return told


@lru_cache(1000)  # of 100,000 files in a folder, few have a suffix that no other has
def _told_by(suffix: str) -> Exclusion | None:
    if suffix in _UNFINISHED or suffix.endswith(_UNFINISHED_TAILS):
        return _UNFINISHED_FILE
    if _UNFINISHED_WORDS.fullmatch(suffix):
        return _UNFINISHED_FILE
    return _SIDE_FILE if suffix in _SIDE_SUFFIXES else None


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
