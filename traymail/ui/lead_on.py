"""What leads on once the program is there: where it lives, and whether it starts by itself."""

from __future__ import annotations

import os
import sys
import tkinter as tk
from collections.abc import Callable

from PIL import ImageTk

from traymail.core.texts import text
from traymail.ui.icons import tray_image
from traymail.ui.model.whereabouts import whereabouts
from traymail.ui.widgets import Area, Box, Note, Switch

_SIDES = (24, 32, 48)


class LeadOn(Area):
    """The icon to look for, and the switch that starts the program with the desktop."""

    def __init__(
        self, master: tk.Misc, *, in_window: bool, start: Callable[[bool], object]
    ) -> None:
        super().__init__(master)
        px = self.theme.px
        card = Box(self, "card", (14, 10))
        card.pack(fill="x", pady=(px(14), 0))
        side = next((one for one in _SIDES if one >= px(24)), _SIDES[-1])
        # Tk forgets a picture that nobody holds.
        self._picture = ImageTk.PhotoImage(tray_image("idle", "any", side), master=self)
        picture = tk.Label(card, image=str(self._picture), borderwidth=0)
        self.theme.paint(picture, lambda palette: picture.configure(background=palette.card))
        picture.pack(side="left", padx=(0, px(12)))
        self.words = Note(card, "", "fg", font="TkDefaultFont")
        self.words.pack(side="left", fill="x", expand=True)
        self.tell(in_window=in_window)
        self.switch = Switch(self, text("Start with the desktop"), on_change=start)
        self.switch.enable(False)  # noqa: FBT003 # until it is known how it stands
        self.switch.pack(anchor="w", pady=(px(12), 0))

    def tell(self, *, in_window: bool) -> None:
        """Say where to find the program; ``in_window``: a window stands in for its icon."""
        desktop = os.environ.get("XDG_CURRENT_DESKTOP", "")
        self.words.set_text(whereabouts(sys.platform, desktop, in_window=in_window), "fg")

    def know(self, *, on: bool) -> None:
        """Show whether the program starts with the desktop; from now on that can be changed."""
        self.switch.on = on
        self.switch.enable()
