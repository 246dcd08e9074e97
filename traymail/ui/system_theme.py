"""Whether the desktop is light or dark. Asking may take a while: not on the thread of Tk."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from contextlib import suppress

from traymail.ui.palette import Mode

_PORTAL_SECONDS = 1.0
_DARK = 1
# Their panel is dark whatever the windows are.
_GNOMES = {"GNOME", "Unity"}


def system_mode() -> Mode:
    """Return the desktop's preference, light when it has none or cannot be asked. Blocks."""
    if sys.platform == "win32":
        return _windows("AppsUseLightTheme")
    if sys.platform == "darwin":
        return _mac()
    return _portal()


def panel_mode(environ: Mapping[str, str] = os.environ) -> Mode:
    """Return whether the panel that shows tray icons is light or dark. Blocks."""
    if sys.platform == "win32":
        return _windows("SystemUsesLightTheme")
    if _GNOMES & set(environ.get("XDG_CURRENT_DESKTOP", "").split(":")):
        return "dark"
    return system_mode()


def _portal() -> Mode:
    """Ask org.freedesktop.portal.Settings (XDG desktop portal): 1 means dark."""
    from jeepney import DBusAddress, new_method_call
    from jeepney.io.blocking import open_dbus_connection

    settings = DBusAddress(
        "/org/freedesktop/portal/desktop",
        "org.freedesktop.portal.Desktop",
        "org.freedesktop.portal.Settings",
    )
    asked = ("org.freedesktop.appearance", "color-scheme")
    try:
        with open_dbus_connection(bus="SESSION") as bus:
            call = new_method_call(settings, "Read", "ss", asked)
            reply = bus.send_and_get_reply(call, timeout=_PORTAL_SECONDS)
    except (OSError, KeyError, TimeoutError, RuntimeError, ValueError):
        return "light"
    return "dark" if _unpacked(reply.body) == _DARK else "light"


def _unpacked(body: object) -> object:
    """Return the value in a reply; portals wrap it in one variant or in two."""
    while isinstance(body, tuple) and body:
        body = body[-1]
    return body


def _windows(name: str) -> Mode:
    if sys.platform == "win32":
        import winreg

        path = r"Software\Microsoft\Windows\CurrentVersion\Themes\Personalize"
        with suppress(OSError), winreg.OpenKey(winreg.HKEY_CURRENT_USER, path) as key:
            light, _kind = winreg.QueryValueEx(key, name)
            return "light" if light else "dark"
    return "light"


def _mac() -> Mode:
    import subprocess

    asked = ["/usr/bin/defaults", "read", "-g", "AppleInterfaceStyle"]
    try:
        # A fixed command of the system.
        answer = subprocess.run(asked, capture_output=True, text=True, timeout=2, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return "light"
    return "dark" if answer.stdout.strip() == "Dark" else "light"
