"""What the tests of the packages share; they are collected with --packages only."""

import os
import re
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import bootstrap
import traymail
from installer.linux import deb
from tests.packages import chroot
from tests.packages.checkout import Built, build, copy_checkout
from tests.packages.chroot import Chroot, debian
from tests.packages.mary import NEXT_VERSION
from tests.support import wine
from tests.support.namespaces import can_unshare

RELEASES = ("bookworm", "trixie")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker("packages")
            item.add_marker(pytest.mark.timeout(3600))  # a slow mirror is no fault of ours


@pytest.fixture(scope="session")
def may_chroot() -> None:
    """Skip where no Debian of one's own can be made."""
    missing = [name for name in chroot.NEEDED if shutil.which(name) is None]
    if missing:
        pytest.skip(f"not here: {', '.join(missing)}")
    if os.geteuid() != 0:
        pytest.skip("only root makes a chroot")
    if not can_unshare("--mount"):
        pytest.skip("no mounts of one's own here")


@pytest.fixture(scope="session")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """This checkout as somebody has it who has just fetched it; the download of Python is ours."""
    programs = bootstrap.program_packages(programs=bootstrap.PACKAGE_PROGRAMS)
    if missing := [*programs, *bootstrap.packages_of_windows()]:
        pytest.skip(f"not here: {', '.join(missing)}")
    folder = tmp_path_factory.mktemp("checkout")
    copy_checkout(folder)
    wine.FOLDER.mkdir(exist_ok=True)
    (folder / ".wine").symlink_to(wine.FOLDER)
    return folder


@pytest.fixture(scope="session")
def windows_alone(checkout: Path) -> Built:
    """What `bootstrap.py package windows` built."""
    return build(checkout, "windows")


@pytest.fixture(scope="session")
def everything(checkout: Path, windows_alone: Built) -> Built:
    """What `bootstrap.py package all` built: what all these tests install."""
    del windows_alone
    return build(checkout, "all")


@pytest.fixture(scope="session")
def built(everything: Built) -> Path:
    """The folder with what was built."""
    return everything.folder


@pytest.fixture(scope="session")
def package(built: Path) -> Path:
    """The package for Debian."""
    return built / f"traymail_{traymail.__version__}_amd64.deb"


@pytest.fixture(scope="session")
def next_package(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package of a next version: a module of it is new, one is gone, one has changed."""
    folder = tmp_path_factory.mktemp("next")
    subprocess.run(["dpkg-deb", "-R", package, folder / "root"], check=True)
    ours = folder / "root" / deb.HOME / "lib/python3/site-packages/traymail"
    for file, pattern, version in (
        (folder / "root/DEBIAN/control", r"^Version: .*", f"Version: {NEXT_VERSION}"),
        (ours / "__init__.py", r"^__version__ = .*", f'__version__ = "{NEXT_VERSION}"'),
    ):
        changed = re.sub(pattern, version, file.read_text("utf-8"), flags=re.MULTILINE)
        assert version in changed
        file.write_text(changed, "utf-8")
    (ours / "new_in_next.py").write_text("NEW = True\n", "utf-8")
    (ours / "desktop" / "menu_entry.py").unlink()
    built = folder / f"traymail_{NEXT_VERSION}_amd64.deb"
    subprocess.run(
        ["dpkg-deb", "--root-owner-group", "-Zgzip", "-z1", "--build", folder / "root", built],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    return built


@pytest.fixture(scope="session")
def next_wheel(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of a next version, which differs in its number only."""
    folder = tmp_path_factory.mktemp("next-wheel")
    [archive] = built.glob("*.tar.gz")
    with tarfile.open(archive) as sources:
        sources.extractall(folder, filter="data")
    [root] = folder.iterdir()
    file = root / "traymail" / "__init__.py"
    changed = file.read_text("utf-8").replace(traymail.__version__, NEXT_VERSION)
    file.write_text(changed, "utf-8")
    (root / "PKG-INFO").unlink()  # has the number of the archive, which the builder would take
    command = [sys.executable, "-m", "uv", "build", "--quiet", "--no-config", "--wheel"]
    command += ["--python", sys.executable, "--out-dir", str(folder), str(root)]
    subprocess.run(command, check=True)
    return folder / f"traymail-{NEXT_VERSION}-py3-none-any.whl"


@pytest.fixture(scope="module", params=RELEASES)
def release(request: pytest.FixtureRequest, may_chroot: None) -> Iterator[Chroot]:
    """A bare Debian of each release, for the tests of one module in their order."""
    del may_chroot
    with debian(request.param) as running:
        yield running
