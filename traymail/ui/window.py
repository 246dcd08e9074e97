"""What all windows have in common: made hidden, shown fast, closed without being lost."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from traymail.desktop.screens import Rectangle
from traymail.ui.icons import window_icons
from traymail.ui.palette import Palette, Surface
from traymail.ui.placing import fits, geometry, nearest, parsed, within
from traymail.ui.theme import Root, Words
from traymail.ui.widgets.access_keys import obey_access_keys
from traymail.ui.widgets.field_menu import offer_field_menu
from traymail.winapi import draw_title_bar

WINDOW_CLASS = "Traymail"
SCREEN_PART = 0.9


@dataclass(frozen=True, slots=True)
class Size:
    """Width and height in 96-dpi pixels; without `least`, the user cannot change them.

    ``height`` 0 takes what the content needs.
    """

    width: float
    height: float
    least: tuple[float, float] | None = None


class Window(tk.Toplevel):
    """A window that is made once, and then shown and hidden.

    Fill it in the constructor of the subclass. Escape and the close button call `close`, which
    hides it; override `close` to do something else, `shown` to act each time it appears.
    """

    surface: Surface = "bg"
    # Under what it remembers its place until the next start; "" forgets it.
    remembered: ClassVar[str] = ""
    # Whether a desktop that tiles windows lets it float at its size.
    floats: ClassVar[bool] = False

    def __init__(self, root: Root, title: Words, size: Size) -> None:
        super().__init__(root, class_=WINDOW_CLASS)
        self.withdraw()
        self.root, self.look, self.size_wanted = root, root.look, size
        self.title(self.look.say(title))
        window_icons(root)
        if self.floats and self.tk.call("tk", "windowingsystem") == "x11":
            self.wm_attributes("-type", "dialog")
        self.most_high = int(self.winfo_screenheight() * SCREEN_PART)
        self._place: str | None = root.places.get(self._key())
        # What is open over this window, and has the keyboard until it is answered.
        self.question: Window | None = None
        self.protocol("WM_DELETE_WINDOW", self.close)
        self.bind("<FocusIn>", lambda _event: self._give_keyboard_back())
        self.bind("<Escape>", lambda _event: self.close())
        obey_access_keys(self)
        offer_field_menu(root)
        self.look.paint(self, self._paint)

    def reveal(self) -> None:
        """Show the window, in front and with the keyboard."""
        if self.state() == "withdrawn":
            self._set_size()
            self.update_idletasks()
            self.deiconify()
            self._paint_title_bar()
        elif self.state() == "iconic":
            self.deiconify()
        self.lift()
        self._release_question()
        question = self._open_question()
        if question is None:
            self.focus_force()
            self.shown()
        else:
            question.reveal()

    def take_keyboard(self) -> None:
        """Have the keyboard somewhere in the window."""
        self.focus_set()

    def shown(self) -> None:
        """Act each time the window appears, once the keyboard is in it."""

    def conceal(self) -> None:
        """Hide the window; it comes back at the same place."""
        if self.state() != "withdrawn":
            self._place = self.geometry()
        self.withdraw()

    def destroy(self) -> None:
        """End the window; where it was is remembered."""
        if self.winfo_exists() and self.state() != "withdrawn":
            self._place = self.geometry()
        if self.remembered and self._place is not None:
            self.root.places[self._key()] = self._place
        super().destroy()

    def set_height(self, height: int) -> None:
        """Be as high as this, also when it is shown the next time."""
        size = f"{self.winfo_width()}x{height}"
        self.geometry(size)
        if self._place is not None:
            _size, plus, corner = self._place.partition("+")
            self._place = f"{size}{plus}{corner}"

    def take_place(self, geometry: str) -> None:
        """Go where another window was, at its size if the user may choose that."""
        _size, _, corner = geometry.partition("+")
        self.geometry(f"+{corner}" if self.size_wanted.least is None else geometry)

    def be_around(self, geometry_before: str) -> None:
        """Be where another window was, whatever its size: their middles are the same."""
        before, here = parsed(geometry_before), parsed(self.geometry())
        if before is not None and here is not None:
            left = before.left + (before.width - here.width) // 2
            top = before.top + (before.height - here.height) // 2
            x, y = before.left + before.width // 2, before.top + before.height // 2
            monitor = nearest(self.look.monitors(), x, y)
            self.geometry(geometry(within(here._replace(left=left, top=top), monitor)))

    def close(self) -> None:
        """Do what Escape and the close button ask for: hide the window."""
        self.conceal()

    def _paint(self, palette: Palette) -> None:
        self.configure(background=palette.bg)
        if self.state() != "withdrawn":  # also one that is only a button of the panel
            self._paint_title_bar()

    def _paint_title_bar(self) -> None:
        draw_title_bar(self.winfo_id(), dark=self.look.palette.mode == "dark")

    def _set_size(self) -> None:
        monitors = self.look.monitors()
        monitor = self._monitor(monitors)
        px, wanted = self.look.px, self.size_wanted
        most_wide, self.most_high = (
            int(side * SCREEN_PART) for side in (monitor.width, monitor.height)
        )
        if wanted.height == 0:
            # The content may wrap: its height is known once its width is.
            self.geometry(f"{min(px(wanted.width), most_wide)}x{self.most_high}")
            self.update_idletasks()
        width = min(px(wanted.width), most_wide)
        high = px(wanted.height) if wanted.height else self.winfo_reqheight()
        height = min(high, self.most_high)
        if wanted.least is None:
            self.resizable(width=False, height=False)
        else:
            least_wide, least_high = px(wanted.least[0]), px(wanted.least[1])
            self.minsize(min(least_wide, width), min(least_high, height))
        place = parsed(self._place or "")
        if place is not None and wanted.least is None:
            place = place._replace(width=width, height=height)
        if place is None or not fits(place, monitors):
            left, top = self._corner(monitor, width, height)
            place = within(Rectangle(left, top, width, height), monitor)
        self.geometry(geometry(place))

    def _release_question(self) -> None:
        """Take the mouse from a question of another window: with the keyboard it has it again."""
        held = str(self.tk.call("grab", "current", self))
        if held and self.tk.call("winfo", "class", held) == WINDOW_CLASS:
            self.tk.call("grab", "release", held)

    def _open_question(self) -> Window | None:
        return self.question if self.question is not None and self.question.winfo_exists() else None

    def _give_keyboard_back(self) -> None:
        question = self._open_question()
        if question is not None and question.winfo_viewable():
            question.take_keyboard()

    def _key(self) -> str:
        """Under what the place is remembered: another scale needs other sizes."""
        return f"{self.remembered}@{self.look.px(100)}" if self.remembered else ""

    def _monitor(self, monitors: Sequence[Rectangle]) -> Rectangle:
        """Return the monitor on which the window first appears."""
        return nearest(monitors, *self.winfo_pointerxy())

    def _corner(self, monitor: Rectangle, width: int, height: int) -> tuple[int, int]:
        """Return where a window of this size first appears."""
        left, top, wide, high = monitor
        return left + (wide - width) // 2, top + (high - height) // 3
