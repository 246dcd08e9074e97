"""One notification of a program that ends: nobody waits for its buttons, and none is needed."""

from __future__ import annotations

import logging
from html import escape

log = logging.getLogger(__name__)

_SECONDS = 2.0
_NO_BUTTONS: list[str] = []
_NO_HINTS: dict[str, tuple[str, object]] = {}
_UNTIL_CLOSED = 0


def alarm(title: str, body: str) -> None:
    """Show a notification (Desktop Notifications Specification 1.3) that stays until it is closed.

    Where there is no bus or no server, nothing happens.
    """
    from jeepney import DBusAddress, new_method_call
    from jeepney.io.blocking import open_dbus_connection

    from traymail.desktop.bus import NOTIFICATIONS, NOTIFICATIONS_PATH

    server = DBusAddress(NOTIFICATIONS_PATH, NOTIFICATIONS, NOTIFICATIONS)
    # Servers read the body as markup, or show it as it is; the escaped signs are rare.
    said = (title, escape(body, quote=False))
    shown = ("traymail", 0, "traymail", *said, _NO_BUTTONS, _NO_HINTS, _UNTIL_CLOSED)
    try:
        with open_dbus_connection(bus="SESSION") as bus:
            call = new_method_call(server, "Notify", "susssasa{sv}i", shown)
            bus.send_and_get_reply(call, timeout=_SECONDS)
    except (OSError, KeyError, TimeoutError, RuntimeError, ValueError) as error:
        log.info("the desktop could not be told: %s", error)
