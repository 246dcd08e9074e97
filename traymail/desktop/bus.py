"""The session bus of a Linux desktop inside somebody else's loop: nothing here waits.

`connect` blocks for some milliseconds (for a bus that hangs: longer), so it belongs on another
thread. The connection it returns is then driven by a `Bus` on the thread of the loop: `fileno` is
watched, `readable` is called.
"""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from jeepney import (
    HeaderFields,
    MatchRule,
    Message,
    MessageFlag,
    MessageType,
    message_bus,
    new_error,
    new_method_call,
)

from traymail.disk import session_bus
from traymail.failures import log_failure

if TYPE_CHECKING:
    from jeepney.io.blocking import DBusConnection

log = logging.getLogger(__name__)

OnReply = Callable[[tuple[Any, ...] | None], None]
"""Is given the values of a reply, or None for an error or a lost bus."""

OnMessage = Callable[[Message], None]

# A healthy bus takes a message at once; one that does not for so long is given up.
_SEND_SECONDS = 0.2
_DBUS = "org.freedesktop.DBus"
NOTIFICATIONS = "org.freedesktop.Notifications"
NOTIFICATIONS_PATH = "/org/freedesktop/Notifications"
PORTAL = "org.freedesktop.portal.Desktop"
PORTAL_PATH = "/org/freedesktop/portal/desktop"
_PATH = "/org/freedesktop/DBus"


def connect() -> DBusConnection | None:
    """Open a connection to the session bus; None where there is none. Blocks."""
    from jeepney.io.blocking import open_dbus_connection

    address = session_bus(os.environ)
    if address is None:
        return None
    try:
        return open_dbus_connection(bus=address)
    # ValueError, RuntimeError: addresses that are none, or of no kind jeepney knows.
    except (OSError, ValueError, RuntimeError) as error:
        log.info("no session bus: %s", error)
        return None


# Whoever is on the bus may say anything in any shape: it must keep from nothing else that comes.
_MISSHAPEN = (TypeError, ValueError, LookupError, AttributeError)


class Bus:
    """One connection: calls with answers, signals, objects of ours. On one thread, the loop's."""

    def __init__(self, connection: DBusConnection, on_lost: Callable[[], None]) -> None:
        """``on_lost`` is called once, from `readable`, when the bus is gone.

        It has the loop watch `fileno` no more; the connection is closed after it.
        """
        self._connection = connection
        self._on_lost = on_lost
        self._open = True
        self._pending: dict[int, OnReply] = {}
        self._signals: list[tuple[MatchRule, OnMessage]] = []
        self._objects: dict[str, OnMessage] = {}
        connection.sock.settimeout(_SEND_SECONDS)

    @property
    def fileno(self) -> int:
        """Return what the loop watches for reading."""
        return int(self._connection.sock.fileno())

    @property
    def name(self) -> str:
        """Return our unique name on the bus."""
        return str(self._connection.unique_name)

    def readable(self) -> None:
        """Handle all that has come."""
        while self._open:
            try:
                message = self._connection.receive(timeout=0)
            except TimeoutError:
                return
            except OSError as error:
                self._lose(error)
                return
            try:
                self._handle(message)
            except _MISSHAPEN as error:
                log_failure(log, "a message of the session bus is not understood", error)

    def close(self) -> None:
        """Leave the bus; nobody is told. The loop watches it no more."""
        self._open = False
        self._pending.clear()
        self._connection.close()

    # --- what we say ----------------------------------------------------------------------------

    def send(self, message: Message) -> None:
        """Send a reply or a signal. On a lost bus it is dropped: `on_lost` tells."""
        self._send(message, next(self._connection.outgoing_serial))

    def call(self, message: Message, on_reply: OnReply | None = None) -> None:
        """Call a method; ``on_reply`` is called once with what came of it."""
        serial = next(self._connection.outgoing_serial)
        if on_reply is None:
            message.header.flags |= MessageFlag.no_reply_expected
        else:
            self._pending[serial] = on_reply
        self._send(message, serial)

    def own(self, name: str) -> None:
        """Ask for a well-known name."""
        self.call(message_bus.RequestName(name))

    def _send(self, message: Message, serial: int) -> None:
        if not self._open:
            return
        try:
            self._connection.send(message, serial=serial)
        except OSError as error:
            log.warning("the session bus takes no message: %s", error)
            # Half a message may be out. The end of the stream is then read, and told from there.
            with suppress(OSError):
                self._connection.sock.shutdown(socket.SHUT_RDWR)

    # --- what we hear ---------------------------------------------------------------------------

    def export(self, path: str, on_call: OnMessage) -> None:
        """Have ``on_call`` answer the calls of an object."""
        self._objects[path] = on_call

    def hear(self, rule: MatchRule, on_signal: OnMessage) -> None:
        """Have ``on_signal`` called with the signals of a rule."""
        self._signals.append((rule, on_signal))
        self.call(message_bus.AddMatch(rule))

    def follow(self, name: str, on_owner: Callable[[str], None]) -> None:
        """Tell who owns a well-known name, now and whenever that changes; "" for nobody."""
        rule = MatchRule(
            type="signal", sender=_DBUS, interface=_DBUS, member="NameOwnerChanged", path=_PATH
        )
        rule.add_arg_condition(0, name)
        self.hear(rule, lambda message: on_owner(message.body[2]))
        self.call(
            new_method_call(message_bus, "GetNameOwner", "s", (name,)),
            lambda reply: on_owner(reply[0] if reply else ""),
        )

    def _handle(self, message: Message) -> None:
        match message.header.message_type:
            case MessageType.method_return | MessageType.error:
                self._handle_reply(message)
            case MessageType.signal:
                for rule, on_signal in tuple(self._signals):
                    if rule.matches(message):
                        on_signal(message)
            case _:
                self._handle_call(message)

    def _handle_reply(self, message: Message) -> None:
        serial = message.header.fields.get(HeaderFields.reply_serial, 0)
        on_reply = self._pending.pop(serial, None)
        if on_reply is None:
            return
        refused = message.header.message_type is MessageType.error
        if refused:
            log.debug("refused: %s %s", message.header.fields, message.body)
        on_reply(None if refused else message.body)

    def _handle_call(self, message: Message) -> None:
        on_call = self._objects.get(message.header.fields.get(HeaderFields.path, ""))
        if on_call is not None:
            on_call(message)
        elif not message.header.flags & MessageFlag.no_reply_expected:
            self.send(new_error(message, f"{_DBUS}.Error.UnknownObject"))

    def _lose(self, error: OSError) -> None:
        log.info("the session bus is gone: %s", error)
        self._open = False
        pending = tuple(self._pending.values())
        self._pending.clear()
        for on_reply in pending:
            on_reply(None)
        # The loop must let go of the file before it is closed.
        self._on_lost()
        self._connection.close()
