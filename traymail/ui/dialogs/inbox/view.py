"""What the inbox shows: the list of what arrived, and one mail, as read or as it travelled."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

from PIL import Image, ImageTk

from traymail.core.texts import text
from traymail.ui.model import inbox as model
from traymail.ui.model.inbox import Inbox, InboxEntry, Origin, Part, Received
from traymail.ui.model.passages import Passage
from traymail.ui.widgets import (
    Area,
    Box,
    Button,
    Empty,
    Label,
    Line,
    Note,
    ReadingText,
    ScrollArea,
    stack,
)
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
        self._room = self.theme.px(width - _BESIDE)
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
            stack(rows, fill="x", pady=(0, self.theme.px(2)))
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
        px, entry = self.theme.px, shown.entry
        self.configure(takefocus=shown.chosen)
        self.columnconfigure(0, minsize=px(_SIGN_WIDTH))
        self.columnconfigure(1, weight=1)
        role = "link" if shown.chosen else "muted"
        Label(self, "", role, icon=model.ICONS[shown.origin]).grid(row=0, column=0, sticky="w")
        small = self.theme.font("TmSmall").measure
        time = entry.at.astimezone().strftime("%H:%M")
        line = elide(self.theme.say(model.line_of(entry.mail)), room - small(time), small)
        Label(self, line, "muted", "TmSmall").grid(row=0, column=1, sticky="w")
        Label(self, time, "muted", "TmSmall").grid(row=0, column=2, sticky="e")
        if entry.unread:
            dot = Label(self, "", "link", icon="circle-fill", icon_size=9)
            dot.grid(row=1, column=0, sticky="w", padx=(px(3), 0))
        font = "TmStrong" if entry.unread else "TkDefaultFont"
        subject = self.theme.say(model.subject_of(entry.mail))
        words = Label(self, elide(subject, room, self.theme.font(font).measure), "fg", font)
        words.grid(row=1, column=1, columnspan=2, sticky="w", pady=(px(6), 0))
        self.bind("<FocusIn>", lambda _event: self.state(["focus"]))
        self.bind("<FocusOut>", lambda _event: self.state(["!focus"]))
        for part in (self, *self.winfo_children()):
            part.bind("<Button-1>", lambda _event: choose())


PICTURE = (316, 180)
_NAMES = 96
_PADDING = (26, 22, 16, 16)


@dataclass(frozen=True, slots=True)
class MailHandlers:
    """What the user may do with a mail."""

    save: Callable[[Part], object]
    source: Callable[[bool], object]


@dataclass(frozen=True)
class MailLooked:
    """A mail, and its pictures as they are drawn."""

    mail: Received
    pictures: Mapping[int, Image.Image] = field(default_factory=dict)


class MailPane(Area):
    """Drawn anew when another mail, or the other view of it, is wanted."""

    def __init__(self, master: tk.Misc, handlers: MailHandlers) -> None:
        super().__init__(master)
        self._handlers = handlers
        self._shown: tuple[int | None, bool] | None = None
        # Tk drops a picture when its Python object is collected.
        self.pictures: list[ImageTk.PhotoImage] = []

    def fill(self, state: Inbox, looked: MailLooked | None) -> None:
        """Show the chosen mail."""
        wanted = (state.chosen, state.source)
        if wanted == self._shown:
            return
        had_keyboard = self._shown is not None and self._shown[0] == state.chosen
        self._shown = wanted
        for child in self.winfo_children():
            child.destroy()
        self.pictures = []
        if looked is None:
            self._draw_empty()
            return
        toggle = self._draw_source(looked) if state.source else self._draw(looked)
        if had_keyboard:
            toggle.focus_set()

    def _draw_empty(self) -> None:
        sentence = text("Send something: it arrives here.")
        Empty(self, "inbox", sentence).pack(fill="both", expand=True)

    def _draw(self, looked: MailLooked) -> Button:
        px, mail = self.theme.px, looked.mail
        scroll = ScrollArea(self, padding=_PADDING)
        scroll.pack(fill="both", expand=True)
        inner = scroll.inner
        title = Note(inner, model.subject_of(mail), "fg", font="TmTitle")
        title.pack(fill="x", pady=(0, px(10)))
        for name, value in model.facts(mail):
            row = Area(inner)
            row.pack(fill="x", pady=px(3))
            row.columnconfigure(0, minsize=px(_NAMES))
            row.columnconfigure(1, weight=1)
            Label(row, name, "muted").grid(row=0, column=0, sticky="nw")
            Note(row, value, "fg", font="TkDefaultFont").grid(row=0, column=1, sticky="we")
        Line(inner).pack(fill="x", pady=px(14))
        Note(inner, model.body_of(mail), "fg", font="TkDefaultFont").pack(fill="x")
        for place, part in enumerate(mail.parts):
            card = self._card(inner, part, looked.pictures.get(place))
            card.pack(anchor="w", pady=(px(14), 0))
        source = text("Show headers and source")
        show = partial(self._handlers.source, True)  # noqa: FBT003 - show it
        toggle = Button(inner, source, show, "link", "chevron-right")
        toggle.pack(anchor="w", pady=(px(16), 0))
        return toggle

    def _card(self, master: Area, part: Part, picture: Image.Image | None) -> Box:
        px = self.theme.px
        card = Box(master, "card", (12, 10))
        if picture is not None:
            drawn = ImageTk.PhotoImage(picture, master=self)
            self.pictures.append(drawn)
            label = Label(card)
            label.configure(image=str(drawn))
            label.pack(pady=(0, px(10)))
        row = Area(card)
        row.pack(fill="x")
        icon = "file-earmark" if picture is None else "file-earmark-image"
        save = Button(row, text("Save…"), partial(self._handlers.save, part), "link")
        save.pack(side="right", padx=(px(12), 0))
        Label(row, model.size_of(part), "muted").pack(side="right", padx=(px(16), 0))
        name = Label(row, model.name_of(part), "fg", icon=icon)
        name.fit(px(PICTURE[0]))
        name.pack(side="left")
        return card

    def _draw_source(self, looked: MailLooked) -> Button:
        px = self.theme.px
        back = text("Back to the mail")
        toggle = Button(self, back, partial(self._handlers.source, False), "link", "chevron-left")  # noqa: FBT003 - hide it
        toggle.pack(anchor="w", padx=px(18), pady=(px(14), 0))
        reading = ReadingText(self)
        reading.show((Passage(looked.mail.source, "mono"),))
        reading.pack(fill="both", expand=True)
        return toggle
