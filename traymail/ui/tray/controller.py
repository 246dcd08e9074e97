"""Makes the tray and keeps it true to what happens: events in, icon, tool tip and menu out."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from traymail.core.errors import TraymailError
from traymail.core.events import Event
from traymail.core.overview import Overview
from traymail.core.ports import Clock
from traymail.ui.bridge import Background
from traymail.ui.model.menu import MenuItem, menu
from traymail.ui.model.tray import TrayState, after, needs_you, next_look, refreshed, shown
from traymail.ui.refresher import Refresher
from traymail.ui.tray.loop import Act, Loop
from traymail.ui.tray.port import Tray, TrayParts

# Several events in a row are followed by one look at the counts.
REST_SECONDS = 0.1
AGAIN_SECONDS = 20.0


class TrayController:
    """Owns the state of the tray; on the loop's thread."""

    def __init__(
        self,
        loop: Loop,
        background: Background,
        overview: Callable[[], Overview],
        tray: Tray,
        clock: Clock,
    ) -> None:
        """``overview`` is called on other threads."""
        self._loop = loop
        self._refresher = Refresher(
            background, overview, self._take, self._unknown, partial(loop.after, REST_SECONDS)
        )
        self._tray = tray
        self._clock = clock
        self._state = TrayState()
        self._closed = False
        self._cancel_look: Act | None = None
        self._cancel_again: Act = lambda: None

    def start(self, overview: Overview) -> None:
        """Show the tray for the first time."""
        self._state = refreshed(self._state, overview)
        now, clock = self._clock.monotonic(), self._clock.now()
        self._tray.start(shown(self._state, now, clock), self._menu(overview))

    def hear(self, event: Event) -> None:
        """Take an event of the engine in."""
        self._state = after(self._state, event, self._clock.monotonic())
        self._draw()
        self.refresh()

    def refresh(self) -> None:
        """Look at the counts and the rules again, soon; also after a change of the language."""
        self._refresher.ask()

    def close(self) -> None:
        """Draw nothing more; the tray itself is its owner's to stop."""
        self._closed = True
        self._refresher.stop()
        self._cancel_again()
        if self._cancel_look is not None:
            self._cancel_look()

    def _take(self, overview: Overview) -> None:
        self._state = refreshed(self._state, overview)
        self._draw()
        self._tray.set_menu(self._menu(overview))

    def _unknown(self, error: TraymailError) -> None:
        """Show that how things stand is not known, and ask again later."""
        self._state = replace(self._state, troubles=(error.title,))
        self._draw()
        self._cancel_again()
        self._cancel_again = self._loop.after(AGAIN_SECONDS, self.refresh)

    def _menu(self, overview: Overview) -> tuple[MenuItem, ...]:
        rules = overview.settings.rules
        return menu(rules, paused=self._state.paused, needs=needs_you(overview.counts))

    def _draw(self) -> None:
        if self._closed:
            return
        now = self._clock.monotonic()
        self._tray.show(shown(self._state, now, self._clock.now()))
        if self._cancel_look is not None:
            self._cancel_look()
        seconds = next_look(self._state, now)
        self._cancel_look = None if seconds is None else self._loop.after(seconds, self._look)

    def _look(self) -> None:
        self._cancel_look = None
        self._draw()


def make_tray(parts: TrayParts, *, login: bool) -> Tray:
    """Make the tray of this platform. ``login``: started with the desktop, so nothing may pop up.

    Raises ImportError where pystray cannot be used (not on Linux).
    """
    on_linux = sys.platform == "linux"
    if on_linux:
        from traymail.ui.tray.linux import LinuxTray

        return LinuxTray(parts, login=login)
    from traymail.ui.tray.pystray_tray import PystrayTray

    return PystrayTray(parts)
