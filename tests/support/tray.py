"""A tray in a loop without a display, a watcher as panels have one, and the questions they ask."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from jeepney import DBusAddress
from PIL import Image

from tests.support.bus import Peer, SelectLoop
from traymail.core.rule import Rule
from traymail.core.texts import text
from traymail.desktop.bus import Bus, connect
from traymail.ui.model.menu import Choice, MenuItem, menu
from traymail.ui.model.tray import Icon, Shown
from traymail.ui.tray.exported import Exported, Interface, Method, Property, Signal
from traymail.ui.tray.linux import LinuxTray
from traymail.ui.tray.port import TrayParts, Waits

NAME = f"org.kde.StatusNotifierItem-{os.getpid()}-1"
ITEM = DBusAddress("/StatusNotifierItem", NAME, "org.kde.StatusNotifierItem")
MENU = DBusAddress("/MenuBar", NAME, "com.canonical.dbusmenu")
WATCHER = "org.kde.StatusNotifierWatcher"
IDLE = Shown(Icon.IDLE, text("traymail: idle"))
NEEDS = Shown(
    Icon.ATTENTION, text("{n} mails need you", n=2), (text("The rule {r} fails", r="<b>"),)
)
COLOURS = {Icon.IDLE: (1, 2, 3, 4), Icon.ATTENTION: (255, 0, 0, 128)}


def a_menu(*rules: Rule, paused: bool = False, needs: int = 0) -> tuple[MenuItem, ...]:
    return menu(rules, paused=paused, needs=needs)


def pictures(icon: Icon) -> list[Image.Image]:
    colour = COLOURS.get(icon, (0, 0, 0, 255))
    return [Image.new("RGBA", (side, side), colour) for side in (16, 48)]


class Window:
    """What stands in for the icon, without a display."""

    def __init__(self) -> None:
        self.seen: list[object] = []

    def show(self, shown: Shown) -> None:
        self.seen.append(shown.icon)

    def set_menu(self, entries: tuple[MenuItem, ...]) -> None:
        self.seen.append(len(entries))

    def reveal(self) -> None:
        self.seen.append("revealed")

    def destroy(self) -> None:
        self.seen.append("gone")


class Desk:
    """A loop with a tray in it, and what the tray asked for."""

    def __init__(self, waits: Waits, *, login: bool = False) -> None:
        self.loop = SelectLoop()
        self.choices: list[Choice] = []
        self.windows: list[Window] = []
        self.catalogue: dict[str, str] = {}
        parts = TrayParts(
            loop=self.loop,
            pictures=pictures,
            translate=self._say,
            on_choice=self.choices.append,
            on_press=lambda _key, _button: None,
            make_window=self._window,
            waits=waits,
        )
        self.tray = LinuxTray(parts, login=login)

    def _say(self, words: str) -> str:
        return self.catalogue.get(words, words)

    def _window(self) -> Window:
        self.windows.append(Window())
        return self.windows[-1]

    def close(self) -> None:
        self.tray.stop()
        self.loop.settle(0.02)
        self.loop.close()


class Watcher:
    """Who keeps track of icons, as a panel's plugin does."""

    def __init__(self, loop: SelectLoop, *, hosts: bool = True, drops: int = 0) -> None:
        """``drops``: so many registrations are answered, and then the item is dropped."""
        connection = connect()
        assert connection is not None
        self._loop = loop
        self._bus = Bus(connection, lambda: None)
        self.registered: list[str] = []
        self.items: list[str] = []
        self.hosts = hosts
        self.drops = drops
        self.tells_drops = True
        interface = Interface(
            WATCHER,
            methods=(Method("RegisterStatusNotifierItem", ("s",), (), self._register),),
            properties=(
                Property("IsStatusNotifierHostRegistered", "b", lambda: self.hosts),
                Property("RegisteredStatusNotifierItems", "as", lambda: self.items),
            ),
            signals=(
                Signal("StatusNotifierHostRegistered"),
                Signal("StatusNotifierItemUnregistered", ("s",)),
            ),
        )
        self._object = Exported(self._bus, "/StatusNotifierWatcher", interface)
        loop.watch(self._bus.fileno, self._bus.readable)
        self._bus.own(WATCHER)

    def host_comes(self) -> None:
        self.hosts = True
        self._object.emit("StatusNotifierHostRegistered")

    def drop(self, item: str) -> None:
        """Tell that an item is gone."""
        self._object.emit("StatusNotifierItemUnregistered", item)

    def _register(self, name: str) -> tuple[()]:
        self.registered.append(name)
        item = f"{name}@/StatusNotifierItem"
        if self.drops == 0:
            self.items.append(item)
        else:
            self.drops -= 1
            if self.tells_drops:
                self.drop(item)
        return ()

    def close(self) -> None:
        self._loop.unwatch(self._bus.fileno)
        self._bus.close()


@contextmanager
def a_desk(*, login: bool = False, **waits: float) -> Iterator[Desk]:
    desk = Desk(Waits(**waits), login=login)
    try:
        yield desk
    finally:
        desk.close()


def layout(
    peer: Peer, parent: int = 0, depth: int = -1, *names: str, menu: DBusAddress = MENU
) -> tuple[Any, ...]:
    return peer.call(menu, "GetLayout", "iias", parent, depth, list(names))


def labels(node: tuple[Any, ...]) -> list[Any]:
    _, properties, children = node
    word = properties.get("label", properties.get("type", ("s", "")))[1]
    return [word, *(labels(child) for _, child in children)]


def number_of(peer: Peer, label: str) -> int:
    number = number_of_label(peer, label, MENU)
    assert number is not None, label
    return number


def number_of_label(peer: Peer, label: str, menu: DBusAddress) -> int | None:
    """Return the number of the entry of a menu whose label begins so."""

    def find(node: tuple[Any, ...]) -> int | None:
        number, properties, children = node
        if properties.get("label", ("s", ""))[1].startswith(label):
            return int(number)
        found = (find(child) for _, child in children)
        return next((one for one in found if one is not None), None)

    return find(layout(peer, menu=menu)[1])


def click(peer: Peer, number: int, kind: str = "clicked") -> None:
    peer.call(MENU, "Event", "isvu", number, kind, ("i", 0), 0)
