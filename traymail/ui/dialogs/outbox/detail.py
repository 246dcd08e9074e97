"""The right of the outbox window: one mail, what is the matter with it, what can be done."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from dataclasses import replace

from traymail.core.texts import text
from traymail.ui.dialogs.outbox.doors import OutboxHandlers
from traymail.ui.model.outbox_cards import OutboxCard
from traymail.ui.model.outbox_detail import Detail, Fact, MailAct, MailChoice
from traymail.ui.model.outbox_progress import DeliveryBar
from traymail.ui.widgets import Area, Box, Button, Label, Note, Progress, ScrollArea
from traymail.ui.widgets.base import wrap
from traymail.ui.widgets.flow import FlowLayout

WIDTH = 368
_NAMES = 84


class DetailPane(Area):
    """Is drawn anew only when it says something else; while a mail leaves, only the bar moves."""

    def __init__(self, master: tk.Misc, acts: OutboxHandlers) -> None:
        super().__init__(master)
        self._acts = acts
        self._drawn: Detail | None = None
        self._bar: _ProgressBar | None = None
        self._content: Area | None = None
        px = self.look.px
        self.configure(width=px(WIDTH))
        self.pack_propagate(flag=False)
        self._foot = Area(self, padding=(14, 8))
        self._scroll = ScrollArea(self, padding=(20, 20, 10, 12))
        self.buttons: dict[MailAct, Button] = {}
        for act, words, icon in (
            (MailAct.OPEN, text("&Open message"), "envelope-open"),
            (MailAct.SAVE, text("Sa&ve as .eml…"), "download"),
        ):
            button = Button(self._foot, words, self._doing(act), "ghost", icon)
            button.pack(side="left", padx=(0, px(4)))
            self.buttons[act] = button

    def show(self, detail: Detail | None) -> None:
        """Show a mail; None shows nothing."""
        if detail == self._drawn:
            return
        before, self._drawn = self._drawn, detail
        if self._bar is not None and _same_but_bar(before, detail) and detail is not None:
            self._bar.show(detail.bar)
            return
        had_keyboard = self._content is not None and self._holds_keyboard(self._content)
        if self._content is not None:
            self._content.destroy()
        self._content = self._bar = None
        if detail is None:
            self._scroll.pack_forget()
            self._foot.pack_forget()
            return
        self._draw(detail, same=before is not None and before.id == detail.id)
        if had_keyboard:
            self._first_button().focus_set()

    def _draw(self, detail: Detail, *, same: bool) -> None:
        self._foot.pack(side="bottom", fill="x")
        self._scroll.pack(fill="both", expand=True)
        self._content = content = Area(self._scroll.inner)
        content.pack(fill="both", expand=True)
        px = self.look.px
        for act in set(self.buttons) - {MailAct.OPEN, MailAct.SAVE}:
            del self.buttons[act]
        sign = detail.sign
        head = Label(content, sign.word, sign.role, "TmStrong", icon=sign.icon, icon_size=14)
        head.pack(anchor="w")
        subject = Note(content, detail.subject, "fg", font="TmHead")
        subject.pack(fill="x", pady=(px(10), px(8)))
        for fact in detail.facts:
            _line(content, fact).pack(fill="x", pady=px(4))
        if detail.twice:
            twice = Note(
                content, text("It may have been sent twice."), "warning", "exclamation-triangle"
            )
            twice.pack(fill="x", pady=(px(8), 0))
        if detail.card is not None:
            _card(content, detail.card).pack(fill="x", pady=(px(14), 0))
        if detail.bar is not None:
            self._bar = _ProgressBar(content)
            self._bar.show(detail.bar)
            self._bar.pack(fill="x", pady=(px(14), 0))
        self._draw_choices(content, detail)
        if detail.note is not None:
            Note(content, detail.note).pack(fill="x", pady=(px(10), 0))
        if not same:
            self._scroll.show(head)

    def _draw_choices(self, content: Area, detail: Detail) -> None:
        above = (self.look.px(14), 0)
        if detail.equal:
            row = Area(content)
            row.pack(fill="x", pady=above)
            for place, choice in enumerate(detail.choices):
                row.columnconfigure(place, weight=1, uniform="equal")
                # The gap is shared between the two, so that they are equally wide.
                gap = self.look.px(4)
                sides = (gap, 0) if place else (0, gap)
                self._button(row, choice).grid(row=0, column=place, sticky="we", padx=sides)
            return
        flow = FlowLayout(content, 8, 8)
        flow.pack(fill="x", pady=above)
        flow.lay([self._button(flow, choice) for choice in detail.choices])

    def _button(self, master: tk.Misc, choice: MailChoice) -> Button:
        button = Button(master, choice.words, self._doing(choice.act), choice.kind, choice.icon)
        self.buttons[choice.act] = button
        return button

    def _doing(self, act: MailAct) -> Callable[[], None]:
        def do() -> None:
            if self._drawn is not None:
                self._acts.do(act, self._drawn.id)

        return do

    def _holds_keyboard(self, area: Area) -> bool:
        holder = self.focus_get()
        return holder is not None and str(holder).startswith(f"{area}.")

    def _first_button(self) -> Button:
        first = self._drawn.choices[0].act if self._drawn and self._drawn.choices else MailAct.OPEN
        return self.buttons[first]


class _ProgressBar(Area):
    """A bar with words below."""

    def __init__(self, master: tk.Misc) -> None:
        super().__init__(master)
        self._bar = Progress(self)
        self._bar.pack(fill="x", pady=(0, self.look.px(6)))
        row = Area(self)
        row.pack(fill="x")
        self._left = Label(row, "", "muted", "TmSmall")
        self._left.pack(side="right")
        self._words = Label(row, "", "muted", "TmSmall")
        self._words.pack(side="left")

    def show(self, bar: DeliveryBar | None) -> None:
        """Show how far it is."""
        if bar is not None:
            self._bar.show(bar.part or 0.0)
            self._words.say(bar.words)
            self._left.say(bar.left)


def _same_but_bar(one: Detail | None, other: Detail | None) -> bool:
    if one is None or other is None or other.bar is None:
        return False
    return replace(one, bar=None) == replace(other, bar=None)


def _line(master: tk.Misc, fact: Fact) -> Area:
    line = Area(master)
    width = line.look.px(_NAMES)
    line.columnconfigure(0, minsize=width)
    line.columnconfigure(1, weight=1)
    Label(line, fact.name, "muted", "TmSmall").grid(row=0, column=0, sticky="nw")
    value = Label(line, fact.value, "fg", "TmSmall")
    wrap(value, line, lambda: width)
    value.grid(row=0, column=1, sticky="nw")
    return line


def _card(master: tk.Misc, card: OutboxCard) -> Box:
    box = Box(master, card.fill, (16, 12))
    gap = box.look.px(4)
    Note(box, card.title, "fg", font="TmStrong").pack(fill="x")
    if card.advice is not None:
        Note(box, card.advice, "fg", font="TkDefaultFont").pack(fill="x", pady=(gap, 0))
    if card.reply:
        Note(box, card.reply, "muted", font="TkFixedFont").pack(fill="x", pady=(gap, 0))
    return box
