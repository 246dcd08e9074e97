"""The tray icon by pystray: on Windows and macOS, and on Linux panels that only know GTK's way.

pystray calls back on threads of its own, so every callback only posts. On macOS all of it has to
happen on the main thread, which `run_detached` and Tk share. The Windows and macOS sides were
written after pystray's documentation and could not be run where the rest was tested.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Callable
from threading import Thread
from typing import TYPE_CHECKING

from traymail.core.texts import Text
from traymail.desktop.notify import Bubble
from traymail.ui.model.menu import Do, Entry, Kind
from traymail.ui.model.tray import Shown
from traymail.ui.tray.choice import Parts

if TYPE_CHECKING:
    import pystray

# Windows shows no more of a tool tip (NOTIFYICONDATA.szTip: 128 with the end).
_LONGEST_TIP = 127


def gtk_is_here() -> bool:
    """Tell whether pystray's GTK backend can be asked for."""
    return importlib.util.find_spec("gi") is not None


class PystrayTray:
    """The icon of pystray with our menu."""

    def __init__(self, parts: Parts) -> None:
        """Import pystray; raises ImportError or ValueError where it lacks something."""
        if sys.platform == "linux":
            # The others have no menu (Xlib) or no left click (AppIndicator).
            os.environ.setdefault("PYSTRAY_BACKEND", "gtk")
        import pystray

        self._pystray = pystray
        self._parts = parts
        self._icon = pystray.Icon("traymail", title="traymail")
        self._shown: Shown | None = None

    def start(self, shown: Shown, entries: tuple[Entry, ...]) -> None:
        """Show the icon."""
        self.show(shown)
        self._icon.menu = self._menu(entries)
        if sys.platform == "linux":
            # On GTK, run_detached would run no loop.
            Thread(target=self._icon.run, name="tray", daemon=True).start()
        else:
            self._icon.run_detached()

    def show(self, shown: Shown) -> None:
        """Show another icon or tool tip."""
        if self._shown is None or self._shown.icon is not shown.icon:
            self._icon.icon = self._parts.pictures(shown.icon)[-1]
        self._shown = shown
        lines = [line.translated(self._parts.translate) for line in (shown.tip, *shown.more)]
        self._icon.title = "\n".join(lines)[:_LONGEST_TIP]

    def repaint(self) -> None:
        """Draw the icon again, from other pictures."""
        if self._shown is not None:
            shown, self._shown = self._shown, None
            self.show(shown)

    def set_menu(self, entries: tuple[Entry, ...]) -> None:
        """Offer another menu."""
        self._icon.menu = self._menu(entries)

    def notify(self, bubble: Bubble) -> None:
        """Show a bubble; pystray's have no buttons."""
        if self._icon.HAS_NOTIFICATION:
            self._icon.notify(bubble.body or bubble.title, bubble.title)

    def embedded(self) -> bool:
        """Tell whether a panel shows the icon; only GTK knows that it does not."""
        # pystray tells nobody: its GTK icon is asked, where there is one.
        status_icon = getattr(self._icon, "_status_icon", None)
        return status_icon is None or bool(status_icon.is_embedded())

    def stop(self) -> None:
        """Take the icon away."""
        self._icon.stop()

    def _menu(self, entries: tuple[Entry, ...]) -> pystray.Menu:
        return self._pystray.Menu(*map(self._item, entries))

    def _item(self, entry: Entry) -> pystray.MenuItem:
        if entry.kind is Kind.SEPARATOR:
            return self._pystray.Menu.SEPARATOR
        words = self._words(entry.label)
        if entry.kind is Kind.SUBMENU:
            return self._pystray.MenuItem(words, self._menu(entry.children))
        checked = (lambda _item: entry.checked) if entry.kind is Kind.CHECK else None
        return self._pystray.MenuItem(
            words,
            self._action(entry),
            checked=checked,
            # What a left click does.
            default=entry.choice is Do.QUICK_SEND,
            enabled=entry.enabled,
        )

    def _action(self, entry: Entry) -> Callable[[object, object], None]:
        def act(_icon: object, _item: object) -> None:
            choice = entry.choice
            if choice is not None:
                self._parts.loop.post(lambda: self._parts.on_choice(choice))

        return act

    def _words(self, words: Text | str) -> str:
        shown = words if isinstance(words, str) else words.translated(self._parts.translate)
        # In a menu of Windows a single & marks an access key.
        return shown.replace("&", "&&") if sys.platform == "win32" else shown
