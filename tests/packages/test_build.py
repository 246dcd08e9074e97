"""The packages are built on a bare Debian 12, which has python3 and nothing else."""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer

from tests.packages.chroot import ROOT, Chroot, debian
from traymail import __version__


@pytest.fixture(scope="module")
def bookworm(may_chroot: None) -> Iterator[Chroot]:
    del may_chroot
    with debian("bookworm") as running:
        running.install("python3")
        yield running


@pytest.fixture(scope="module")
def checkout(bookworm: Chroot) -> Path:
    """This checkout, copied in there."""
    copy = bookworm.path("/srv/traymail")
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    for name in filter(None, listed.stdout.decode().split("\0")):
        if (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, copy / name)
    return copy


# Holds what apt locks until it is told to let go.
BUSY = """\
import fcntl, sys
with open("/var/lib/dpkg/lock-frontend", "a") as file:
    fcntl.lockf(file, fcntl.LOCK_EX)
    print("busy", flush=True)
    sys.stdin.read()
"""


class Tries(FileSystemEventHandler):
    """Ends another apt once that one has been waited for."""

    def __init__(self, end: Callable[[], None]) -> None:
        self.count = 0
        self._end = end

    def on_opened(self, event: FileSystemEvent) -> None:
        """An apt that waits tries again and again."""
        self.count += str(event.src_path).endswith("lock-frontend")
        if self.count == 3:
            self._end()


@contextmanager
def another_apt(chroot: Chroot) -> Iterator[None]:
    """Let another apt be at work when the block begins, as that of the updates at night."""
    command = chroot.command("python3", "-c", BUSY)
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as busy:
        assert busy.stdin is not None
        assert busy.stdout is not None
        assert busy.stdout.readline() == b"busy\n"
        tries, observer = Tries(busy.stdin.close), Observer()
        observer.schedule(tries, str(chroot.path("/var/lib/dpkg")))
        observer.start()
        try:
            yield
        finally:
            observer.stop()
            observer.join()
            busy.stdin.close()
    assert tries.count >= 3


@pytest.mark.usefixtures("checkout")
def test_another_apt_at_work_is_waited_for(bookworm: Chroot) -> None:
    code = "import bootstrap, sys; sys.exit(not bootstrap.install_packages(['python3-venv']))"
    with another_apt(bookworm):
        bookworm.run("env", "--chdir=/srv/traymail", "python3", "-c", code)
    bookworm.run("python3", "-c", "import ensurepip")


def test_one_command_builds_wheel_and_package(bookworm: Chroot, checkout: Path) -> None:
    told = bookworm.run("python3", "/srv/traymail/bootstrap.py", "package", "wheel", "deb")
    for name in (f"traymail-{__version__}-py3-none-any.whl", f"traymail_{__version__}_amd64.deb"):
        assert f"dist/{name}" in told
        assert (checkout / "dist" / name).stat().st_size > 500_000
    assert "traymail" in bookworm.install(f"/srv/traymail/dist/traymail_{__version__}_amd64.deb")
    assert bookworm.run("traymail", "--version") == f"traymail {__version__}\n"
