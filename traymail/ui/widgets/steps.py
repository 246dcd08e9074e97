"""Steps with their state, in rows that are there from the start: nothing jumps."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Sequence
from enum import Enum

from traymail.core.texts import text
from traymail.ui.theme import Words
from traymail.ui.widgets.base import Area, Label, Note
from traymail.ui.widgets.progress import Spinner


class StepState(Enum):
    """How far a step is."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"


_SIGNS = {
    StepState.WAITING: ("circle", "field"),
    StepState.DONE: ("check-circle-fill", "success"),
    StepState.FAILED: ("x-circle-fill", "danger"),
    StepState.SKIPPED: ("circle", "field"),
}


class StepList(Area):
    """One row a step: sign, name, detail, milliseconds."""

    def __init__(self, master: tk.Misc, names: Sequence[Words]) -> None:
        super().__init__(master)
        self.columnconfigure(1, minsize=self.theme.px(140))
        self.columnconfigure(2, weight=1)
        self._rows = [_Step(self, row, name) for row, name in enumerate(names)]

    def show(
        self, place: int, state: StepState, detail: Words = "", milliseconds: int | None = None
    ) -> None:
        """Show the state of the step at a place; one that has not begun says nothing."""
        self._rows[place].show(state, detail, milliseconds)

    def reset(self) -> None:
        """Let all steps wait."""
        for row in self._rows:
            row.show(StepState.WAITING, "", None)


class _Step:
    def __init__(self, master: Area, row: int, name: Words) -> None:
        px = master.theme.px
        self._sign = Label(master, "", "field", icon="circle", icon_size=18)
        self._spinner = Spinner(master, size=18)
        self._name = Label(master, name, "muted")
        self._detail = Note(master)
        self._time = Label(master, "", "muted", "TmSmall")
        master.rowconfigure(row, minsize=px(38))
        for sign in (self._sign, self._spinner):
            sign.grid(row=row, column=0, padx=(0, px(16)))
        self._name.grid(row=row, column=1, sticky="w", padx=(0, px(12)))
        self._detail.grid(row=row, column=2, sticky="we")
        self._time.grid(row=row, column=3, sticky="e", padx=(px(8), 0))
        self.show(StepState.WAITING, "", None)

    def show(self, state: StepState, detail: Words, milliseconds: int | None) -> None:
        self._show_sign(state)
        strong = state in {StepState.RUNNING, StepState.FAILED}
        passed = state in {StepState.RUNNING, StepState.FAILED, StepState.DONE}
        self._name.configure(font="TmStrong" if strong else "TkDefaultFont")
        self._name.recolour("fg" if passed else "muted")
        usual = {
            StepState.RUNNING: text("working…"),
            StepState.SKIPPED: text("not reached"),
        }
        self._detail.set_text(
            detail or usual.get(state, ""), "danger" if state is StepState.FAILED else "muted"
        )
        self._time.set_text("" if milliseconds is None else f"{milliseconds} ms")

    def _show_sign(self, state: StepState) -> None:
        if state is StepState.RUNNING:
            self._sign.grid_remove()
            self._spinner.grid()
            self._spinner.start()
            return
        self._spinner.stop()
        self._spinner.grid_remove()
        sign, role = _SIGNS[state]
        self._sign.set_text("", role, sign)
        self._sign.grid()
