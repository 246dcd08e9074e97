"""The test of an account, drawn: what it comes to, a row a step, one card of advice."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Sequence

from traymail import __version__
from traymail.core.secret import Secret
from traymail.core.texts import Text, text
from traymail.ui.model.trial import NAMES, Advice, Headline, Trial, headline, report, step_words
from traymail.ui.theme import Root
from traymail.ui.widgets import Area, Box, Label, Note, StepList, StepState


def copy_report(
    root: Root, trial: Trial | None, secret: Secret | None, tell: Callable[[Text], object]
) -> None:
    """Put what a test came to into the clipboard, without the secret."""
    if trial is None:
        return
    words = report(trial, __version__, root.theme.translate)
    if secret is not None:
        words = secret.strike_out(words, trial.account.username)
    root.clipboard_clear()
    root.clipboard_append(words)
    tell(text("The report is in the clipboard. It contains no code."))


class TrialView(Area):
    """Rows that are there from the start: nothing jumps. ``steps``: those before any test."""

    def __init__(self, master: tk.Misc, steps: Sequence[str] = ()) -> None:
        super().__init__(master)
        px = self.theme.px
        self._title = Label(self, "", "fg", "TmTitle")
        self._title.pack(anchor="w")
        self._more = Label(self, "", "muted")
        self._more.pack(anchor="w", pady=(px(4), px(10)))
        self._shown = tuple(NAMES[step] for step in steps)
        self._steps = StepList(self, self._shown)
        self._steps.pack(fill="x")
        self._holder = Area(self)
        self._holder.pack(fill="x")
        self._advice: Advice | None = None
        self._card: Box | None = None

    def show(self, trial: Trial, advice: Advice | None, words: Headline | None = None) -> None:
        """Show how far the test is; ``words`` stand above it instead of its own."""
        words = words or headline(trial)
        self._say(words)
        self._show_steps(step_words(trial))
        for place, row in enumerate(trial.rows):
            self._steps.show(place, StepState(row.mark.value), row.detail, row.ms)
        if advice != self._advice:
            self._advice = advice
            self._draw_card(advice, told=advice is not None and advice.title == words.title)

    def clear(self, words: Headline) -> None:
        """Let all steps wait below these words: nothing was tried yet."""
        self._say(words)
        self._steps.reset()
        self._advice = None
        self._draw_card(None, told=False)

    def _show_steps(self, steps: tuple[Text, ...]) -> None:
        """Have a row for each of these: another kind of account is tried otherwise."""
        if steps == self._shown:
            return
        self._shown = steps
        self._steps.destroy()
        self._steps = StepList(self, steps)
        self._steps.pack(fill="x", before=self._holder)

    def _say(self, words: Headline) -> None:
        self._title.set_text(words.title)
        self._more.set_text(words.more)

    def _draw_card(self, advice: Advice | None, *, told: bool) -> None:
        if self._card is not None:
            self._card.destroy()
            self._card = None
            self._holder.configure(height=1)
        if advice is None:
            return
        px = self.theme.px
        self._card = Box(self._holder, "errbg", (16, 12))
        self._card.pack(fill="x", pady=(px(8), 0))
        # What the page says on top is not said twice.
        repeated = told and advice.way_out is not None
        if not repeated:
            title = Note(self._card, advice.title, "fg", "lightbulb", font="TmStrong")
            title.pack(fill="x", pady=(0, px(4)))
        if advice.way_out is not None:
            icon = "lightbulb" if repeated else None
            Note(self._card, advice.way_out, "fg", icon, font="TkDefaultFont").pack(fill="x")
        if advice.reply:
            reply = Note(self._card, advice.reply, "muted", font="TkFixedFont")
            reply.pack(fill="x", pady=(px(4), 0))
