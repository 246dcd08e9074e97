"""The upper part of the quick-send window: from, to, copies, subject."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Mapping
from dataclasses import replace

from traymail.core.fields import Choice
from traymail.core.overview import SavedDraft
from traymail.core.texts import Text, text
from traymail.ui.dialogs.quick_send.acts import QuickSendHandlers
from traymail.ui.form_controls import Helpers
from traymail.ui.model.quick_judge import sender_words
from traymail.ui.model.quick_send import QuickSend
from traymail.ui.theme import Words
from traymail.ui.widgets import AddressField, Area, Button, Caption, Entry, Line, Note, Picker

_SIDE = 20
_LABEL = 64
_ROW = 42


class HeadRow(Area):
    """A label, a field without a border, and a hairline that shows focus and error."""

    def __init__(self, master: tk.Misc, label: Words) -> None:
        super().__init__(master)
        px = self.look.px
        self.bar = Area(self, padding=(_SIDE, 0))
        self.bar.pack(fill="x")
        self.bar.columnconfigure(0, minsize=px(_LABEL))
        self.bar.columnconfigure(1, weight=1)
        self.bar.rowconfigure(0, minsize=px(_ROW))
        self._caption = Caption(self.bar, label)
        above = (px(_ROW) - self._caption.winfo_reqheight()) // 2
        self._caption.grid(row=0, column=0, sticky="nw", pady=(above, 0))
        gutter = Area(self)
        gutter.configure(height=px(2))
        gutter.pack(fill="x")
        self._line = Line(gutter)
        self._note = Note(self, surface=self.surface)
        self._focused = self._bad = False
        self._draw()

    def put(self, field: tk.Widget, watched: tk.Widget) -> None:
        """Show a field; ``watched`` in it takes the keyboard."""
        field.grid(in_=self.bar, row=0, column=1, sticky="we", pady=self.look.px(5))
        self._caption.lead(watched.focus_set)
        watched.bind("<FocusIn>", lambda _event: self._focus(on=True), add="+")
        watched.bind("<FocusOut>", lambda _event: self._focus(on=False), add="+")

    def put_right(self, thing: tk.Widget, column: int = 2) -> None:
        """Show something at the right end."""
        above = (self.look.px(_ROW) - thing.winfo_reqheight()) // 2
        thing.grid(in_=self.bar, row=0, column=column, sticky="ne", pady=(above, 0))

    def tell(self, what: Text | None) -> None:
        """Show what is wrong, or nothing."""
        if what is None:
            self._note.pack_forget()
        else:
            px = self.look.px
            self._note.say(what, "danger")
            self._note.pack(fill="x", padx=(px(_SIDE + _LABEL), px(_SIDE)), pady=(px(4), px(2)))
        self._bad = what is not None
        self._draw()

    def _focus(self, *, on: bool) -> None:
        self._focused = on
        self._draw()

    def _draw(self) -> None:
        role = "danger" if self._bad else "link" if self._focused else "border"
        thick = self.look.px(2 if role != "border" else 1)
        self._line.configure(style=self.look.style(f"Line-{role}", "bg"))
        self._line.place(relx=0, rely=1.0, anchor="sw", relwidth=1.0, height=thick)


class QuickSendHead(Area):
    """The rows, read and filled as a part of a draft."""

    def __init__(self, master: tk.Misc, helpers: Helpers, acts: QuickSendHandlers) -> None:
        super().__init__(master)
        self._acts = acts
        self._senders: tuple[tuple[str, str], ...] = ()
        self._make_from()
        self.to = self._people(text("&To"), helpers)
        self._make_links()
        self.cc = self._people(text("&Cc"), helpers)
        self.bcc = self._people(text("&Bcc"), helpers)
        self._rows = {"to": self._row_of(self.to), "cc": self._row_of(self.cc)}
        self._rows["bcc"] = self._row_of(self.bcc)
        self._subject_row = HeadRow(self, text("Sub&ject"))
        self.subject = Entry(self._subject_row.bar, on_change=lambda _v: acts.typed(), bare=True)
        self._subject_row.put(self.subject, self.subject)
        for row in (self._from_row, self._rows["to"], self._subject_row):
            row.pack(fill="x")

    def read(self, written: SavedDraft) -> SavedDraft:
        """Return what is written, with what stands in these fields."""
        return replace(
            written,
            account=self._sender.value,
            to=self.to.addresses,
            cc=self.cc.addresses,
            bcc=self.bcc.addresses,
            subject=self.subject.value,
        )

    @property
    def typing(self) -> frozenset[str]:
        """The addresses that are still being typed."""
        fields = (self.to, self.cc, self.bcc)
        return frozenset(field.typing for field in fields if field.typing)

    def fill(self, written: SavedDraft) -> None:
        """Show what is written."""
        for field, addresses in (
            (self.to, written.to),
            (self.cc, written.cc),
            (self.bcc, written.bcc),
        ):
            if field.addresses != addresses:
                field.addresses = addresses
        if self.subject.value != written.subject:
            self.subject.value = written.subject
        if written.cc or written.bcc:
            self.unfold()
        elif not (written.to or written.subject):
            self._fold()

    def show(self, state: QuickSend, wrong: Mapping[str, Text]) -> None:
        """Show the accounts, the chosen one, and what is wrong with each row."""
        accounts = state.standing.accounts
        senders = tuple((name, sender_words(account)) for name, account in accounts.items())
        if senders != self._senders:
            self._senders = senders
            self._sender.offer([Choice(*sender) for sender in senders], "")
        chosen = state.account
        self._sender.value = chosen.name if chosen else ""
        self._show_sender(there=bool(senders), known=state.standing.known)
        for name, row in self._rows.items():
            row.tell(wrong.get(name))

    def finish(self) -> None:
        """Make chips of what is still being typed."""
        for field in (self.to, self.cc, self.bcc):
            field.finish()

    def enable(self, *, enabled: bool) -> None:
        """Let the fields be changed, or not."""
        for field in (self.to, self.cc, self.bcc, self.subject):
            field.enable(enabled)
        for control in (self._sender, self._me, self._copies):
            control.enable(enabled)

    def unfold(self) -> None:
        """Show the rows for copies, in place of the link that asks for them."""
        self._copies.grid_remove()
        self._rows["cc"].pack(fill="x", after=self._rows["to"])
        self._rows["bcc"].pack(fill="x", after=self._rows["cc"])

    def _fold(self) -> None:
        self._rows["cc"].pack_forget()
        self._rows["bcc"].pack_forget()
        self._copies.grid()

    def _make_from(self) -> None:
        self._from_row = HeadRow(self, text("F&rom"))
        bar = self._from_row.bar
        changed = self._acts.typed
        self._sender = Picker(bar, (), on_change=lambda _name: changed(), bare=True)
        self._no_sender = Button(
            bar, text("Add account…"), self._acts.add_account, "link", icon="person-plus"
        )
        self._from_row.put(self._sender, self._sender)
        self._sender.grid_configure(sticky="w")
        self._from_row.put(self._no_sender, self._no_sender)
        self._no_sender.grid_configure(sticky="w")
        self._no_sender.grid_remove()

    def _show_sender(self, *, there: bool, known: bool) -> None:
        if there or not known:
            self._no_sender.grid_remove()
            self._sender.grid()
        else:
            self._sender.grid_remove()
            self._no_sender.grid()

    def _people(self, label: Text, helpers: Helpers) -> AddressField:
        row = HeadRow(self, label)
        field = AddressField(
            row.bar, helpers.label, helpers.suggest, helpers.forget, self._acts.typed
        )
        row.put(field, field.entry)
        return field

    def _row_of(self, field: AddressField) -> HeadRow:
        bar = field.master
        assert isinstance(bar.master, HeadRow)  # noqa: S101 - made so above
        return bar.master

    def _make_links(self) -> None:
        row = self._row_of(self.to)
        self._me = Button(row.bar, text("M&e"), self._acts.add_me, "link", icon="person")
        row.put_right(self._me, 2)
        self._copies = Button(row.bar, text("&Cc/Bcc"), self._unfold_by_user, "link")
        row.put_right(self._copies, 3)
        # From the recipients the keyboard goes on to the subject; these are on the way back.
        self.to.lift()

    def _unfold_by_user(self) -> None:
        self.unfold()
        self.cc.entry.focus_set()
