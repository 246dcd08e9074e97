"""How large the desktop wants things, where Tk does not know by itself: on X11.

Tk takes its scale from the size of the screen in millimetres, which is a fiction; desktops tell
theirs as the X resource ``Xft.dpi`` (96 is 100 %).
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from shutil import which

_LEAST, _MOST = 72.0, 480.0  # dots per inch; what is beyond is a mistake


def desktop_scaling(environ: Mapping[str, str] = os.environ) -> float | None:
    """Return Tk's pixels per point for this desktop, None when Tk is to find out itself."""
    program = which("xrdb")
    if sys.platform in {"win32", "darwin"} or not environ.get("DISPLAY") or program is None:
        return None
    try:
        answer = subprocess.run(  # noqa: S603 - a fixed command
            [program, "-query"], capture_output=True, text=True, timeout=2, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return scaling_in(answer.stdout)


def scaling_in(resources: str) -> float | None:
    """Return the pixels per point that X resources ask for, None when they do not."""
    for line in resources.splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "Xft.dpi":
            try:
                dpi = float(value)
            except ValueError:
                return None
            return dpi / 72 if _LEAST <= dpi <= _MOST else None
    return None
