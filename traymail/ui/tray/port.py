"""What every kind of tray offers, and what it is made of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from PIL import Image

from traymail.core.texts import Translate
from traymail.desktop.requests import Bubble
from traymail.ui.model.menu import Choice, MenuItem
from traymail.ui.model.tray import Icon, Shown
from traymail.ui.tray.loop import Loop

if TYPE_CHECKING:  # jeepney is on Linux only
    from traymail.desktop.bus import Bus

Pictures = Callable[[Icon], Sequence[Image.Image]]
"""The icon of a state in all sizes, the smallest first."""


class Tray(Protocol):
    """An icon with a menu. All calls come from the loop's thread."""

    def start(self, shown: Shown, entries: tuple[MenuItem, ...]) -> None:
        """Come into sight, now or when there is where to."""
        ...

    def show(self, shown: Shown) -> None:
        """Show another icon or tool tip."""
        ...

    def set_menu(self, entries: tuple[MenuItem, ...]) -> None:
        """Offer another menu."""
        ...

    def notify(self, bubble: Bubble) -> None:
        """Show a notification, where the desktop has any."""
        ...

    def withdraw(self, key: str) -> None:
        """Take a notification away: what it was about is over."""
        ...

    def repaint(self) -> None:
        """Draw the icon again: its pictures are others now."""
        ...

    @property
    def in_window(self) -> bool:
        """Whether a window stands in for the icon."""
        ...

    def reveal(self) -> None:
        """Show the window that stands in for the icon again, where it was closed."""
        ...

    def stop(self) -> None:
        """Go out of sight for good."""
        ...


class FallbackWindow(Protocol):
    """The window that stands in for the icon."""

    def show(self, shown: Shown) -> None:
        """Tell another state."""
        ...

    def set_menu(self, entries: tuple[MenuItem, ...]) -> None:
        """Offer another menu."""
        ...

    def reveal(self) -> None:
        """Come to the front."""
        ...

    def destroy(self) -> None:
        """Go for good."""
        ...


@dataclass(frozen=True, slots=True)
class Waits:
    """How long a tray on Linux waits for what comes late, in seconds.

    ``by_hand``: for a panel, started by hand: something is to be seen within 5 s; ``at_login``,
    where panels may take a minute. ``gone``: for a panel that went, and is usually started anew.
    ``gtk``: for a place for GTK's icon. ``first_retry`` and ``longest_retry``: before the bus is
    looked for again, twice as long each time. ``look``: until the watcher is asked whether it has
    the icon yet (GNOME's extension may drop one a second after it took it, when its shell has just
    started); ``again``: before the icon is registered once more.
    """

    by_hand: float = 2.5
    at_login: float = 60.0
    gone: float = 3.0
    gtk: float = 1.5
    first_retry: float = 1.0
    longest_retry: float = 60.0
    look: float = 2.0
    again: float = 0.5


@dataclass(frozen=True)
class TrayParts:
    """What a tray is made of. All callbacks are called on the loop's thread.

    ``translate`` may change what it answers: the next `show` and `set_menu` speak the new language.
    ``on_press`` is told the key of a `Bubble` and the name of its button. ``notice_icon`` stands
    in notifications: a file, or a name of the icon theme. ``on_dark`` and ``on_dark_panel`` are
    told whether the desktop, and its panel, are dark, where their bus tells it; ``on_colours`` is
    called when one of them changed, where they are to be asked. ``on_bus`` is given that bus, and
    None when it is gone.
    """

    loop: Loop
    pictures: Pictures
    translate: Translate
    on_choice: Callable[[Choice], None]
    on_press: Callable[[str, str], None]
    make_window: Callable[[], FallbackWindow]
    notice_icon: str = ""
    on_dark: Callable[[bool], None] = lambda _dark: None
    on_dark_panel: Callable[[bool], None] = lambda _dark: None
    on_colours: Callable[[], object] = lambda: None
    on_bus: Callable[[Bus | None], None] = lambda _bus: None
    waits: Waits = Waits()
