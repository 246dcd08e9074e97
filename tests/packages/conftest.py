"""What the tests of the packages share; they are collected with --packages only."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from installer import wheel
from installer.linux import deb
from tests.packages import chroot
from tests.packages.chroot import Chroot, debian
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
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the wheel, the source archive and the package for Debian."""
    folder = tmp_path_factory.mktemp("dist")
    wheel.build(folder)
    deb.build(folder)
    return folder


@pytest.fixture(scope="session")
def package(built: Path) -> Path:
    """The package for Debian."""
    [file] = built.glob("*.deb")
    return file


@pytest.fixture(scope="session")
def next_package(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package of a next version: a module of it is new, one is gone, one has changed."""
    folder = tmp_path_factory.mktemp("next")
    subprocess.run(["dpkg-deb", "-R", package, folder / "root"], check=True)
    ours = folder / "root" / deb.HOME / "lib/python3/site-packages/traymail"
    for file, pattern, version in (
        (folder / "root/DEBIAN/control", r"^Version: .*", "Version: 99.0"),
        (ours / "__init__.py", r"^__version__ = .*", '__version__ = "99.0"'),
    ):
        changed = re.sub(pattern, version, file.read_text("utf-8"), flags=re.MULTILINE)
        assert version in changed
        file.write_text(changed, "utf-8")
    (ours / "new_in_next.py").write_text("NEW = True\n", "utf-8")
    (ours / "desktop" / "menu_entry.py").unlink()
    built = folder / "traymail_99.0_amd64.deb"
    subprocess.run(
        ["dpkg-deb", "--root-owner-group", "-Zgzip", "-z1", "--build", folder / "root", built],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    return built


@pytest.fixture(scope="module", params=RELEASES)
def release(request: pytest.FixtureRequest, may_chroot: None) -> Iterator[Chroot]:
    """A bare Debian of each release, for the tests of one module in their order."""
    del may_chroot
    with debian(request.param) as running:
        yield running
