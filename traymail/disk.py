"""Folders and files reached step by step: what was looked at is what is used, and no link leads on.

A path that is used twice may lead elsewhere the second time, when others may write a folder on its
way. A folder that is open stays the same one, whatever happens to its name. Where the system has
no descriptors of folders (Windows), paths are all there is.
"""

from __future__ import annotations

import contextlib
import errno
import getpass
import os
import stat
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path, PurePath
from threading import Event
from time import monotonic
from typing import BinaryIO, TypeVar

from traymail.core.address import whole_characters
from traymail.core.errors import SourceError, StateError, UnsafePath
from traymail.core.reasons import reason_of
from traymail.core.texts import text
from traymail.winapi import make_private, strangers

T = TypeVar("T")

HAS_DESCRIPTORS = os.open in os.supports_dir_fd
# Never through a link, and never waiting for the other end of a pipe that took a file's place.
_NO_FOLLOW: int = getattr(os, "O_NOFOLLOW", 0)
NO_LINK = _NO_FOLLOW | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
READ = os.O_RDONLY | NO_LINK | getattr(os, "O_NONBLOCK", 0)
_NEW = os.O_RDWR | os.O_CREAT | os.O_EXCL | NO_LINK
# To go through a folder it need not be readable.
_ENTER = getattr(os, "O_PATH", os.O_RDONLY) | getattr(os, "O_DIRECTORY", 0) | NO_LINK
_ALL_MAY_WRITE = 0o002
_GROUP_MAY_WRITE = 0o020
_OTHERS_MAY_WRITE = _ALL_MAY_WRITE | _GROUP_MAY_WRITE
_OTHERS_MAY_ENTER = 0o011
_ACCESS_LIST = "system.posix_acl_access"
_MOST_LINKS = 40
PATIENCE_SECONDS = 1.0
_AGAIN_SECONDS = 0.05


