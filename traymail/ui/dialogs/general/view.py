"""The page as it is seen: forms that save at once, where the files are, export and import."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Mapping
from functools import partial
from typing import Protocol

from traymail.core.fields import Form
from traymail.core.texts import Text, text
from traymail.disk import in_home
from traymail.ui.form import FormView
from traymail.ui.model.general import (
    APPEARANCE,
    BEHAVIOUR,
    General,
    Move,
    retention_field,
    short,
)
from traymail.ui.widgets import Area, Banner, Button, Label, Line, Note, ScrollArea, Spinner

_LABEL = 150
_PLACES: Mapping[str, Text] = {
    "config": text("Configuration"),
    "state": text("Outbox and history"),
    "log": text("Log"),
}


class GeneralHandlers(Protocol):
    """What the user does."""

    def change(self, name: str, value: str) -> None:
        """Save a value."""

    def open_place(self, name: str) -> None:
        """Open the folder of one of the places."""

    def move(self, move: Move) -> None:
        """Export or import the configuration."""

    def review(self) -> None:
        """Look at an edit by hand that waits for consent."""

    def stop(self) -> None:
        """Wait no longer for what is under way."""


class GeneralView(Area):
    """Rows from top to bottom; what is under way is told on top, beside the title."""

    def __init__(self, master: tk.Misc, acts: GeneralHandlers) -> None:
        super().__init__(master)
        px = self.look.px
        self._acts = acts
        head = Area(self, padding=(24, 18, 24, 8))
        head.pack(fill="x")
        Label(head, text("General"), "fg", "TmTitle").pack(side="left")
        self._busy = Area(head)
        self._spinner = Spinner(self._busy, size=18)
        self._spinner.pack(side="right")
        Button(self._busy, text("&Cancel"), acts.stop, "link").pack(side="right", padx=(0, px(8)))
        words = text("The configuration was changed by hand and waits for your consent.")
        self._unconfirmed = Banner(self, "warn", words)
        Button(self._unconfirmed.actions, text("&Review…"), acts.review).pack()
        self._scroll = scroll = ScrollArea(self, padding=(24, 6, 14, 16))
        scroll.pack(fill="both", expand=True)
        inner = scroll.inner
        self._trouble = Note(inner)
        self.appearance = self._form(inner, APPEARANCE)
        Line(inner).pack(fill="x", pady=(px(6), px(16)))
        self.behaviour = self._form(inner, BEHAVIOUR)
        Line(inner).pack(fill="x", pady=(px(6), px(16)))
        self._rows = Area(inner)
        self._rows.pack(fill="x")
        self._rows.columnconfigure(0, minsize=px(_LABEL))
        self._rows.columnconfigure(1, weight=1)
        self._paths = {name: self._place(row, name) for row, name in enumerate(_PLACES)}
        self._draw_moves(len(_PLACES))
        self._retention: object = None
        self._was_busy = False

    def show(self, page: General) -> None:
        """Show how the page stands."""
        offered = retention_field(page)
        if offered.choices != self._retention:
            self._retention = offered.choices
            self.behaviour.offer("retention", offered)
        for form in (self.appearance, self.behaviour):
            shown = {name: page.values[name] for name in form.values if name in page.values}
            if shown != form.values:
                form.fill(shown)
            form.show_problems([one for name, one in page.problems.items() if name in form.values])
        for name, path in page.places.items():
            self._paths[name].say(short(path, in_home("~")))
        self._show_unconfirmed(page)
        self._show_trouble(page)
        self._show_outcome(page)
        self._show_busy(busy=page.busy)

    def _form(self, master: Area, form: Form) -> FormView:
        view = FormView(master, form, self._changed, label_width=_LABEL)
        view.pack(fill="x")
        return view

    def _changed(self, name: str) -> None:
        for form in (self.appearance, self.behaviour):
            if name in form.values:
                self._acts.change(name, form.values[name])

    def _place(self, row: int, name: str) -> Note:
        px = self.look.px
        Label(self._rows, _PLACES[name], "muted").grid(row=row, column=0, sticky="w", pady=px(6))
        holder = Area(self._rows)
        holder.grid(row=row, column=1, sticky="we", pady=px(6))
        open_it = partial(self._acts.open_place, name)
        # Packed first: a long path gives way.
        link = Button(holder, text("Open folder"), open_it, "link")
        link.pack(side="right")
        path = Note(holder, "", "fg", font="TkFixedFont")
        path.pack(side="left", fill="x", expand=True)
        return path

    def _draw_moves(self, row: int) -> None:
        px = self.look.px
        Label(self._rows, text("Back up and move"), "muted").grid(
            row=row, column=0, sticky="nw", pady=(px(14), 0)
        )
        holder = Area(self._rows)
        holder.grid(row=row, column=1, sticky="we", pady=(px(8), 0))
        moves: tuple[tuple[Text, Move, str], ...] = (
            (text("E&xport…"), Move.EXPORT, "box-arrow-up"),
            (text("&Import…"), Move.IMPORT, "box-arrow-in-down"),
        )
        self.buttons: dict[Move, Button] = {}
        line = Area(holder)
        line.pack(fill="x")
        for words, move, icon in moves:
            button = Button(line, words, partial(self._acts.move, move), icon=icon)
            button.pack(side="left", padx=(0, px(8)))
            self.buttons[move] = button
        self._outcome = Note(holder)
        self._outcome.pack(fill="x", pady=(px(6), 0))

    def _show_unconfirmed(self, page: General) -> None:
        if page.unconfirmed:
            self._unconfirmed.pack(fill="x", before=self._scroll)
        else:
            self._unconfirmed.pack_forget()

    def _show_trouble(self, page: General) -> None:
        if page.trouble is None:
            self._trouble.pack_forget()
            return
        self._trouble.say(page.trouble, "danger", "exclamation-circle")
        self._trouble.pack(fill="x", pady=(0, self.look.px(10)), before=self.appearance)

    def _show_outcome(self, page: General) -> None:
        if page.outcome is None:
            self._outcome.say(text("The exported file contains no codes and no passwords."))
        elif page.failed:
            self._outcome.say(page.outcome, "danger", "exclamation-circle")
        else:
            self._outcome.say(page.outcome, "success", "check-circle")
        for button in self.buttons.values():
            button.enable(page.moving is None)

    def _show_busy(self, *, busy: bool) -> None:
        if busy == self._was_busy:
            return
        self._was_busy = busy
        if busy:
            self._busy.pack(side="right")
            self._spinner.start()
        else:
            self._spinner.stop()
            self._busy.pack_forget()
