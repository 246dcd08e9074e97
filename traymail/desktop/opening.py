"""Opening a file, a folder or a page with what the desktop has for it. Blocks for a moment."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from shutil import which

from traymail.core.errors import DesktopError
from traymail.core.texts import text
from traymail.winapi import NO_CONSOLE

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


def open_in_browser(url: str, environ: Mapping[str, str]) -> bool:
    """Open a page in ``$BROWSER``, else in the desktop's; False where there is none.

    ``$BROWSER``: commands with a colon between two (a semicolon on Windows), the first that starts
    counts; ``%s`` is the address, which else comes last.
    """
    for command in environ.get("BROWSER", "").split(os.pathsep):
        try:
            words = [one.strip('"') for one in shlex.split(command, posix=os.name == "posix")]
        except ValueError:
            continue
        if words and _begun(
            [one.replace("%s", url) for one in words]
            if any("%s" in one for one in words)
            else [*words, url]
        ):
            return True
    if sys.platform not in {"win32", "darwin"} and not (
        environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY")
    ):
        return False
    return _opened(url)


def _begun(command: list[str]) -> bool:
    """Start a browser and leave it to itself: it may be one that ends with its window."""
    try:
        process = subprocess.Popen(  # noqa: S603 - the user's own choice
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            creationflags=NO_CONSOLE,
        )
    except (OSError, ValueError):
        return False
    threading.Thread(target=process.wait, name="browser", daemon=True).start()
    return True


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
