"""A window with a footer of buttons, and a question."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Sequence

from traymail.core.texts import text
from traymail.desktop.screens import Rectangle
from traymail.ui.placing import nearest
from traymail.ui.theme import Root, Words
from traymail.ui.widgets.base import Area, Label, Line, Note
from traymail.ui.widgets.button import Button, ButtonKind
from traymail.ui.widgets.table import elide
from traymail.ui.window import Size, Window

_FOOTER = 56
_WIDE = 420
_MARGIN = 24
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

    floats = True

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
        which: str = "",
    ) -> None:
        """``verb`` is on the button that does it, in red and away from Cancel.

        ``which``: what it is about, in one line, cut where it is too long.
        """
        super().__init__(window.root, title, Size(_WIDE, 0))
        self.transient(window)
        self._about = window
        self.sentence, self.on_yes = sentence, on_yes
        self.body.configure(padding=self.look.px(_MARGIN))
        self._add_lines(title, "TmHead", gap=0)
        if which:
            measure = self.look.font("TmStrong").measure
            line = elide(which, self.look.px(_WIDE - 2 * _MARGIN), measure)
            Label(self.body, line, "fg", "TmStrong").pack(anchor="w", pady=(self.look.px(8), 0))
        self.add_sentence(sentence)
        self.footer.add_left(verb, self._yes, "danger")
        self._cancel = self.footer.add(text("&Cancel"), self.close)
        # Another window may have taken keyboard and mouse meanwhile.
        self.bind("<FocusIn>", lambda _event: self.grab_set(), add="+")
        window.question = self

    def add_sentence(self, words: Words) -> None:
        """Say more, under what is said already."""
        self._add_lines(words, "TkDefaultFont", gap=8)

    def _add_lines(self, words: Words, font: str, gap: int) -> None:
        note = Note(self.body, words, "fg", font=font)
        # The height is measured before the window is there to tell its width.
        note.label.fit(self.look.px(_WIDE - 2 * _MARGIN))
        note.pack(fill="x", pady=(self.look.px(gap), 0))

    def offer(self, words: Words, act: Callable[[], object]) -> None:
        """Offer what makes the question needless, as the answer that Return gives."""

        def chosen() -> None:
            self.destroy()
            act()

        self.primary = self.footer.add(words, chosen, "primary")

    def shown(self) -> None:
        """Start on the harmless answer, and keep keyboard and mouse."""
        self.take_keyboard()
        if not self.winfo_viewable():
            self.wait_visibility()
        self.grab_set()

    def take_keyboard(self) -> None:
        """Have the keyboard, if no part of this has it."""
        focus = self.focus_get()
        if focus is None or focus.winfo_toplevel() is not self:
            self._cancel.focus_set()

    def close(self) -> None:
        """Answer no."""
        self.destroy()

    def _monitor(self, monitors: Sequence[Rectangle]) -> Rectangle:
        about = self._about
        middle = about.winfo_rootx() + about.winfo_width() // 2
        return nearest(monitors, middle, about.winfo_rooty() + about.winfo_height() // 2)

    def _corner(self, monitor: Rectangle, width: int, height: int) -> tuple[int, int]:
        """Over the window it is about, wherever that was moved to."""
        del monitor
        about = self._about
        left = about.winfo_rootx() + (about.winfo_width() - width) // 2
        return left, about.winfo_rooty() + (about.winfo_height() - height) // 3

    def _yes(self) -> None:
        self.destroy()
        self.on_yes()
