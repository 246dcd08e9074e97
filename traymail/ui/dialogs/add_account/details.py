"""The details of an account of another kind than mail, and its secret."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from traymail.accounts import KINDS
from traymail.core.account_kind import SecretWords
from traymail.core.texts import text
from traymail.ui.dialogs.add_account.secret import SecretField, draw_steps
from traymail.ui.form import FormView
from traymail.ui.model.add_account import Adding
from traymail.ui.model.add_other import NAME, Other, form_of, secret_words
from traymail.ui.model.guides import guide_of
from traymail.ui.widgets import Area, Button, Entry, Label, Note, ScrollArea


@dataclass(frozen=True, slots=True)
class DetailsHandlers:
    """What the page tells the window."""

    filled: Callable[[Mapping[str, str]], object]
    typed: Callable[[str], object]
    open_page: Callable[[str], object]


class DetailsPage(Area):
    """Made for one kind; what is typed as its secret lives in its field only."""

    def __init__(self, master: tk.Misc, other: Other, handlers: DetailsHandlers) -> None:
        super().__init__(master)
        px = self.theme.px
        self._handlers = handlers
        self.kind = other.kind
        self._words: SecretWords | None = None
        self._field: SecretField | None = None
        self._proposed = ""
        self._scroll = ScrollArea(self, padding=(24, 20, 14, 8))
        self._scroll.pack(side="top", fill="both", expand=True)
        inner = self._scroll.inner
        kind = KINDS[other.kind]
        Label(inner, kind.title, "fg", "TmTitle").pack(anchor="w")
        about = Note(inner, kind.about, "muted", font="TkDefaultFont")
        about.pack(fill="x", pady=(px(4), px(14)))
        self.form = FormView(inner, form_of(kind.name), self._changed, label_width=110)
        self.form.pack(fill="x")
        name = self.form.controls[NAME.name].widget
        name.bind("<FocusIn>", lambda _event: self._select_name(), add="+")
        self._steps = Area(inner)
        self._steps.pack(fill="x")

    @property
    def entry(self) -> Entry | None:
        """Where the secret is typed, None where there is none."""
        return None if self._field is None else self._field.entry

    def show(self, state: Adding) -> None:
        """Draw what is typed, and what is said of it."""
        if state.other is None:
            return
        if self.form.values != state.other.values:
            self.form.fill(state.other.values)
            self._proposed = state.other.values[NAME.name]
            self._select_name()
        self.form.show_problems(state.problems)
        words = secret_words(state.other)
        if words != self._words:
            self._words = words
            self._draw_secret(words)
        if self._field is not None:
            self._field.show(state.code)

    def focus_inside(self, state: Adding) -> None:
        """Put the keyboard where something is to be typed or mended."""
        tried = state.account is not None and not state.problems
        if tried and self.entry is not None:
            self.entry.focus_set()
        else:
            self.form.jump()

    def clear(self) -> None:
        """Forget what stands in the field of the secret."""
        if self._field is not None:
            self._field.clear()

    def _select_name(self) -> None:
        """Let what is typed replace a name that is only proposed."""
        name = self.form.controls[NAME.name].widget
        if (
            self.focus_lastfor() is name
            and isinstance(name, Entry)
            and name.value == self._proposed
        ):
            name.selection_range(0, "end")

    def _draw_secret(self, words: SecretWords | None) -> None:
        typed = "" if self.entry is None else self.entry.value
        if self._field is not None:
            self._field.destroy()
            self._field = None
        for child in self._steps.winfo_children():
            child.destroy()
        if words is None:
            self._steps.configure(height=1)
            return
        guide = guide_of(words)
        draw_steps(self._steps, guide.steps, self._handlers.open_page)
        if words.url:
            act = partial(self._handlers.open_page, words.url)
            icon = "box-arrow-up-right"
            more = Button(self._steps, text("The pa&ge that tells more"), act, "link", icon)
            more.pack(anchor="w", pady=(self.theme.px(4), 0))
        self._field = SecretField(self, guide, self._handlers.typed)
        self._field.pack(side="bottom", fill="x", before=self._scroll)
        self._field.entry.value = typed

    def _changed(self, _name: str) -> None:
        self._handlers.filled(self.form.values)
