"""The list of the accounts: the name, how it stands, its address, what it needs."""

from __future__ import annotations

import tkinter as tk
from functools import partial

from traymail.core.texts import text
from traymail.ui.dialogs.accounts.handlers import AccountHandlers
from traymail.ui.model.settings_form import AccountEntry
from traymail.ui.widgets import MOST_ROWS, Area, Box, Button, Label, Note, ScrollArea

_WIDTH = 226


class AccountList(Area):
    """One row an account; Up and Down move."""

    def __init__(self, master: tk.Misc, handlers: AccountHandlers) -> None:
        super().__init__(master)
        px = self.theme.px
        self.configure(width=px(_WIDTH))
        self.pack_propagate(flag=False)
        self._handlers = handlers
        self.rows: dict[str, AccountRow] = {}
        Label(self, text("Accounts"), "fg", "TmHead").pack(
            anchor="w", padx=px(22), pady=(px(20), px(12))
        )
        foot = Area(self, padding=(20, 12, 20, 16))
        foot.pack(side="bottom", fill="x")
        self.add = Button(foot, text("Add accou&nt…"), handlers.add, icon="plus-lg")
        self.add.pack(fill="x")
        self._scroll = ScrollArea(self, padding=(12, 0, 2, 0))
        self._scroll.pack(side="top", fill="both", expand=True)

    def show(self, entries: tuple[AccountEntry, ...], chosen: str | None) -> None:
        """Show these; rows that are there stay, with the keyboard on them."""
        rows = entries[:MOST_ROWS]
        if [entry.name for entry in rows] != list(self.rows):
            self._draw(rows)
        self._scroll.tell_rest(len(entries))
        for entry in rows:
            self.rows[entry.name].show(entry, chosen=entry.name == chosen)

    def focus_on(self, name: str | None) -> None:
        """Put the keyboard on a row."""
        if name in self.rows:
            self.rows[name].focus_set()

    def _draw(self, entries: tuple[AccountEntry, ...]) -> None:
        focused = next((name for name, row in self.rows.items() if row is self.focus_get()), None)
        for row in self.rows.values():
            row.destroy()
        self.rows = {}
        for entry in entries:
            self.rows[entry.name] = AccountRow(self._scroll.inner, self._handlers)
            self.rows[entry.name].pack(fill="x", pady=(0, self.theme.px(4)))
        self.focus_on(focused)


class AccountRow(Area):
    """A click or the arrow keys choose it."""

    def __init__(self, master: tk.Misc, handlers: AccountHandlers) -> None:
        super().__init__(master)
        self.configure(takefocus=True, cursor="hand2")
        self._handlers = handlers
        self._shown: tuple[AccountEntry, bool] | None = None
        self._box: Box | None = None
        self.bind("<FocusIn>", lambda _event: self._ring())
        self.bind("<FocusOut>", lambda _event: self._ring())
        for key, step in (("<Up>", -1), ("<Down>", 1)):
            self.bind(key, partial(self._move, step))
        for key in ("<Return>", "<KP_Enter>", "<space>"):
            self.bind(key, self._clicked)

    def show(self, entry: AccountEntry, *, chosen: bool) -> None:
        """Show how the account stands now."""
        if (entry, chosen) == self._shown:
            return
        self._shown = entry, chosen
        old = self._box
        self._box = Box(self, "sel" if chosen else "bg", (12, 9))
        self._fill(self._box, entry)
        if old is not None:
            old.destroy()
        self._box.pack(fill="x")
        self._listen(self._box)
        self._ring()

    def _fill(self, box: Box, entry: AccountEntry) -> None:
        px = self.theme.px
        head = Area(box)
        head.pack(fill="x")
        if entry.attention is None:
            sign = Label(head, text("ready"), "success", "TmSmall", "check-circle-fill", 14)
        else:
            sign = Label(head, "", "warning", icon="exclamation-triangle-fill", icon_size=14)
        sign.pack(side="right", anchor="n", padx=(px(6), 0))
        Note(head, entry.name, "fg", font="TmStrong").pack(side="left", fill="x", expand=True)
        line = Area(box)
        line.pack(fill="x", pady=(px(3), 0))
        if entry.default:
            default = Label(line, text("default"), "muted", "TmSmall")
            default.pack(side="right", anchor="n", padx=(px(6), 0))
        Note(line, entry.address).pack(side="left", fill="x", expand=True)
        if entry.attention is not None:
            Note(box, entry.attention, "warning").pack(fill="x", pady=(px(3), 0))
        if entry.changed:
            changed = Note(box, text("Changed, not saved"), "link", "pencil")
            changed.pack(fill="x", pady=(px(3), 0))

    def _listen(self, widget: tk.Misc) -> None:
        widget.bind("<Button-1>", self._clicked)
        for child in widget.winfo_children():
            self._listen(child)

    def _clicked(self, _event: object) -> str:
        if self._shown is not None:
            self.focus_set()
            self._handlers.choose(self._shown[0].name)
        return "break"

    def _move(self, step: int, _event: object) -> str:
        self._handlers.move(step)
        return "break"

    def _ring(self) -> None:
        if self._box is not None and self._box.winfo_exists():
            self._box.state(["focus" if self.focus_get() is self else "!focus"])
