"""What installer/ ships is accepted by the system it is for."""

import shutil
import subprocess
from pathlib import Path

import pytest

UNIT = Path(__file__).parents[2] / "installer" / "linux" / "traymail.service"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd on this machine")
def test_systemd_accepts_the_unit() -> None:
    ended = subprocess.run(
        ["systemd-analyze", "verify", UNIT], capture_output=True, text=True, check=False
    )
    complaints = [line for line in ended.stderr.splitlines() if UNIT.name in line]
    assert (ended.returncode, complaints) == (0, [])
