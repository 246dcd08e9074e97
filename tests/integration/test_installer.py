"""What installer/ ships is accepted by the system it is for."""

import shutil
import subprocess
from pathlib import Path

import pytest

LINUX = Path(__file__).parents[2] / "installer" / "linux"
UNIT = LINUX / "traymail.service"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd on this machine")
def test_systemd_accepts_the_unit() -> None:
    ended = subprocess.run(
        ["systemd-analyze", "verify", UNIT], capture_output=True, text=True, check=False
    )
    complaints = [line for line in ended.stderr.splitlines() if UNIT.name in line]
    assert (ended.returncode, complaints) == (0, [])


@pytest.mark.desktop
@pytest.mark.skipif(shutil.which("desktop-file-validate") is None, reason="not here: it")
def test_desktops_accept_the_entry() -> None:
    command = ["desktop-file-validate", str(LINUX / "traymail.desktop")]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout) == (0, "")