class Folder:
    """A folder that is open; names are those inside it. A context manager."""

    def __init__(self, path: str, descriptor: int | None) -> None:
        self.path = path
        self.descriptor = descriptor

    def __enter__(self) -> Folder:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let it go."""
        if self.descriptor is not None:
            os.close(self.descriptor)
            self.descriptor = None

    def full(self, name: str) -> str:
        """Return the path of a name, to be shown."""
        return os.path.join(self.path, name)  # noqa: PTH118 # as it was written, not tidied

    def at(self, name: str) -> str:
        """Return what a call is given beside ``dir_fd=self.descriptor``."""
        return self.full(name) if self.descriptor is None else name

    @property
    def now(self) -> str:
        """A path that leads to this very folder, whatever has its name by now."""
        if self.descriptor is None or sys.platform != "linux":
            return self.path
        return f"/proc/self/fd/{self.descriptor}"

    def itself(self) -> os.stat_result:
        """Return what the folder is; raises OSError."""
        return os.stat(self.path if self.descriptor is None else self.descriptor)  # noqa: PTH116 # pathlib takes no descriptor

    def look(self, name: str) -> os.stat_result:
        """Return what has this name, a link as the link itself; raises OSError."""
        return os.stat(self.at(name), dir_fd=self.descriptor, follow_symlinks=False)

    def has(self, name: str) -> bool:
        """Tell whether the name is taken; raises OSError when that cannot be seen."""
        try:
            self.look(name)
        except FileNotFoundError:
            return False
        return True

    def open(self, name: str, flags: int = READ) -> int:
        """Open a file, not through a link; raises OSError, UnsafePath."""
        with self._no_link(name):
            return os.open(self.at(name), flags, 0o600, dir_fd=self.descriptor)

    def create(self, name: str) -> BinaryIO:
        """Make a file that only its user may read; raises OSError, also when the name is taken."""
        descriptor = os.open(self.at(name), _NEW, 0o600, dir_fd=self.descriptor)
        keep_private(self.full(name))
        return os.fdopen(descriptor, "w+b", closefd=True)

    def enter(self, name: str, *, make: bool = False) -> Folder:
        """Open a folder inside, ``make``: made when it is not there; raises OSError, UnsafePath."""
        if make:
            with contextlib.suppress(FileExistsError):
                os.mkdir(self.at(name), 0o700, dir_fd=self.descriptor)
                keep_private(self.full(name))
        with self._no_link(name):
            if self.descriptor is not None:
                return Folder(self.full(name), os.open(name, _ENTER, dir_fd=self.descriptor))
            if not stat.S_ISDIR(self.look(name).st_mode):
                raise NotADirectoryError(20, os.strerror(20), self.full(name))
            return Folder(self.full(name), None)

    def reach(self, parts: Iterable[str]) -> Folder:
        """Open a folder further inside, or this one once more; raises OSError, UnsafePath."""
        descriptor = None if self.descriptor is None else os.dup(self.descriptor)
        return Folder(self.path, descriptor).descend(parts)

    def descend(self, parts: Iterable[str], *, make: bool = False) -> Folder:
        """Open a folder further inside instead of this one, which is closed, whatever comes.

        ``make``: those that are not there are made, and none is taken that a stranger put there.
        """
        folder = self
        try:
            for name in parts:
                step = folder.enter(name, make=make)
                if make:
                    folder.require_no_stranger(step)
                folder.close()
                folder = step
        except BaseException:
            folder.close()
            raise
        return folder

    def require_no_stranger(self, step: Folder, *, anyone: bool = False) -> None:
        """Raise UnsafePath for a folder inside that a stranger may have put there.

        ``anyone``: where all may write; what a group shares is passed over.
        """
        around, found = self.itself(), step.itself()
        others = around.st_mode & _ALL_MAY_WRITE if anyone else open_to_others(self, around)
        if others and found.st_uid not in (0, current_user(), around.st_uid):
            step.close()
            raise UnsafePath(
                text("{path} belongs to another user.", path=step.path),
                text("Take it away, or choose another place."),
            )

    def entries(self) -> Iterator[os.DirEntry[str]]:
        """Yield what lies in the folder; raises OSError."""
        if self.descriptor is None:
            with os.scandir(self.path) as entries:
                yield from entries
            return
        with self._readable() as descriptor, os.scandir(descriptor) as entries:
            yield from entries

    def link(self, name: str, folder: Folder, new: str) -> None:
        """Give a file one more name there; raises OSError, also when the name is taken."""
        os.link(
            self.at(name),
            folder.at(new),
            src_dir_fd=self.descriptor,
            dst_dir_fd=folder.descriptor,
            follow_symlinks=False,
        )

    def rename(self, name: str, folder: Folder, new: str) -> None:
        """Give a file another name there; raises OSError."""
        os.rename(
            self.at(name), folder.at(new), src_dir_fd=self.descriptor, dst_dir_fd=folder.descriptor
        )

    def remove(self, name: str) -> None:
        """Remove a file; one that is gone is no error. Raises OSError."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.at(name), dir_fd=self.descriptor)

    def sync(self) -> None:
        """Make names durable; raises OSError."""
        if self.descriptor is None:
            return  # Windows has no such call, and keeps names by its journal
        with self._readable() as descriptor:
            os.fsync(descriptor)

    @contextlib.contextmanager
    def _readable(self) -> Iterator[int]:
        """Open it once more: as one that is only gone through, it cannot be read."""
        descriptor = os.open(".", os.O_RDONLY | getattr(os, "O_CLOEXEC", 0), dir_fd=self.descriptor)
        try:
            yield descriptor
        finally:
            os.close(descriptor)

    @contextlib.contextmanager
    def _no_link(self, name: str) -> Iterator[None]:
        """Say of a link that it is one; systems differ in the error they give."""
        if self.descriptor is None:
            self._refuse_link(name)
        try:
            yield
        except OSError:
            self._refuse_link(name)
            raise

    def _refuse_link(self, name: str) -> None:
        with contextlib.suppress(OSError):
            if _is_link(self.look(name)):
                raise link_in_the_way(self.full(name))


def _is_link(found: os.stat_result) -> bool:
    """Tell whether it leads elsewhere: a link or, on Windows, a junction, which all may make."""
    if sys.platform == "win32" and found.st_reparse_tag == stat.IO_REPARSE_TAG_MOUNT_POINT:
        return True
    return stat.S_ISLNK(found.st_mode)


