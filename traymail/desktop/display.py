"""Whether windows can be shown here, found out without loading what shows them."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Mapping

from traymail.core.errors import DesktopError
from traymail.core.texts import text


def check_display(environ: Mapping[str, str]) -> None:
    """Raise DesktopError where no window can be opened; a display that is named may yet fail."""
    if importlib.util.find_spec("_tkinter") is None:
        raise DesktopError(
            text("This Python has no Tk, which draws the windows."),
            text("On Debian and Ubuntu: sudo apt install python3-tk"),
        )
    if sys.platform not in {"win32", "darwin"} and not environ.get("DISPLAY"):
        raise DesktopError(
            text("There is no display here for the tray and its windows."),
            text("On a server, run: traymail run --headless"),
        )
