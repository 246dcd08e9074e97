"""traymail as its set-up program leaves it on a computer with Windows."""

from __future__ import annotations

import json
import py_compile
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import bootstrap
import traymail
from installer.windows import setup_exe
from tests.support.wait import until
from tests.support.wine import Wine

NEXT_VERSION = "9.8.7"
PATIENCE_SECONDS = 300.0
_CURRENT_VERSION = r"HKCU\Software\Microsoft\Windows\CurrentVersion"
UNINSTALL_KEY = rf"{_CURRENT_VERSION}\Uninstall\traymail"
RUN_KEY = rf"{_CURRENT_VERSION}\Run"


def make_next_setup(wheel_file: Path, folder: Path) -> Path:
    """Pack a set-up program that differs from a wheel's in its number only.

    What it packs stays beside it, in a folder `program`.
    """
    program = folder / "program"
    program.mkdir()
    setup_exe.lay_out(program, wheel_file)
    packed = folder / f"traymail-{NEXT_VERSION}-setup.exe"
    source = (bootstrap.ROOT / "traymail" / "__init__.py").read_text("utf-8")
    with TemporaryDirectory() as scratch:
        changed = Path(scratch, "changed.py")
        changed.write_text(source.replace(traymail.__version__, NEXT_VERSION), "utf-8")
        package = program / "runtime" / "Lib" / "site-packages" / "traymail"
        py_compile.compile(
            str(changed),
            str(package / "__init__.pyc"),
            doraise=True,
            invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
        )
    setup_exe.pack(program, NEXT_VERSION, packed, compressor="zlib")
    return packed


@dataclass(frozen=True)
class Installation:
    """Where the set-up program puts things for the user, and what it wrote into the registry."""

    computer: Wine

    @property
    def user(self) -> Path:
        """The profile of the user."""
        users = self.computer.drive / "users"
        return next(one for one in users.iterdir() if one.name != "Public")

    @property
    def folder(self) -> Path:
        """The program."""
        return self.user / "AppData" / "Local" / "Programs" / "traymail"

    @property
    def data(self) -> Path:
        """Mails and settings."""
        return self.user / "AppData" / "Local" / "traymail"

    @property
    def menu_entry(self) -> Path:
        """The shortcut in the Start menu."""
        return self._roaming / "Start Menu" / "Programs" / "traymail.lnk"

    @property
    def send_to(self) -> Path:
        """The shortcut of Explorer's menu "Send to"."""
        return self._roaming / "SendTo" / "traymail.lnk"

    @property
    def _roaming(self) -> Path:
        return self.user / "AppData" / "Roaming" / "Microsoft" / "Windows"

    def set_up(self, setup: Path) -> int:
        """Run a set-up program that asks nothing; return its exit status."""
        return self.computer.run(setup, "/S").returncode

    def remove(self, *options: str) -> None:
        """Remove the program without being asked, and wait until it is gone."""
        # It goes on in a copy of itself, as it cannot delete itself.
        assert self.computer.run(self.folder / "uninstall.exe", "/S", *options).returncode == 0
        until(lambda: not self.folder.exists(), PATIENCE_SECONDS, "the end of the installation")

    def traymail(self, *arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
        """Run `traymail.exe` to its end."""
        return self.computer.run(self.folder / "traymail.exe", *arguments, given=given)

    def asked(self, *arguments: str) -> Any:  # noqa: ANN401 # any JSON
        """Return what a command answers with `--json`."""
        done = self.traymail(*arguments, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def wait_until_it_runs(self) -> None:
        """Wait until the program answers."""
        until(
            lambda: self.traymail("status").returncode == 0, PATIENCE_SECONDS, "the running program"
        )

    def values(self, key: str) -> dict[str, str]:
        """Return the values of a key of the registry by name; none where there is no such key."""
        told = self.computer.run("reg", "query", key).stdout
        found = re.findall(r"^ {4}(.+?) {4}REG_\w+ {4}(.*)$", told, re.MULTILINE)
        return dict(found)

    def registry(self, root: str) -> str:
        """Return all of HKCU or HKLM, as text."""
        file = self.computer.drive / "registry.txt"
        told = self.computer.run("reg", "export", root, file, "/y")
        assert told.returncode == 0, told.stderr
        return file.read_text("utf-16")
