"""The first page: the address, what is known of its server, and everything by hand."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from dataclasses import dataclass

from traymail.accounts.smtp_fields import BY_HAND, SERVER, remark_on_server
from traymail.core.errors import Problem
from traymail.core.texts import text
from traymail.ui.form import FormView
from traymail.ui.model.add_account import Adding, ProviderCard, ServerSearch, card, remark
from traymail.ui.widgets import Area, Box, Button, Entry, FieldRow, Label, Note, ScrollArea, Spinner

_ROW = {field.name for field in SERVER}


@dataclass(frozen=True, slots=True)
class AddressHandlers:
    """What the page tells the window."""

    typed: Callable[[str], object]
    named: Callable[[str], object]
    unfold: Callable[[], object]
    others: Callable[[], object]
    edited: Callable[[], object]


class AddressPage(Area):
    """Recognises while one types."""

    def __init__(self, master: tk.Misc, handlers: AddressHandlers) -> None:
        super().__init__(master)
        px = self.theme.px
        self._handlers = handlers
        self._drawn: ProviderCard | None = None
        self.form: FormView | None = None
        self._links = Area(self, padding=(18, 4, 18, 12))
        self._links.pack(side="bottom", fill="x")
        elsewhere = text("A group &robot or another service…")
        self.others = Button(self._links, elsewhere, handlers.others, "link")
        self.others.pack(side="bottom", anchor="w")
        by_hand = text("Other ser&ver or set up by hand…")
        self.unfold = Button(self._links, by_hand, handlers.unfold, "link")
        self._scroll = ScrollArea(self, padding=(24, 20, 14, 12))
        self._scroll.pack(side="top", fill="both", expand=True)
        inner = self._scroll.inner
        Label(inner, text("Which address do you send from?"), "fg", "TmTitle").pack(anchor="w")
        subtitle = Label(inner, text("traymail fills in the server settings for you."), "muted")
        subtitle.pack(anchor="w", pady=(px(4), px(16)))
        self._row = FieldRow(inner, text("&Email address"), above=True)
        self._row.pack(fill="x")
        self.entry = Entry(self._row.controls, on_change=handlers.typed)
        self.entry.pack(fill="x")
        self._name_row = FieldRow(
            inner, text("Name (&optional)"), text("What recipients see beside it."), above=True
        )
        self._name_row.pack(fill="x", pady=(px(12), 0))
        self.name = Entry(self._name_row.controls, on_change=handlers.named)
        self.name.pack(fill="x")
        self._holder = Area(inner)
        self._holder.pack(fill="x")
        self._remark = Note(inner, "", "muted", font="TkDefaultFont")
        self._below = Area(inner)
        self._below.pack(fill="x")

    def show(self, state: Adding) -> None:
        """Draw the page."""
        if self.entry.value != state.typed:
            self.entry.value = state.typed
        if self.name.value != state.display_name:
            self.name.value = state.display_name
        shown = card(state)
        if shown != self._drawn:
            self._drawn = shown
            self._draw_card(shown)
        self._show_remark(state)
        if state.by_hand is None:
            self.unfold.pack(side="top", anchor="w", before=self.others)
        else:
            self.unfold.pack_forget()
        self._show_form(state)
        for where, row, entry in (
            ("address", self._row, self.entry),
            ("display_name", self._name_row, self.name),
        ):
            wrong = next((one for one in state.problems if one.where == where), None)
            row.tell(wrong.what if wrong else None)
            entry.mark(wrong is not None)

    def focus_inside(self, state: Adding) -> None:
        """Put the keyboard where something is to be typed or mended."""
        wrong = {one.where for one in state.problems}
        if "display_name" in wrong and "address" not in wrong:
            self.name.focus_set()
        elif self.form is not None and self.form.has_problems and "address" not in wrong:
            self.form.jump()
        else:
            self.entry.focus_set()

    def _draw_card(self, shown: ProviderCard | None) -> None:
        for child in self._holder.winfo_children():
            child.destroy()
        if shown is None:
            self._holder.configure(height=1)
            return
        px = self.theme.px
        box = Box(self._holder, "card", (16, 14))
        box.pack(fill="x", pady=(px(16), 0))
        picture = Box(box, "infobg", 9)
        picture.pack(side="left", padx=(0, px(14)))
        Label(picture, "", "link", icon="envelope-at", icon_size=22).pack()
        sign = Area(box)
        sign.pack(side="right")
        _draw_sign(sign, shown)
        middle = Area(box)
        middle.pack(side="left", fill="x", expand=True)
        Label(middle, shown.title, "fg", "TmStrong").pack(anchor="w")
        Label(middle, shown.detail, "muted", "TmSmall").pack(anchor="w", pady=(px(2), 0))

    def _show_remark(self, state: Adding) -> None:
        words = remark(state)
        if words is None:
            self._remark.pack_forget()
            return
        serious = state.search is ServerSearch.MISSING
        if serious:
            self._remark.set_text(words, "warning", "exclamation-triangle")
        else:
            self._remark.set_text(words, "muted")
        self._remark.pack(fill="x", pady=(self.theme.px(14), 0), before=self._below)

    def _show_form(self, state: Adding) -> None:
        if state.by_hand is None:
            if self.form is not None:
                self.form.destroy()
                self.form = None
                self._below.configure(height=1)
            return
        if self.form is None:
            self.form = FormView(
                self._below, BY_HAND, lambda _name: self._handlers.edited(), label_width=110
            )
            self.form.pack(fill="x", pady=(self.theme.px(16), 0))
        if self.form.values != state.by_hand:
            self.form.fill(state.by_hand)
        self.form.show_problems(state.problems)
        self._tell_port(state)

    def _tell_port(self, state: Adding) -> None:
        if self.form is None or state.by_hand is None or _told(state.problems):
            return
        provider = state.provider.id if state.provider else ""
        words = remark_on_server(state.by_hand, provider)
        if words is not None:
            self.form.tell("port", words)


def _told(problems: tuple[Problem, ...]) -> bool:
    """Whether there is an error in the row of the port, which comes before a warning."""
    return any(one.where in _ROW for one in problems)


def _draw_sign(master: Area, shown: ProviderCard) -> None:
    if shown.search is ServerSearch.RUNNING:
        spinner = Spinner(master, size=18)
        spinner.pack()
        spinner.start()
    else:
        Label(master, text("Recognised"), "success", icon="check-circle-fill").pack()
