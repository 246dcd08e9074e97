"""What is chosen or turned on: segments and switches."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from tkinter import ttk

from traymail.ui.theme import Words, theme_of
from traymail.ui.widgets.base import Area, surface_of


@dataclass(frozen=True, slots=True)
class Segment:
    """One choice of several in a row; `count` stands behind the words."""

    value: str
    words: Words
    icon: str | None = None
    icon_role: str = "muted"
    count: int | None = None


class Segments(Area):
    """Choices in a row, one of them on. Left and Right move between them."""

    def __init__(
        self,
        master: tk.Misc,
        segments: Sequence[Segment],
        value: str,
        on_change: Callable[[str], object] | None = None,
    ) -> None:
        super().__init__(master)
        self._on_change = on_change
        self._chosen = tk.StringVar(self, value)
        self._segments = {segment.value: segment for segment in segments}
        self.buttons: dict[str, ttk.Radiobutton] = {}
        for segment in segments:
            self.buttons[segment.value] = self._make(segment)
        self.fold(0)
        self._caption()

    @property
    def value(self) -> str:
        """The value that is on."""
        return self._chosen.get()

    @value.setter
    def value(self, value: str) -> None:
        self._chosen.set(value)

    def fold(self, columns: int) -> None:
        """Stand in rows of so many; 0: in one row."""
        gap = self.theme.px(4)
        for place, button in enumerate(self.buttons.values()):
            row, column = divmod(place, columns) if columns else (0, place)
            above = gap if row else 0
            button.grid(row=row, column=column, sticky="w", padx=(0, gap), pady=(above, 0))

    def enable(self, enabled: bool = True) -> None:  # noqa: FBT001, FBT002 - reads as a state
        """Let it be changed, or not."""
        for button in self.buttons.values():
            button.state(["!disabled" if enabled else "disabled"])

    def focus_on_choice(self) -> None:
        """Put the keyboard on what is chosen."""
        self.buttons[self.value].focus_set()

    def count(self, value: str, count: int) -> None:
        """Show another number behind a choice."""
        old = self._segments[value]
        self._segments[value] = Segment(value, old.words, old.icon, old.icon_role, count)
        self._caption()

    def _make(self, segment: Segment) -> ttk.Radiobutton:
        button = ttk.Radiobutton(
            self,
            value=segment.value,
            variable=self._chosen,
            command=self._changed,
            style=self.theme.style("Segment", self.surface),
        )
        for key, step in (("<Left>", -1), ("<Right>", 1)):
            button.bind(key, partial(self._move, step))
        icon, role = segment.icon, segment.icon_role
        if icon is not None:
            self.theme.paint(
                button,
                lambda _palette: button.configure(
                    image=self.theme.icon(icon, 14, role), compound="left"
                ),
            )
        return button

    def _caption(self) -> None:
        for value, segment in self._segments.items():
            shown = self.theme.say(segment.words)
            number = "" if segment.count is None else f"  {segment.count}"
            gap = " " if segment.icon else ""
            self.buttons[value].configure(text=f"{gap}{shown}{number}")

    def _move(self, step: int, _event: object) -> str:
        values = list(self._segments)
        place = min(max(values.index(self.value) + step, 0), len(values) - 1)
        button = self.buttons[values[place]]
        button.focus_set()
        button.invoke()
        return "break"

    def _changed(self) -> None:
        if self._on_change is not None:
            self._on_change(self.value)


class Switch(ttk.Checkbutton):
    """Something that is on or off, with words at its right."""

    def __init__(
        self,
        master: tk.Misc,
        words: Words = "",
        on: bool = False,  # noqa: FBT001, FBT002 - the value of the widget
        on_change: Callable[[bool], object] | None = None,
    ) -> None:
        theme = theme_of(master)
        self._on = tk.BooleanVar(master, on)
        self._on_change = on_change
        shown = theme.say(words)
        super().__init__(
            master,
            text=f"  {shown}" if shown else "",
            variable=self._on,
            command=self._changed,
            style=theme.style("Switch", surface_of(master)),
        )

    @property
    def on(self) -> bool:
        """Whether it is on; to set it calls nothing."""
        return bool(self._on.get())

    @on.setter
    def on(self, on: bool) -> None:
        self._on.set(on)

    def enable(self, enabled: bool = True) -> None:  # noqa: FBT001, FBT002 - reads as a state
        """Let it be changed, or not."""
        self.state(["!disabled" if enabled else "disabled"])

    def _changed(self) -> None:
        if self._on_change is not None:
            self._on_change(self.on)
