"""A sign-in by OAuth2, drawn: what is waited for, the page, the code; large, and to be copied."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from traymail.core.texts import Text, text
from traymail.ui.model.sign_in import SignInStage, SignInState, headline
from traymail.ui.model.trial import Advice
from traymail.ui.widgets import Area, Box, Button, Label, Note, Spinner


@dataclass(frozen=True, slots=True)
class SignInHandlers:
    """What the user does."""

    open_page: Callable[[str], object]
    copy: Callable[[str], object]


class SignInView(Area):
    """Drawn anew at each step: there are few."""

    def __init__(self, master: tk.Misc, acts: SignInHandlers) -> None:
        super().__init__(master)
        self._acts = acts
        self._shown: SignInState | None = None
        self.copy: Button | None = None

    def show(self, state: SignInState) -> None:
        """Show how far it is."""
        if state == self._shown:
            return
        self._shown = state
        self.copy = None
        for child in self.winfo_children():
            child.destroy()
        px = self.theme.px
        words = headline(state)
        head = Area(self)
        head.pack(fill="x")
        if state.waiting:
            spinner = Spinner(head, size=18)
            spinner.pack(side="right", anchor="n", pady=px(4))
            spinner.start()
        Note(head, words.title, "fg", font="TmTitle").pack(fill="x")
        Note(self, words.more, "muted", font="TkDefaultFont").pack(fill="x", pady=(px(4), px(14)))
        match state.stage:
            case SignInStage.BROWSER:
                self._draw_page(state.url, text("Open the pa&ge again"))
            case SignInStage.DEVICE:
                self._draw_code(state)
            case SignInStage.FAILED if state.advice is not None:
                self._draw_advice(state.advice)
            case SignInStage.DONE:
                Label(self, text("signed in"), "success", icon="check-circle-fill").pack(anchor="w")
            case _:
                pass

    def _draw_page(self, url: str, words: Text) -> None:
        px = self.theme.px
        card = Box(self, "card", (16, 12))
        card.pack(fill="x")
        Note(card, _short(url), "fg", font="TkFixedFont").pack(fill="x")
        row = Area(card)
        row.pack(fill="x", pady=(px(10), 0))
        icon = "box-arrow-up-right"
        Button(row, words, partial(self._acts.open_page, url), icon=icon).pack(side="left")
        copy = partial(self._acts.copy, url)
        address = Button(row, text("Copy the a&ddress"), copy, icon="copy")
        address.pack(side="left", padx=(px(8), 0))

    def _draw_code(self, state: SignInState) -> None:
        px = self.theme.px
        card = Box(self, "infobg", (16, 14))
        card.pack(fill="x", pady=(0, px(12)))
        copy = partial(self._acts.copy, state.code)
        self.copy = Button(card, text("Cop&y the code"), copy, icon="copy")
        self.copy.pack(side="right", padx=(px(12), 0))
        Label(card, state.code, "fg", "TmCode").pack(side="left")
        self._draw_page(state.page, text("Open the pa&ge here"))

    def _draw_advice(self, advice: Advice) -> None:
        card = Box(self, "errbg", (16, 12))
        card.pack(fill="x")
        Note(card, advice.title, "fg", "lightbulb", font="TmStrong").pack(fill="x")
        if advice.way_out is not None:
            way_out = Note(card, advice.way_out, "fg", font="TkDefaultFont")
            way_out.pack(fill="x", pady=(self.theme.px(4), 0))


_LONGEST = 120


def _short(url: str) -> str:
    """Return an address without what nobody reads of it."""
    return url if len(url) <= _LONGEST else f"{url[: _LONGEST - 1]}…"
