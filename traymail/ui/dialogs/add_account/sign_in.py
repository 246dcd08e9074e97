"""The page of the sign-in by OAuth2: what it is done with, and how far it is."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from traymail.core.texts import text
from traymail.ui.dialogs.add_account.secret import draw_steps
from traymail.ui.form import FormView
from traymail.ui.model import add_sign_in
from traymail.ui.model.add_account import Adding, host_of, provider_of
from traymail.ui.sign_in_view import SignInHandlers, SignInView
from traymail.ui.widgets import Area, Box, Button, Entry, FieldRow, Note, ScrollArea

_LABELS = 110


@dataclass(frozen=True, slots=True)
class ClientHandlers:
    """What the page tells the window."""

    filled: Callable[[Mapping[str, str]], object]
    typed: Callable[[str], object]
    by_code: Callable[[], object]
    guide: Callable[[str], object]
    view: SignInHandlers


class SignInPage(Area):
    """Made for one server; the client's secret lives in its field until the page is left."""

    def __init__(self, master: tk.Misc, state: Adding, handlers: ClientHandlers) -> None:
        super().__init__(master)
        px = self.theme.px
        self._handlers = handlers
        self._scroll = ScrollArea(self, padding=(24, 20, 14, 8))
        self._scroll.pack(fill="both", expand=True)
        self._asked = Area(self._scroll.inner)
        self.view = SignInView(self._scroll.inner, handlers.view)
        host, provider = host_of(state), provider_of(state)
        title = add_sign_in.title_for(provider)
        Note(self._asked, title, "fg", font="TmTitle").pack(fill="x")
        more = text("It takes a client id of your own, which you get once and for nothing.")
        intro = Note(self._asked, more, "muted", font="TkDefaultFont")
        intro.pack(fill="x", pady=(px(4), px(8)))
        easier = add_sign_in.easier(provider)
        if easier is not None:
            card = Box(self._asked, "infobg", (14, 8))
            card.pack(fill="x", pady=(0, px(8)))
            by_code = Button(card, text("&Use an app password"), handlers.by_code, "link")
            by_code.pack(side="right")
            Note(card, easier, "fg", "lightbulb").pack(side="left", fill="x", expand=True)
        draw_steps(self._asked, add_sign_in.steps_for(host), handlers.view.open_page)
        lead = partial(handlers.guide, host)
        self.guide = Button(self._asked, text("All steps in detai&l…"), lead, "link", icon="book")
        self.guide.pack(anchor="w", pady=(px(6), 0))
        self.form = FormView(
            self._asked, add_sign_in.form_for(host), self.changed, label_width=_LABELS
        )
        self.form.pack(fill="x", pady=(px(12), 0))
        help_ = text("Only where the provider gave one, as Google does.")
        row = FieldRow(self._asked, text("Client s&ecret"), help_, label_width=_LABELS)
        row.pack(fill="x")
        self.entry = Entry(row.controls, on_change=handlers.typed, secret=True)
        self.entry.pack(fill="x", expand=True)
        row.caption.lead(self.entry.focus_set)

    def show(self, state: Adding) -> None:
        """Draw what is typed, or how far the sign-in is."""
        if state.sign_in is not None:
            self._asked.pack_forget()
            self.view.show(state.sign_in)
            self.view.pack(fill="x")
            return
        self.view.pack_forget()
        self._asked.pack(fill="x")
        if state.client is not None and self.form.values != state.client:
            self.form.fill(state.client)
        self.form.show_problems(state.problems)

    def focus_inside(self) -> None:
        """Put the keyboard where something is to be typed."""
        self.form.jump()

    def clear(self) -> None:
        """Forget what stands in the field of the secret."""
        self.entry.value = ""

    def changed(self, _name: str) -> None:
        """Take in what was typed."""
        self._handlers.filled(self.form.values)
