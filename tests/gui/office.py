"""A desktop at work: a display with a panel and a keyring, and the program with its windows on it.

The program is in this process, so that a test knows where its buttons are; keys and clicks come
from the display, the menu's choices over the bus, as from a panel.
"""

from __future__ import annotations

import os
import tkinter as tk
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pytest
from jeepney import DBusAddress

from tests.support.bus import Peer
from tests.support.display import Display
from tests.support.hands import Worker
from tests.support.homes import Home
from tests.support.live import Live, live
from tests.support.tray import ITEM, MENU, NAME, WATCHER, number_of_label
from traymail.desktop.language import choose, translator
from traymail.ui.shell import Shell, Speech, open_root

T = TypeVar("T")
_WATCHER = DBusAddress("/StatusNotifierWatcher", WATCHER, WATCHER)
_SPEECH = Speech(lambda wanted: choose(wanted, {"LANG": "C.UTF-8"}), translator)


@dataclass
class Office(Worker):
    """The running program, and the hands and eyes of its user."""

    root: tk.Misc
    live: Live
    shell: Shell
    peer: Peer

    # --- the panel ----------------------------------------------------------------------------

    def wait_for_icon(self) -> None:
        """Wait until the panel shows the icon."""

        def shown() -> bool:
            items = self.peer.get(_WATCHER, "RegisteredStatusNotifierItems")
            return any(NAME in item for item in items)

        self.until(shown, "the icon in the panel")

    def left_click(self) -> None:
        """Activate the icon."""
        self.peer.call(ITEM, "Activate", "ii", 0, 0)

    def choose(self, label: str) -> None:
        """Choose an entry of the menu."""
        number = self.until(lambda: number_of_label(self.peer, label, MENU), f"the entry {label}")
        self.peer.call(MENU, "Event", "isvu", number, "clicked", ("i", 0), 0)

    def is_checked(self, label: str) -> bool:
        """Return whether an entry of the menu has its check mark."""
        number = self.until(lambda: number_of_label(self.peer, label, MENU), f"the entry {label}")
        state: int = self.peer.call(MENU, "GetProperty", "is", number, "toggle-state")[0][1]
        return state == 1

    def tool_tip(self) -> str:
        """Return what the icon says."""
        return str(self.peer.get(ITEM, "ToolTip")[2])


@contextmanager
def office(home: Home, config: str, secrets: Path | None = None) -> Iterator[Office]:
    """Run the program with its windows in this process, on the display of the environment."""
    with live(home, config, secrets) as program:
        overview = program.services.program.overview()
        root = open_root(overview.settings, _SPEECH)
        shell = Shell(root, program.services, program.app.clock, _SPEECH, overview, login=False)
        try:
            with Peer(os.environ["DBUS_SESSION_BUS_ADDRESS"], root.update) as peer:
                made = Office(root, program, shell, peer)
                made.wait_for_icon()
                yield made
                made.until(lambda: not shell.busy, "the end of what goes on in the background")
        finally:
            shell.close()


def enter(on: Display, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put this process on a display."""
    for name, value in on.env.items():
        monkeypatch.setenv(name, value)
