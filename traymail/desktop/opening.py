"""Opening a file, a folder or a page with what the desktop has for it. Blocks for a moment."""

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
    if not _opened(str(path)):
        raise DesktopError(
            text("Nothing on this desktop opens {path}.", path=path),
            text("Open it in your file manager."),
        )


def open_page(url: str) -> None:
    """Show a web page in the browser of the desktop; raises DesktopError."""
    if not _opened(url):
        raise DesktopError(
            text("Nothing on this desktop opens {path}.", path=url),
            text("Type that address into your browser."),
        )


def _opened(what: str) -> bool:
    if sys.platform == "win32":
        try:
            os.startfile(what)  # noqa: S606 - a path of the user's own, or a page we know
        except OSError:
            return False
        return True
    command = _command(what)
    return command is not None and _started(command)


def _command(what: str) -> list[str] | None:
    if sys.platform == "darwin":
        return ["/usr/bin/open", what]
    opener = next((found for name in _OPENERS if (found := which(name))), None)
    if opener is None:
        return None
    return [opener, *(["open"] if opener.endswith("gio") else []), what]


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
