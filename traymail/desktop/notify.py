"""Notifications of a Linux desktop: org.freedesktop.Notifications, on a `Bus`.

Follows the Desktop Notifications Specification, version 1.3. Servers differ: some have no buttons,
some read the body as markup, and any may end and come back.
"""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any

from jeepney import DBusAddress, MatchRule, Message, Properties, new_method_call

from traymail.desktop.bus import NOTIFICATIONS, NOTIFICATIONS_PATH, Bus
from traymail.desktop.requests import DEFAULT, Bubble

_SERVER = DBusAddress(NOTIFICATIONS_PATH, NOTIFICATIONS, NOTIFICATIONS)
_NOTIFY = "susssasa{sv}i"
_LOW, _NORMAL = 0, 1
_AS_THE_SERVER_LIKES = -1


class Notifications:
    """Shows bubbles and tells which button was pressed, by ``key`` and name."""

    def __init__(self, bus: Bus, on_press: Callable[[str, str], None], icon: str = "") -> None:
        """``icon``: a file, or a name of the icon theme."""
        self._bus = bus
        self._on_press = on_press
        self._icon = icon
        self._server = ""
        self._capabilities: frozenset[str] | None = None
        self._asking = False
        self._waiting: list[Bubble] = []
        self._ids: dict[str, int] = {}
        # Keys whose number is not known yet, and what is to take the place of what they show.
        self._under_way: dict[str, Bubble | None] = {}
        self._withdrawn: set[str] = set()
        bus.follow(NOTIFICATIONS, self._server_changed)
        for member, hear in (("ActionInvoked", self._pressed), ("NotificationClosed", self._gone)):
            bus.hear(MatchRule(type="signal", interface=NOTIFICATIONS, member=member), hear)

    def show(self, bubble: Bubble) -> None:
        """Show a bubble; without a server, nothing happens."""
        if self._capabilities is None:
            self._waiting.append(bubble)
            self._ask_capabilities()
        elif bubble.passing:
            self._unless_inhibited(bubble)
        else:
            self._show(bubble)

    def withdraw(self, key: str) -> None:
        """Take a bubble away, if it is still there."""
        self._waiting = [bubble for bubble in self._waiting if bubble.key != key]
        if key in self._under_way:
            self._withdrawn.add(key)
        elif key in self._ids:
            self._bus.call(new_method_call(_SERVER, "CloseNotification", "u", (self._ids[key],)))

    # --- the server -------------------------------------------------------------------------------

    def _server_changed(self, owner: str) -> None:
        if owner != self._server:
            self._server = owner
            self._ids.clear()
            # The call below starts a server, which is then no other one.
            if not self._asking:
                self._capabilities = None

    def _ask_capabilities(self) -> None:
        if not self._asking:
            self._asking = True
            self._bus.call(new_method_call(_SERVER, "GetCapabilities"), self._capable)

    def _capable(self, reply: tuple[Any, ...] | None) -> None:
        self._asking = False
        waiting, self._waiting = self._waiting, []
        if reply is not None:
            self._capabilities = frozenset(reply[0])
            for bubble in waiting:
                self.show(bubble)

    def _unless_inhibited(self, bubble: Bubble) -> None:
        """Show what is only good to know, but not while the desktop wants quiet.

        Plasma and others tell by a property; servers without it keep quiet themselves.
        """

        def answered(reply: tuple[Any, ...] | None) -> None:
            if not (reply and reply[0][1]):
                self._show(bubble)

        self._bus.call(Properties(_SERVER).get("Inhibited"), answered)

    def _show(self, bubble: Bubble) -> None:
        self._withdrawn.discard(bubble.key)
        if bubble.key in self._under_way:
            self._under_way[bubble.key] = bubble
            return
        self._under_way[bubble.key] = None
        call = new_method_call(_SERVER, "Notify", _NOTIFY, self._arguments(bubble))
        self._bus.call(call, lambda reply: self._shown(bubble.key, reply))

    def _shown(self, key: str, reply: tuple[Any, ...] | None) -> None:
        follower = self._under_way.pop(key)
        if reply is not None:
            self._ids[key] = reply[0]
        if key in self._withdrawn:
            self._withdrawn.discard(key)
            self.withdraw(key)
        elif follower is not None:
            self._show(follower)

    def _arguments(self, bubble: Bubble) -> tuple[Any, ...]:
        can = self._capabilities or frozenset()
        click = [(DEFAULT, bubble.click)] if bubble.click else []
        buttons = [*click, *bubble.buttons] if "actions" in can else []
        hints = {
            "urgency": ("y", _LOW if bubble.passing else _NORMAL),
            "transient": ("b", bubble.passing),
            "category": ("s", "email"),
            "desktop-entry": ("s", "traymail"),
        }
        return (
            "traymail",
            self._ids.get(bubble.key, 0),
            self._icon,
            bubble.title,
            escape(bubble.body, quote=False) if "body-markup" in can else bubble.body,
            [part for button in buttons for part in button],
            hints,
            _AS_THE_SERVER_LIKES,
        )

    # --- what the user does -----------------------------------------------------------------------

    def _pressed(self, signal: Message) -> None:
        number, button = signal.body
        key = self._key(number)
        if key is not None:
            self._on_press(key, button)

    def _gone(self, signal: Message) -> None:
        key = self._key(signal.body[0])
        if key is not None:
            del self._ids[key]

    def _key(self, number: int) -> str | None:
        return next((key for key, shown in self._ids.items() if shown == number), None)
