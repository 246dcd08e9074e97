"""What a folder lies on: a network share, which file system; and is it really watched for us."""

from __future__ import annotations

import os
import re
import sys
from contextlib import suppress
from pathlib import Path, PurePath

# What is written there from another machine makes no event here.
_NETWORK = re.compile(
    r"(nfs\d?|cifs|smb\d?|smbfs|9p|afs|ncpfs|ceph|glusterfs|fuse\.(sshfs|rclone|davfs\S*|s3fs\S*"
    r"|gvfsd-fuse|glusterfs|ceph\S*))$"
)
# The number that the system gives these is that of the device, which is another one each time.
_NAMED_BY_DEVICE = {
    *("xfs", "vfat", "msdos", "exfat", "ntfs", "ntfs3", "fuseblk"),
    *("iso9660", "udf", "hfsplus"),
}
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
            kinds[_unescaped(place)] = kind
    for path in (PurePath(folder), *PurePath(folder).parents):
        if str(path) in kinds:
            return _NETWORK.match(kinds[str(path)]) is not None
    return False


class Mounts:
    """What is mounted where. Only Linux tells; elsewhere every place has the same name, ""."""

    def __init__(self, table: Path = Path("/proc/self/mountinfo")) -> None:
        self._table = table
        self._asked: tuple[bytes, str, int, int] | None = None
        self._answer = ""
        self._asked_inside = ("", "")
        self._inside: dict[str, str] = {}

    def medium(self, folder: str, device: int, inode: int) -> str:
        """Return the name of the file system that a folder lies on, and the folder in it.

        ``folder`` is a path without links. The name is the same after each mount and at another
        mount point, as far as the system knows the file system again.
        """
        mounted = b""
        with suppress(OSError):
            mounted = self._table.read_bytes()
        asked = (mounted, folder, device, inode)
        if asked != self._asked:
            self._asked, self._answer = asked, _medium(os.fsdecode(mounted), folder)
        return self._answer

    def inside(self, folder: str) -> dict[str, str]:
        """Return what is mounted in folders inside: by their paths, the names of the media."""
        mounted = ""
        with suppress(OSError):
            mounted = os.fsdecode(self._table.read_bytes())
        if (mounted, folder) != self._asked_inside:
            top, found = PurePath(folder), dict[str, str]()
            for line in mounted.splitlines():
                point = PurePath(_unescaped(line.split(" ")[4]))
                if point != top and point.is_relative_to(top):
                    with suppress(OSError):
                        found[point.relative_to(top).as_posix()] = _medium(mounted, str(point))
            self._asked_inside, self._inside = (mounted, folder), found
        return self._inside


def tells_of_owners(medium: str) -> bool:
    """Tell whether a file system keeps owners, permissions and the numbers of its folders."""
    kind = medium.partition(" ")[0]
    foreign = _NAMED_BY_DEVICE - {"xfs"}
    return kind not in foreign and not kind.startswith("fuse.") and not _NETWORK.match(kind)


def _medium(mounted: str, folder: str) -> str:
    # https://man7.org/linux/man-pages/man5/proc_pid_mountinfo.5.html
    mount: tuple[PurePath, str, str] | None = None
    for line in mounted.splitlines():
        about, _, system = line.partition(" - ")
        point = PurePath(_unescaped(about.split(" ")[4]))
        # Of two at one point, the later one hides the other.
        if PurePath(folder).is_relative_to(point) and (
            mount is None or len(point.parts) >= len(mount[0].parts)
        ):
            mount = point, _unescaped(about.split(" ")[3]), system
    if mount is None:
        return ""
    point, top, system = mount
    kind, source, *_ = system.split(" ")
    inside = PurePath(top, PurePath(folder).relative_to(point))
    name = f"{kind} {_name_of(kind, _unescaped(source), folder)} {inside}"
    return name.encode("utf-8", "backslashreplace").decode("utf-8")


def _name_of(kind: str, source: str, folder: str) -> str:
    """Return what tells a file system from all others of its kind."""
    if _NETWORK.match(kind) or kind.startswith("fuse."):
        return source
    if kind in _NAMED_BY_DEVICE:
        with suppress(OSError):
            device = os.path.realpath(source)
            for name in Path("/dev/disk/by-uuid").iterdir():
                if os.path.realpath(name) == device:
                    return name.name
    number = 0
    if sys.platform != "win32":  # whose mounts nobody tells
        number = os.statvfs(folder).f_fsid
    return f"{number:x}" if number else source


def _unescaped(path: str) -> str:
    return _ESCAPED.sub(lambda code: chr(int(code[1], 8)), path)


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
