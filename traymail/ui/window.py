"""What all windows have in common: made hidden, shown fast, closed without being lost."""

from __future__ import annotations

import tkinter as tk
from dataclasses import dataclass

from traymail.ui.icons import window_icons
from traymail.ui.palette import Surface
from traymail.ui.theme import Root, Words
from traymail.ui.widgets.access_keys import obey_access_keys

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

    def __init__(self, root: Root, title: Words, size: Size) -> None:
        super().__init__(root, class_=WINDOW_CLASS)
        self.withdraw()
        self.root, self.look, self.size_wanted = root, root.look, size
        self.title(self.look.say(title))
        window_icons(root)
        self._place: str | None = None
        self.protocol("WM_DELETE_WINDOW", self.close)
        self.bind("<Escape>", lambda _event: self.close())
        obey_access_keys(self)
        self.look.paint(self, lambda palette: self.configure(background=palette.bg))

    def reveal(self) -> None:
        """Show the window, in front and with the keyboard."""
        if self.state() == "withdrawn":
            self._set_size()
            self.update_idletasks()
            self.deiconify()
        elif self.state() == "iconic":
            self.deiconify()
        self.lift()
        self.focus_force()
        self.shown()

    def shown(self) -> None:
        """Act each time the window appears, once the keyboard is in it."""

    def conceal(self) -> None:
        """Hide the window; it comes back at the same place."""
        if self.state() != "withdrawn":
            self._place = self.geometry()
        self.withdraw()

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

    def close(self) -> None:
        """Do what Escape and the close button ask for: hide the window."""
        self.conceal()

    def _set_size(self) -> None:
        if self._place is not None:
            self.geometry(self._place)
            return
        px, wanted = self.look.px, self.size_wanted
        most_wide = int(self.winfo_screenwidth() * SCREEN_PART)
        most_high = int(self.winfo_screenheight() * SCREEN_PART)
        if wanted.height == 0:
            # The content may wrap: its height is known once its width is.
            self.geometry(f"{min(px(wanted.width), most_wide)}x{most_high}")
            self.update_idletasks()
        width = min(px(wanted.width), most_wide)
        high = px(wanted.height) if wanted.height else self.winfo_reqheight()
        height = min(high, most_high)
        if wanted.least is None:
            self.resizable(width=False, height=False)
        else:
            least_wide, least_high = px(wanted.least[0]), px(wanted.least[1])
            self.minsize(min(least_wide, width), min(least_high, height))
        left, top = self._corner(width, height)
        self.geometry(f"{width}x{height}+{left}+{top}")

    def _corner(self, width: int, height: int) -> tuple[int, int]:
        """Return where a window of this size first appears."""
        return (self.winfo_screenwidth() - width) // 2, (self.winfo_screenheight() - height) // 3
