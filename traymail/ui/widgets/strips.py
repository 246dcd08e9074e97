"""Strips across a window: banners, a word that goes away by itself, and the undo bar."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from traymail.core.texts import Text, text
from traymail.ui.palette import Surface
from traymail.ui.theme import Words
from traymail.ui.timer import Timer
from traymail.ui.widgets.base import Area, Box, Label, Note
from traymail.ui.widgets.button import Button
from traymail.ui.widgets.progress import Progress

Kind = Literal["info", "ok", "warn", "err"]
_LOOKS: dict[Kind, tuple[Surface, str, str]] = {
    "info": ("infobg", "link", "info-circle"),
    "ok": ("okbg", "success", "check-circle"),
    "warn": ("warnbg", "warning", "exclamation-triangle"),
    "err": ("errbg", "danger", "exclamation-circle"),
}
_TOAST_MS = 4000
_TICK_MS = 200
_DOUBLE_CLICK_MS = 800


class Banner(Area):
    """A strip with an icon and a sentence; put buttons into `actions`."""

    def __init__(self, master: tk.Misc, kind: Kind, words: Words, icon: str | None = None) -> None:
        surface, role, sign = _LOOKS[kind]
        super().__init__(master, surface, (20, 10))
        self.columnconfigure(1, weight=1)
        self.actions = Area(self)
        self.actions.grid(row=0, column=2, sticky="e", padx=(self.theme.px(12), 0))
        Label(self, "", role, icon=icon or sign).grid(row=0, column=0, sticky="w")
        note = Note(self, words, "fg", font="TkDefaultFont")
        note.grid(row=0, column=1, sticky="we", padx=(self.theme.px(10), 0))


class Toast:
    """A word at the bottom of a window that goes away by itself."""

    def __init__(self, window: tk.Misc, above: float = 64) -> None:
        """``above``: its distance from the window's lower edge, in 96-dpi pixels."""
        self._window, self._above = window, above
        self._box: Area | None = None
        self._timer = Timer(window)
        window.bind("<Destroy>", self._gone, add="+")

    def show(self, words: Words, kind: Kind = "info") -> None:
        """Show words instead of those shown before."""
        self.hide()
        surface, role, sign = _LOOKS[kind]
        box = Area(self._window, "bg")
        inside = Box(box, surface, (12, 8))
        inside.pack()
        Label(inside, "", role, icon=sign).pack(side="left")
        Label(inside, words).pack(side="left", padx=(box.theme.px(8), 0))
        box.place(relx=0.5, rely=1.0, y=-box.theme.px(self._above), anchor="s")
        box.lift()
        self._box = box
        self._timer.start(_TOAST_MS, self.hide)

    def hide(self) -> None:
        """Take it away."""
        self._timer.stop()
        if self._box is not None:
            self._box.destroy()
            self._box = None

    def _gone(self, event: tk.Event[tk.Misc]) -> None:
        if event.widget is self._window:
            self._box = None


@dataclass(frozen=True, slots=True)
class UndoChoices:
    """What the undo bar ends with: one of these is called, once.

    ``done`` when the time is over, ``now`` when the user does not want to wait for that.
    """

    undo: Callable[[], object]
    done: Callable[[], object]
    now: Callable[[], object]


class UndoBar(Area):
    """Counts down to something that can still be undone. Escape and Return on it undo."""

    def __init__(
        self, master: tk.Misc, words: Callable[[int], Text], seconds: int, choices: UndoChoices
    ) -> None:
        """``words`` makes the sentence for so many seconds left."""
        super().__init__(master, "chrome", (20, 0))
        self._words, self._seconds, self._choices = words, seconds, choices
        self.ticks = seconds * 1000 // _TICK_MS
        self.left = self.ticks
        self.passed = 0
        self._timer = Timer(self)
        self._held: Text | None = None
        self.columnconfigure(1, weight=1)
        self.rowconfigure(0, weight=1)
        self._fill()

    def start(self) -> None:
        """Begin to count and take the keyboard."""
        self.undo_button.focus_set()
        self._tick()

    def hold(self, why: Text | None) -> None:
        """Stand still and say why, or go on."""
        if why != self._held:
            self._held = why
            self._say()

    def _fill(self) -> None:
        px = self.theme.px
        Label(self, "", "link", icon="send", icon_size=18).grid(row=0, column=0, padx=(0, px(14)))
        middle = Area(self)
        middle.grid(row=0, column=1, sticky="we")
        self._sentence = Label(middle, self._words(self._seconds), "fg", "TmStrong")
        self._sentence.pack(anchor="w")
        self._bar = Progress(middle, "link", 1)
        self._bar.pack(fill="x", pady=(px(4), 0))
        self.undo_button = Button(
            self,
            text("&Undo"),
            lambda: self._end(self._choices.undo),
            icon="arrow-counterclockwise",
        )
        self.undo_button.grid(row=0, column=2, padx=(px(20), px(8)))
        now = Button(self, text("Send &now"), self._now, "ghost")
        now.grid(row=0, column=3)
        for button in (self.undo_button, now):
            button.bind("<Escape>", lambda _event: self._undo_by_key())

    def _now(self) -> None:
        # It lies where Send was: the second click of a double click is not meant for it.
        if self.passed * _TICK_MS > _DOUBLE_CLICK_MS:
            self._end(self._choices.now)

    def _undo_by_key(self) -> str:
        self._end(self._choices.undo)
        return "break"

    def _tick(self) -> None:
        if self.left <= 0:
            self._end(self._choices.done)
            return
        self._say()
        self.passed += 1
        if self._held is None:
            self.left -= 1
        self._timer.start(_TICK_MS, self._tick)

    def _say(self) -> None:
        seconds = -(-self.left * _TICK_MS // 1000)
        self._sentence.set_text(self._held or self._words(seconds))
        self._bar.show(self.left / self.ticks)

    def _end(self, act: Callable[[], object]) -> None:
        self._timer.stop()
        act()
