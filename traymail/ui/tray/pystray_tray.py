"""The tray icon by pystray: on Windows and macOS, and on Linux panels that only know GTK's way.

pystray calls back on threads of its own, so every callback only posts. On macOS all of it has to
happen on the main thread, which `run_detached` and Tk share. That side was written after pystray's
documentation and could not be run where the rest was tested.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock, Thread
from typing import TYPE_CHECKING

from PIL import Image

from traymail.core.texts import Text
from traymail.desktop.requests import DEFAULT, Bubble
from traymail.ui.model.menu import Do, MenuItem, MenuItemKind
from traymail.ui.model.tray import Shown
from traymail.ui.tray.loop import Act
from traymail.ui.tray.port import TrayParts
from traymail.winapi import load_icon, small_icon_size, tells_of_colours

if TYPE_CHECKING:
    import pystray

# What Windows has room for, in UTF-16 units (NOTIFYICONDATA: szTip, szInfoTitle and szInfo, each
# one less for the end). Beyond it, ctypes refuses.
_LONGEST_TIP = 127
_LONGEST_TITLE = 63
_LONGEST_BODY = 255


def gtk_is_here() -> bool:
    """Tell whether pystray's GTK backend can be asked for."""
    return importlib.util.find_spec("gi") is not None


OnMessage = Callable[[int, int], object]
# Of pystray's icon on Windows: what it does at which message, and at those about the icon.
_HANDLERS, _ON_NOTIFY = "_message_handlers", "_on_notify"
_LOAD_ICON = "_assert_icon_handle"
_BUBBLE_CLICKED = 0x0405  # NIN_BALLOONUSERCLICK
_SETTING_CHANGED = 0x001A  # WM_SETTINGCHANGE
_MAY_SESSION_END = 0x0011  # WM_QUERYENDSESSION


def fitting(pictures: Sequence[Image.Image], size: int) -> Image.Image:
    """Return the smallest picture that is as wide as that, or the largest; 0: it is not known."""
    return next((one for one in pictures if 0 < size <= one.width), pictures[-1])


def in_units(words: str, most: int) -> str:
    """Return words that take at most so many UTF-16 units; an ellipsis tells that they go on.

    No character is cut in two, as those beyond U+FFFF could be, which take two units.
    """
    units = words.encode("utf-16-le", "replace")
    if len(units) <= 2 * most:
        return units.decode("utf-16-le")
    return units[: 2 * (most - 1)].decode("utf-16-le", "ignore") + "…"


