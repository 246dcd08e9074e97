"""The bar below a page or a window, drawn from what its state offers."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Generic

from traymail.ui.model.actions import A, Actions, Offered
from traymail.ui.widgets import Area, Button, Label, Spinner, Tooltip
from traymail.ui.widgets.button import ButtonKind
from traymail.ui.window import Footer


class ActionBar(Generic[A]):
    """Buttons stay as long as they are offered, with the keyboard on them."""

    def __init__(
        self,
        footer: Footer,
        press: Callable[[A], object],
        jump: Callable[[], object] = lambda: None,
    ) -> None:
        """``jump`` leads to the first field that needs the user."""
        self._footer, self._press = footer, press
        self._made: dict[tuple[A, ButtonKind, bool], Button] = {}
        self._layout: object = None
        self.buttons: dict[A, Button] = {}
        self.primary: Button | None = None
        self._spinner = Spinner(footer.right, size=16)
        self._note = Label(footer.right, "", "muted", "TmSmall")
        self.count = Button(footer.right, "", jump, "alert", icon="exclamation-circle")

    @property
    def has_keyboard(self) -> bool:
        """Whether the keyboard is in the bar."""
        focused = self._footer.focus_get()
        return focused is not None and str(focused).startswith(f"{self._footer}.")

    def show(self, wanted: Actions[A]) -> bool:
        """Show these; tell whether they are others than before."""
        layout = [(one.act, one.words) for one in wanted.all], wanted.said, wanted.waiting
        new = layout != self._layout
        if new:
            self._layout = layout
            self._draw(wanted)
        for offer in wanted.all:
            self.buttons[offer.act].enable(offer.enabled)
        return new

    def _draw(self, wanted: Actions[A]) -> None:
        footer, px = self._footer, self._footer.theme.px
        before = self._footer.focus_get()
        for child in (*footer.right.pack_slaves(), *footer.left.pack_slaves()):
            child.pack_forget()
        self.buttons = {}
        if wanted.waiting:
            self._spinner.pack(side="left", padx=(0, px(8)))
            self._spinner.start()
        else:
            self._spinner.stop()
        if wanted.said is not None:
            note = self.count if wanted.wrong else self._note
            note.set_text(wanted.said)
            note.pack(side="left", padx=(0, px(4)))
        for offer in wanted.left:
            self._put(offer, offer.kind, footer.left)
        for offer in wanted.others:
            self._put(offer, offer.kind, footer.right)
        self.primary = None
        if wanted.primary is not None:
            self.primary = self._put(wanted.primary, "primary", footer.right)
        if before in self._made.values() and before not in self.buttons.values():
            footer.winfo_toplevel().focus_set()  # nobody presses what is out of sight

    def _put(self, offer: Offered[A], kind: ButtonKind, side: Area) -> Button:
        key = offer.act, kind, side is self._footer.left
        button = self._made.get(key)
        if button is None:
            button = Button(side, "", partial(self._press, offer.act), kind, offer.icon)
            self._made[key] = button
            if offer.bare:
                said = side.theme.say(offer.words)
                Tooltip(button, lambda _x, _y: said)
        if not offer.bare:
            button.set_text(offer.words)
        # Tab follows the order in which widgets lie above each other.
        button.lift()
        first = side is self._footer.left and not side.pack_slaves()
        button.pack(side="left", padx=(0 if first else side.theme.px(8), 0))
        self.buttons[offer.act] = button
        return button
