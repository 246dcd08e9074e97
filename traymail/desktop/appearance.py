"""Whether a Linux desktop and its panel are dark, asked and followed on a `Bus`.

The desktop: org.freedesktop.portal.Settings, whose setting color-scheme of
org.freedesktop.appearance is 0 for no preference, 1 dark, 2 light. Xfce's panel has a setting of
its own (in Xfconf), and is dark in a new account whatever the windows are.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from jeepney import DBusAddress, MatchRule, Message, new_method_call

from traymail.desktop.bus import PORTAL, PORTAL_PATH, Bus

SETTINGS = "org.freedesktop.portal.Settings"
SETTING = ("org.freedesktop.appearance", "color-scheme")
DARK = 1
_PORTAL = DBusAddress(PORTAL_PATH, PORTAL, SETTINGS)

XFCONF = "org.xfce.Xfconf"
XFCONF_PATH = "/org/xfce/Xfconf"
PANEL_SETTING = ("xfce4-panel", "/panels/dark-mode")
_XFCONF = DBusAddress(XFCONF_PATH, XFCONF, XFCONF)


class Appearance:
    """Tells whether the desktop is dark, once that is known and at each change."""

    def __init__(self, bus: Bus, on_dark: Callable[[bool], None]) -> None:
        self._bus = bus
        self._on_dark = on_dark
        self._asked = False
        bus.hear(
            MatchRule(type="signal", interface=SETTINGS, member="SettingChanged", path=PORTAL_PATH),
            self._changed,
        )
        bus.follow(PORTAL, self._portal_changed)

    def _portal_changed(self, owner: str) -> None:
        # The first question starts a portal that the desktop has; one that ended is left alone.
        if owner or not self._asked:
            self._asked = True
            # Not ReadOne, which older portals do not have.
            self._bus.call(new_method_call(_PORTAL, "Read", "ss", SETTING), self._answered)

    def _answered(self, reply: tuple[Any, ...] | None) -> None:
        if reply is not None:
            self._on_dark(_unpacked(reply) == DARK)

    def _changed(self, signal: Message) -> None:
        if signal.body[:2] == SETTING:
            self._on_dark(_unpacked(signal.body) == DARK)


class XfcePanel:
    """Tells whether Xfce's panel is dark, once that is known and at each change.

    Only for a session of Xfce: to ask starts its settings daemon.
    """

    def __init__(self, bus: Bus, on_dark: Callable[[bool], None]) -> None:
        self._bus = bus
        self._on_dark = on_dark
        self._asked = False
        bus.hear(
            MatchRule(type="signal", interface=XFCONF, member="PropertyChanged", path=XFCONF_PATH),
            self._changed,
        )
        bus.follow(XFCONF, self._daemon_changed)

    def _daemon_changed(self, owner: str) -> None:
        if owner or not self._asked:
            self._asked = True
            self._bus.call(
                new_method_call(_XFCONF, "GetProperty", "ss", PANEL_SETTING), self._answered
            )

    def _answered(self, reply: tuple[Any, ...] | None) -> None:
        # Without the setting the panel wears the theme of the windows.
        if reply is not None:
            self._on_dark(_unpacked(reply) is True)

    def _changed(self, signal: Message) -> None:
        if signal.body[:2] == PANEL_SETTING:
            self._on_dark(_unpacked(signal.body) is True)


def _unpacked(body: object) -> object:
    """Return the value at the end; portals wrap it in one variant or in two."""
    while isinstance(body, tuple) and body:
        body = body[-1]
    return body