def link_in_the_way(path: str) -> UnsafePath:
    """Return the error for a link where none may be."""
    return UnsafePath(
        text("{path} is a link, and links are not followed there.", path=path),
        text("Take the link away, or name the place that it leads to instead."),
    )


def open_folder(
    path: str,
    *,
    make: bool = False,
    own_links: bool = False,
    passing: Callable[[Folder], None] | None = None,
) -> Folder:
    """Open a folder, step by step from the top; close it in the end.

    No step goes through a link, but for those that stand at the very top, which are the system's
    (``/home``, ``/tmp`` on some). ``own_links``: nor is a link refused that only the user or root
    can have put there. ``make``: folders that are not there are made, private to the user; none is
    taken that a stranger put where all may write. ``passing`` is shown each folder on the way, and
    may raise. Raises OSError, UnsafePath.
    """
    if not HAS_DESCRIPTORS:
        return _found_folder(path, make=make)
    folder, links = _top(), 0
    pending = list(reversed(PurePath(os.path.abspath(path)).parts[1:]))  # noqa: PTH100 # pathlib keeps ".."
    try:
        while pending:
            name = pending.pop()
            if passing is not None:
                passing(folder)
            try:
                step = folder.enter(name, make=make)
            except UnsafePath:
                links += 1
                may_follow = folder.path == "/" or (
                    own_links and not open_to_others(folder, folder.itself())
                )
                if not may_follow or links > _MOST_LINKS:
                    raise
                target = PurePath(os.readlink(name, dir_fd=folder.descriptor))
                pending += reversed(target.parts[1:] if target.is_absolute() else target.parts)
                if not target.is_absolute():
                    continue
                step = _top()
            if make:
                folder.require_no_stranger(step, anyone=True)
            folder.close()
            folder = step
    except BaseException:
        folder.close()
        raise
    return folder


def open_behind_links(path: str, *, last: bool = True) -> int:
    """Open a file to read it, also behind links, but behind no stranger's to what is not theirs.

    Where others may put links, one leads on only to what belongs to whoever owns it, as the kernel
    has it in ``/tmp`` (protected_symlinks of proc(5)). Else they would have a file of the user's
    read for them. Not ``last``: the file itself is no link. Raises OSError, UnsafePath.
    """
    descriptor = os.open(path, READ & ~_NO_FOLLOW if last else READ)
    if not HAS_DESCRIPTORS:
        return descriptor
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            if os.readlink(f"/proc/self/fd/{descriptor}") == os.path.abspath(path):  # noqa: PTH100, PTH115 # hot: many logs
                return descriptor  # no link was on the way
    os.close(descriptor)
    owners = set[int]()
    folder, name = _behind_links(path, owners)
    with folder:
        descriptor = folder.open(name)
    if owners <= {os.fstat(descriptor).st_uid}:
        return descriptor
    os.close(descriptor)
    raise _a_strangers_link(path)


def open_to_read(path: str) -> int:
    """Open what the user names as `open_behind_links` does, or a pipe, whose other end is awaited.

    What ``/dev/fd`` leads to may have no name: a shell's pipe, or a file that is gone.
    """
    flags = READ & ~getattr(os, "O_NONBLOCK", 0)
    if not HAS_DESCRIPTORS:
        return os.open(path, flags)
    owners = set[int]()
    folder, name = _behind_links(path, owners, nameless=True)
    with folder:
        if owners <= {folder.look(name).st_uid}:  # before a pipe's other end takes notice
            if _is_of_proc(folder.itself()):
                flags &= ~_NO_FOLLOW
            descriptor = folder.open(name, flags)
            if owners <= {os.fstat(descriptor).st_uid}:
                return descriptor
            os.close(descriptor)
    raise _a_strangers_link(path)


def behind_links(path: str) -> str:
    """Return where a path leads; that of what is not there leads nowhere, and is told when opened.

    Raises UnsafePath for a stranger's link to what is not theirs, as `open_behind_links` has it.
    """
    if not HAS_DESCRIPTORS:
        return os.path.realpath(path)
    # Never where it leads by now: since it was looked at, a link may have come there.
    owners, where = set[int](), str(Path(path).absolute())
    with contextlib.suppress(OSError):
        folder, name = _behind_links(path, owners, gone=True)
        where = folder.full(name)
        with folder:
            if owners <= {folder.look(name).st_uid}:
                return where
    if owners:
        raise _a_strangers_link(path)
    return where


