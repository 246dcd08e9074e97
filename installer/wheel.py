"""The wheel and the source archive, built as pyproject.toml says."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import traymail

ROOT = Path(__file__).resolve().parent.parent


def build(dist: Path) -> list[Path]:
    """Build both into `dist`, the wheel from the archive; return their paths.

    Raises CalledProcessError when the builder failed; it has said why.
    """
    command = [sys.executable, "-m", "uv", "build", "--quiet", "--no-config"]
    command += ["--python", sys.executable, "--out-dir", str(dist), str(ROOT)]
    subprocess.run(command, check=True)
    return [wheel_in(dist), dist / f"traymail-{traymail.__version__}.tar.gz"]


def wheel_in(dist: Path) -> Path:
    """Return the path of this version's wheel in `dist`."""
    return dist / f"traymail-{traymail.__version__}-py3-none-any.whl"
