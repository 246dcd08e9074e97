"""Whether the desktop and its panel are light or dark.

Linux tells each change over the bus (`traymail.desktop.appearance`). Windows and macOS are asked
whenever a window opens, and Windows when it tells the icon's window of other colours.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from typing import NamedTuple

from traymail.ui.icons import Panel
from traymail.ui.palette import Mode

# Their panel is dark whatever the windows are.
_GNOMES = {"GNOME", "Unity"}
_XFCE = "XFCE"


class Modes(NamedTuple):
    """What the windows and the tray icon are to fit to."""

    windows: Mode
    panel: Panel


def is_asked() -> bool:
    """Tell whether this desktop has to be asked, because it does not tell."""
    return sys.platform in {"win32", "darwin"}


def ask_modes() -> Modes:
    """Ask Windows or macOS; light where they have no answer. Blocks for a moment."""
    if sys.platform == "win32":
        return Modes(_windows("AppsUseLightTheme"), _windows("SystemUsesLightTheme"))
    mode = _mac()
    return Modes(mode, mode)


def told_modes(*, dark: bool, environ: Mapping[str, str] = os.environ) -> Modes:
    """Return what follows on Linux from the desktop's preference.

    Panels have colours of their own on most desktops, whatever the windows are.
    """
    return Modes(mode_of(dark=dark), "dark" if _GNOMES & _desktops(environ) else "any")


def mode_of(*, dark: bool) -> Mode:
    """Return the mode of what is dark, or not."""
    return "dark" if dark else "light"


def is_xfce() -> bool:
    """Tell whether this is a session of Xfce, whose panel is asked by itself."""
    return _XFCE in _desktops(os.environ)


def _desktops(environ: Mapping[str, str]) -> set[str]:
    return set(environ.get("XDG_CURRENT_DESKTOP", "").split(":"))


def _windows(name: str) -> Mode:
    if sys.platform == "win32":
        import winreg

        path = r"Software\Microsoft\Windows\CurrentVersion\Themes\Personalize"
        with suppress(OSError), winreg.OpenKey(winreg.HKEY_CURRENT_USER, path) as key:
            light, _kind = winreg.QueryValueEx(key, name)
            return "light" if light else "dark"
    return "light"


def _mac() -> Mode:
    from traymail.desktop.mac import mac_choice

    return "dark" if mac_choice("AppleInterfaceStyle").strip() == "Dark" else "light"
