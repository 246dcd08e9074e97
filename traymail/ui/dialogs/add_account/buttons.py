"""The footer, drawn from the buttons of the model."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from traymail.ui.model.add_buttons import AddAct, AddButtons, AddOffer
from traymail.ui.widgets import Button
from traymail.ui.window import Footer

_ICONS = {AddAct.STOP: "stop", AddAct.COPY_REPORT: "copy", AddAct.WRITE: "send"}
_LINKS = {AddAct.COPY_REPORT, AddAct.SAVE, AddAct.DEVICE}


class ButtonBar:
    """Draws anew only when other buttons are wanted; enabling is cheap."""

    def __init__(self, footer: Footer, on_act: Callable[[AddAct], object]) -> None:
        self._footer, self._on_act = footer, on_act
        self._layout: tuple[object, ...] = ()
        self.buttons: dict[AddAct, Button] = {}
        self.primary: Button | None = None

    def show(self, wanted: AddButtons) -> bool:
        """Show these; tell whether they are others than before."""
        offers = (*wanted.left, wanted.second, wanted.primary)
        layout = tuple((offer.words, offer.act) if offer else None for offer in offers)
        new = layout != self._layout
        if new:
            self._layout = layout
            self._draw(wanted)
        for offer in offers:
            if offer is not None:
                self.buttons[offer.act].enable(offer.enabled)
        return new

    def _draw(self, wanted: AddButtons) -> None:
        for button in self.buttons.values():
            button.destroy()
        self.buttons = {}
        for offer in wanted.left:
            press = partial(self._on_act, offer.act)
            kind = "link" if offer.act in _LINKS else "ghost"
            icon = _ICONS.get(offer.act)
            self.buttons[offer.act] = self._footer.add_left(offer.words, press, kind, icon)  # type: ignore[arg-type] # a kind
        if wanted.second is not None:
            self._add(wanted.second)
        self.primary = None
        if wanted.primary is not None:
            self.primary = self._add(wanted.primary, primary=True)

    def _add(self, offer: AddOffer, *, primary: bool = False) -> Button:
        press = partial(self._on_act, offer.act)
        kind = "primary" if primary else "normal"
        button = self._footer.add(offer.words, press, kind, _ICONS.get(offer.act))  # type: ignore[arg-type] # a kind
        self.buttons[offer.act] = button
        return button
