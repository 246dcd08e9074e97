"""The row of the code: that one is kept, or a field for a new one; a kept one is never shown."""

from __future__ import annotations

import tkinter as tk
from functools import partial

from traymail.accounts import kind_of
from traymail.core.texts import Text, text
from traymail.ui.dialogs.accounts.handlers import AccountHandlers
from traymail.ui.model.account_buttons import AccountAct
from traymail.ui.model.add_sign_in import offers_devices
from traymail.ui.model.guides import CodeCheck
from traymail.ui.model.settings_form import (
    AccountForm,
    CodeSight,
    code_sight,
    guide,
    may_sign_in,
    needs_code,
)
from traymail.ui.theme import Words
from traymail.ui.widgets import Area, Button, Entry, FieldRow, Label


class CodeRow(Area):
    """Drawn anew when something else stands in it; what is typed lives in the field only."""

    def __init__(self, master: tk.Misc, handlers: AccountHandlers, label_width: float) -> None:
        super().__init__(master)
        self._handlers, self._label_width = handlers, label_width
        self._sight: tuple[CodeSight, bool, Text, bool] | None = None
        self._row: FieldRow | None = None
        self.entry: Entry | None = None

    def show(self, form: AccountForm) -> None:
        """Show what stands in the row."""
        sight = code_sight(form)
        drawn = sight, form.replacing, kind_of(form.account).secret_label, may_sign_in(form)
        if drawn != self._sight:
            had_keyboard = self._has_keyboard()
            self._sight = drawn
            self._draw(form, sight, drawn[2])
            if had_keyboard:
                self.focus_inside()
        if self._row is not None and sight is CodeSight.ENTRY:
            self._forget(form)
            self._tell(self._row, form)

    def focus_inside(self) -> None:
        """Put the keyboard into the field, or on what is there instead."""
        inside = self.entry
        if inside is None and self._row is not None:
            children = self._row.controls.winfo_children()
            button = next((one for one in children if isinstance(one, Button)), None)
            if button is not None:
                button.focus_set()
        if inside is not None:
            inside.focus_set()

    def _draw(self, form: AccountForm, sight: CodeSight, label: Text) -> None:
        if self._row is not None:
            self._row.destroy()
        self._row, self.entry = None, None
        if sight is CodeSight.NONE:
            self.configure(height=1)
            return
        if sight is CodeSight.SIGN_IN:
            label = text("Sign-in")
        kept = text("Kept in the keyring of this computer, never in a file.")
        help_ = (guide(form).hint or kept) if sight is CodeSight.ENTRY else None
        self._row = FieldRow(self, label, help_, label_width=self._label_width)
        self._row.pack(fill="x", pady=(0, self.theme.px(10)))
        match sight:
            case CodeSight.STORED:
                self._draw_stored(self._row.controls)
            case CodeSight.COMMAND:
                words = text("printed by the command below")
                self._sign(self._row.controls, words, "muted", "terminal")
            case CodeSight.SIGN_IN:
                self._draw_sign_in(self._row.controls, form)
            case CodeSight.ENTRY:
                self._draw_entry(self._row.controls, form)

    def _draw_stored(self, controls: Area) -> None:
        self._sign(controls, text("in the keyring"), "success", "shield-check")
        replace = Button(controls, text("&Replace…"), self._handlers.replace_code, "link")
        replace.pack(side="left", padx=(self.theme.px(12), 0))

    def _draw_sign_in(self, controls: Area, form: AccountForm) -> None:
        """Offer it for the account as it is saved: what is only typed signs in nowhere."""
        words = text("Sign in in t&he browser")
        act = partial(self._handlers.press, AccountAct.SIGN_IN)
        browser = Button(controls, words, act, icon="box-arrow-up-right")
        browser.pack(side="top", anchor="w")
        browser.enable(may_sign_in(form))
        if offers_devices(form.account.host):
            act = partial(self._handlers.press, AccountAct.DEVICE)
            device = Button(controls, text("On another &device…"), act, "link")
            device.pack(side="top", anchor="w", pady=(self.theme.px(2), 0))
            device.enable(may_sign_in(form))
        lead = partial(self._handlers.guide, form.account.host)
        words = text("Whe&re to get a client id…")
        guide_ = Button(controls, words, lead, "link", icon="book")
        guide_.pack(side="top", anchor="w", pady=(self.theme.px(2), 0))

    def _draw_entry(self, controls: Area, form: AccountForm) -> None:
        px = self.theme.px
        if form.replacing:
            keep = Button(controls, text("Keep t&he old one"), self._handlers.keep_code, "link")
            keep.pack(side="right", padx=(px(8), 0))
        hidden = guide(form).hidden
        font = "TkDefaultFont" if hidden else "TkFixedFont"
        self.entry = Entry(
            controls, on_change=self._handlers.typed_code, font=font, secret=hidden, width=16
        )
        self.entry.pack(side="left", fill="x", expand=True)

    def _forget(self, form: AccountForm) -> None:
        """Empty the field when the form holds nothing of what was typed into it."""
        if self.entry is not None and self.entry.value and form.code == CodeCheck(None):
            self.entry.value = ""

    def _sign(self, controls: Area, words: Words, role: str, icon: str) -> None:
        px = self.theme.px
        Label(controls, "", role, icon=icon).pack(side="left", pady=px(7))
        label = Label(controls, words, "muted")
        label.pack(side="left", padx=(px(8), 0))

    def _tell(self, row: FieldRow, form: AccountForm) -> None:
        needed = needs_code(form)
        if form.code.note is not None:
            row.tell(form.code.note, form.code.severity)
        elif needed:
            row.tell(
                text("The stored code is for another login: enter the one for this."), "warning"
            )
        else:
            row.tell(None)
        if self.entry is not None:
            self.entry.mark(needed and form.code.note is not None)

    def _has_keyboard(self) -> bool:
        focused = self.focus_get()
        return focused is not None and str(focused).startswith(f"{self}.")
