"""What leads to a secret, and the field it goes into."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Sequence
from functools import partial

from traymail.core.texts import text
from traymail.ui.model.guides import CodeCheck, Guide, GuideStep
from traymail.ui.widgets import Area, Button, Entry, FieldRow, Label, Line, Note

_COPIED = text("Copy and paste it: spaces that do not matter are removed.")


class SecretField(Area):
    """The foot of a page: what is typed lives in it only."""

    def __init__(self, master: tk.Misc, guide: Guide, typed: Callable[[str], object]) -> None:
        super().__init__(master, padding=(24, 0, 24, 12))
        px = self.theme.px
        self._typed = typed
        Line(self).pack(fill="x", pady=(0, px(12)))
        self._row = FieldRow(self, guide.label, guide.hint or _COPIED, above=True)
        self._row.pack(fill="x")
        self.paste = Button(self._row.controls, text("&Paste"), self._paste, icon="clipboard")
        self.paste.pack(side="right", padx=(px(8), 0))
        font = "TkDefaultFont" if guide.hidden else "TkFixedFont"
        self.entry = Entry(self._row.controls, on_change=typed, font=font, secret=guide.hidden)
        self.entry.pack(side="left", fill="x", expand=True)
        kept = text("Kept in the keyring of this computer, never in a file.")
        Note(self, kept, "muted", "shield-lock").pack(fill="x", pady=(px(6), 0))

    def show(self, check: CodeCheck) -> None:
        """Show what is to be said of what is typed."""
        self._row.tell(check.note, check.severity)

    def clear(self) -> None:
        """Forget what stands in the field."""
        self.entry.value = ""
        self.show(CodeCheck(None))

    def _paste(self) -> None:
        try:
            words = self.clipboard_get()
        except tk.TclError:  # nothing, or no text
            return
        self.entry.value = words.strip()
        self._typed(self.entry.value)
        self.entry.focus_set()


def draw_steps(
    master: Area, steps: Sequence[GuideStep], open_page: Callable[[str], object]
) -> None:
    """Draw the steps that lead to it, the first page that they open with an access key."""
    for number, step in enumerate(steps, start=1):
        first = bool(step.url) and not any(one.url for one in steps[: number - 1])
        words = text("Open pa&ge") if first else text("Open page")
        row = _draw_step(master, number, step)
        if step.url:
            act = partial(open_page, step.url)
            button = Button(row, words, act, icon="box-arrow-up-right")
            button.grid(row=0, column=2, sticky="e", padx=(master.theme.px(12), 0))


def _draw_step(master: Area, number: int, step: GuideStep) -> Area:
    px = master.theme.px
    row = Area(master)
    row.pack(fill="x", pady=(px(6), 0))
    row.columnconfigure(1, weight=1)
    row.rowconfigure(0, minsize=px(30))
    sign = Label(row, "", "link", icon=f"{number}-circle", icon_size=18)
    sign.grid(row=0, column=0, sticky="w", padx=(0, px(16)))
    Note(row, step.words, "fg", font="TkDefaultFont").grid(row=0, column=1, sticky="we")
    if step.hint is not None:
        Note(row, step.hint).grid(row=1, column=1, sticky="we")
    return row
