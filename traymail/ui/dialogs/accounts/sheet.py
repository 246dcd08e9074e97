"""The form of one account; each account has a sheet of its own, so nothing typed is lost."""

from __future__ import annotations

import tkinter as tk
from functools import partial

from traymail.accounts import kind_of
from traymail.core.fields import fields_of
from traymail.core.texts import Text, text
from traymail.ui.dialogs.accounts.code import CodeRow
from traymail.ui.dialogs.accounts.handlers import AccountHandlers
from traymail.ui.form import FormView
from traymail.ui.model.account_buttons import again
from traymail.ui.model.settings_form import AccountForm, Stop, needs_code
from traymail.ui.widgets import Area, Box, Button, Label, Note, ScrollArea

_LABELS = 106


class AccountSheet(Area):
    """Head, what is wrong with the account, fields, code, more fields."""

    def __init__(self, master: tk.Misc, form: AccountForm, handlers: AccountHandlers) -> None:
        super().__init__(master)
        px = self.theme.px
        self._handlers = handlers
        self._told: object = None
        self._suited: object = None
        self._stop: Stop | None = None
        self._scroll = ScrollArea(self, padding=(24, 18, 14, 8))
        self._scroll.pack(fill="both", expand=True)
        inner = self._scroll.inner
        head = Area(inner)
        head.pack(fill="x", pady=(0, px(14)))
        self._default = Label(head, text("default"), "muted", icon="check", icon_size=14)
        self.make_default = Button(head, text("Ma&ke default"), handlers.set_default, "link")
        Note(head, form.account.name, "fg", font="TmTitle").pack(side="left", fill="x", expand=True)
        self._head = head
        self._holder = Area(inner)
        self._holder.pack(fill="x")
        changed = self._changed
        self._kind = kind_of(form.account)
        self._upper = {field.name for field in fields_of(self._kind.upper())}
        self.first = FormView(inner, self._kind.upper(), changed, label_width=_LABELS)
        self.first.pack(fill="x")
        self.code = CodeRow(inner, handlers, _LABELS)
        self.code.pack(fill="x")
        lower = self._kind.lower(form.account)
        self.rest = FormView(inner, lower, changed, label_width=_LABELS, more=text("More"))
        self.rest.pack(fill="x")
        self.show(form, default=False, stop=None)

    @property
    def values(self) -> dict[str, str]:
        """What stands in the fields."""
        return {**self.first.values, **self.rest.values}

    def fits(self, form: AccountForm) -> bool:
        """Tell whether an account has these fields: it may be of another kind by now."""
        return kind_of(form.account) is self._kind

    def lead_to_server(self) -> None:
        """Put the keyboard where it is written to whom mail goes."""
        self.first.jump(next(iter(self._kind.login), None))

    def show(self, form: AccountForm, *, default: bool, stop: Stop | None) -> None:
        """Show this form."""
        if self.values != form.values:
            self.first.fill(form.values)
            self.rest.fill(form.values)
        self._suit(form)
        self.code.show(form)
        shown, hidden = (
            (self._default, self.make_default) if default else (self.make_default, self._default)
        )
        hidden.pack_forget()
        shown.pack(side="right", anchor="n", before=self._head.pack_slaves()[0])
        self._show_stop(form, stop)
        remark = self._kind.remark(form.account, form.values)
        if (form.problems, remark) != self._told:
            self._told = form.problems, remark
            self._tell(form, remark)

    def jump(self, form: AccountForm) -> None:
        """Put the keyboard into the first field that needs the user."""
        names = [one.where for one in form.problems]
        if any(name in self._upper for name in names):
            self.first.jump()
        elif needs_code(form):
            self.code.focus_inside()
        elif names:
            self.rest.jump()
        else:
            self.first.jump()

    def _suit(self, form: AccountForm) -> None:
        """Leave out what means nothing with these values."""
        suited = self._kind.suited(form.values)
        if suited != self._suited:
            self._suited = suited
            for name, shown in suited.items():
                self.rest.reveal(name, shown=shown)

    def _tell(self, form: AccountForm, remark: tuple[str, Text] | None) -> None:
        self.first.show_problems(form.problems)
        self.rest.show_problems(form.problems)
        if remark is None:
            return
        # An error in the same row comes before a warning.
        row = next((one for one in self._kind.together if remark[0] in one), (remark[0],))
        if not any(one.where in row for one in form.problems):
            self.first.tell(*remark)

    def _show_stop(self, form: AccountForm, stop: Stop | None) -> None:
        if stop == self._stop:
            return
        self._stop = stop
        for child in self._holder.winfo_children():
            child.destroy()
        if stop is None:
            self._holder.configure(height=1)
            return
        px = self.theme.px
        card = Box(self._holder, "warnbg", (14, 12))
        card.pack(fill="x", pady=(0, px(14)))
        sign = "exclamation-triangle"
        Note(card, stop.title, "fg", sign, font="TmStrong").pack(fill="x")
        if stop.advice is not None:
            advice = Note(card, stop.advice, "fg", font="TkDefaultFont")
            advice.pack(fill="x", pady=(px(4), 0))
        if stop.reply:
            reply = Note(card, stop.reply, "muted", font="TkFixedFont")
            reply.pack(fill="x", pady=(px(4), 0))
        if stop.login:
            offer = again(form)
            button = Button(card, offer.words, partial(self._handlers.press, offer.act))
            button.pack(anchor="w", pady=(px(10), 0))

    def _changed(self, _name: str) -> None:
        self._handlers.typed(self.values)
