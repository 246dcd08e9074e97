"""The tray on Linux: the panel's icon; where there is none, GTK's; else a window with the menu.

The bus, the panel and its watcher may come late, go, and come back: the icon follows.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from traymail.desktop.appearance import Appearance, XfcePanel
from traymail.desktop.bus import Bus, connect
from traymail.desktop.notify import Notifications
from traymail.desktop.requests import Bubble
from traymail.ui.model.menu import MenuItem
from traymail.ui.model.tray import Shown
from traymail.ui.system_theme import is_xfce
from traymail.ui.tray.loop import Act
from traymail.ui.tray.port import FallbackWindow, TrayParts
from traymail.ui.tray.pystray_tray import PystrayTray, gtk_is_here
from traymail.ui.tray.status_notifier import StatusNotifier

if TYPE_CHECKING:
    from jeepney.io.blocking import DBusConnection

log = logging.getLogger(__name__)


class LinuxTray:
    """See `traymail.ui.tray.port.Tray`."""

    def __init__(self, parts: TrayParts, *, login: bool) -> None:
        self._parts = parts
        self._waits = parts.waits
        self._patience = self._waits.at_login if login else self._waits.by_hand
        self._patient = True
        self._retry = self._waits.first_retry
        self._stopped = False
        self._hosted = False
        self._bus: Bus | None = None
        self._item: StatusNotifier | None = None
        self._notifications: Notifications | None = None
        self._gtk: PystrayTray | None = None
        self._window: FallbackWindow | None = None
        self._cancel_patience: Act | None = None
        self._cancel_fallback: Act | None = None
        self._cancel_retry: Act | None = None

    def start(self, shown: Shown, entries: tuple[MenuItem, ...]) -> None:
        """Look for a panel, and for another way when there is none in time."""
        self._shown, self._entries = shown, entries
        self._cancel_patience = self._parts.loop.after(self._patience, self._lose_patience)
        self._connect()

    def show(self, shown: Shown) -> None:
        """Show another icon or tool tip."""
        self._shown = shown
        for one in (self._item, self._gtk, self._window):
            if one is not None:
                one.show(shown)

    def set_menu(self, entries: tuple[MenuItem, ...]) -> None:
        """Offer another menu."""
        self._entries = entries
        for one in (self._item, self._gtk, self._window):
            if one is not None:
                one.set_menu(entries)

    def notify(self, bubble: Bubble) -> None:
        """Show a notification; without a bus there is none."""
        if self._notifications is not None:
            self._notifications.show(bubble)

    def withdraw(self, key: str) -> None:
        """Take a notification away."""
        if self._notifications is not None:
            self._notifications.withdraw(key)

    def repaint(self) -> None:
        """Draw the icon again, from other pictures."""
        for one in (self._item, self._gtk):
            if one is not None:
                one.repaint()

    @property
    def in_window(self) -> bool:
        """Whether the menu is in a window."""
        return self._window is not None

    def reveal(self) -> None:
        """Show the window that stands in for the icon, where there is one."""
        if self._window is not None:
            self._window.reveal()

    def stop(self) -> None:
        """Leave the bus and close what stands in for the icon."""
        self._stopped = True
        for cancel in (self._cancel_patience, self._cancel_fallback, self._cancel_retry):
            if cancel is not None:
                cancel()
        if self._item is not None:
            self._item.registration.stop()
        if self._bus is not None:
            self._parts.loop.unwatch(self._bus.fileno)
            self._bus.close()
            self._bus = None
        self._end_fallback()

    # --- the bus ----------------------------------------------------------------------------------

    def _connect(self) -> None:
        self._cancel_retry = None
        self._parts.loop.background(connect, self._connected, lambda _error: self._connected(None))

    def _connected(self, connection: DBusConnection | None) -> None:
        if self._stopped:
            if connection is not None:
                connection.close()
            return
        if connection is None:
            self._connect_later()
            return
        self._retry = self._waits.first_retry
        parts = self._parts
        bus = Bus(connection, self._lost)
        parts.loop.watch(bus.fileno, bus.readable)
        self._bus = bus
        self._notifications = Notifications(bus, parts.on_press, parts.notice_icon)
        self._item = StatusNotifier(bus, parts, self._host_changed)
        self._item.start(self._shown, self._entries)
        Appearance(bus, parts.on_dark)
        if is_xfce():
            XfcePanel(bus, parts.on_dark_panel)
        parts.on_bus(bus)
        # What came with the first answers of the bus is read already, so nothing would wake us.
        bus.readable()

    def _lost(self) -> None:
        if self._bus is not None:
            self._parts.loop.unwatch(self._bus.fileno)
        if self._item is not None:
            self._item.registration.stop()
        self._bus = self._item = self._notifications = None
        self._parts.on_bus(None)
        self._host_changed(hosted=False)
        self._connect_later()

    def _connect_later(self) -> None:
        self._cancel_retry = self._parts.loop.after(self._retry, self._connect)
        self._retry = min(2 * self._retry, self._waits.longest_retry)

    # --- other ways -------------------------------------------------------------------------------

    def _host_changed(self, hosted: bool) -> None:  # noqa: FBT001 # told as a value
        if hosted == self._hosted:
            return
        self._hosted = hosted
        log.info("the tray icon is %s", "shown" if hosted else "not shown")
        if hosted:
            self._fall_back_in(None, self._fall_back)
            self._end_fallback()
        else:
            self._fall_back_in(self._waits.gone, self._fall_back)

    def _lose_patience(self) -> None:
        """Do without a panel that has not come until now; one that has just gone gets its time."""
        self._patient, self._cancel_patience = False, None
        if not self._hosted and self._cancel_fallback is None:
            self._fall_back()

    def _fall_back_in(self, seconds: float | None, act: Act) -> None:
        """Have another way looked for then; None: not at all."""
        if self._cancel_fallback is not None:
            self._cancel_fallback()
            self._cancel_fallback = None
        if seconds is not None:
            self._cancel_fallback = self._parts.loop.after(seconds, act)

    def _fall_back(self) -> None:
        self._cancel_fallback = None
        if self._patient:
            return
        watched = self._item is not None and self._item.registration.watched
        if watched or not gtk_is_here():
            self._open_window()
            return
        try:
            self._gtk = PystrayTray(self._parts, self._embedding_changed)
        # ValueError: gi without the right version of GTK.
        except (ImportError, ValueError) as error:
            log.info("no icon by GTK: %s", error)
            self._open_window()
            return
        self._gtk.start(self._shown, self._entries)
        self._fall_back_in(self._waits.gtk, self._look_at_gtk)

    def _embedding_changed(self) -> None:
        """Follow GTK's icon: it stays, for a panel that comes, also beside the window."""
        if self._gtk is None:
            return
        if self._gtk.embedded():
            log.info("GTK's icon is shown")
            self._fall_back_in(None, self._look_at_gtk)
            self._end_window()
        elif self._window is None:
            self._fall_back_in(self._waits.gone, self._look_at_gtk)

    def _look_at_gtk(self) -> None:
        self._cancel_fallback = None
        if self._gtk is not None and not self._gtk.embedded():
            self._open_window()

    def _open_window(self) -> None:
        log.info("no panel shows tray icons: the menu is in a window")
        self._window = self._parts.make_window()
        self._window.show(self._shown)
        self._window.set_menu(self._entries)
        self._window.reveal()

    def _end_fallback(self) -> None:
        if self._gtk is not None:
            self._gtk.stop()
            self._gtk = None
        self._end_window()

    def _end_window(self) -> None:
        if self._window is not None:
            self._window.destroy()
            self._window = None
