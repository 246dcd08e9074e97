"""How large the desktop wants things, where Tk does not know by itself: on X11.

Tk takes its scale from the size of the screen in millimetres, which is a fiction; desktops tell
theirs as the X resource ``Xft.dpi`` (96 is 100 %).
"""

from __future__ import annotations

from traymail.desktop.screens import resources

_LEAST, _MOST = 72.0, 480.0  # dots per inch; what is beyond is a mistake


def desktop_scaling() -> float | None:
    """Return Tk's pixels per point for this desktop, None when Tk is to find out itself."""
    return scaling_in(resources())


def scaling_in(told: str) -> float | None:
    """Return the pixels per point that X resources ask for, None when they do not."""
    for line in told.splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "Xft.dpi":
            try:
                dpi = float(value)
            except ValueError:
                return None
            return dpi / 72 if _LEAST <= dpi <= _MOST else None
    return None
