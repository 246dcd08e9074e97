"""`traymail run` as a process on a display with a panel, worked as a user and a panel do."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from subprocess import CompletedProcess

from jeepney import DBusAddress

from tests.support.bus import Peer
from tests.support.display import Display
from tests.support.homes import Home
from tests.support.tray import WATCHER, number_of_label
from tests.support.wait import until
from traymail.core.errors import NotRunning
from traymail.desktop.instance import Instance

_WATCHER = DBusAddress("/StatusNotifierWatcher", WATCHER, WATCHER)


class Trayed:
    """The program of a home on a display; it may be started by any command."""

    def __init__(self, home: Home, on: Display, env: Mapping[str, str] | None = None) -> None:
        self.home, self.on = home, on
        self.env = {**on.env, **(env or {})}
        self._instance = Instance(home.path / "state")

    def run(self, *arguments: str) -> CompletedProcess[str]:
        """Run a command to its end, on the display."""
        return subprocess.run(
            self.home.command(*arguments),
            env=self.env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    @property
    def pid(self) -> int | None:
        """Whose windows other processes may ask for; None while there is nobody."""
        with suppress(NotRunning):
            told = self._instance.ask({"command": "hello"})
            if told["ready"]:
                return int(told["pid"])
        return None

    def ready(self) -> int:
        """Wait for the program, and return its pid."""
        return until(lambda: self.pid or 0, what="the program with its windows")

    def gone(self) -> None:
        """Wait for the end of the program."""
        until(lambda: self._instance.running.holder() is None, what="the end of the program")

    # --- as a panel ---------------------------------------------------------------------------

    @contextmanager
    def peer(self) -> Iterator[Peer]:
        """Another client of the session's bus."""
        with Peer(self.on.env["DBUS_SESSION_BUS_ADDRESS"], lambda: None) as peer:
            yield peer

    def _address(self, path: str, interface: str) -> DBusAddress:
        return DBusAddress(path, f"org.kde.StatusNotifierItem-{self.ready()}-1", interface)

    def wait_for_icon(self) -> None:
        """Wait until the panel shows the icon."""
        name = f"StatusNotifierItem-{self.ready()}-1"
        with self.peer() as peer:

            def shown() -> bool:
                if not peer.owns(WATCHER):
                    return False
                items = peer.get(_WATCHER, "RegisteredStatusNotifierItems")
                return any(name in item for item in items)

            until(shown, what="the icon in the panel")

    def left_click(self) -> None:
        """Activate the icon, as a panel does."""
        address = self._address("/StatusNotifierItem", "org.kde.StatusNotifierItem")
        with self.peer() as peer:
            peer.call(address, "Activate", "ii", 0, 0)

    def wait_for_entry(self, label: str) -> int:
        """Wait for an entry of the menu, and return its number."""
        address = self._address("/MenuBar", "com.canonical.dbusmenu")
        with self.peer() as peer:

            def number() -> int | None:
                return number_of_label(peer, label, address)

            return until(number, what=f"the entry {label}") or 0

    def choose(self, label: str) -> None:
        """Choose an entry of the menu."""
        found = self.wait_for_entry(label)
        address = self._address("/MenuBar", "com.canonical.dbusmenu")
        with self.peer() as peer:
            peer.call(address, "Event", "isvu", found, "clicked", ("i", 0), 0)

    # --- as a user ----------------------------------------------------------------------------

    def windows(self, title: str = "") -> list[str]:
        """Return the program's windows in sight whose title begins so."""
        found = self._asked("search", "--onlyvisible", "--class", "^Traymail$").split()
        return [one for one in found if self._asked("getwindowname", one).startswith(title)]

    def window(self, title: str) -> str:
        """Wait for a window, and for the keyboard to be in it."""
        found = until(lambda: self.windows(title), what=f"the window {title}")[0]
        until(
            lambda: title in self._asked("getactivewindow", "getwindowname"),
            what=f"the keyboard in the window {title}",
        )
        return found

    def no_window(self, title: str) -> None:
        """Wait until there is no such window."""
        until(lambda: not self.windows(title), what=f"the end of the window {title}")

    def keys(self, *keys: str) -> None:
        """Press keys."""
        subprocess.run(["xdotool", "key", "--delay", "30", *keys], env=self.env, check=True)

    def type(self, words: str) -> None:
        """Type words."""
        subprocess.run(["xdotool", "type", "--delay", "15", words], env=self.env, check=True)

    def _asked(self, *question: str) -> str:
        """Return what xdotool answers; nothing when a window has just gone."""
        answer = subprocess.run(
            ["xdotool", *question], env=self.env, capture_output=True, text=True, check=False
        )
        return answer.stdout


@contextmanager
def trayed(
    home: Home, on: Display, env: Mapping[str, str] | None = None, *, start: bool = True
) -> Iterator[Trayed]:
    """Use the program of a home; `traymail` alone starts it."""
    program = Trayed(home, on, env)
    try:
        if start:
            started = program.run()
            assert started.returncode == 0, started.stderr
        yield program
    finally:
        if (home.path / "state").exists():
            holder = Instance(home.path / "state").running.holder()
            if holder is not None:
                os.kill(holder, 15)
                program.gone()