class PystrayTray:
    """The icon of pystray with our menu."""

    def __init__(self, parts: TrayParts, on_embedded: Act = lambda: None) -> None:
        """Import pystray; raises ImportError or ValueError where it lacks something.

        ``on_embedded`` is called whenever a panel takes GTK's icon, or lets go of it.
        """
        if sys.platform == "linux":
            # The others have no menu (Xlib) or no left click (AppIndicator).
            os.environ.setdefault("PYSTRAY_BACKEND", "gtk")
        import pystray

        self._pystray = pystray
        self._parts = parts
        self.icon = pystray.Icon("traymail", title="traymail")
        self._shown: Shown | None = None
        self._bubble = ""
        # pystray makes another menu by destroying the one before, which is not to happen while it
        # is open: then Windows leaves it standing, deaf, and its thread waits for it for ever.
        self._in_menu = 0
        self._next_menu: tuple[MenuItem, ...] | None = None
        self._menu_lock = Lock()
        self._hear_more()
        if small_icon_size() and hasattr(self.icon, _LOAD_ICON):
            setattr(self.icon, _LOAD_ICON, self._load_icon)
        # pystray tells nobody what becomes of its icon: GTK's own is asked, where there is one.
        self._status_icon = getattr(self.icon, "_status_icon", None)
        if self._status_icon is not None:
            self._status_icon.connect("notify::embedded", lambda *_: parts.loop.post(on_embedded))

    def start(self, shown: Shown, entries: tuple[MenuItem, ...]) -> None:
        """Show the icon."""
        self.show(shown)
        self.icon.menu = self._menu(entries)
        if sys.platform == "linux":
            # On GTK, run_detached would run no loop.
            Thread(target=self.icon.run, name="tray", daemon=True).start()
        else:
            self.icon.run_detached(lambda _icon: self._parts.loop.post(self._come_into_sight))

    def _come_into_sight(self) -> None:
        # On the loop's thread, as all that is done with the icon: macOS demands it.
        self.icon.visible = True

    def show(self, shown: Shown) -> None:
        """Show another icon or tool tip."""
        if self._shown is None or self._shown.icon is not shown.icon:
            self.icon.icon = fitting(self._parts.pictures(shown.icon), small_icon_size())
        self._shown = shown
        lines = [line.translated(self._parts.translate) for line in (shown.tip, *shown.more)]
        self.icon.title = in_units("\n".join(lines), _LONGEST_TIP)

    def repaint(self) -> None:
        """Draw the icon again, from other pictures."""
        if self._shown is not None:
            shown, self._shown = self._shown, None
            self.show(shown)

    def set_menu(self, entries: tuple[MenuItem, ...]) -> None:
        """Offer another menu; while one is open, once it is closed."""
        with self._menu_lock:
            self._next_menu = entries if self._in_menu else None
            if not self._in_menu:
                self.icon.menu = self._menu(entries)

    def notify(self, bubble: Bubble) -> None:
        """Show a bubble; pystray's have no buttons."""
        if self.icon.HAS_NOTIFICATION:
            self.icon.notify(
                in_units(bubble.body or bubble.title, _LONGEST_BODY),
                in_units(bubble.title, _LONGEST_TITLE),
            )
            self._bubble = bubble.key

    def withdraw(self, key: str) -> None:
        """Take a bubble away; pystray knows the last one only."""
        if self._bubble == key:
            self.icon.remove_notification()
            self._bubble = ""

    def embedded(self) -> bool:
        """Tell whether a panel shows the icon; only GTK knows that it does not."""
        return self._status_icon is None or bool(self._status_icon.is_embedded())

    @property
    def in_window(self) -> bool:
        """Whether the menu is in a window: never."""
        return False

    def reveal(self) -> None:
        """There is no window to show."""

    def stop(self) -> None:
        """Take the icon away."""
        self.icon.stop()

    def _hear_more(self) -> None:
        """On Windows, have pystray tell of what it passes over.

        Of clicks on the bubble; and that colours are others now, which its window is told, too. And
        have it let the user log off: pystray answers 0 to whatever it passes over, which is a no.
        """
        handlers: dict[int, OnMessage] = getattr(self.icon, _HANDLERS, {})
        known: OnMessage | None = getattr(self.icon, _ON_NOTIFY, None)
        for message, handler in tuple(handlers.items()):
            if handler == known:
                handlers[message] = self._notified(handler)
        handlers[_SETTING_CHANGED] = self._setting_changed
        handlers[_MAY_SESSION_END] = lambda _wparam, _lparam: 1

    def _load_icon(self) -> None:
        """Have Windows take the picture as it is; pystray would have it enlarged, then reduced."""
        if self.icon._icon_handle:  # pystray takes it away with each other picture
            return
        picture = self.icon.icon
        with TemporaryDirectory(prefix="traymail-") as folder:
            file = Path(folder) / "tray.ico"
            picture.save(file, "ICO", sizes=[picture.size])
            self.icon._icon_handle = load_icon(str(file), small_icon_size())

    def _notified(self, known: OnMessage) -> OnMessage:
        def heard(wparam: int, lparam: int) -> object:
            if lparam == _BUBBLE_CLICKED:
                key = self._bubble
                self._parts.loop.post(lambda: self._parts.on_press(key, DEFAULT))
                return None
            with self._menu_lock:
                self._in_menu += 1
            try:
                return known(wparam, lparam)
            finally:
                with self._menu_lock:
                    self._in_menu -= 1
                    if self._next_menu is not None:
                        self._parts.loop.post(self._catch_up)

        return heard

    def _catch_up(self) -> None:
        if self._next_menu is not None:
            self.set_menu(self._next_menu)

    def _setting_changed(self, _wparam: int, lparam: int) -> None:
        if tells_of_colours(lparam):
            self._parts.loop.post(self._parts.on_colours)

    def _menu(self, entries: tuple[MenuItem, ...]) -> pystray.Menu:
        return self._pystray.Menu(*map(self._item, entries))

    def _item(self, entry: MenuItem) -> pystray.MenuItem:
        if entry.kind is MenuItemKind.SEPARATOR:
            return self._pystray.Menu.SEPARATOR
        words = self._words(entry.label)
        if entry.kind is MenuItemKind.SUBMENU:
            return self._pystray.MenuItem(words, self._menu(entry.children))
        checked = (lambda _item: entry.checked) if entry.kind is MenuItemKind.CHECK else None
        return self._pystray.MenuItem(
            words,
            self._action(entry),
            checked=checked,
            # What a left click does.
            default=entry.choice is Do.QUICK_SEND,
            enabled=entry.enabled,
        )

    def _action(self, entry: MenuItem) -> Callable[[object, object], None]:
        def act(_icon: object, _item: object) -> None:
            choice = entry.choice
            if choice is not None:
                self._parts.loop.post(lambda: self._parts.on_choice(choice))

        return act

    def _words(self, words: Text | str) -> str:
        shown = words if isinstance(words, str) else words.translated(self._parts.translate)
        # In a menu of Windows a single & marks an access key.
        return shown.replace("&", "&&") if sys.platform == "win32" else shown