def true_place(path: Path) -> str:
    """Return where a file is that the user names; raises SourceError behind a stranger's link."""
    try:
        return behind_links(os.fspath(path))
    except UnsafePath as error:
        raise SourceError(os.fspath(path), error.title, error.advice) from error


def _a_strangers_link(path: str) -> UnsafePath:
    return UnsafePath(
        text(
            "{path} leads through a link of another user's to a file that is not theirs.", path=path
        ),
        text("Take the link away, or name the place that it leads to instead."),
    )


def folder_behind_links(path: str) -> str:
    """Return the folder that a link to a file leads to; "" for a stranger's to what is not theirs.

    Raises OSError.
    """
    if not HAS_DESCRIPTORS:
        return os.path.dirname(os.path.realpath(path))  # noqa: PTH120 # hot: many logs
    owners = set[int]()
    folder, _ = _behind_links(path, owners)
    with folder:
        return folder.path if owners <= {folder.itself().st_uid} else ""


def _behind_links(
    path: str, owners: set[int], *, nameless: bool = False, gone: bool = False
) -> tuple[Folder, str]:
    """Return the folder and the name of what a path leads to; add strangers whose links lead there.

    ``nameless``: that may be a link in ``/proc``; ``gone``: nothing need have that name. Raises
    OSError.
    """
    folder, links = _top(), 0
    pending = list(reversed(Path(path).absolute().parts[1:])) or ["."]
    try:
        while True:
            name = pending.pop()
            if gone and not pending and not folder.has(name):
                return folder, name
            found = folder.look(name)
            to_nameless = nameless and not pending and _is_of_proc(found)
            if to_nameless or not _is_link(found):
                if not pending:
                    return folder, name
                step = folder.enter(name)
                if name == "..":  # of where a link has led to, not of the link
                    step.path = str(PurePath(folder.path).parent)
            else:
                links += 1
                if links > _MOST_LINKS:
                    break
                owners |= _strangers_of(folder, found)
                if pending and not found.st_size:  # in /proc, which knows the way beyond its names
                    flags = _ENTER & ~_NO_FOLLOW
                    step = Folder(folder.full(name), os.open(name, flags, dir_fd=folder.descriptor))
                    folder.close()
                    folder = step
                    continue
                target = PurePath(os.readlink(name, dir_fd=folder.descriptor))
                pending += reversed(target.parts[1:] if target.is_absolute() else target.parts)
                if not target.is_absolute():
                    continue
                step = _top()
            folder.close()
            folder = step
    except BaseException:
        folder.close()
        raise
    folder.close()
    raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), path)


def _strangers_of(folder: Folder, link: os.stat_result) -> set[int]:
    """Return whose a link is that a stranger has put into a folder where others may."""
    stranger = link.st_uid not in (0, current_user())
    return {link.st_uid} if stranger and open_to_others(folder, folder.itself()) else set()


def _is_of_proc(found: os.stat_result) -> bool:
    """Tell whether it is in Linux' ``/proc``, where nobody puts links but the kernel."""
    if sys.platform != "linux":
        return False
    with contextlib.suppress(OSError):
        device = Path("/proc").stat().st_dev
        return found.st_dev == device != Path("/").stat().st_dev
    return False


def _found_folder(path: str, *, make: bool) -> Folder:
    """Return a folder without a descriptor; raises OSError when it is not there, or no folder."""
    if make:
        make_folder(Path(path))
    if not stat.S_ISDIR(Path(path).stat().st_mode):
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), path)
    return Folder(path, None)


def make_folder(path: Path) -> None:
    """Make a folder, and those on the way to it, where there is none; raises OSError."""
    first = next((one for one in (*reversed(path.parents), path) if not one.exists()), None)
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    if first is not None:
        keep_private(str(first))


