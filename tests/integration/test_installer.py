"""What installer/ ships is accepted by the system it is for."""

import plistlib
import re
import shutil
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from installer.linux import deb
from installer.macos import app
from traymail import __version__

ROOT = Path(__file__).parents[2]
LINUX = ROOT / "installer" / "linux"
UNIT = LINUX / "traymail.service"
SENDMAIL = LINUX / "sendmail"
ENTRY = ROOT / "traymail" / "desktop" / "traymail.desktop"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd on this machine")
def test_systemd_accepts_the_unit() -> None:
    ended = subprocess.run(
        ["systemd-analyze", "verify", UNIT], capture_output=True, text=True, check=False
    )
    complaints = [line for line in ended.stderr.splitlines() if UNIT.name in line]
    assert (ended.returncode, complaints) == (0, [])


@pytest.mark.desktop
@pytest.mark.skipif(shutil.which("desktop-file-validate") is None, reason="not here: it")
@pytest.mark.parametrize("entry", [ENTRY, LINUX / "zz-traymail.desktop"])
def test_desktops_accept_the_entries(entry: Path) -> None:
    command = ["desktop-file-validate", str(entry)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout) == (0, "")


def test_an_unknown_package_is_answered_with_those_there_are() -> None:
    command = [sys.executable, "-m", "installer", "wheels"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 64
    assert "No package wheels; there are: wheel, " in ended.stderr


@pytest.mark.skipif(shutil.which("dpkg") is None, reason="not here: dpkg")
def test_debian_sorts_the_versions_as_we_do() -> None:
    ours = ["1.0.dev1", "1.0a1", "1.0b1", "1.0rc1", "1.0", "1.0.1"]
    for older, newer in pairwise(map(deb.debian_version, ours)):
        subprocess.run(["dpkg", "--compare-versions", older, "lt", newer], check=True)


@pytest.mark.skipif(sys.platform == "darwin", reason="it is built there")
def test_a_package_of_another_system_is_not_pretended() -> None:
    command = [sys.executable, "-m", "installer", "macos"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (69, "macos is not built on this system.\n")


def test_what_the_application_for_macos_says_of_itself() -> None:
    told = plistlib.loads(plistlib.dumps(app.own_info()))
    assert told["LSUIElement"] is True
    assert told["CFBundleShortVersionString"] == __version__
    for folder, named in zip(app.gathering(ROOT), app.gathering(ROOT)[1:], strict=False):
        if folder in {"--icon", "--add-data"}:
            assert Path(named.partition(":")[0]).exists()


def test_the_steps_work_from_the_checkouts_folder() -> None:
    """The files that its commands copy are there, but for the configuration."""
    page = (LINUX / "README.md").read_text("utf-8")
    named = set()
    for block in re.findall(r"```sh\n(.*?)```", page, re.DOTALL):
        for line in block.splitlines():
            words = line.split()
            if "install" in words and "-d" not in words:
                named |= {word for word in words if re.match(r"[\w.]+[./]\S*$", word)}
    others = {"config.toml", "./traymail_VERSION_amd64.deb"}
    assert {ROOT / name for name in named - others} == {UNIT, SENDMAIL}
    assert UNIT.is_file()
    assert SENDMAIL.is_file()
    assert "pip install .\n" in page
    assert (ROOT / "pyproject.toml").is_file()
