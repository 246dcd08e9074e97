"""The middle of the quick-send window: what is written, what is attached, how large it is."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Mapping
from tkinter import ttk

from PIL import Image

from traymail.core.template import human_size
from traymail.core.texts import Text, text
from traymail.ui.model.quick_judge import Weight, sign_of
from traymail.ui.model.quick_send import File, QuickSend
from traymail.ui.widgets import Area, Attached, AttachmentStrip, Box, Button, Label, Meter, TextArea

_SIDE = 20
_RIGHT = 4


class Body(Area):
    """The text, and while there is none, a hint at what else can be done here."""

    def __init__(
        self, master: tk.Misc, changed: Callable[[], object], add_account: Callable[[], object]
    ) -> None:
        super().__init__(master, padding=(_SIDE, 4, _RIGHT, 0))
        self._changed = changed
        self._bar = ttk.Scrollbar(
            self, orient="vertical", style=self.look.style("Scroll", self.surface), takefocus=False
        )
        self._bar.pack(side="right", fill="y")
        self.text = TextArea(self, height=3)
        self.text.pack(side="left", fill="both", expand=True)
        self.text.configure(yscrollcommand=self._bar.set)
        self._bar.configure(command=self.text.yview)
        self.text.bind("<<Modified>>", self._modified, add="+")
        self._hint = self._make_hint()
        self._invitation = self._make_invitation(add_account)
        self._target = self._make_target()

    @property
    def value(self) -> str:
        """What is written."""
        return self.text.value

    @value.setter
    def value(self, value: str) -> None:
        if value != self.text.value:
            self.text.value = value

    def show(self, state: QuickSend) -> None:
        """Show what can be done while nothing is written."""
        homeless = state.standing.known and state.account is None
        blank = not (state.written.body or state.files)
        for words, seen in ((self._hint, blank and not homeless), (self._invitation, homeless)):
            if seen:
                words.place(in_=self.text, relx=0.5, rely=0.5, anchor="center")
            else:
                words.place_forget()

    def light_up(self, *, on: bool) -> None:
        """Show that what hovers over the window can be dropped, or that nothing does."""
        if on:
            # Within the padding, which is the smaller at the right, where the scroll bar is.
            beside = self.look.px(_SIDE - _RIGHT)
            self._target.place(x=0, y=0, relwidth=1.0, width=-beside, relheight=1.0)
            self._target.lift()
        else:
            self._target.place_forget()

    def _modified(self, _event: object) -> None:
        if self.text.edit_modified():
            self.text.edit_modified(arg=False)
            self._changed()

    def _make_hint(self) -> Area:
        hint = Area(self)
        words = Label(hint, text("Drop files here, or press Ctrl+V to add a screenshot"), "muted")
        words.configure(justify="center", anchor="center")
        words.fit(self.look.px(400))
        sign = Label(hint, "", "muted", icon="inbox", icon_size=32)
        sign.pack(pady=(0, self.look.px(8)))
        words.pack()
        for part in (hint, sign, words):
            part.bind("<Button-1>", lambda _event: self.text.focus_set())
            part.configure(cursor="xterm")
        return hint

    def _make_target(self) -> Box:
        target = Box(self, "infobg")
        target.state(["focus"])
        middle = Area(target)
        middle.place(relx=0.5, rely=0.5, anchor="center")
        Label(middle, "", "link", icon="paperclip", icon_size=32).pack(pady=(0, self.look.px(8)))
        Label(middle, text("Drop to attach"), "fg", "TmStrong").pack()
        return target

    def _make_invitation(self, add_account: Callable[[], object]) -> Area:
        invitation = Area(self)
        Label(invitation, "", "muted", icon="person-plus", icon_size=32).pack()
        below = self.look.px(8)
        Label(invitation, text("No account yet"), "fg", "TmStrong").pack(pady=below)
        words = Label(
            invitation, text("Add the address you send from: it takes a minute."), "muted"
        )
        words.configure(justify="center", anchor="center")
        words.fit(self.look.px(400))
        words.pack(pady=(0, below))
        Button(invitation, text("Add accou&nt…"), add_account, "primary").pack()
        return invitation


class Drawer(Area):
    """The attached files and the meter below; nothing at all while there is neither."""

    def __init__(
        self,
        master: tk.Misc,
        thumbnails: Mapping[str, Image.Image],
        remove: Callable[[str], object],
    ) -> None:
        """``thumbnails`` are small pictures of files, by their paths."""
        super().__init__(master, padding=(_SIDE, 0, _SIDE, 8))
        self._strip = AttachmentStrip(self, remove)
        self._meter = Meter(self)
        self._shown: tuple[File, ...] = ()
        self._thumbnails = thumbnails

    def show(self, files: tuple[File, ...], weight: Weight | None) -> None:
        """Show these files and how much of the limit is used."""
        if files != self._shown:
            self._shown = files
            self._strip.show([self._attached(file) for file in files])
        if files:
            self._strip.pack(fill="x", pady=(self.look.px(4), self.look.px(8)))
        else:
            self._strip.pack_forget()
        if weight is None:
            self._meter.pack_forget()
        else:
            self._meter.show(weight.part, weight.words, weight.more, over=weight.over)
            self._meter.pack(fill="x")

    def _attached(self, file: File) -> Attached:
        detail: str | Text = human_size(file.size)
        if file.trouble is not None:
            detail = text("cannot be read")
        return Attached(
            file.path,
            file.name,
            detail,
            sign_of(file.name),
            self._thumbnails.get(file.path),
            bad=file.trouble is not None,
        )