def keep_private(path: str) -> None:
    """Let nobody else into what was just made, where its mode says nothing of that (Windows).

    In the user's own folder Windows sees to it, elsewhere it lets all users in. Some disks keep no
    rights; that is no error.
    """
    if os.name == "nt" and _is_elsewhere(Path(path)):
        with contextlib.suppress(OSError):
            make_private(path)


def in_home(path: str) -> Path:
    """Return a path with its ~ replaced; it stays where nobody knows that home, as in a shell."""
    return Path(os.path.expanduser(path))  # noqa: PTH111 # pathlib's raises RuntimeError then


def start_folder() -> Path:
    """Return where programs are started: not in a folder of others, nor one to be unmounted."""
    home = in_home("~")
    there = home.is_absolute() and home.is_dir() and os.access(home, os.X_OK)
    return home if there else Path(os.path.abspath(os.sep))  # noqa: PTH100 # with Windows' drive


def _is_elsewhere(path: Path) -> bool:
    """Tell whether a path is outside of the user's own folder."""
    return not path.is_relative_to(in_home("~"))


def require_private(path: Path) -> None:
    """Raise UnsafePath for a folder that others may write, exchange, or have made.

    It is what ssh asks for: the folder belongs to the user or to root, who may do anything anyway,
    and so does each folder on the way to it; others may write none of them, but for those on the
    way where nobody takes away what is another's (``/tmp``). Whoever owns ``/`` counts as root: in
    a chroot that may be somebody else; so does whom a container has no name for, as is root of the
    computer there. A folder that is not there is no error.

    On Windows only the folder itself is looked at, and only outside of the user's own.
    """
    if not HAS_DESCRIPTORS:
        _require_no_strangers(path)
        return
    owners = _trusted_on_the_way()

    def passing(folder: Folder) -> None:
        found = folder.itself()
        if folder.path != "/":
            _require_owner(folder.path, found, owners)
            if not found.st_mode & stat.S_ISVTX:
                _require_unwritable(folder.path, found, folder.now)

    with (
        contextlib.suppress(OSError),  # whoever makes it, or goes there, tells
        open_folder(str(path), own_links=True, passing=passing) as folder,
    ):
        found = folder.itself()
        _require_owner(folder.path, found, {0, current_user()})
        _require_unwritable(folder.path, found, folder.now)


def _require_no_strangers(path: Path) -> None:
    if not _is_elsewhere(path):
        return
    with contextlib.suppress(OSError):  # not there, or on a disk that keeps no rights
        if strangers(str(path)):
            raise UnsafePath(
                text("Others may write {path}, so traymail does not use it.", path=path),
                text(
                    "Look through what lies there, then keep it to yourself: "
                    'icacls "{path}" /inheritance:r /grant:r "%USERNAME%:(OI)(CI)F"',
                    path=path,
                ),
            )


def exchangeable_in(path: str) -> str:
    """Return the folder on the way to ``path`` in which others could exchange it, "" for none.

    They may where they can write, but for places where nobody takes away what is another's.
    Raises OSError, UnsafePath.
    """
    if not HAS_DESCRIPTORS:
        return ""
    owners, found = _trusted_on_the_way(), list[str]()

    def passing(folder: Folder) -> None:
        it = folder.itself()
        loose = _others_may_write(folder.now, it) and not it.st_mode & stat.S_ISVTX
        if loose or it.st_uid not in owners:
            found.append(folder.path)

    open_folder(path, passing=passing).close()
    return found[-1] if found else ""


def _trusted_on_the_way() -> set[int]:
    """Return who may own a folder on the way without being somebody else."""
    with _top() as top:
        return {0, current_user(), top.itself().st_uid, *_nameless()}


