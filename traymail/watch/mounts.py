"""Which folders lie on a network share, and which of them the system really watches for us."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path, PurePath

# What is written there from another machine makes no event here.
_NETWORK = re.compile(
    r"(nfs\d?|cifs|smb\d?|smbfs|9p|afs|ncpfs|ceph|glusterfs|fuse\.(sshfs|rclone|davfs\S*|s3fs\S*"
    r"|gvfsd-fuse|glusterfs|ceph\S*))$"
)
_ESCAPED = re.compile(r"\\([0-7]{3})")


def is_network(folder: str, mounts: Path = Path("/proc/self/mounts")) -> bool:
    """Tell whether a folder lies on a network share; only Linux tells, elsewhere False.

    On Windows a path that names another machine is one.
    """
    if folder.startswith("\\\\"):
        return True
    kinds: dict[str, str] = {}
    with suppress(OSError):
        for line in mounts.read_text(encoding="utf-8", errors="surrogateescape").splitlines():
            _, place, kind, *_ = line.split(" ")
            kinds[_ESCAPED.sub(lambda code: chr(int(code[1], 8)), place)] = kind
    for path in (PurePath(folder), *PurePath(folder).parents):
        if str(path) in kinds:
            return _NETWORK.match(kinds[str(path)]) is not None
    return False


def watched_inodes() -> set[int] | None:
    """Return the inodes this process has inotify watches on; None where the system has none.

    The kernel refuses watches beyond its limit, and watchdog does not tell of it.
    """
    folder = Path("/proc/self/fdinfo")
    if not folder.is_dir():
        return None
    inodes: set[int] = set()
    for descriptor in folder.iterdir():
        with suppress(OSError):
            for line in descriptor.read_text(encoding="ascii").splitlines():
                if line.startswith("inotify "):
                    inodes.add(int(line.split("ino:", 1)[1].split(" ", 1)[0], 16))
    return inodes
