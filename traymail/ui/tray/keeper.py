"""Keeps the tray true to what happens: events in, icon, tool tip and menu out."""

from __future__ import annotations

from collections.abc import Callable

from traymail.core.events import Event
from traymail.core.ports import Clock
from traymail.ui.backend import Overview
from traymail.ui.model.menu import Entry, menu
from traymail.ui.model.tray import TrayState, after, needs_you, next_look, refreshed, shown
from traymail.ui.tray.choice import Tray
from traymail.ui.tray.loop import Act, Loop

# Several events in a row are followed by one look at the counts.
REST_SECONDS = 0.1


class Keeper:
    """Owns the state of the tray; on the loop's thread."""

    def __init__(
        self, loop: Loop, overview: Callable[[], Overview], tray: Tray, clock: Clock
    ) -> None:
        """``overview`` is `Backend.overview`; it is called on other threads."""
        self._loop = loop
        self._ask = overview
        self._tray = tray
        self._clock = clock
        self._state = TrayState()
        self._overview: Overview | None = None
        self._asking = False
        self._stale = False
        self._closed = False
        self._cancel_look: Act | None = None
        self._cancel_rest: Act | None = None

    def start(self, overview: Overview) -> None:
        """Show the tray for the first time."""
        self._overview = overview
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
        if self._asking:
            self._stale = True
            return
        self._asking = True
        self._stale = False
        # An outbox that cannot be read now is told of elsewhere; the next event asks again.
        self._loop.background(self._ask, self._take, lambda _error: self._rest())

    def close(self) -> None:
        """Draw nothing more; the tray itself is its owner's to stop."""
        self._closed = True
        for cancel in (self._cancel_look, self._cancel_rest):
            if cancel is not None:
                cancel()

    def _take(self, overview: Overview) -> None:
        self._overview = overview
        self._state = refreshed(self._state, overview)
        if self._closed:
            return
        self._draw()
        self._tray.set_menu(self._menu(overview))
        self._rest()

    def _rest(self) -> None:
        if not self._closed:
            self._cancel_rest = self._loop.after(REST_SECONDS, self._rested)

    def _rested(self) -> None:
        self._cancel_rest = None
        self._asking = False
        if self._stale and not self._closed:
            self.refresh()

    def _menu(self, overview: Overview) -> tuple[Entry, ...]:
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
