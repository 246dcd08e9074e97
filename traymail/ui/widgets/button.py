"""What is pressed: buttons and drop-downs."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Sequence
from functools import partial
from tkinter import ttk
from typing import Any, Literal

from traymail.core.fields import Choice
from traymail.desktop.screens import Rectangle
from traymail.ui.palette import Palette
from traymail.ui.placing import nearest, within
from traymail.ui.theme import Words, theme_of
from traymail.ui.timer import Timer
from traymail.ui.widgets.base import Area, Box, Label, caption, surface_of

_REST_MS = 500


class Tooltip:
    """Shows what ``ask`` returns for the pointer's place (x, y in the widget); "" shows nothing."""

    def __init__(self, widget: tk.Misc, ask: Callable[[int, int], str]) -> None:
        self._widget, self._ask = widget, ask
        self._timer = Timer(widget)
        self._window: tk.Toplevel | None = None
        self._shown = ""
        widget.bind("<Motion>", self._moved, add="+")
        for event in ("<Leave>", "<ButtonPress>", "<KeyPress>", "<Destroy>", "<Unmap>"):
            widget.bind(event, lambda _event: self.hide(), add="+")

    def hide(self) -> None:
        """Take it away."""
        self._timer.stop()
        if self._window is not None:
            self._window.destroy()
            self._window = None
            self._shown = ""

    def _moved(self, event: tk.Event[tk.Misc]) -> None:
        words = self._ask(event.x, event.y)
        if words == self._shown and (words == "" or self._window is not None):
            return
        self.hide()
        if words:
            place = (event.x_root, event.y_root)
            self._timer.start(_REST_MS, lambda: self._show(words, place))

    def _show(self, words: str, place: tuple[int, int]) -> None:
        theme = theme_of(self._widget)
        window = tk.Toplevel(self._widget, class_="Traymail")
        window.withdraw()
        window.overrideredirect(boolean=True)
        box = Area(window, "bg")
        box.pack()
        inside = Box(box, "btn", (8, 5))
        inside.pack()
        label = Label(inside, words, "fg", "TmSmall")
        label.fit(theme.px(420))
        label.pack()
        window.update_idletasks()
        monitor = nearest(theme.monitors(), *place)
        wide, high = window.winfo_reqwidth(), window.winfo_reqheight()
        left, top = place[0] + theme.px(12), place[1] + theme.px(18)
        if top + high > monitor.top + monitor.height:
            top = place[1] - high - theme.px(6)
        x, y, _, _ = within(Rectangle(left, top, wide, high), monitor)
        window.geometry(f"+{x}+{y}")
        window.deiconify()
        self._window, self._shown = window, words


ButtonKind = Literal[
    "primary", "normal", "ghost", "link", "alert", "danger", "nav", "submenu", "chosen"
]
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
    ) -> None:
        theme = theme_of(master)
        self._theme, self._surface = theme, surface_of(master)
        self._kind, self._icon = kind, icon
        self._folded = False
        super().__init__(
            master, command=command, style=theme.style(f"Button-{kind}", self._surface)
        )
        self.set_text(words)
        theme.paint(self, lambda _palette: self._draw_icon())
        # ttkbootstrap takes the space bar from buttons.
        for key in ("<space>", "<Return>", "<KP_Enter>"):
            self.bind(key, self._pressed)

    def set_text(self, words: Words) -> None:
        """Show other words."""
        self._said = words
        self.words, letter = caption(self._theme, words)
        self.access_key = self.words[letter].lower() if letter >= 0 else ""
        shown, letter = ("", -1) if self._folded else (self.words, letter)
        gap = " " if self._icon and shown else ""
        self.configure(compound="left" if shown else "image")
        self.configure(text=gap + shown, underline=letter + len(gap) if letter >= 0 else -1)

    def fold(self, folded: bool) -> None:  # noqa: FBT001 - reads as a state
        """Show the icon only, or the words beside it again."""
        self._folded = folded
        self.set_text(self._said)

    def set_style(self, kind: ButtonKind, icon: str | None = None) -> None:
        """Show the button as another kind, with another icon when given."""
        self._kind, self._icon = kind, icon or self._icon
        self.configure(style=self._theme.style(f"Button-{kind}", self._surface))
        self._draw_icon()

    def enable(self, enabled: bool = True) -> None:  # noqa: FBT001, FBT002 - reads as a state
        """Let it be pressed, or not."""
        self.state(["!disabled" if enabled else "disabled"])

    def answer_key(self) -> None:
        """Be pressed by the access key."""
        self.focus_set()
        self.invoke()

    def _draw_icon(self) -> None:
        if self._icon is None:
            return
        role = _ICON_ROLES.get(self._kind, "fg")
        size = 16 if self._kind in {"nav", "submenu", "chosen"} else 14
        normal = self._theme.icon(self._icon, size, role)
        grey = self._theme.icon(self._icon, size, "field")
        options: dict[str, Any] = {"image": (normal, "disabled", grey)}
        self.configure(options)

    def _pressed(self, _event: tk.Event[tk.Misc]) -> str:
        self.invoke()
        return "break"


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
        theme = theme_of(master)
        self._theme = theme
        self._on_change = on_change
        kind = "PickerBare" if bare else "Picker"
        super().__init__(master, style=theme.style(kind, surface_of(master)), takefocus=True)
        self._menu = tk.Menu(self, tearoff=False)
        self.configure(menu=self._menu)
        theme.paint(self, self._paint_menu)
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
        self._words = {choice.value: self._theme.say(choice.words) for choice in choices}
        self._menu.delete(0, "end")
        for choice in choices:
            pick = partial(self.pick, choice.value)
            # Tk's menus know no padding.
            self._menu.add_command(label=f" {self._words[choice.value]} ", command=pick)
        self.value = value

    def enable(self, enabled: bool = True) -> None:  # noqa: FBT001, FBT002 - reads as a state
        """Let it be opened, or not."""
        self.state(["!disabled" if enabled else "disabled"])

    def pick(self, value: str) -> None:
        """Choose what the menu offers."""
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
        # A flat one has no edge at all, and is lost on a field of its own colour.
        borderwidth=1,
        activeborderwidth=0,
        relief="raised",
    )
