"""Opening a file or a folder with the program the desktop has for it. Blocks for a moment."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from shutil import which

from traymail.core.errors import DesktopError
from traymail.core.texts import text

# Some openers end at once, others live as long as the program they start.
_PATIENCE_SECONDS = 3.0
_OPENERS = ("xdg-open", "gio")


def open_path(path: Path) -> None:
    """Show a folder in the file manager, or open a file; raises DesktopError."""
    if not path.exists():
        raise DesktopError(text("{path} is not there.", path=path))
    if sys.platform == "win32":
        os.startfile(path)  # noqa: S606 - a file or folder of the user's own
        return
    command = _command(path)
    if command is None or not _started(command):
        raise DesktopError(
            text("Nothing on this desktop opens {path}.", path=path),
            text("Open it in your file manager."),
        )


def _command(path: Path) -> list[str] | None:
    if sys.platform == "darwin":
        return ["/usr/bin/open", str(path)]
    opener = next((found for name in _OPENERS if (found := which(name))), None)
    if opener is None:
        return None
    return [opener, *(["open"] if opener.endswith("gio") else []), str(path)]


def _started(command: list[str]) -> bool:
    try:
        process = subprocess.Popen(  # noqa: S603 - a fixed program, and a path of ours
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError:
        return False
    try:
        return process.wait(_PATIENCE_SECONDS) == 0
    except subprocess.TimeoutExpired:
        return True
