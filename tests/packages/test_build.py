"""What the command builds: all packages, one of them, and on a Debian 12 that has python3 only."""

import re
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from zipfile import ZipFile

import pytest
from packaging.specifiers import SpecifierSet
from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer

from installer import wheel
from tests.packages.checkout import PROMISED, Built, copy_checkout
from tests.packages.chroot import Chroot, debian
from traymail import __version__
from traymail.core.languages import LANGUAGES


def test_one_command_builds_all_packages_and_nothing_else(everything: Built) -> None:
    assert everything.files() == everything.told == sorted(PROMISED)


def test_the_archive_holds_the_sources_alone(built: Path) -> None:
    """Nothing of what was built before it, by the same checkout."""
    [archive] = built.glob("*.tar.gz")
    assert archive.stat().st_size < 4_000_000


@pytest.fixture(scope="module")
def wheel_alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this very checkout."""
    return wheel.build(tmp_path_factory.mktemp("wheel"))[0]


def test_the_wheel_holds_the_guides(wheel_alone: Path) -> None:
    """The set-up program and the package for Debian are made of it."""
    guides = sorted((wheel.ROOT / "docs").glob("*.md"))
    assert len(guides) == len(LANGUAGES)
    with ZipFile(wheel_alone) as packed:
        for guide in guides:
            assert packed.read(f"traymail/guides/{guide.name}") == guide.read_bytes()


def test_the_set_up_program_is_built_by_itself(windows_alone: Built) -> None:
    """It is made of the wheel, which comes with its archive."""
    name = f"traymail-{__version__}"
    assert windows_alone.told == [f"{name}-setup.exe"]
    files = [f"{name}-py3-none-any.whl", f"{name}-setup.exe", f"{name}.tar.gz"]
    assert windows_alone.files() == files


@pytest.mark.parametrize("kind", ["whl", "tar.gz"])
@pytest.mark.parametrize("version", ["3.10", "3.15"])
def test_pip_of_a_python_that_does_not_fit_refuses(
    built: Path, tmp_path: Path, kind: str, version: str
) -> None:
    """It reads that of the metadata; the archive is not built for it."""
    [file] = built.glob(f"*.{kind}")
    wanted = REQUIRED.search(metadata(file))
    assert wanted is not None
    assert SpecifierSet(wanted[1]) == SpecifierSet(">=3.11,<3.15")
    if kind == "whl":
        command = [sys.executable, "-m", "pip", "install", "--no-deps", "--no-index"]
        command += ["--python-version", version, "--only-binary", ":all:"]
        done = subprocess.run(
            [*command, "--target", tmp_path, file], capture_output=True, text=True, check=False
        )
        assert done.returncode == 1
        assert f"requires a different Python: {version}" in done.stderr
        assert list(tmp_path.iterdir()) == []


REQUIRED = re.compile(r"^Requires-Python: (.+)$", re.M)


def metadata(file: Path) -> str:
    """Return what a wheel or a source archive says of itself."""
    if file.suffix == ".whl":
        with ZipFile(file) as wheel:
            return wheel.read(f"traymail-{__version__}.dist-info/METADATA").decode()
    with tarfile.open(file) as archive:
        told = archive.extractfile(f"traymail-{__version__}/PKG-INFO")
        assert told is not None
        return told.read().decode()


@pytest.fixture(scope="module")
def bookworm(may_chroot: None) -> Iterator[Chroot]:
    del may_chroot
    with debian("bookworm") as running:
        running.install("python3")
        yield running


@pytest.fixture(scope="module")
def checkout_there(bookworm: Chroot) -> Path:
    """This checkout, copied in there."""
    copy = bookworm.path("/srv/traymail")
    copy_checkout(copy)
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


@pytest.mark.usefixtures("checkout_there")
def test_another_apt_at_work_is_waited_for(bookworm: Chroot) -> None:
    code = "import bootstrap, sys; sys.exit(not bootstrap.install_packages(['python3-venv']))"
    with another_apt(bookworm):
        bookworm.run("env", "--chdir=/srv/traymail", "python3", "-c", code)
    bookworm.run("python3", "-c", "import ensurepip")


def test_one_command_builds_wheel_and_package(bookworm: Chroot, checkout_there: Path) -> None:
    told = bookworm.run("python3", "/srv/traymail/bootstrap.py", "package", "wheel", "deb")
    for name in (f"traymail-{__version__}-py3-none-any.whl", f"traymail_{__version__}_amd64.deb"):
        assert f"dist/{name}" in told
        assert (checkout_there / "dist" / name).stat().st_size > 500_000
    assert "traymail" in bookworm.install(f"/srv/traymail/dist/traymail_{__version__}_amd64.deb")
    assert bookworm.run("traymail", "--version") == f"traymail {__version__}\n"
