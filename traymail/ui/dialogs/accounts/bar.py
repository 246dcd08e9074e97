"""The bar below the form, drawn from the buttons of the model."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from functools import partial

from traymail.core.texts import Text
from traymail.ui.model.account_buttons import AccountAct, AccountButtons, AccountOffer
from traymail.ui.widgets import Area, Button, Label, Spinner, Tooltip
from traymail.ui.widgets.button import ButtonKind
from traymail.ui.window import Footer

_ICONS = {AccountAct.TEST: "play", AccountAct.UNDO: "arrow-counterclockwise"}
_KINDS: dict[AccountAct, ButtonKind] = {
    AccountAct.REMOVE: "danger",
    AccountAct.COPY_REPORT: "link",
    AccountAct.UNDO: "ghost",
}


class AccountBar(Footer):
    """Buttons stay as long as they are offered, with the keyboard on them."""

    def __init__(
        self, master: tk.Misc, press: Callable[[AccountAct], object], jump: Callable[[], object]
    ) -> None:
        """``jump`` leads to the first field that needs the user."""
        super().__init__(master)
        self._press = press
        self._made: dict[tuple[str, ButtonKind, bool], Button] = {}
        self._layout: object = None
        self.buttons: dict[AccountAct, Button] = {}
        self.primary: Button | None = None
        self._spinner = Spinner(self.right, size=16)
        self._note = Label(self.right, "", "muted", "TmSmall")
        self._count = Button(self.right, "", jump, "alert", icon="exclamation-circle")

    def show(self, wanted: AccountButtons) -> bool:
        """Show these; tell whether they are others than before."""
        offers = (wanted.left, *wanted.others, wanted.primary)
        layout = [(one.words, one.act) if one else None for one in offers]
        new = (layout, wanted.note, wanted.wrong, wanted.waiting) != self._layout
        if new:
            self._layout = layout, wanted.note, wanted.wrong, wanted.waiting
            self._draw(wanted)
        for offer in offers:
            if offer is not None:
                self.buttons[offer.act].enable(offer.enabled)
        return new

    def _draw(self, wanted: AccountButtons) -> None:
        for child in (*self.right.pack_slaves(), *self.left.pack_slaves()):
            child.pack_forget()
        self.buttons = {}
        if wanted.waiting:
            self._spinner.pack(side="left", padx=(0, self.look.px(8)))
            self._spinner.start()
        else:
            self._spinner.stop()
        if wanted.note is not None:
            self._draw_note(wanted.note, wrong=wanted.wrong)
        if wanted.left is not None:
            self._put(wanted.left, _KINDS.get(wanted.left.act, "normal"), self.left)
        for offer in wanted.others:
            self._put(offer, _KINDS.get(offer.act, "normal"), self.right)
        self.primary = None
        if wanted.primary is not None:
            self.primary = self._put(wanted.primary, "primary", self.right)

    def _draw_note(self, words: Text, *, wrong: bool) -> None:
        note = self._count if wrong else self._note
        note.say(words)
        note.pack(side="left", padx=(0, self.look.px(4)))

    def _put(self, offer: AccountOffer, kind: ButtonKind, side: Area) -> Button:
        key = offer.words.msgid, kind, side is self.left
        if key not in self._made:
            press = partial(self._press, offer.act)
            # There is no room for more words beside a note.
            words = "" if offer.act is AccountAct.UNDO else offer.words
            self._made[key] = Button(side, words, press, kind, _ICONS.get(offer.act))
            if not words:
                said = self.look.say(offer.words)
                Tooltip(self._made[key], lambda _x, _y: said)
        button = self._made[key]
        # Tab follows the order in which widgets lie above each other.
        button.lift()
        button.pack(side="left", padx=(self.look.px(8) if side is self.right else 0, 0))
        self.buttons[offer.act] = button
        return button
