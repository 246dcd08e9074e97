"""Where windows appear when there are several monitors, and how large the desktop wants things."""

from __future__ import annotations

import re
from collections.abc import Sequence

from traymail.desktop.screens import Rectangle, resources

_GEOMETRY = re.compile(r"(\d+)x(\d+)\+(-?\d+)\+(-?\d+)")


def parsed(geometry: str) -> Rectangle | None:
    """Return the rectangle that Tk calls ``WIDTHxHEIGHT+LEFT+TOP``, None for anything else."""
    match = _GEOMETRY.fullmatch(geometry)
    if match is None:
        return None
    width, height, left, top = map(int, match.groups())
    return Rectangle(left, top, width, height)


def geometry(place: Rectangle) -> str:
    """Return what Tk calls a rectangle."""
    return f"{place.width}x{place.height}+{place.left}+{place.top}"


def nearest(monitors: Sequence[Rectangle], x: int, y: int) -> Rectangle:
    """Return the monitor that shows a point, or the one closest to it."""
    return min(
        monitors,
        key=lambda one: abs(_over(x, one.left, one.width)) + abs(_over(y, one.top, one.height)),
    )


def fits(place: Rectangle, monitors: Sequence[Rectangle]) -> bool:
    """Tell whether one monitor shows all of a window."""
    return any(within(place, one) == place for one in monitors)


def within(place: Rectangle, monitor: Rectangle) -> Rectangle:
    """Return the place moved, and made smaller where it must be, so that the monitor shows it."""
    width, height = min(place.width, monitor.width), min(place.height, monitor.height)
    left = min(max(place.left, monitor.left), monitor.left + monitor.width - width)
    top = min(max(place.top, monitor.top), monitor.top + monitor.height - height)
    return Rectangle(left, top, width, height)


def _over(value: int, start: int, length: int) -> int:
    """Return how far a value is outside a stretch; 0 inside."""
    return min(value - start, 0) + max(value - (start + length - 1), 0)


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
