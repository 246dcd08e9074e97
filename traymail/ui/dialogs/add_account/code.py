"""The second page: how to get the code, and the field it goes into."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable

from traymail.core.texts import text
from traymail.ui.dialogs.add_account.secret import SecretField, draw_steps
from traymail.ui.model.guides import CodeCheck, Guide
from traymail.ui.widgets import Area, Button, Label, Note, ScrollArea


class CodePage(Area):
    """Made for one guide; the code lives in its field only until it is tried."""

    def __init__(
        self,
        master: tk.Misc,
        guide: Guide,
        typed: Callable[[str], object],
        open_page: Callable[[str], object],
        sign_in: Callable[[], object] | None = None,
    ) -> None:
        """``sign_in`` leads to another way, where there is one."""
        super().__init__(master)
        px = self.theme.px
        self.guide = guide
        self.instead: Button | None = None
        self._field = SecretField(self, guide, typed)
        self._field.pack(side="bottom", fill="x")
        scroll = ScrollArea(self, padding=(24, 20, 14, 8))
        scroll.pack(side="top", fill="both", expand=True)
        inner = scroll.inner
        Label(inner, guide.title, "fg", "TmTitle").pack(anchor="w")
        intro = Note(inner, guide.intro, "muted", font="TkDefaultFont")
        intro.pack(fill="x", pady=(px(4), px(6)))
        draw_steps(inner, guide.steps, open_page)
        if sign_in is not None:
            words = text("Sign in in t&he browser instead…")
            self.instead = Button(inner, words, sign_in, "link")
            self.instead.pack(anchor="w", pady=(px(8), 0))
        self.entry = self._field.entry

    def show(self, check: CodeCheck) -> None:
        """Show what is to be said of the code."""
        self._field.show(check)

    def clear(self) -> None:
        """Forget what stands in the field."""
        self._field.clear()
