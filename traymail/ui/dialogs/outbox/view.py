"""What the outbox window shows: its head with filter and search, the list, one mail beside it."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from traymail.core.errors import TraymailError
from traymail.core.overview import MailDetail
from traymail.core.texts import text
from traymail.ui.model.outbox import OutboxState, detail, lines
from traymail.ui.model.outbox_detail import Detail, Fact, MailAct, MailChoice, OutboxCard, passages
from traymail.ui.model.outbox_table import (
    CHIPS,
    Chip,
    DeliveryBar,
    OutboxFilter,
    OutboxLine,
    account_choices,
    account_of,
    counted,
    rule_choices,
    rule_of,
    rule_value,
)
from traymail.ui.model.sentences import sentence_of
from traymail.ui.theme import Root
from traymail.ui.timer import Timer
from traymail.ui.widgets import (
    Area,
    Banner,
    Box,
    Button,
    Column,
    Empty,
    Entry,
    Label,
    Line,
    Note,
    Panes,
    Picker,
    Progress,
    ReadingText,
    Row,
    ScrollArea,
    Segment,
    Segments,
    Table,
)
from traymail.ui.widgets.base import wrap
from traymail.ui.widgets.layout import FlowLayout
from traymail.ui.window import Dialog, Size


@dataclass(frozen=True, slots=True)
class OutboxHandlers:
    """What the user does."""

    ask: Callable[[OutboxFilter], object]
    """Look for other mails."""
    ask_for_more: Callable[[], object]
    """Look for older mails."""
    look_at: Callable[[int], object]
    do: Callable[[MailAct, int], object]
    """Do something with a mail."""
    retry_all: Callable[[], object]
    write: Callable[[], object]


_HEIGHT = 58
_SEARCH = 176
_WIDE = 820
_SOON_MS = 150


class OutboxHead(Area):
    """Tells what is asked for as it is typed and chosen."""

    def __init__(self, master: tk.Misc, handlers: OutboxHandlers) -> None:
        super().__init__(master, "chrome")
        self._handlers, self._filter = handlers, OutboxFilter()
        self.configure(height=self.theme.px(_HEIGHT))
        self.pack_propagate(flag=False)
        Line(self).pack(side="bottom", fill="x")
        bar = Area(self, padding=(16, 0, 20, 0))
        bar.pack(fill="both", expand=True)
        self.bind("<Configure>", self._resized, add="+")
        self.chips = Segments(bar, [_segment(chip) for chip in CHIPS], "all", self._chosen)
        self.chips.pack(side="left")
        self.search = SearchField(bar, self._searched)
        self.search.pack(side="right", fill="x", expand=True, padx=(self.theme.px(12), 0))

    def show(self, filter: OutboxFilter, counts: Mapping[str, int]) -> None:
        """Show what is asked for, and how many there are of each."""
        self._filter = filter
        self.chips.value = filter.chip
        for key, count in counts.items():
            self.chips.count(key, count)
        self.search.show(filter.words)

    def _resized(self, event: tk.Event[tk.Misc]) -> None:
        """Put the filters into two rows where there is no room for one beside the search."""
        if event.widget is not self:
            return
        px = self.theme.px
        narrow = event.width < px(_WIDE)
        self.chips.fold(3 if narrow else 0)
        self.configure(height=px(_HEIGHT + 36 if narrow else _HEIGHT))

    def _chosen(self, key: str) -> None:
        self._handlers.ask(replace(self._filter, chip=key))

    def _searched(self, words: str) -> None:
        self._handlers.ask(replace(self._filter, words=words))


class SearchField(Box):
    """A field with a glass; tells its words once nothing has been typed for a moment."""

    def __init__(self, master: tk.Misc, told: Callable[[str], object]) -> None:
        super().__init__(master, "input", (8, 1), edge="field")
        self._told = told
        self._timer = Timer(self)
        px = self.theme.px
        self.configure(width=px(_SEARCH))
        Label(self, "", "muted", icon="search", icon_size=14).pack(side="left", padx=(0, px(8)))
        self.entry = Entry(self, "", self._typed, width=6, bare=True)
        self.entry.pack(side="left", fill="x", expand=True)
        self._hint = Label(self.entry, text("Search"), "muted")
        self._hint.bind("<Button-1>", lambda _event: self.entry.focus_set())
        self._hint.configure(cursor="xterm")
        self.entry.bind("<FocusIn>", lambda _event: self.state(["focus"]), add="+")
        self.entry.bind("<FocusOut>", lambda _event: self.state(["!focus"]), add="+")
        self._show_hint()

    def show(self, words: str) -> None:
        """Show what is searched for, unless somebody types."""
        if not self._timer.waits and words != self.entry.value.strip():
            self.entry.value = words
            self._show_hint()

    def begin(self, letter: str) -> None:
        """Take the keyboard, and a letter that was typed elsewhere."""
        self.entry.focus_set()
        self.entry.insert("end", letter)

    def clear(self) -> bool:
        """Empty the field at once; False when it is empty already."""
        if not self.entry.value:
            return False
        self.entry.value = ""
        self._show_hint()
        self._tell()
        return True

    def _typed(self, _words: str) -> None:
        self._show_hint()
        self._timer.start(_SOON_MS, self._tell)

    def _tell(self) -> None:
        self._timer.stop()
        self._told(self.entry.value.strip())

    def _show_hint(self) -> None:
        if self.entry.value:
            self._hint.place_forget()
        else:
            self._hint.place(x=0, rely=0.5, anchor="w")


def _segment(chip: Chip) -> Segment:
    if chip.sign is None:
        return Segment(chip.key, chip.words, count=0)
    return Segment(chip.key, chip.words, chip.sign.icon, chip.sign.role, 0)


COLUMNS = (
    Column("subject", text("Subject"), 184, stretch=True),
    Column("to", text("To"), 144),
    Column("rule", text("Rule"), 84),
    Column("when", text("When"), 96, align="e"),
)


class ListPane(Area):
    """Pickers, the table, and below it how to see more."""

    def __init__(self, master: tk.Misc, handlers: OutboxHandlers) -> None:
        super().__init__(master)
        self._handlers, self._filter = handlers, OutboxFilter()
        self._drawn: tuple[OutboxLine, ...] = ()
        self._offered: object = None
        self._looked_at = 0
        self._make_bar()
        self._foot = _Foot(self, handlers)
        self.table = Table(self, COLUMNS, self._selected, self._opened)
        self.table.pack(fill="both", expand=True, padx=(self.theme.px(8), 0))
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
        px = self.theme.px
        bar = Area(self, padding=(12, 8, 10, 2))
        bar.pack(fill="x")
        self.retry_all = Button(
            bar, text("Retry a&ll"), self._handlers.retry_all, "link", "arrow-clockwise"
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
                lambda: self._handlers.ask(OutboxFilter()),
                "link",
            )
            clear.pack(pady=(self.theme.px(4), 0))
            self._nothing.place(in_=self.table, relwidth=1, relheight=1)

    def _row(self, line: OutboxLine) -> Row:
        say = self.theme.say
        cells = (say(line.subject), say(line.to), line.rule, say(line.when))
        return Row(str(line.id), cells, line.sign.icon, line.sign.role, muted=line.muted)

    def _account(self, value: str) -> None:
        self._handlers.ask(replace(self._filter, account=account_of(value)))

    def _rule(self, value: str) -> None:
        self._handlers.ask(replace(self._filter, rule=rule_of(value)))

    def _selected(self, key: str | None) -> None:
        # A row that goes away leaves its mail in sight: nothing jumps.
        if key is not None and int(key) != self._looked_at:
            self._handlers.look_at(int(key))

    def _opened(self, key: str) -> None:
        self._handlers.do(MailAct.OPEN, int(key))


class _Foot(Area):
    """Says that the list is not all there is."""

    def __init__(self, master: tk.Misc, handlers: OutboxHandlers) -> None:
        super().__init__(master, "chrome", (16, 4))
        self._words = Label(self, "", "muted", "TmSmall")
        self._words.pack(side="left")
        Button(self, text("S&how more"), handlers.ask_for_more, "link").pack(side="right")

    def show(self, count: int) -> None:
        """Say how many mails are shown; 0: that is all of them."""
        if count:
            self._words.set_text(text("The newest {n} are shown.", n=count))
            self.pack(side="bottom", fill="x")
        else:
            self.pack_forget()


WIDTH = 368
_NAMES = 84


class DetailPane(Area):
    """Is drawn anew only when it says something else; while a mail leaves, only the bar moves."""

    def __init__(self, master: tk.Misc, handlers: OutboxHandlers) -> None:
        super().__init__(master)
        self._handlers = handlers
        self._drawn: Detail | None = None
        self._bar: _ProgressBar | None = None
        self._content: Area | None = None
        px = self.theme.px
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
        px = self.theme.px
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
        for place, fact in enumerate(detail.more):
            _line(content, fact).pack(fill="x", pady=(px(4 if place else 14), px(4)))
        if not same:
            self._scroll.show(head)

    def _draw_choices(self, content: Area, detail: Detail) -> None:
        above = (self.theme.px(14), 0)
        if detail.equal:
            row = Area(content)
            row.pack(fill="x", pady=above)
            for place, choice in enumerate(detail.choices):
                row.columnconfigure(place, weight=1, uniform="equal")
                # The gap is shared between the two, so that they are equally wide.
                gap = self.theme.px(4)
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
                self._handlers.do(act, self._drawn.id)

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
        self._bar.pack(fill="x", pady=(0, self.theme.px(6)))
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
            self._words.set_text(bar.words)
            self._left.set_text(bar.left)


def _same_but_bar(one: Detail | None, other: Detail | None) -> bool:
    if one is None or other is None or other.bar is None:
        return False
    return replace(one, bar=None) == replace(other, bar=None)


def _line(master: tk.Misc, fact: Fact) -> Area:
    line = Area(master)
    width = line.theme.px(_NAMES)
    line.columnconfigure(0, minsize=width)
    line.columnconfigure(1, weight=1)
    Label(line, fact.name, "muted", "TmSmall").grid(row=0, column=0, sticky="nw")
    value = Label(line, fact.value, "fg", "TmSmall")
    wrap(value, line, lambda: width)
    value.grid(row=0, column=1, sticky="nw")
    return line


def _card(master: tk.Misc, card: OutboxCard) -> Box:
    box = Box(master, card.fill, (16, 12))
    gap = box.theme.px(4)
    Note(box, card.title, "fg", font="TmStrong").pack(fill="x")
    if card.advice is not None:
        Note(box, card.advice, "fg", font="TkDefaultFont").pack(fill="x", pady=(gap, 0))
    if card.reply:
        Note(box, card.reply, "muted", font="TkFixedFont").pack(fill="x", pady=(gap, 0))
    return box


class MessageWindow(Dialog):
    """Headers, text, files and attempts to read; one window for all mails."""

    def __init__(self, root: Root) -> None:
        super().__init__(root, text("Message"), Size(640, 620, (480, 360)))
        self.reading = ReadingText(self.body)
        self.reading.pack(fill="both", expand=True)
        self.primary = self.footer.add(text("C&lose"), self.close)

    def open(self, mail: MailDetail) -> None:
        """Show a mail."""
        self.fill(mail)
        self.reveal()

    def fill(self, mail: MailDetail) -> None:
        """Write a mail into the window."""
        self.reading.show(passages(mail))

    def on_show(self) -> None:
        """Let the keys scroll."""
        self.reading.text.focus_set()


class OutboxSheet(Area):
    """The head, the list and the pane; while there is no mail at all, an invitation instead."""

    def __init__(self, master: tk.Misc, handlers: OutboxHandlers) -> None:
        super().__init__(master)
        self._handlers = handlers
        self.head = OutboxHead(self, handlers)
        self.head.pack(fill="x")
        self._banner: Banner | None = None
        self.body = Panes(self, fixed=1, room=528)
        self.body.pack(fill="both", expand=True)
        self.pane = DetailPane(self.body, handlers)
        self.list = ListPane(self.body, handlers)
        self.body.hold(self.list, self.pane)
        self._invitation: Empty | None = None

    def show(self, state: OutboxState, now: datetime) -> None:
        """Show a state."""
        counts = {} if state.found is None else counted(state.found.overview.counts)
        self.head.show(state.filter, counts)
        self.list.show(state, lines(state, now))
        told = detail(state, now)
        # While another mail is being read, the one before stays in sight.
        if told is not None or state.item is None:
            self.pane.show(told)
        self._invite(wanted=state.nothing_yet)

    def focus(self) -> None:
        """Put the keyboard into the list."""
        self.list.table.tree.focus_set()

    def complain(self, error: TraymailError | None) -> None:
        """Say what went wrong; None takes it away."""
        if self._banner is not None:
            self._banner.destroy()
            self._banner = None
        if error is not None:
            self._banner = Banner(self, "err", sentence_of(error))
            hide = Button(
                self._banner.actions, text("Dismiss"), lambda: self.complain(None), "ghost"
            )
            hide.pack()
            self._banner.pack(fill="x", after=self.head)

    def _invite(self, *, wanted: bool) -> None:
        if wanted and self._invitation is None:
            self._invitation = Empty(
                self.body,
                "inboxes",
                text("Nothing here yet"),
                text("Every mail traymail sends is listed here, with the answer of the server."),
            )
            words = text("Write a mail")
            Button(self._invitation.middle, words, self._handlers.write, "primary", "pencil").pack()
            self._invitation.place(relwidth=1, relheight=1)
        elif not wanted and self._invitation is not None:
            self._invitation.destroy()
            self._invitation = None
