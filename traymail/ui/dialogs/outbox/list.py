"""The left of the outbox window: the mails asked for, a row each."""

from __future__ import annotations

import tkinter as tk
from dataclasses import replace

from traymail.core.texts import text
from traymail.ui.dialogs.outbox.doors import OutboxHandlers
from traymail.ui.model.outbox import OutboxState
from traymail.ui.model.outbox_detail import MailAct
from traymail.ui.model.outbox_table import (
    OutboxFilter,
    OutboxLine,
    account_choices,
    account_of,
    rule_choices,
    rule_of,
    rule_value,
)
from traymail.ui.widgets import Area, Button, Column, Empty, Label, Picker, Row, Table

COLUMNS = (
    Column("subject", text("Subject"), 184, stretch=True),
    Column("to", text("To"), 144),
    Column("rule", text("Rule"), 84),
    Column("when", text("When"), 96, align="e"),
)


class ListPane(Area):
    """Pickers, the table, and below it how to see more."""

    def __init__(self, master: tk.Misc, acts: OutboxHandlers) -> None:
        super().__init__(master)
        self._acts, self._filter = acts, OutboxFilter()
        self._drawn: tuple[OutboxLine, ...] = ()
        self._offered: object = None
        self._looked_at = 0
        self._make_bar()
        self._foot = _Foot(self, acts)
        self.table = Table(self, COLUMNS, self._selected, self._opened)
        self.table.pack(fill="both", expand=True, padx=(self.look.px(8), 0))
        self._nothing: Empty | None = None

    def show(self, state: OutboxState, lines: tuple[OutboxLine, ...]) -> None:
        """Show the rows of a state; the scroll position and the choice stay."""
        self._filter, self._looked_at = state.filter, state.looked_at
        self._show_choices(state)
        self.retry_all.enable(state.to_retry > 0)
        if lines != self._drawn:
            self._drawn = lines
            self.table.show([self._row(line) for line in lines])
        wanted = str(state.looked_at)
        if self.table.selected != wanted and any(line.id == state.looked_at for line in lines):
            self.table.select(wanted)
        self._foot.show(len(lines) if state.more else 0)
        self._show_nothing(empty=state.found is not None and not lines)

    def _make_bar(self) -> None:
        px = self.look.px
        bar = Area(self, padding=(12, 8, 10, 2))
        bar.pack(fill="x")
        self.retry_all = Button(
            bar, text("Retry a&ll"), self._acts.retry_all, "link", "arrow-clockwise"
        )
        self.retry_all.pack(side="right")
        self.accounts = Picker(bar, account_choices(None), "", self._account, bare=True)
        self.accounts.pack(side="left", padx=(0, px(12)))
        self.rules = Picker(bar, rule_choices(None), "", self._rule, bare=True)
        self.rules.pack(side="left")

    def _show_choices(self, state: OutboxState) -> None:
        overview = None if state.found is None else state.found.overview
        offered = (account_choices(overview), rule_choices(overview))
        account, rule = state.filter.account or "", rule_value(state.filter.rule)
        if offered != self._offered:
            self._offered = offered
            self.accounts.offer(offered[0], account)
            self.rules.offer(offered[1], rule)
        self.accounts.value, self.rules.value = account, rule

    def _show_nothing(self, *, empty: bool) -> None:
        if self._nothing is not None and not empty:
            self._nothing.destroy()
            self._nothing = None
        elif self._nothing is None and empty:
            self._nothing = Empty(self, "search", text("No mail matches"))
            clear = Button(
                self._nothing.middle,
                text("Clear &filter"),
                lambda: self._acts.ask(OutboxFilter()),
                "link",
            )
            clear.pack(pady=(self.look.px(4), 0))
            self._nothing.place(in_=self.table, relwidth=1, relheight=1)

    def _row(self, line: OutboxLine) -> Row:
        say = self.look.say
        cells = (say(line.subject), say(line.to), line.rule, say(line.when))
        return Row(str(line.id), cells, line.sign.icon, line.sign.role, muted=line.muted)

    def _account(self, value: str) -> None:
        self._acts.ask(replace(self._filter, account=account_of(value)))

    def _rule(self, value: str) -> None:
        self._acts.ask(replace(self._filter, rule=rule_of(value)))

    def _selected(self, key: str | None) -> None:
        # A row that goes away leaves its mail in sight: nothing jumps.
        if key is not None and int(key) != self._looked_at:
            self._acts.look_at(int(key))

    def _opened(self, key: str) -> None:
        self._acts.do(MailAct.OPEN, int(key))


class _Foot(Area):
    """Says that the list is not all there is."""

    def __init__(self, master: tk.Misc, acts: OutboxHandlers) -> None:
        super().__init__(master, "chrome", (16, 4))
        self._words = Label(self, "", "muted", "TmSmall")
        self._words.pack(side="left")
        Button(self, text("S&how more"), acts.ask_for_more, "link").pack(side="right")

    def show(self, count: int) -> None:
        """Say how many mails are shown; 0: that is all of them."""
        if count:
            self._words.say(text("The newest {n} are shown.", n=count))
            self.pack(side="bottom", fill="x")
        else:
            self.pack_forget()