def _nameless() -> Iterator[int]:
    """Yield the number that stands for all users without one, in a container that has its own."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        # https://man7.org/linux/man-pages/man7/user_namespaces.7.html
        if int(Path("/proc/self/uid_map").read_bytes().split()[2]) != 2**32 - 1:
            yield int(Path("/proc/sys/kernel/overflowuid").read_bytes())


def require_own_file(path: Path, descriptor: int | None = None) -> None:
    """Raise UnsafePath for a file that another user made, or that others get at to write.

    ``descriptor``: it is open, and may be behind a link; else a link is refused, and no file is no
    error.
    """
    if not HAS_DESCRIPTORS:
        return
    try:
        found = path.lstat() if descriptor is None else os.fstat(descriptor)
        around = Path(os.path.realpath(path)).parent.stat()
    except OSError:
        return  # whoever goes there tells
    if stat.S_ISLNK(found.st_mode):
        raise link_in_the_way(str(path))
    _require_owner(str(path), found, {0, current_user()})
    if around.st_mode & _OTHERS_MAY_ENTER:
        _require_unwritable(str(path), found, str(path))
    if descriptor is not None and path.is_symlink():
        require_private(Path(os.path.realpath(path)))  # nor may they put another one there


def _require_owner(path: str, found: os.stat_result, owners: set[int]) -> None:
    if found.st_uid not in owners:
        raise UnsafePath(
            text("{path} belongs to another user, so traymail does not use it.", path=path),
            text("Run traymail as that user, or choose another home with --home."),
        )


def _require_unwritable(path: str, found: os.stat_result, now: str) -> None:
    if _others_may_write(now, found):
        raise UnsafePath(
            text("Others may write {path}, so traymail does not use it.", path=path),
            text(
                "Look through what lies there, then take their permission away: chmod go-w {path}",
                path=path,
            ),
        )


def _top() -> Folder:
    return Folder("/", os.open("/", _ENTER))


def open_to_others(folder: Folder, found: os.stat_result) -> bool:
    """Tell whether somebody else than the user and root can put things into a folder."""
    if sys.platform == "win32":
        return False  # its permissions say nothing of this
    return found.st_uid not in (0, current_user()) or _others_may_write(folder.now, found)


def _others_may_write(path: str, found: os.stat_result) -> bool:
    """Tell whether its permissions let others write it.

    Many systems give each user a group of their own, and let it write all that they make: that is
    nobody else, as Debian's ssh sees it, too. Root's group is no such one. Where users and groups
    are named one by one (acl(5)), the group's permissions are the most that any of these has.
    """
    if not found.st_mode & _GROUP_MAY_WRITE or found.st_uid == 0 or sys.platform == "win32":
        return bool(found.st_mode & _OTHERS_MAY_WRITE)
    import grp
    import pwd

    try:
        user, group = pwd.getpwuid(found.st_uid), grp.getgrgid(found.st_gid)
    except KeyError:
        return True
    own = user.pw_gid == group.gr_gid and user.pw_name == group.gr_name
    alone = own and not set(group.gr_mem) - {user.pw_name} and not _names_others(path)
    alone = alone and _first_group_of(group.gr_gid) <= {found.st_uid}
    return not alone or bool(found.st_mode & _ALL_MAY_WRITE)


@lru_cache(64)
def _first_group_of(group: int) -> frozenset[int]:
    """Return the users whose first group it is, whom it does not name; asking may take long."""
    if sys.platform == "win32":
        return frozenset()
    import pwd

    return frozenset(one.pw_uid for one in pwd.getpwall() if one.pw_gid == group)


def _names_others(path: str) -> bool:
    """Tell whether its permissions name users or groups besides those of its mode."""
    if sys.platform != "linux":
        return False
    try:
        return _ACCESS_LIST in os.listxattr(path)
    except OSError:
        return False  # a disk without such lists


def current_user() -> int:
    """Return the number of the user, 0 where there is none."""
    if sys.platform == "win32":
        return 0
    return os.geteuid()


def session_bus(environ: Mapping[str, str], sessions: str = "/run/user") -> str | None:
    """Return the address of the user's session bus; None where there is none.

    ``sessions``: where systemd has a folder for each user who is logged in. The bus is in it, also
    for those whose environment does not say so: a job of cron, a session without the variable.
    """
    if given := environ.get("DBUS_SESSION_BUS_ADDRESS"):
        return given
    folder = environ.get("XDG_RUNTIME_DIR") or f"{sessions}/{current_user()}"
    with contextlib.suppress(OSError):
        whose = os.stat(folder).st_uid  # noqa: PTH116 # another user's, as it is after su, is not meant
        if whose == current_user() and Path(folder, "bus").is_socket():
            return f"unix:path={folder}/bus"
    return None


def user_name() -> str:
    """Return the user's name, or the number of one that has none, as in many containers."""
    try:
        return getpass.getuser()
    except (KeyError, ImportError, OSError):  # by system, and by Python's version
        return str(current_user())


