"""This checkout once more, as somebody has it who has just fetched it."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import bootstrap
from traymail import __version__

PROMISED = {
    *(f"traymail-{__version__}-py3-none-any.whl", f"traymail-{__version__}.tar.gz"),
    *(f"traymail_{__version__}_amd64.deb", f"traymail-{__version__}-setup.exe"),
    *("man/man1/traymail.1", "man/zh_CN/man1/traymail.1"),
}
"""What `package all` puts into dist/."""


def copy_checkout(folder: Path) -> None:
    """Copy what git has, or would take, into a folder."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=bootstrap.ROOT,
        capture_output=True,
        check=True,
    )
    for name in filter(None, listed.stdout.decode().split("\0")):
        if (bootstrap.ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(bootstrap.ROOT / name, folder / name)


@dataclass(frozen=True)
class Built:
    """What the command that builds packages has left."""

    folder: Path
    """What was dist/ when it ended."""
    told: list[str]
    """The files that it named."""

    def files(self) -> list[str]:
        """Return the files that are there, but for the one by which uv hides them from git."""
        there = (one for one in self.folder.rglob("*") if one.is_file())
        there = (one for one in there if one.name != ".gitignore")
        return sorted(one.relative_to(self.folder).as_posix() for one in there)


def build(checkout: Path, *names: str) -> Built:
    """Build packages in a checkout with the command, and put dist/ beside it."""
    command = [bootstrap.base_python(), "bootstrap.py", "package", *names]
    done = subprocess.run(command, cwd=checkout, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    folder = checkout.with_name("-".join((checkout.name, "dist", *names)))
    (checkout / "dist").rename(folder)
    named = re.findall(r"^dist/(.+)  \d+\.\d MB$", done.stdout, re.M)
    return Built(folder, sorted(named))
