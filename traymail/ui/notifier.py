"""From events to bubbles of the desktop, and from their buttons back; on the thread of Tk."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from traymail.core.address import clean
from traymail.core.events import Event
from traymail.core.ports import Clock
from traymail.core.texts import Text, Translate, elided, text
from traymail.desktop.requests import Bubble
from traymail.ui.model.notices import (
    APART,
    LABELS,
    Notice,
    NoticeButton,
    NoticeState,
    Wishes,
    after,
    due,
    is_over,
    next_due,
)
from traymail.ui.tray.loop import Act, Loop

OnPress = Callable[[Notice, NoticeButton | None], None]
"""Is given the notice and its button; None: the notice itself was clicked."""

# Bubbles stay for minutes at most; of older ones nobody presses a button.
_MOST_REMEMBERED = 100


class Bubbles(Protocol):
    """Where bubbles are shown: a tray, which tells of pressed buttons."""

    def notify(self, bubble: Bubble) -> None:
        """Show a bubble."""
        ...

    def withdraw(self, key: str) -> None:
        """Take a bubble away."""
        ...


class Notifier:
    """Tells the user of events, as often as they wish."""

    def __init__(
        self,
        loop: Loop,
        bubbles: Bubbles,
        clock: Clock,
        translate: Translate,
        on_press: OnPress,
        *,
        apart: float = APART,
    ) -> None:
        """``apart``: the seconds between two bubbles of one rule or account."""
        self.wishes = Wishes()
        self._loop = loop
        self._bubbles = bubbles
        self._clock = clock
        self._translate = translate
        self._on_press = on_press
        self._state = NoticeState(apart=apart)
        self._shown: dict[str, Notice] = {}
        self._cancel: Act | None = None

    @property
    def shown(self) -> Mapping[str, Notice]:
        """What was shown last, by key."""
        return self._shown

    def hear(self, event: Event) -> None:
        """Take an event of the engine in."""
        self._state, notice = after(self._state, event, self.wishes, self._clock.monotonic())
        if notice is not None:
            self._show(notice)
        else:
            self._withdraw(event)
        self._wait()

    def pressed(self, key: str, button: str) -> None:
        """Be told that a button was pressed; unknown keys are bubbles long gone."""
        notice = self._shown.get(key)
        if notice is not None:
            names = {one.value: one for one in notice.buttons}
            self._on_press(notice, names.get(button))

    def close(self) -> None:
        """Tell nothing more."""
        if self._cancel is not None:
            self._cancel()
            self._cancel = None

    def _withdraw(self, event: Event) -> None:
        """Take away notifications of something that is over."""
        over = [key for key, notice in self._shown.items() if is_over(notice, event)]
        for key in over:
            del self._shown[key]
            self._bubbles.withdraw(key)

    def _wait(self) -> None:
        seconds = next_due(self._state, self._clock.monotonic())
        if seconds is not None and self._cancel is None:
            self._cancel = self._loop.after(seconds, self._tell_held)

    def _tell_held(self) -> None:
        self._cancel = None
        self._state, notices = due(self._state, self._clock.monotonic())
        for notice in notices:
            self._show(notice)
        self._wait()

    def _show(self, notice: Notice) -> None:
        self._shown.pop(notice.key, None)
        self._shown[notice.key] = notice
        if len(self._shown) > _MOST_REMEMBERED:
            del self._shown[next(iter(self._shown))]
        self._bubbles.notify(
            Bubble(
                notice.key,
                self._words(notice.title),
                self._words(notice.body),
                tuple((one.value, self._words(LABELS[one])) for one in notice.buttons),
                passing=notice.passing,
                click=self._words(text("Open")),
            )
        )

    def _words(self, words: Text | str) -> str:
        said = words if isinstance(words, str) else words.translated(self._translate)
        return elided(clean(said))
