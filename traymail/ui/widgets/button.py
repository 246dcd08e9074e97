"""What is pressed: buttons, drop-downs, segments, switches, check boxes."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from tkinter import ttk
from typing import Any, Literal

from traymail.core.fields import Choice
from traymail.ui.palette import Palette
from traymail.ui.theme import Words, look_of
from traymail.ui.widgets.base import Area, surface_of

ButtonKind = Literal["primary", "normal", "ghost", "link", "alert", "danger", "nav", "chosen"]
_ICON_ROLES = {
    "primary": "on_primary",
    "link": "link",
    "alert": "danger",
    "danger": "danger",
    "chosen": "link",
}


class Button(ttk.Button):
    """A verb to press. An ``&`` in the words marks the letter to press with Alt."""

    def __init__(
        self,
        master: tk.Misc,
        words: Words,
        command: Callable[[], object],
        kind: ButtonKind = "normal",
        icon: str | None = None,
        width: int | None = None,
    ) -> None:
        look = look_of(master)
        self._look, self._surface = look, surface_of(master)
        self._kind, self._icon = kind, icon
        super().__init__(master, command=command, style=look.style(f"Button-{kind}", self._surface))
        if width is not None:
            self.configure(width=width)
        self.say(words)
        look.paint(self, lambda _palette: self._draw_icon())
        # ttkbootstrap takes the space bar from buttons.
        for key in ("<space>", "<Return>", "<KP_Enter>"):
            self.bind(key, self._pressed)

    def say(self, words: Words) -> None:
        """Show other words."""
        shown = self._look.say(words)
        letter = shown.find("&")
        shown = shown.replace("&", "", 1)
        gap = " " if self._icon and shown else ""
        self.configure(compound="left" if shown else "image")
        self.configure(text=gap + shown, underline=letter + len(gap) if letter >= 0 else -1)
        if letter >= 0:
            key = f"<Alt-{shown[letter].lower()}>"
            self.winfo_toplevel().bind(key, lambda _event: self._by_key(), add="+")

    def dress(self, kind: ButtonKind, icon: str | None = None) -> None:
        """Show the button as another kind, with another icon when given."""
        self._kind, self._icon = kind, icon or self._icon
        self.configure(style=self._look.style(f"Button-{kind}", self._surface))
        self._draw_icon()

    def enable(self, enabled: bool = True) -> None:  # noqa: FBT001, FBT002 - reads as a state
        """Let it be pressed, or not."""
        self.state(["!disabled" if enabled else "disabled"])

    def _draw_icon(self) -> None:
        if self._icon is None:
            return
        role = _ICON_ROLES.get(self._kind, "fg")
        size = 16 if self._kind in {"nav", "chosen"} else 14
        normal = self._look.icon(self._icon, size, role)
        grey = self._look.icon(self._icon, size, "field")
        options: dict[str, Any] = {"image": (normal, "disabled", grey)}
        self.configure(options)

    def _pressed(self, _event: tk.Event[tk.Misc]) -> str:
        self.invoke()
        return "break"

    def _by_key(self) -> None:
        if self.winfo_viewable():
            self.invoke()


class Picker(ttk.Menubutton):
    """One of several values from a drop-down."""

    def __init__(
        self,
        master: tk.Misc,
        choices: Sequence[Choice],
        value: str = "",
        on_change: Callable[[str], object] | None = None,
        *,
        bare: bool = False,
    ) -> None:
        """``bare`` leaves the border out. Pack it with fill="x" for a wide one."""
        look = look_of(master)
        self._look = look
        self._on_change = on_change
        kind = "PickerBare" if bare else "Picker"
        super().__init__(master, style=look.style(kind, surface_of(master)), takefocus=True)
        self._menu = tk.Menu(self, tearoff=False)
        self.configure(menu=self._menu)
        look.paint(self, self._paint_menu)
        for key in ("<Return>", "<Down>"):
            self.bind(key, self._open)
        self._words: dict[str, str] = {}
        self._value = value
        self.offer(choices, value)

    @property
    def value(self) -> str:
        """The value of the choice that is shown."""
        return self._value

    @value.setter
    def value(self, value: str) -> None:
        self._value = value
        self.configure(text=self._words.get(value, value))

    def offer(self, choices: Sequence[Choice], value: str) -> None:
        """Offer other choices and show one of them; `on_change` is not called."""
        self._words = {choice.value: self._look.say(choice.words) for choice in choices}
        self._menu.delete(0, "end")
        for choice in choices:
            pick = partial(self._pick, choice.value)
            self._menu.add_command(label=self._words[choice.value], command=pick)
        self.value = value

    def enable(self, enabled: bool = True) -> None:  # noqa: FBT001, FBT002 - reads as a state
        """Let it be opened, or not."""
        self.state(["!disabled" if enabled else "disabled"])

    def _pick(self, value: str) -> None:
        changed = value != self._value
        self.value = value
        if changed and self._on_change is not None:
            self._on_change(value)

    def _open(self, _event: tk.Event[tk.Misc]) -> str:
        self.event_generate("<space>")
        return "break"

    def _paint_menu(self, palette: Palette) -> None:
        paint_menu(self._menu, palette)


def paint_menu(menu: tk.Menu, palette: Palette) -> None:
    """Give a menu the colours of the theme."""
    menu.configure(
        background=palette.input,
        foreground=palette.fg,
        activebackground=palette.sel,
        activeforeground=palette.fg,
        disabledforeground=palette.field,
        selectcolor=palette.link,
        borderwidth=1,
        activeborderwidth=0,
        relief="flat",
    )


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
        self._buttons: dict[str, ttk.Radiobutton] = {}
        for segment in segments:
            self._buttons[segment.value] = self._make(segment)
        self._caption()

    @property
    def value(self) -> str:
        """The value that is on."""
        return self._chosen.get()

    @value.setter
    def value(self, value: str) -> None:
        self._chosen.set(value)

    def enable(self, enabled: bool = True) -> None:  # noqa: FBT001, FBT002 - reads as a state
        """Let it be changed, or not."""
        for button in self._buttons.values():
            button.state(["!disabled" if enabled else "disabled"])

    def focus_on_choice(self) -> None:
        """Put the keyboard on what is chosen."""
        self._buttons[self.value].focus_set()

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
            style=self.look.style("Segment", self.surface),
        )
        button.pack(side="left", padx=(0, self.look.px(4)))
        for key, step in (("<Left>", -1), ("<Right>", 1)):
            button.bind(key, partial(self._move, step))
        icon, role = segment.icon, segment.icon_role
        if icon is not None:
            self.look.paint(
                button,
                lambda _palette: button.configure(
                    image=self.look.icon(icon, 14, role), compound="left"
                ),
            )
        return button

    def _caption(self) -> None:
        for value, segment in self._segments.items():
            shown = self.look.say(segment.words)
            number = "" if segment.count is None else f"  {segment.count}"
            gap = " " if segment.icon else ""
            self._buttons[value].configure(text=f"{gap}{shown}{number}")

    def _move(self, step: int, _event: object) -> str:
        values = list(self._segments)
        place = min(max(values.index(self.value) + step, 0), len(values) - 1)
        button = self._buttons[values[place]]
        button.focus_set()
        button.invoke()
        return "break"

    def _changed(self) -> None:
        if self._on_change is not None:
            self._on_change(self.value)


class _OnOff(ttk.Checkbutton):
    """Something that is on or off, with words at its right."""

    kind = ""

    def __init__(
        self,
        master: tk.Misc,
        words: Words = "",
        on: bool = False,  # noqa: FBT001, FBT002 - the value of the widget
        on_change: Callable[[bool], object] | None = None,
    ) -> None:
        look = look_of(master)
        self._on = tk.BooleanVar(master, on)
        self._on_change = on_change
        shown = look.say(words)
        super().__init__(
            master,
            text=f"  {shown}" if shown else "",
            variable=self._on,
            command=self._changed,
            style=look.style(self.kind, surface_of(master)),
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


class Switch(_OnOff):
    """Acts at once."""

    kind = "Switch"


class Check(_OnOff):
    """Acts when the form is saved."""

    kind = "Check"
