"""The tray icon of Linux desktops: org.kde.StatusNotifierItem, over a `Bus` in the loop of Tk.

It comes when a panel comes, and comes back when the panel does. Pictures go over the bus as pixels,
in several sizes, so that no icon theme has to know them.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from html import escape
from typing import Any

from jeepney import DBusAddress, MatchRule, Message, Properties, new_method_call
from PIL import Image

from traymail.desktop.bus import Bus, OnReply
from traymail.ui.model.menu import Do, MenuItem
from traymail.ui.model.tray import Icon, Shown
from traymail.ui.tray import dbus_menu
from traymail.ui.tray.dbus_menu import DBusMenu
from traymail.ui.tray.exported import Exported, Interface, Method, Property, Signal
from traymail.ui.tray.loop import Act
from traymail.ui.tray.port import TrayParts

log = logging.getLogger(__name__)

PATH = "/StatusNotifierItem"
NAME = "org.kde.StatusNotifierItem"
WATCHER = "org.kde.StatusNotifierWatcher"
_WATCHER = DBusAddress("/StatusNotifierWatcher", WATCHER, WATCHER)

TRIES = 5

Pixmap = tuple[int, int, bytes]


def pixmap(picture: Image.Image) -> Pixmap:
    """Return width, height and pixels: alpha, red, green, blue, a byte each (network order)."""
    red, green, blue, alpha = picture.convert("RGBA").split()
    pixels = Image.merge("RGBA", (alpha, red, green, blue)).tobytes()
    return picture.width, picture.height, pixels


class Registration:
    """Has the item known to whoever keeps track of tray icons, as long as there is somebody.

    ``on_host`` is told whether a panel shows the icon.
    """

    def __init__(self, bus: Bus, parts: TrayParts, on_host: Callable[[bool], None]) -> None:
        self._bus, self._after, self._waits = bus, parts.loop.after, parts.waits
        self._on_host = on_host
        self._cancel: Act | None = None
        self._tries = 0
        self._trusted = True
        self._hosted = False
        self._watcher = ""
        self._name = f"{NAME}-{os.getpid()}-1"

    @property
    def watched(self) -> bool:
        """Tell whether there is someone who keeps track of tray icons."""
        return bool(self._watcher)

    def start(self) -> None:
        """Register, now and whenever that is needed."""
        self._bus.own(self._name)
        for member in ("StatusNotifierHostRegistered", "StatusNotifierHostUnregistered"):
            rule = MatchRule(type="signal", interface=WATCHER, member=member)
            self._bus.hear(rule, self._hosts_changed)
        rule = MatchRule(type="signal", interface=WATCHER, member="StatusNotifierItemUnregistered")
        self._bus.hear(rule, self._unregistered)
        self._bus.follow(WATCHER, self._watcher_changed)

    def stop(self) -> None:
        """Register no more."""
        self._in(None, self._register)

    def _watcher_changed(self, owner: str) -> None:
        if owner == self._watcher:
            return
        self._watcher = owner
        self._tries, self._trusted = 0, True
        self._in(None, self._register)
        if owner:
            self._register()
        else:
            self._set_hosted(hosted=False)

    def _register(self) -> None:
        self._cancel = None
        self._tries += 1
        call = new_method_call(_WATCHER, "RegisterStatusNotifierItem", "s", (self._name,))
        self._ask_watcher(call, self._registered)

    def _registered(self, reply: tuple[Any, ...] | None) -> None:
        if reply is None:
            return
        self._in(self._waits.look, self._look)
        if self._trusted:
            self._ask_for_hosts()

    def _unregistered(self, signal: Message) -> None:
        if self._is_ours(signal.body[0]):
            self._dropped()

    def _look(self) -> None:
        """See whether the watcher still has the item; one that keeps no list is believed."""
        self._cancel = None

        def answered(reply: tuple[Any, ...] | None) -> None:
            if reply is None or any(self._is_ours(item) for item in reply[0][1]):
                self._trusted = True
                self._ask_for_hosts()
            else:
                self._dropped()

        self._ask_watcher(Properties(_WATCHER).get("RegisteredStatusNotifierItems"), answered)

    def _dropped(self) -> None:
        """Register once more; the icon then counts as shown once it has been kept for a while."""
        log.info("the panel has dropped the tray icon (%d of %d)", self._tries, TRIES)
        self._trusted = False
        self._set_hosted(hosted=False)
        self._in(self._waits.again if self._tries < TRIES else None, self._register)

    def _is_ours(self, item: str) -> bool:
        """Tell whether a watcher means this item: by a name, to which it may add the path."""
        names = (self._name, self._bus.name)
        return any(item == name or item.startswith((f"{name}/", f"{name}@")) for name in names)

    def _in(self, seconds: float | None, act: Act) -> None:
        """Have one thing done then, in place of what was to be done; None: nothing."""
        if self._cancel is not None:
            self._cancel()
        self._cancel = None if seconds is None else self._after(seconds, act)

    def _hosts_changed(self, _signal: Message) -> None:
        if self._trusted:
            self._ask_for_hosts()

    def _ask_for_hosts(self) -> None:
        """Ask whether icons are shown: a watcher may run before, or without, a panel."""
        call = Properties(_WATCHER).get("IsStatusNotifierHostRegistered")
        self._ask_watcher(call, lambda reply: self._set_hosted(hosted=bool(reply and reply[0][1])))

    def _ask_watcher(self, call: Message, on_reply: OnReply) -> None:
        """Call the watcher; what one says that has gone meanwhile is not heard."""
        watcher = self._watcher

        def answered(reply: tuple[Any, ...] | None) -> None:
            if watcher == self._watcher:
                on_reply(reply)

        self._bus.call(call, answered)

    def _set_hosted(self, *, hosted: bool) -> None:
        if hosted != self._hosted:
            self._hosted = hosted
            self._on_host(hosted)


class StatusNotifier:
    """The item and its menu on one bus; `registration` tells whether somebody knows of it."""

    def __init__(self, bus: Bus, parts: TrayParts, on_host: Callable[[bool], None]) -> None:
        self.registration = Registration(bus, parts, on_host)
        self._pictures = parts.pictures
        self._translate = parts.translate
        self._on_choice = parts.on_choice
        self._icon: Icon | None = None
        self._words = ["traymail"]
        self._pixmaps: list[Pixmap] = []
        self._menu = DBusMenu(bus, parts.on_choice, parts.translate)
        self._item = Exported(bus, PATH, self._interface())

    def start(self, shown: Shown, entries: tuple[MenuItem, ...]) -> None:
        """Offer the icon to whoever shows such icons, now and later."""
        self.show(shown)
        self._menu.show(entries)
        self.registration.start()

    def show(self, shown: Shown) -> None:
        """Show another icon or tool tip; panels are told what has changed."""
        if shown.icon is not self._icon:
            self._icon = shown.icon
            self.repaint()
            self._item.emit("NewStatus", self._status())
        words = [line.translated(self._translate) for line in (shown.tip, *shown.more)]
        if words != self._words:
            self._words = words
            self._item.emit("NewToolTip")
            self._item.emit("NewTitle")

    def repaint(self) -> None:
        """Draw the icon again, from what its pictures are now."""
        if self._icon is not None:
            self._pixmaps = [pixmap(picture) for picture in self._pictures(self._icon)]
            self._item.emit("NewIcon")
            self._item.emit("NewAttentionIcon")

    def set_menu(self, entries: tuple[MenuItem, ...]) -> None:
        """Offer another menu."""
        self._menu.show(entries)

    # --- what panels ask --------------------------------------------------------------------------

    def _interface(self) -> Interface:
        return Interface(
            NAME,
            methods=(
                Method("Activate", ("i", "i"), (), self._activate),
                Method("SecondaryActivate", ("i", "i"), (), self._activate),
                # Panels draw the menu themselves; turning the wheel means nothing here.
                Method("ContextMenu", ("i", "i"), (), lambda _x, _y: ()),
                Method("Scroll", ("i", "s"), (), lambda _delta, _orientation: ()),
            ),
            properties=self._properties(),
            signals=(
                Signal("NewTitle"),
                Signal("NewIcon"),
                Signal("NewAttentionIcon"),
                Signal("NewOverlayIcon"),
                Signal("NewToolTip"),
                Signal("NewStatus", ("s",)),
            ),
        )

    def _properties(self) -> tuple[Property, ...]:
        return (
            Property("Category", "s", lambda: "Communications"),
            Property("Id", "s", lambda: "traymail"),
            Property("Title", "s", self._title),
            Property("Status", "s", self._status),
            Property("WindowId", "i", lambda: 0),
            Property("IconName", "s", str),
            Property("IconThemePath", "s", str),
            Property("IconPixmap", "a(iiay)", lambda: self._pixmaps),
            Property("OverlayIconName", "s", str),
            Property("OverlayIconPixmap", "a(iiay)", list),
            Property("AttentionIconName", "s", str),
            # In the state "NeedsAttention" panels show this one in place of the other.
            Property("AttentionIconPixmap", "a(iiay)", lambda: self._pixmaps),
            Property("AttentionMovieName", "s", str),
            Property("ToolTip", "(sa(iiay)ss)", self._tool_tip),
            # Not only a menu: a left click does something else.
            Property("ItemIsMenu", "b", lambda: False),
            Property("Menu", "o", lambda: dbus_menu.PATH),
        )

    def _activate(self, _x: int, _y: int) -> tuple[()]:
        self._on_choice(Do.QUICK_SEND)
        return ()

    def _title(self) -> str:
        # Some panels show the title in place of the tool tip.
        return self._words[0]

    def _status(self) -> str:
        return "NeedsAttention" if self._icon is Icon.ATTENTION else "Active"

    def _tool_tip(self) -> tuple[str, list[Pixmap], str, str]:
        # The second text may hold markup, and rules have names of all kinds.
        return "", [], self._title(), escape("\n".join(self._words[1:]), quote=False)
