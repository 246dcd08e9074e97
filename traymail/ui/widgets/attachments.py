"""The strip of attached files: picture or sign, name, size, and a cross."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PIL import Image, ImageTk

from traymail.core.texts import text
from traymail.ui.theme import Words
from traymail.ui.widgets.base import Area, Box, Label
from traymail.ui.widgets.button import Button, Tooltip
from traymail.ui.widgets.layout import FlowLayout

_NAME_LETTERS = 24
_SIGN = 28
# Unfolded, more of them would be a higher window than X allows.
_MOST_CARDS = 300


@dataclass(frozen=True, slots=True)
class Attached:
    """One attached file; ``key`` tells it from others, ``thumbnail`` is small already.

    ``bad`` shows it in red: ``detail`` says why it cannot be sent. ``showable``: it can be shown in
    the text instead.
    """

    key: str
    name: str
    detail: Words
    icon: str = "file-earmark"
    thumbnail: Image.Image | None = None
    bad: bool = False
    showable: bool = False


class AttachmentStrip(Area):
    """One row of files; what does not fit stands behind a button that unfolds the strip."""

    def __init__(
        self,
        master: tk.Misc,
        on_remove: Callable[[str], object],
        on_show: Callable[[str], object] = lambda _key: None,
    ) -> None:
        """Both are called with the key of the file; ``on_show`` to have it shown in the text."""
        super().__init__(master)
        self._on_remove, self._on_show = on_remove, on_show
        self.cards: list[_Card] = []
        self._count = 0
        self._unfolded = False
        self._flow = FlowLayout(self, gap=8, row_gap=8)
        self._flow.pack(fill="x", expand=True)
        self._more = Button(self._flow, "", self._toggle, "link")
        self._width = 0
        self.bind("<Configure>", self._resized, add="+")

    def show(self, files: Sequence[Attached]) -> None:
        """Show these files."""
        for card in self.cards:
            card.destroy()
        self._count = len(files)
        self.cards = [
            _Card(self._flow, file, self._on_remove, self._on_show) for file in files[:_MOST_CARDS]
        ]
        self._more.lift()
        self._lay()

    def _resized(self, event: tk.Event[tk.Misc]) -> None:
        if event.widget is self and event.width != self._width:
            self._width = event.width
            self.later(self._lay)

    def _lay(self) -> None:
        fitting = self._fitting()
        if fitting == len(self.cards):
            self._flow.lay(self.cards)
        elif self._unfolded:
            beyond = self._count - len(self.cards)
            fewer = text("Show fewer (+{n} more)", n=beyond) if beyond else text("Show fewer")
            self._more.set_text(fewer)
            self._flow.lay([*self.cards, self._more])
        else:
            self._more.set_text(text("+{n} more", n=self._count - fitting))
            self._flow.lay([*self.cards[:fitting], self._more])

    def _fitting(self) -> int:
        """Return how many cards fit into one row, beside the button when it is needed."""
        self.update_idletasks()
        gap = self.theme.px(8)
        widths = [card.winfo_reqwidth() + gap for card in self.cards]
        if sum(widths) - gap <= self._width:
            return len(widths)
        self._more.set_text(text("+{n} more", n=self._count))
        free = self._width - self._more.winfo_reqwidth()
        fitting = 0
        for width in widths:
            free -= width
            if free < 0:
                break
            fitting += 1
        return fitting

    def _toggle(self) -> None:
        self._unfolded = not self._unfolded
        self._lay()


class _Card(Box):
    """One file. Delete removes it; Return shows a picture in the text."""

    def __init__(
        self,
        master: tk.Misc,
        file: Attached,
        remove: Callable[[str], object],
        show: Callable[[str], object],
    ) -> None:
        super().__init__(master, "errbg" if file.bad else "card", (8, 7))
        self.configure(takefocus=True)
        self._thumbnail = self._sign(file)
        words = Area(self)
        words.pack(side="left", padx=(self.theme.px(8), self.theme.px(10)))
        Label(words, shorten(file.name, _NAME_LETTERS)).pack(anchor="w")
        role = "danger" if file.bad else "muted"
        Label(words, file.detail, role, "TmSmall").pack(anchor="w")
        if file.showable:
            self._offer_to_show(file.key, show)
        cross = Label(self, "", "muted", icon="x", icon_size=14)
        cross.configure(cursor="hand2")
        cross.pack(side="left")
        cross.bind("<Button-1>", lambda _event: remove(file.key))
        self.bind("<FocusIn>", lambda _event: self.state(["focus"]))
        self.bind("<FocusOut>", lambda _event: self.state(["!focus"]))
        for key in ("<Delete>", "<BackSpace>"):
            self.bind(key, lambda _event: remove(file.key))
        for part in (self, words, *words.winfo_children()):
            part.bind("<Button-1>", lambda _event: self.focus_set())

    def _offer_to_show(self, key: str, show: Callable[[str], object]) -> None:
        into = Label(self, "", "muted", icon="card-image", icon_size=14)
        into.configure(cursor="hand2")
        into.pack(side="left", padx=(0, self.theme.px(6)))
        into.bind("<Button-1>", lambda _event: show(key))
        Tooltip(into, lambda _x, _y: self.theme.say(text("Show it in the text")))
        for pressed in ("<Return>", "<KP_Enter>"):
            self.bind(pressed, lambda _event: show(key))

    def _sign(self, file: Attached) -> ImageTk.PhotoImage | None:
        if file.thumbnail is None or file.bad:
            icon, role = ("exclamation-triangle", "danger") if file.bad else (file.icon, "muted")
            Label(self, "", role, icon=icon, icon_size=_SIGN).pack(side="left")
            return None
        side = self.theme.px(_SIGN + 8)
        small = file.thumbnail.copy()
        small.thumbnail((side, side), Image.Resampling.LANCZOS)
        picture = ImageTk.PhotoImage(small, master=self)
        label = Label(self)
        label.configure(image=str(picture))
        label.pack(side="left")
        return picture


def shorten(name: str, letters: int) -> str:
    """Return a file's name with its middle left out, so that its end (the kind) is seen."""
    if len(name) <= letters:
        return name
    end = letters // 3
    return f"{name[: letters - end - 1]}…{name[-end:]}"
