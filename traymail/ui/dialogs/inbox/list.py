"""The list of what arrived, the newest on top."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from traymail.ui.model import inbox as model
from traymail.ui.model.inbox import Inbox, InboxEntry, Origin
from traymail.ui.widgets import Box, Label, ScrollArea, stack
from traymail.ui.widgets.table import elide

_SIGN_WIDTH = 34
# What of the list's width is beside the words: margins, sign, the gutter of the scroll bar.
_BESIDE = 92


@dataclass(frozen=True, slots=True)
class _Shown:
    entry: InboxEntry
    origin: Origin
    chosen: bool


class MailList(ScrollArea):
    """A row a mail. Up and Down choose; only the chosen row takes the keyboard by Tab."""

    def __init__(
        self,
        master: tk.Misc,
        width: float,
        choose: Callable[[int], object],
        step: Callable[[int], object],
    ) -> None:
        super().__init__(master, padding=(8, 10, 2, 10))
        self._room = self.look.px(width - _BESIDE)
        self._choose, self._step = choose, step
        self._order: tuple[int, ...] = ()
        self.rows: dict[int, _Row] = {}

    def fill(self, state: Inbox) -> None:
        """Show these mails; rows that have not changed stay."""
        had_keyboard = any(self.focus_get() is row for row in self.rows.values())
        wanted = {
            one.number: _Shown(one, model.origin(state, one.mail), one.number == state.chosen)
            for one in state.entries
        }
        redrawn = False
        for number, shown in wanted.items():
            row = self.rows.get(number)
            if row is None or row.shown != shown:
                if row is not None:
                    row.destroy()
                self.rows[number] = self._row(shown)
                redrawn = True
        if redrawn or tuple(wanted) != self._order:
            self._order = tuple(wanted)
            rows = [self.rows[number] for number in wanted]
            stack(rows, fill="x", pady=(0, self.look.px(2)))
            for row in rows:
                row.lift()
        if had_keyboard:
            self.focus_on_choice(state)

    def focus_on_choice(self, state: Inbox) -> None:
        """Put the keyboard on the chosen mail."""
        if state.chosen is not None:
            self.rows[state.chosen].focus_set()

    def _row(self, shown: _Shown) -> _Row:
        row = _Row(self.inner, shown, self._room, partial(self._choose, shown.entry.number))
        for key, by in (("<Up>", -1), ("<Down>", 1)):
            row.bind(key, partial(self._move, by))
        return row

    def _move(self, by: int, _event: object) -> str:
        self._step(by)
        return "break"


class _Row(Box):
    """What made it and when; a dot while it is unread, and the subject."""

    def __init__(
        self, master: tk.Misc, shown: _Shown, room: int, choose: Callable[[], object]
    ) -> None:
        super().__init__(master, "sel" if shown.chosen else "bg", (14, 10))
        self.shown = shown
        px, entry = self.look.px, shown.entry
        self.configure(takefocus=shown.chosen)
        self.columnconfigure(0, minsize=px(_SIGN_WIDTH))
        self.columnconfigure(1, weight=1)
        role = "link" if shown.chosen else "muted"
        Label(self, "", role, icon=model.ICONS[shown.origin]).grid(row=0, column=0, sticky="w")
        small = self.look.font("TmSmall").measure
        time = entry.at.astimezone().strftime("%H:%M")
        line = elide(self.look.say(model.line_of(entry.mail)), room - small(time), small)
        Label(self, line, "muted", "TmSmall").grid(row=0, column=1, sticky="w")
        Label(self, time, "muted", "TmSmall").grid(row=0, column=2, sticky="e")
        if entry.unread:
            dot = Label(self, "", "link", icon="circle-fill", icon_size=9)
            dot.grid(row=1, column=0, sticky="w", padx=(px(3), 0))
        font = "TmStrong" if entry.unread else "TkDefaultFont"
        subject = self.look.say(model.subject_of(entry.mail))
        words = Label(self, elide(subject, room, self.look.font(font).measure), "fg", font)
        words.grid(row=1, column=1, columnspan=2, sticky="w", pady=(px(6), 0))
        self.bind("<FocusIn>", lambda _event: self.state(["focus"]))
        self.bind("<FocusOut>", lambda _event: self.state(["!focus"]))
        for part in (self, *self.winfo_children()):
            part.bind("<Button-1>", lambda _event: choose())
