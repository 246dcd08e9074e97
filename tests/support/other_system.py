"""`python -m tests.support.other_system darwin|win32`: import all of traymail as if it were there.

What that system lacks is taken away first: modules, attributes, the ways to open a file below an
open folder. Prints each module that cannot be imported, with the reason. What Windows alone has is
a stand-in that does nothing: no call of it is made.
"""

import ctypes
import importlib
import os
import pkgutil
import signal
import socket
import sys
import time
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

import traymail

# Dependencies that are installed on Linux only, or not there at all.
_LINUX = {"jeepney", "secretstorage", "Xlib", "gi"}
_POSIX = {"fcntl", "grp", "pty", "pwd", "resource", "syslog", "termios", "tty"}
LACKING = {"darwin": _LINUX, "win32": _LINUX | _POSIX}

_LINUX_ATTRIBUTES = {
    os: ("O_PATH", "O_TMPFILE", "memfd_create", "pidfd_open", "sched_getaffinity"),
    socket: ("SO_PEERCRED", "SO_PASSCRED", "AF_NETLINK"),
}
# Of "Availability: Unix, not Windows" in the documentation, what a program like this may want.
_POSIX_ATTRIBUTES = {
    os: (
        *("O_CLOEXEC", "O_DIRECTORY", "O_NOFOLLOW", "O_NONBLOCK", "O_SYNC", "O_DSYNC", "WNOHANG"),
        *("getuid", "geteuid", "getgid", "getegid", "getgroups", "getpgid", "setsid", "killpg"),
        *("fork", "fchmod", "fchown", "chown", "lchown", "mkfifo", "mknod", "nice", "uname"),
        *("statvfs", "fstatvfs", "pathconf", "sysconf", "set_blocking", "openpty", "getloadavg"),
    ),
    signal: (
        *("SIGALRM", "SIGCHLD", "SIGHUP", "SIGKILL", "SIGPIPE", "SIGQUIT", "SIGUSR1", "SIGUSR2"),
        *("SIGURG", "SIGIO", "alarm", "pause", "pthread_sigmask", "setitimer", "siginterrupt"),
    ),
    socket: ("AF_UNIX", "send_fds", "recv_fds", "SCM_RIGHTS"),
    time: ("tzset", "CLOCK_MONOTONIC", "CLOCK_BOOTTIME", "clock_gettime", "pthread_getcpuclockid"),
}


class _Lacking(MetaPathFinder):
    """Finds no module of these names."""

    def __init__(self, names: set[str]) -> None:
        self._names = names

    def find_spec(self, fullname: str, *_: object) -> ModuleSpec | None:
        if fullname.partition(".")[0] in self._names:
            raise ModuleNotFoundError(f"No module named {fullname!r}", name=fullname)
        return None


class _Anything(ModuleType):
    """Something of Windows that a module wants when it is imported."""

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 # it stands for anything
        return self if name == name.strip("_") else None

    def __call__(self, *_: object, **__: object) -> Any:  # noqa: ANN401 # it stands for anything
        return self


def names_of_all() -> list[str]:
    """Every module of traymail, but for the one that runs."""
    names = [one.name for one in pkgutil.walk_packages(traymail.__path__, "traymail.")]
    return [name for name in names if name != "traymail.__main__"]


def become(system: str) -> None:
    """Take from this process what the system lacks; all other modules stay as they are here."""
    for name in names_of_all():
        importlib.import_module(name)
    lacking = LACKING[system]
    for name in list(sys.modules):
        if name.partition(".")[0] in {"traymail", *lacking}:
            del sys.modules[name]
    sys.meta_path.insert(0, _Lacking(lacking))
    for module, attributes in _LINUX_ATTRIBUTES.items():
        _take(module, attributes)
    if system == "win32":
        for module, attributes in _POSIX_ATTRIBUTES.items():
            _take(module, attributes)
        os.supports_dir_fd.clear()
        os.supports_fd.clear()
        stand_ins: Any = ctypes
        stand_ins.WinDLL = stand_ins.windll = _Anything("windll")
        stand_ins.WINFUNCTYPE = ctypes.CFUNCTYPE
        for name in ("msvcrt", "winreg"):
            sys.modules[name] = _Anything(name)
    sys.platform = system


def _take(module: ModuleType, attributes: Sequence[str]) -> None:
    for attribute in attributes:
        if hasattr(module, attribute):
            delattr(module, attribute)


def main() -> None:
    """Become the system, then tell what cannot be imported there."""
    names = names_of_all()
    become(sys.argv[1])
    for name in names:
        try:
            importlib.import_module(name)
        except (ImportError, AttributeError) as error:
            print(name, error)  # noqa: T201 # the caller reads it


if __name__ == "__main__":
    main()
