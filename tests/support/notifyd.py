"""A notification server: a process on the bus that tells what it is shown, a JSON line each.

Usage: notifyd.py CAPABILITY... ; lines on standard input: ``press ID BUTTON``, ``inhibit``.
"""

import json
import os
import select
import sys
from typing import Any

from jeepney import (
    DBusAddress,
    HeaderFields,
    Message,
    MessageType,
    message_bus,
    new_error,
    new_method_return,
    new_signal,
)
from jeepney.io.blocking import DBusConnection, open_dbus_connection

NAME = "org.freedesktop.Notifications"
HERE = DBusAddress("/org/freedesktop/Notifications", interface=NAME)


class Server:
    def __init__(self, bus: DBusConnection, capabilities: list[str]) -> None:
        self.bus = bus
        self.capabilities = capabilities
        self.inhibited = False
        self.last = 0

    def answer(self, message: Message) -> None:
        member = message.header.fields[HeaderFields.member]
        if member == "GetCapabilities":
            self.bus.send(new_method_return(message, "as", (self.capabilities,)))
        elif member == "Notify":
            self.notify(message, message.body)
        elif member == "CloseNotification":
            tell({"closed": message.body[0]})
            self.bus.send(new_method_return(message))
        elif member == "Get" and message.body == (NAME, "Inhibited"):
            self.bus.send(new_method_return(message, "v", (("b", self.inhibited),)))
        else:
            self.bus.send(new_error(message, "org.freedesktop.DBus.Error.UnknownMethod"))

    def notify(self, message: Message, body: tuple[Any, ...]) -> None:
        name, replaces, icon, title, words, actions, hints, _ = body
        if not replaces:
            self.last += 1
        number = replaces or self.last
        tell(
            {
                "name": name,
                "id": number,
                "icon": icon,
                "title": title,
                "body": words,
                "actions": actions,
                **{hint: hints[hint][1] for hint in ("urgency", "transient") if hint in hints},
            }
        )
        self.bus.send(new_method_return(message, "u", (number,)))

    def obey(self, line: str) -> None:
        match line.split():
            case ["press", number, button]:
                chosen = (int(number), button)
                self.bus.send(new_signal(HERE, "ActionInvoked", "us", chosen))
                self.bus.send(new_signal(HERE, "NotificationClosed", "uu", (int(number), 2)))
            case _:
                self.inhibited = True


def tell(what: object) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def main() -> None:
    with open_dbus_connection(bus="SESSION", auth_timeout=60.0) as bus:
        server = Server(bus, sys.argv[1:])
        bus.send_and_get_reply(message_bus.RequestName(NAME))
        tell("ready")
        while True:
            ready, _, _ = select.select([bus.sock, sys.stdin], [], [])
            if sys.stdin in ready:
                # Past Python's buffer, which select does not know of.
                orders = os.read(sys.stdin.fileno(), 4096).decode()
                if not orders:
                    return
                for line in orders.splitlines():
                    server.obey(line)
            while bus.sock in ready:
                try:
                    message = bus.receive(timeout=0)
                except TimeoutError:
                    break
                if message.header.message_type is MessageType.method_call:
                    server.answer(message)


if __name__ == "__main__":
    main()