def write_whole(path: Path, content: bytes | Iterable[bytes], *, lasting: bool = True) -> None:
    """Put ``content`` in the place of ``path``: after a power cut it is the old or the new file.

    Not ``lasting``: what nobody needs after one is not waited for until it is on the disk. The
    file is private to the user (0600). Raises StateError, also when ``path`` is a link or
    leads through one that others may have put there; nothing is changed then.
    """
    with _writing(path), open_folder(str(path.parent), own_links=True) as folder:
        pieces = [content] if isinstance(content, bytes) else content
        _write_whole(folder, path.name, pieces, lasting=lasting)


@contextlib.contextmanager
def opened_file(path: str, *, strangers: bool = False, last: bool = True) -> Iterator[BinaryIO]:
    """Open a regular file to read it; a pipe in its place is not waited for. Raises OSError.

    A link is followed: it is for files in folders of the user's own. ``strangers``: it may lie in
    another one, and is opened as `open_behind_links` does it (``last``); raises UnsafePath, too.
    """
    opened = open_behind_links(path, last=last) if strangers else os.open(path, READ & ~_NO_FOLLOW)
    with os.fdopen(opened, "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL), path)
        yield file


def read_file(path: Path, *, strangers: bool = False, most: int = -1) -> bytes:
    """Return what a file holds, opened as `opened_file` does; raises the same.

    ``most``: of a larger one, only so many bytes.
    """
    with opened_file(str(path), strangers=strangers) as file:
        return file.read(most)


@contextlib.contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StateError(
            text("{path} cannot be written: {reason}", path=path, reason=reason_of(error)),
            text("Check that the folder belongs to you and the disk is not full."),
        ) from error


def _write_whole(folder: Folder, name: str, content: Iterable[bytes], *, lasting: bool) -> None:
    if folder.has(name):
        mode = folder.look(name).st_mode
        if stat.S_ISLNK(mode):
            raise link_in_the_way(folder.full(name))
        if not stat.S_ISREG(mode):
            raise UnsafePath(
                text("{path} is not a file.", path=folder.full(name)),
                text("Choose another name for it."),
            )
    beside = f".traymail-{os.urandom(8).hex()}"
    try:
        with folder.create(beside) as file:
            file.writelines(content)
            file.flush()
            if lasting:
                os.fsync(file.fileno())
        # Over a link that came meanwhile, too: it is replaced, not followed.
        patiently(
            lambda: os.replace(
                folder.at(beside),
                folder.at(name),
                src_dir_fd=folder.descriptor,
                dst_dir_fd=folder.descriptor,
            )
        )
    except BaseException:
        with contextlib.suppress(OSError):
            folder.remove(beside)
        raise
    if lasting:
        folder.sync()


def held(error: OSError) -> bool:
    """Tell whether a file may only be held for a moment, as Windows lets every program do.

    Editors and virus scanners open files so that nobody else may read, replace or remove them. The
    error is that of missing rights.
    """
    return os.name == "nt" and isinstance(error, PermissionError)


def patiently(act: Callable[[], T], may_pass: Callable[[OSError], bool] = held) -> T:
    """Do something to a file, for a second again as long as it is `held`; raises OSError."""
    until = monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return act()
        except OSError as error:
            if not may_pass(error) or monotonic() >= until:
                raise
        Event().wait(_AGAIN_SECONDS)


@contextlib.contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Keep other processes out that take the same lock file; it ends with its process.

    Raises StateError when the lock file cannot be made.
    """
    with _writing(path), open_folder(str(path.parent), make=True, own_links=True) as folder:
        descriptor = folder.open(path.name, os.O_RDWR | os.O_CREAT | NO_LINK)
    try:
        _lock(descriptor)
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int) -> None:
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(descriptor, msvcrt.LK_LOCK, 1)
    else:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX)


def typed(words: str) -> str:
    """Return an argument, or a file's name, as it was typed, whatever the locale made of it."""
    try:
        return os.fsencode(words).decode("utf-8")
    except UnicodeError:
        return whole_characters(words)
