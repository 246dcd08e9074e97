"""A desktop portal: a process on the bus whose user prefers light or dark, and chooses files.

Usage: portald.py COLOR-SCHEME; on standard input: ``prefer COLOR-SCHEME``, ``contrast``, and for
the file dialog that is open ``choose URI...``, ``cancel`` or ``break``; ``refuse`` and ``silence``
are for those to come. It says ``ready`` once it has its name, and a JSON line for each file dialog.
"""

import json
import os
import select
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import PIPE, Popen
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

NAME = "org.freedesktop.portal.Desktop"
SETTINGS = "org.freedesktop.portal.Settings"
HERE = DBusAddress("/org/freedesktop/portal/desktop", interface=SETTINGS)
APPEARANCE = "org.freedesktop.appearance"


class Portal:
    """The running portal, for a test."""

    def __init__(self, process: Popen[str]) -> None:
        self._process = process

    def prefer(self, scheme: int) -> None:
        """Have the user prefer something else."""
        self._say(f"prefer {scheme}")

    def dialog(self) -> dict[str, Any]:
        """Return the file dialog that is asked for next: method, title, window, options."""
        assert self._process.stdout is not None
        told: dict[str, Any] = json.loads(self._process.stdout.readline())
        return told

    def choose(self, *paths: Path) -> None:
        """Have the user choose files in the dialog that is open."""
        self._say(" ".join(("choose", *(path.as_uri() for path in paths))))

    def order(self, word: str) -> None:
        """Have the dialog cancelled or broken; have those to come refused or never begun."""
        self._say(word)

    def change_contrast(self) -> None:
        """Have the user change another setting."""
        self._say("contrast")

    def _say(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()


@contextmanager
def portal(address: str, scheme: int) -> Iterator[Portal]:
    """Run a portal on a bus until the block ends; it is there when the block begins."""
    env = {**os.environ, "DBUS_SESSION_BUS_ADDRESS": address}
    command = [sys.executable, str(Path(__file__)), str(scheme)]
    with Popen(command, env=env, stdin=PIPE, stdout=PIPE, text=True) as process:
        try:
            assert process.stdin is not None
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            yield Portal(process)
        finally:
            # At the end of its input it ends.
            process.stdin.close()  # type: ignore[union-attr] # a pipe, as asked for


class _Server:
    def __init__(self, bus: DBusConnection, scheme: int) -> None:
        self._bus = bus
        self._scheme = scheme
        self._request = ""
        self._manner = ""

    def answer(self, call: Message) -> None:
        asked = call.header.fields[HeaderFields.member], call.body
        if asked[0] in {"OpenFile", "SaveFile"}:
            self._open(call)
        elif asked == ("Read", (APPEARANCE, "color-scheme")):
            # Read wraps the value twice, as portals do.
            self._bus.send(new_method_return(call, "v", (("v", ("u", self._scheme)),)))
        else:
            self._bus.send(new_error(call, "org.freedesktop.portal.Error.NotFound"))

    def _open(self, call: Message) -> None:
        window, title, options = call.body
        told = {name: repr(value[1]) for name, value in options.items()}
        method = call.header.fields[HeaderFields.member]
        line = json.dumps({"method": method, "title": title, "window": window, **told})
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()
        sender = call.header.fields[HeaderFields.sender].removeprefix(":").replace(".", "_")
        self._request = f"{HERE.object_path}/request/{sender}/{options['handle_token'][1]}"
        if self._manner == "refuse":
            self._bus.send(new_error(call, "org.freedesktop.DBus.Error.UnknownMethod"))
        elif not self._manner:
            self._bus.send(new_method_return(call, "o", (self._request,)))

    def _respond(self, response: int, uris: list[str]) -> None:
        where = DBusAddress(self._request, interface="org.freedesktop.portal.Request")
        results = {"uris": ("as", uris)}
        self._bus.send(new_signal(where, "Response", "ua{sv}", (response, results)))

    def obey(self, line: str) -> None:
        match line.split():
            case ["choose", *uris]:
                self._respond(0, uris)
            case ["cancel"]:
                self._respond(1, [])
            case ["break"]:
                self._respond(2, [])
            case ["refuse" | "silence" as manner]:
                self._manner = manner
            case ["prefer", scheme]:
                self._scheme = int(scheme)
                self._tell("color-scheme", self._scheme)
            case _:
                self._tell("contrast", 1)

    def _tell(self, key: str, value: int) -> None:
        body = (APPEARANCE, key, ("u", value))
        self._bus.send(new_signal(HERE, "SettingChanged", "ssv", body))


def main() -> None:
    with open_dbus_connection(bus="SESSION", auth_timeout=60.0) as bus:
        server = _Server(bus, int(sys.argv[1]))
        bus.send_and_get_reply(message_bus.RequestName(NAME))
        sys.stdout.write("ready\n")
        sys.stdout.flush()
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
