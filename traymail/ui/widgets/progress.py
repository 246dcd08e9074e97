"""How far something has come: bars, the meter of a limit, a spinner."""

from __future__ import annotations

import tkinter as tk
from tkinter import ttk

from PIL import Image, ImageTk
from ttkbootstrap.style.icons import IconRenderer

from traymail.ui.palette import Palette
from traymail.ui.theme import Words, theme_of
from traymail.ui.timer import Timer
from traymail.ui.widgets.base import Area, Label, Note, surface_of

_TURN_MS = 80
_TURNS = 12


class Progress(ttk.Progressbar):
    """A bar, 0 to 1."""

    def __init__(self, master: tk.Misc, role: str = "link", part: float = 0) -> None:
        theme = theme_of(master)
        self._theme, self._surface = theme, surface_of(master)
        super().__init__(
            master,
            orient="horizontal",
            maximum=1.0,
            length=1,
            style=theme.style(f"Bar-{role}", self._surface),
        )
        self.show(part)

    def show(self, part: float, role: str | None = None) -> None:
        """Show another part, in another colour when given."""
        # A full bar would start again at nothing.
        self.configure(value=min(max(part, 0.0), 0.9999))
        if role is not None:
            self.configure(style=self._theme.style(f"Bar-{role}", self._surface))


class Meter(Area):
    """A bar with words below: how much of a limit is used. Over the limit it turns red."""

    def __init__(self, master: tk.Misc) -> None:
        super().__init__(master)
        self.columnconfigure(0, weight=1)
        self._bar = Progress(self, "primary")
        self._bar.grid(row=0, column=0, columnspan=2, sticky="we", pady=(0, self.theme.px(6)))
        self._words = Note(self)
        self._words.grid(row=1, column=0, sticky="we")
        self._more = Label(self, "", "muted", "TmSmall")
        self._more.grid(row=1, column=1, sticky="ne")

    def show(self, part: float, words: Words, more: Words = "", *, over: bool = False) -> None:
        """Show a part of the limit (0 to 1), words below at the left, and more at the right."""
        self._bar.show(part, "danger" if over else "primary")
        sign = "exclamation-triangle" if over else None
        self._words.set_text(words, "danger" if over else "muted", sign)
        self._more.set_text("" if over else more)


class Spinner(Label):
    """Turns while it is seen and `start`ed."""

    def __init__(self, master: tk.Misc, size: int = 16) -> None:
        super().__init__(master)
        self._theme, self._size = theme_of(master), size
        self._frames: list[ImageTk.PhotoImage] = []
        self._turn = 0
        self._timer = Timer(self)
        self._theme.paint(self, self._make_frames)

    def start(self) -> None:
        """Begin to turn."""
        if not self._timer.waits:
            self._next()

    def stop(self) -> None:
        """Stand still."""
        self._timer.stop()

    def _next(self) -> None:
        self._turn = (self._turn + 1) % len(self._frames)
        self.configure(image=str(self._frames[self._turn]))
        self._timer.start(_TURN_MS, self._next)

    def _make_frames(self, palette: Palette) -> None:
        side = self._theme.px(self._size)
        glyph = IconRenderer.render("arrow-repeat", side, palette.colour("link"))
        turned = [
            glyph.rotate(-step * 360 / _TURNS, resample=Image.Resampling.BICUBIC)
            for step in range(_TURNS)
        ]
        self._frames = [ImageTk.PhotoImage(frame, master=self) for frame in turned]
        self.configure(image=str(self._frames[self._turn]))
