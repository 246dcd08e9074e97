"""A window with a footer of buttons, and a question."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable

from traymail.core.texts import text
from traymail.ui.theme import Root, Words
from traymail.ui.widgets.base import Area, Label, Line, Note
from traymail.ui.widgets.button import Button, ButtonKind
from traymail.ui.window import Size, Window

_FOOTER = 56
_OWN_RETURN = ("Text", "TButton", "TMenubutton", "Treeview")


class Footer(Area):
    """The bar at the bottom: what leads away at the left, what goes on at the right."""

    def __init__(self, master: tk.Misc, side: float = 24) -> None:
        """``side``: the margin left and right, in 96-dpi pixels."""
        super().__init__(master, "chrome")
        self.configure(height=self.look.px(_FOOTER))
        self.pack_propagate(flag=False)
        Line(self).pack(side="top", fill="x")
        self.bar = Area(self, padding=(side, 0))
        self.bar.pack(fill="both", expand=True)
        # The right side is packed first: when there is too little room, the left one gives way.
        self.right = Area(self.bar)
        self.right.pack(side="right")
        self.left = Area(self.bar)
        self.left.pack(side="left")

    def add(
        self,
        words: Words,
        command: Callable[[], object],
        kind: ButtonKind = "normal",
        icon: str | None = None,
    ) -> Button:
        """Add a button at the right; the primary one is the last that is added."""
        button = Button(self.right, words, command, kind, icon)
        gap = self.look.px(8) if self.right.winfo_children()[:-1] else 0
        button.pack(side="left", padx=(gap, 0))
        return button

    def add_left(
        self,
        words: Words,
        command: Callable[[], object],
        kind: ButtonKind = "ghost",
        icon: str | None = None,
    ) -> Button:
        """Add a button at the left: Cancel, or what destroys."""
        button = Button(self.left, words, command, kind, icon)
        gap = self.look.px(8) if self.left.winfo_children()[:-1] else 0
        button.pack(side="left", padx=(gap, 0))
        return button


class Dialog(Window):
    """A window with a `body` and a `footer`; Return presses the footer's primary button."""

    def __init__(self, root: Root, title: Words, size: Size) -> None:
        super().__init__(root, title, size)
        self.footer = Footer(self)
        self.footer.pack(side="bottom", fill="x")
        self.body = Area(self)
        self.body.pack(side="top", fill="both", expand=True)
        self.primary: Button | None = None
        self.bind("<Return>", self._return)
        self.bind("<KP_Enter>", self._return)

    def _return(self, event: tk.Event[tk.Misc]) -> None:
        own = isinstance(event.widget, tk.Misc) and event.widget.winfo_class() in _OWN_RETURN
        if self.primary is not None and not own:
            self.primary.invoke()


class Question(Dialog):
    """Asks before something that cannot be undone; destroyed by any answer."""

    def __init__(
        self,
        window: Window,
        title: Words,
        sentence: Words,
        verb: Words,
        on_yes: Callable[[], object],
    ) -> None:
        """``verb`` is on the button that does it, in red and away from Cancel."""
        super().__init__(window.root, title, Size(420, 0))
        self.transient(window)
        self._about = window
        self._on_yes = on_yes
        self.body.configure(padding=self.look.px(24))
        Label(self.body, title, "fg", "TmHead").pack(anchor="w")
        note = Note(self.body, sentence, "fg", font="TkDefaultFont")
        note.pack(fill="x", pady=(self.look.px(8), 0))
        self.footer.add_left(verb, self._yes, "danger")
        self._cancel = self.footer.add(text("&Cancel"), self.close)

    def shown(self) -> None:
        """Start on the harmless answer, and keep the keyboard."""
        self._cancel.focus_set()
        self.wait_visibility()
        self.grab_set()

    def close(self) -> None:
        """Answer no."""
        self.destroy()

    def _corner(self, width: int, height: int) -> tuple[int, int]:
        """Over the window it is about, wherever that was moved to."""
        about = self._about
        left = about.winfo_rootx() + (about.winfo_width() - width) // 2
        return left, about.winfo_rooty() + (about.winfo_height() - height) // 3

    def _yes(self) -> None:
        self.destroy()
        self._on_yes()
