"""`python3 bootstrap.py package [NAME...]`: build packages into dist/.

It becomes `.venv/bin/python -m installer NAME...`, run in the checkout's folder.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import bootstrap
from installer import man, wheel
from installer.linux import deb
from installer.macos import app
from installer.windows import setup_exe
from installer.windows.runtime import RuntimeTrouble

DIST = bootstrap.ROOT / "dist"


@dataclass(frozen=True)
class Package:
    """One row of the table: what is built, by what, and what of Debian's that takes."""

    name: str
    build: Callable[[Path], list[Path]]
    """Builds into the folder it is given; returns what it built.

    Raises CalledProcessError, RuntimeTrouble.
    """
    needs: Mapping[str, str] = field(default_factory=dict)
    """Programs, and the Debian package that brings each."""
    only_on: str = ""
    """The `sys.platform` that it is built on, "" for Debian 12 and whatever has `needs`."""

    def missing(self) -> list[str]:
        """Return the Debian packages of the programs that are not here."""
        return sorted({self.needs[name] for name in self.needs if shutil.which(name) is None})


PACKAGES = (
    Package("wheel", wheel.build),
    Package("man", man.build),
    Package("deb", deb.build, {"dpkg-deb": "dpkg"}),
    Package("windows", setup_exe.build, setup_exe.NEEDS),
    Package("macos", app.build, only_on="darwin"),
)


def main(names: list[str]) -> int:
    """Build the named packages, all of them for `all` or no name; return the exit status."""
    known = {package.name: package for package in PACKAGES}
    here = [package.name for package in PACKAGES if package.only_on in {"", sys.platform}]
    wanted = here if not names or "all" in names else names
    unknown = [name for name in wanted if name not in known]
    if unknown:
        bootstrap.say(f"No package {unknown[0]}; there are: {', '.join([*known, 'all'])}")
        return 64
    elsewhere = [name for name in wanted if name not in here]
    if elsewhere:
        bootstrap.say(f"{elsewhere[0]} is not built on this system.")
        return 69
    DIST.mkdir(exist_ok=True)
    for name in wanted:
        if not bootstrap.install_packages(known[name].missing()):
            return 69
        bootstrap.say(f"Building: {name}")
        try:
            built = known[name].build(DIST)
        except subprocess.CalledProcessError as problem:
            bootstrap.say(f"Building {name} failed with status {problem.returncode}; see above.")
            return 70
        except RuntimeTrouble as problem:
            bootstrap.say(str(problem))
            return 70
        for path in built:
            size = path.stat().st_size / 1e6
            print(f"{path.relative_to(bootstrap.ROOT)}  {size:.1f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
