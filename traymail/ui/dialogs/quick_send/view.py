"""What the quick-send window shows: addresses and subject, the body, notes, the bar at the end."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Mapping
from dataclasses import replace
from tkinter import ttk

from PIL import Image

from traymail.core.fields import Choice
from traymail.core.overview import SavedDraft
from traymail.core.template import human_size
from traymail.core.texts import Text, text
from traymail.ui.dialogs.quick_send.errands import QuickSendHandlers
from traymail.ui.form import Helpers
from traymail.ui.model import quick_judge as judge
from traymail.ui.model.quick_judge import (
    Keeping,
    Weight,
    barred,
    own_mailbox,
    sender_words,
    sign_of,
)
from traymail.ui.model.quick_send import DraftStage, File, QuickSend
from traymail.ui.theme import Words
from traymail.ui.timer import Timer
from traymail.ui.widgets import (
    AddressField,
    Area,
    Attached,
    AttachmentStrip,
    Banner,
    Box,
    Button,
    Caption,
    Entry,
    Label,
    Line,
    Meter,
    Note,
    Picker,
    Spinner,
    Switch,
    Tooltip,
    UndoBar,
)
from traymail.ui.widgets.picture_text import PictureText, TextContent
from traymail.ui.widgets.strips import Kind, UndoChoices
from traymail.ui.window import Footer, Window

_SIDE = 20
_LABEL = 64
_ROW = 42


class HeadRow(Area):
    """A label, a field without a border, and a hairline that shows focus and error."""

    def __init__(self, master: tk.Misc, label: Words) -> None:
        super().__init__(master)
        px = self.theme.px
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
        self.note = Note(self, surface=self.surface)
        self._focused = self._bad = False
        self._draw()

    def put(self, field: tk.Widget, watched: tk.Widget) -> None:
        """Show a field; ``watched`` in it takes the keyboard."""
        field.grid(in_=self.bar, row=0, column=1, sticky="we", pady=self.theme.px(5))
        self._caption.lead(watched.focus_set)
        watched.bind("<FocusIn>", lambda _event: self._focus(on=True), add="+")
        watched.bind("<FocusOut>", lambda _event: self._focus(on=False), add="+")

    def put_right(self, thing: tk.Widget, column: int = 2) -> None:
        """Show something at the right end."""
        above = (self.theme.px(_ROW) - thing.winfo_reqheight()) // 2
        thing.grid(in_=self.bar, row=0, column=column, sticky="ne", pady=(above, 0))

    def tell(self, what: Text | None, *, mild: bool = False) -> None:
        """Show what is wrong, or nothing; ``mild``: nothing is wrong, it is only so."""
        if what is None:
            self.note.pack_forget()
        else:
            px = self.theme.px
            self.note.set_text(what, "muted" if mild else "danger")
            self.note.pack(fill="x", padx=(px(_SIDE + _LABEL), px(_SIDE)), pady=(px(4), px(2)))
        self._bad = what is not None and not mild
        self._draw()

    def _focus(self, *, on: bool) -> None:
        self._focused = on
        self._draw()

    def _draw(self) -> None:
        role = "danger" if self._bad else "link" if self._focused else "border"
        thick = self.theme.px(2 if role != "border" else 1)
        self._line.configure(style=self.theme.style(f"Line-{role}", "bg"))
        self._line.place(relx=0, rely=1.0, anchor="sw", relwidth=1.0, height=thick)


class QuickSendHead(Area):
    """The rows, read and filled as a part of a draft."""

    def __init__(self, master: tk.Misc, helpers: Helpers, handlers: QuickSendHandlers) -> None:
        super().__init__(master)
        self._handlers = handlers
        self._senders: tuple[tuple[str, Text | str], ...] = ()
        # What the account takes no part of, and whether anything may be changed now.
        self._barred: Mapping[str, Text] = {}
        self._enabled = True
        self._make_from()
        self.to = self._people(text("&To"), helpers)
        self._make_links()
        self.cc = self._people(text("&Cc"), helpers)
        self.bcc = self._people(text("&Bcc"), helpers)
        self.rows = {"to": self._row_of(self.to), "cc": self._row_of(self.cc)}
        self.rows["bcc"] = self._row_of(self.bcc)
        self._subject_row = HeadRow(self, text("Sub&ject"))
        self.subject = Entry(
            self._subject_row.bar, on_change=lambda _v: handlers.typed(), bare=True
        )
        self._subject_row.put(self.subject, self.subject)
        self._each_row = Area(self, padding=(_SIDE + _LABEL, 2, _SIDE, 6))
        self.each = Switch(
            self._each_row,
            text("One mail each: nobody sees the others"),
            on_change=lambda _on: handlers.typed(),
        )
        self.each.pack(side="left")
        self._each_row.lower()  # see _make_links
        for row in (self._from_row, self.rows["to"], self._subject_row):
            row.pack(fill="x")

    def read(self, written: SavedDraft) -> SavedDraft:
        """Return what is written, with what stands in these fields."""
        return replace(
            written,
            account=self.sender.value,
            to=self.to.addresses,
            cc=self.cc.addresses,
            bcc=self.bcc.addresses,
            subject=self.subject.value,
            each=self.each.on,
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
        self.each.on = written.each
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
            self.sender.offer([Choice(*sender) for sender in senders], "")
        chosen = state.account
        self.sender.value = chosen.name if chosen else ""
        if chosen is not None and own_mailbox(chosen) is None:
            self.me.grid_remove()
        else:
            self.me.grid()
        self._show_sender(there=bool(senders), known=state.standing.known)
        self._barred = barred(chosen)
        self._grey()
        for name, row in self.rows.items():
            row.tell(wrong.get(name))
        if "to" in self.greyed and "to" not in wrong:
            self.rows["to"].tell(self._barred["to"], mild=True)
        if state.may_each:
            self._each_row.pack(fill="x", after=self.rows["to"])
        else:
            self._each_row.pack_forget()

    def finish(self) -> None:
        """Make chips of what is still being typed."""
        for field in (self.to, self.cc, self.bcc):
            field.finish()

    def relabel(self) -> None:
        """Show the chips anew: what they stand for has changed."""
        for field in (self.to, self.cc, self.bcc):
            field.relabel()

    def enable(self, *, enabled: bool) -> None:
        """Let the fields be changed, or not."""
        self._enabled = enabled
        for control in (self.subject, self.sender, self.table, self.me, self.each):
            control.enable(enabled)
        self._grey()

    @property
    def greyed(self) -> frozenset[str]:
        """The rows that the account has no use for; what stands in one can be taken out."""
        fields = {"to": self.to, "cc": self.cc, "bcc": self.bcc}
        return frozenset(
            name
            for name, field in fields.items()
            if name in self._barred and not field.addresses and not field.typing
        )

    def _grey(self) -> None:
        """Let the rows be changed that the account has a use for."""
        for name, field in (("to", self.to), ("cc", self.cc), ("bcc", self.bcc)):
            field.enable(self._enabled and name not in self.greyed)
        self.copies.enable(self._enabled and not {"cc", "bcc"} <= self.greyed)

    def _why_no_copies(self) -> str:
        return self.theme.say(self._barred["cc"]) if {"cc", "bcc"} <= self.greyed else ""

    def unfold(self) -> None:
        """Show the rows for copies, in place of the link that asks for them."""
        self.copies.grid_remove()
        self.rows["cc"].pack(fill="x", after=self.rows["to"])
        self.rows["bcc"].pack(fill="x", after=self.rows["cc"])

    def _fold(self) -> None:
        self.rows["cc"].pack_forget()
        self.rows["bcc"].pack_forget()
        self.copies.grid()

    def _make_from(self) -> None:
        self._from_row = HeadRow(self, text("F&rom"))
        bar = self._from_row.bar
        changed = self._handlers.typed
        self.sender = Picker(bar, (), on_change=lambda _name: changed(), bare=True)
        self._no_sender = Button(
            bar, text("Add account…"), self._handlers.add_account, "link", icon="person-plus"
        )
        self._from_row.put(self.sender, self.sender)
        self.sender.grid_configure(sticky="w")
        self._from_row.put(self._no_sender, self._no_sender)
        self._no_sender.grid_configure(sticky="w")
        self._no_sender.grid_remove()
        self.table = Button(bar, text("From a tab&le…"), self._handlers.from_table, "link")
        self._from_row.put_right(self.table)

    def _show_sender(self, *, there: bool, known: bool) -> None:
        if there or not known:
            self._no_sender.grid_remove()
            self.sender.grid()
        else:
            self.sender.grid_remove()
            self._no_sender.grid()

    def _people(self, label: Text, helpers: Helpers) -> AddressField:
        row = HeadRow(self, label)
        field = AddressField(
            row.bar, helpers.label, helpers.suggest, helpers.forget, self._handlers.typed
        )
        row.put(field, field.entry)
        return field

    def _row_of(self, field: AddressField) -> HeadRow:
        bar = field.master
        assert isinstance(bar.master, HeadRow)  # noqa: S101 - made so above
        return bar.master

    def _make_links(self) -> None:
        row = self._row_of(self.to)
        self.me = Button(row.bar, text("M&e"), self._handlers.add_me, "link", icon="person")
        row.put_right(self.me, 2)
        self.copies = Button(row.bar, text("&Cc/Bcc"), self._unfold_by_user, "link")
        row.put_right(self.copies, 3)
        Tooltip(self.copies, lambda _x, _y: self._why_no_copies())
        # From the recipients the keyboard goes on to the subject; these are on the way back.
        self.to.lift()

    def _unfold_by_user(self) -> None:
        self.unfold()
        self.cc.entry.focus_set()


_RIGHT = 4


class BodyArea(Area):
    """The text, and while there is none, a hint at what else can be done here."""

    def __init__(
        self, master: tk.Misc, changed: Callable[[], object], add_account: Callable[[], object]
    ) -> None:
        super().__init__(master, padding=(_SIDE, 4, _RIGHT, 0))
        self._changed = changed
        self._bar = ttk.Scrollbar(
            self, orient="vertical", style=self.theme.style("Scroll", self.surface), takefocus=False
        )
        self._bar.pack(side="right", fill="y")
        self.text = PictureText(self, height=3)
        self.text.pack(side="left", fill="both", expand=True)
        self.text.configure(yscrollcommand=self._bar.set)
        self._bar.configure(command=self.text.yview)
        self.text.bind("<<Modified>>", self._modified, add="+")
        self._hint = self._make_hint()
        self._invitation = self._make_invitation(add_account)
        self._target = self._make_target()

    @property
    def value(self) -> str:
        """What is written, with a sign for each picture."""
        return self.text.content.words

    @property
    def shown(self) -> tuple[str, ...]:
        """The paths of the pictures in the text."""
        return self.text.content.keys

    def fill(self, written: SavedDraft) -> None:
        """Show what is written."""
        wanted = TextContent(written.body, written.shown)
        if wanted != self.text.content:
            self.text.fill(wanted)

    def show(self, state: QuickSend) -> None:
        """Show what can be done while nothing is written."""
        no_account = state.standing.known and state.account is None
        blank = not (state.written.body or state.files)
        for words, seen in ((self._hint, blank and not no_account), (self._invitation, no_account)):
            if seen:
                words.place(in_=self.text, relx=0.5, rely=0.5, anchor="center")
            else:
                words.place_forget()

    def light_up(self, *, on: bool) -> None:
        """Show that what hovers over the window can be dropped, or that nothing does."""
        if on:
            # Within the padding, which is the smaller at the right, where the scroll bar is.
            beside = self.theme.px(_SIDE - _RIGHT)
            self._target.place(x=0, y=0, relwidth=1.0, width=-beside, relheight=1.0)
            self._target.lift()
        else:
            self._target.place_forget()

    def _modified(self, _event: object) -> None:
        if self.text.edit_modified():
            self.text.edit_modified(arg=False)
            self._changed()

    def _make_hint(self) -> Area:
        hint = Area(self)
        words = Label(hint, text("Drop files here, or press Ctrl+V to add a screenshot"), "muted")
        words.configure(justify="center", anchor="center")
        words.fit(self.theme.px(400))
        sign = Label(hint, "", "muted", icon="inbox", icon_size=32)
        sign.pack(pady=(0, self.theme.px(8)))
        words.pack()
        for part in (hint, sign, words):
            part.bind("<Button-1>", lambda _event: self.text.focus_set())
            part.configure(cursor="xterm")
        return hint

    def _make_target(self) -> Box:
        target = Box(self, "infobg")
        target.state(["focus"])
        middle = Area(target)
        middle.place(relx=0.5, rely=0.5, anchor="center")
        Label(middle, "", "link", icon="paperclip", icon_size=32).pack(pady=(0, self.theme.px(8)))
        Label(middle, text("Drop to attach"), "fg", "TmStrong").pack()
        return target

    def _make_invitation(self, add_account: Callable[[], object]) -> Area:
        invitation = Area(self)
        Label(invitation, "", "muted", icon="person-plus", icon_size=32).pack()
        below = self.theme.px(8)
        Label(invitation, text("No account yet"), "fg", "TmStrong").pack(pady=below)
        words = Label(
            invitation, text("Add the address you send from: it takes a minute."), "muted"
        )
        words.configure(justify="center", anchor="center")
        words.fit(self.theme.px(400))
        words.pack(pady=(0, below))
        Button(invitation, text("Add accou&nt…"), add_account, "primary").pack()
        return invitation


_SIZES = (
    Choice("0", text("as they are")),
    Choice("1600", text("up to 1600 pixels")),
    Choice("1024", text("up to 1024 pixels")),
)
LEAST_LARGE = 1024
"""Pictures with a longer side can be made smaller, in pixels."""


class Drawer(Area):
    """The attached files and the meter below; nothing at all while there is neither."""

    def __init__(
        self,
        master: tk.Misc,
        thumbnails: Mapping[str, Image.Image],
        handlers: QuickSendHandlers,
    ) -> None:
        """``thumbnails`` are small pictures of files, by their paths."""
        super().__init__(master, padding=(_SIDE, 0, _SIDE, 8))
        self.strip = AttachmentStrip(self, handlers.remove, handlers.show_in_text)
        self._meter = Meter(self)
        self._sizes = Area(self)
        words = Label(self._sizes, text("Large pictures"), "muted", "TmSmall")
        words.pack(side="left", padx=(0, self.theme.px(8)))
        self.picker = Picker(
            self._sizes, _SIZES, on_change=lambda _value: handlers.typed(), bare=True
        )
        self.picker.value = "0"
        self.picker.pack(side="left")
        self._shown: object = None
        self._thumbnails = thumbnails

    @property
    def pictures(self) -> int:
        """How large pictures may be, as a draft keeps it."""
        return int(self.picker.value)

    def show(self, state: QuickSend, weight: Weight | None) -> None:
        """Show the attached files and how much of the limit is used."""
        files, pictures = state.attached, state.written.pictures
        self.picker.value = str(pictures)
        if (files, pictures, state.takes_pictures) != self._shown:
            self._shown = files, pictures, state.takes_pictures
            may_show = state.takes_pictures
            self.strip.show([self._attached(file, pictures, may_show) for file in files])
        if any(file.longest > LEAST_LARGE for file in state.files):
            self._sizes.pack(anchor="w", pady=(0, self.theme.px(6)))
        else:
            self._sizes.pack_forget()
        if files:
            self.strip.pack(fill="x", pady=(self.theme.px(4), self.theme.px(8)))
        else:
            self.strip.pack_forget()
        if weight is None:
            self._meter.pack_forget()
        else:
            self._meter.show(weight.part, weight.words, weight.more, over=weight.over)
            self._meter.pack(fill="x")

    def _attached(self, file: File, pictures: int, may_show: bool) -> Attached:  # noqa: FBT001 - a fact
        detail: str | Text = human_size(file.sent(pictures)[1])
        if file.trouble is not None:
            detail = text("cannot be read")
        return Attached(
            file.path,
            file.name,
            detail,
            sign_of(file.name),
            self._thumbnails.get(file.path),
            bad=file.trouble is not None,
            showable=may_show and file.trouble is None and file.path in self._thumbnails,
        )


_ICONS = {Keeping.OFFLINE: "wifi-off", Keeping.PAUSED: "pause-circle"}


class Notes:
    """Shows at most one strip of each kind, above ``below``."""

    def __init__(self, below: tk.Widget, settings: Callable[[], object]) -> None:
        self._below, self._settings = below, settings
        self._shown: dict[Kind, tuple[Text, Banner]] = {}

    def show(self, keeping: Keeping, sentence: Text | None, trouble: Text | None) -> None:
        """Show why mail would wait, and what did not work; None: nothing of the kind."""
        banner = self._put("warn", sentence, _ICONS.get(keeping))
        if banner is not None and keeping is Keeping.STOPPED:
            Button(banner.actions, text("Settin&gs…"), self._settings, "link").pack()
        self._put("err", trouble)

    def _put(self, kind: Kind, words: Text | None, icon: str | None = None) -> Banner | None:
        """Return the strip when it is a new one."""
        old, banner = self._shown.get(kind, (None, None))
        if old == words:
            return None
        if banner is not None:
            banner.destroy()
            del self._shown[kind]
        if words is None:
            return None
        banner = Banner(self._below.master, kind, words, icon)
        banner.pack(side="bottom", fill="x", after=self._below)
        self._shown[kind] = (words, banner)
        return banner


_HEIGHT = 56
_HINT_FROM = 560
_BUSY_AFTER_MS = 300


class Foot(Area):
    """Keeps its height, whatever is in it."""

    def __init__(self, master: tk.Misc, handlers: QuickSendHandlers) -> None:
        super().__init__(master, "chrome")
        self.configure(height=self.theme.px(_HEIGHT))
        self.pack_propagate(flag=False)
        self.grid_propagate(flag=False)
        self._buttons = Footer(self, _SIDE)
        self._no_files: Text | None = None
        self._fill(handlers)
        self._buttons.right.lift()  # Tab goes as the eye reads: to attach first, to send last
        self._instead: Area | None = None
        self._timer = Timer(self)
        self._buttons.pack(fill="both", expand=True)
        self.bind("<Configure>", self._resized, add="+")

    def show_buttons(self) -> None:
        """Show the buttons."""
        self._timer.stop()
        if self._instead is not None:
            self._instead.destroy()
            self._instead = None
            self._buttons.pack(fill="both", expand=True)

    def show_undo(self, words: Callable[[int], Text], seconds: int, choices: UndoChoices) -> None:
        """Count down in place of the buttons, and take the keyboard."""
        bar = UndoBar(self._place(), words, seconds, choices)
        bar.pack(fill="both", expand=True)
        bar.start()

    def hold_undo(self, why: Text | None) -> None:
        """Let the count stand still, and say why; None: let it go on."""
        for bar in self._instead.winfo_children() if self._instead is not None else ():
            if isinstance(bar, UndoBar):
                bar.hold(why)

    def ask(
        self, question: Text, verb: Text, yes: Callable[[], object], no: Callable[[], object]
    ) -> None:
        """Ask in place of the buttons, and take the keyboard."""
        _Question(self._place(), question, verb, yes, no).pack(fill="both", expand=True)

    def working(self, words: Text) -> None:
        """Say what goes on, in place of the buttons, if it lasts."""
        self._timer.start(_BUSY_AFTER_MS, lambda: self._show_busy(words))

    def enable(self, *, send: bool, others: bool, no_files: Text | None = None) -> None:
        """Let the buttons be pressed, or not; ``no_files``: why none can be attached."""
        self._no_files = no_files
        self.send_button.enable(send)
        for button in (self._markdown, self.discard_button):
            button.enable(others)
        for button in (self.attach, self._paste):
            button.enable(others and no_files is None)

    def show_markdown(self, *, on: bool) -> None:
        """Show whether the text is Markdown."""
        if on:
            self._markdown.set_style("link", "markdown-fill")
        else:
            self._markdown.set_style("ghost", "markdown")

    def _fill(self, handlers: QuickSendHandlers) -> None:
        bar = self._buttons
        self.attach = bar.add_left(text("&Attach"), handlers.choose, icon="paperclip")
        self._paste = bar.add_left(text("&Paste picture"), handlers.paste_picture, icon="clipboard")
        self._markdown = bar.add_left(text("Mar&kdown"), handlers.turn_markdown, icon="markdown")
        for button in (self._paste, self._markdown):
            button.pack_configure(padx=0)
        for button in (self.attach, self._paste):
            Tooltip(button, lambda _x, _y: self.theme.say(self._no_files or ""))
        self.discard_button = Button(bar.right, "", handlers.discard, "ghost", icon="trash")
        self.discard_button.pack(side="left", padx=(0, self.theme.px(8)))
        Tooltip(self.discard_button, lambda _x, _y: self.theme.say(text("Discard the draft")))
        self._keys = Label(bar.right, "Ctrl+Enter", "muted", "TmSmall")
        self.send_button = bar.add(text("&Send"), handlers.send_mail, "primary", icon="send")

    def _resized(self, event: tk.Event[tk.Misc]) -> None:
        """Leave the name of the key out where there is little room."""
        if event.widget is not self:
            return
        if event.width >= self.theme.px(_HINT_FROM):
            self._keys.pack(side="left", padx=(0, self.theme.px(12)), before=self.send_button)
        else:
            self._keys.pack_forget()

    def _place(self) -> Area:
        """Return an empty bar in place of the buttons."""
        self.show_buttons()
        self._buttons.pack_forget()
        self._instead = Area(self)
        Line(self._instead).pack(fill="x")
        self._instead.pack(fill="both", expand=True)
        return self._instead

    def _show_busy(self, words: Text) -> None:
        bar = Area(self._place(), padding=(_SIDE, 0))
        bar.pack(fill="both", expand=True)
        spinner = Spinner(bar, size=18)
        spinner.pack(side="left", padx=(0, self.theme.px(14)))
        spinner.start()
        Label(bar, words, "fg", "TmStrong").pack(side="left")


class _Question(Area):
    """A question with two answers; Escape is no."""

    def __init__(
        self,
        master: tk.Misc,
        question: Text,
        verb: Text,
        yes: Callable[[], object],
        no: Callable[[], object],
    ) -> None:
        super().__init__(master, "chrome", (_SIDE, 0))
        px = self.theme.px
        self.columnconfigure(1, weight=1)
        self.rowconfigure(0, weight=1)
        Label(self, "", "link", icon="question-circle", icon_size=18).grid(
            row=0, column=0, padx=(0, px(14))
        )
        Note(self, question, "fg", font="TmStrong").grid(row=0, column=1, sticky="we")
        back = Button(self, text("&Cancel"), no)
        back.grid(row=0, column=2, padx=(px(20), px(8)))
        go = Button(self, verb, yes, "primary", icon="send")
        go.grid(row=0, column=3)
        go.focus_set()


LEAST = (480, 420)


class QuickSendSheet(Area):
    """Head, body, attachments, strips and foot."""

    def __init__(
        self,
        master: tk.Misc,
        handlers: QuickSendHandlers,
        helpers: Helpers,
        thumbnails: Mapping[str, Image.Image],
    ) -> None:
        super().__init__(master)
        self._handlers = handlers
        self._stage: tuple[DraftStage, Text | None] | None = None
        # How high the window was before its parts needed more, 0 while they do not; how high then.
        self._before = self._grown = 0
        # Made in the order in which the keyboard goes through them.
        self.head = QuickSendHead(self, helpers, handlers)
        self.body = BodyArea(self, handlers.typed, handlers.add_account)
        self.drawer = Drawer(self, thumbnails, handlers)
        self.foot = Foot(self, handlers)
        self.foot.pack(side="bottom", fill="x")
        self.head.pack(side="top", fill="x")
        self.body.pack(side="top", fill="both", expand=True)
        self._notes = Notes(self.foot, handlers.open_settings)
        for part in (self.head, self.drawer):
            part.bind("<Configure>", lambda _event: self.later(self._make_room), add="+")

    def draw(self, state: QuickSend) -> None:
        """Show a state, but for what stands in the fields."""
        self.head.show(state, judge.complaints(state))
        weight = judge.weight(state)
        self.drawer.show(state, weight)
        if state.files or weight:
            self.drawer.pack(side="bottom", fill="x", before=self.head)
        else:
            self.drawer.pack_forget()
        self.body.show(state)
        self._notes.show(judge.keeping(state), judge.keeping_words(state), state.trouble)
        self.foot.show_markdown(on=state.written.markdown)
        writing = state.stage is DraftStage.WRITING
        no_files = judge.barred(state.account).get("files")
        self.foot.enable(send=judge.may_send(state), others=writing, no_files=no_files)
        if (state.stage, state.question) != self._stage:
            self._stage = state.stage, state.question
            self.head.enable(enabled=writing)
            self.body.text.enable(writing)
            self._draw_foot(state)
        self.foot.hold_undo(judge.why_undo_stands(state))
        self.later(self._make_room)

    def fill(self, written: SavedDraft) -> None:
        """Show what is written in the fields."""
        # A field that is greyed would not take it.
        self.body.fill(written)
        self.head.fill(written)

    def read(self, written: SavedDraft) -> SavedDraft:
        """Return what is written, with what stands in the fields."""
        pictures = self.drawer.pictures
        return replace(
            self.head.read(written),
            body=self.body.value,
            shown=self.body.shown,
            pictures=pictures,
        )

    def focus_on_next(self, written: SavedDraft) -> None:
        """Put the keyboard where something is missing."""
        if "to" in self.head.greyed:
            self.head.subject.focus_set()
        else:
            (self.body.text if written.to else self.head.to.entry).focus_set()

    def _make_room(self) -> None:
        """Let the window be no lower than its parts with a few lines of text."""
        window = self._window()
        wide, high = window.minsize()
        usual = self.theme.px(LEAST[1])
        needed = min(max(usual, self.winfo_reqheight()), window.most_high)
        if high != needed and wide > 1:
            window.minsize(wide, needed)
            self._keep_height(window.winfo_height(), needed)

    def _keep_height(self, height: int, needed: int) -> None:
        """Let what made the window grow go away with it again, unless the user made it higher."""
        if needed > height:
            self._before = self._before or height
            self._grown = needed
        elif self._before and height <= self._grown:
            self._window().set_height(max(self._before, needed))
            if needed <= self._before:
                self._before = 0
        else:
            self._before = 0

    def _window(self) -> Window:
        window = self.winfo_toplevel()
        assert isinstance(window, Window)  # noqa: S101 - all of ours are
        return window

    def _draw_foot(self, state: QuickSend) -> None:
        handlers = self._handlers
        match state.stage:
            case DraftStage.WRITING:
                self.foot.show_buttons()
            case DraftStage.ASKING:
                question = state.question or judge.NO_SUBJECT
                self.foot.ask(question, text("&Send"), handlers.send_anyway, handlers.reconsider)
            case DraftStage.POSTING:
                self.foot.working(text("Putting it into the outbox…"))
            case DraftStage.WAITING:
                choices = UndoChoices(
                    undo=handlers.undo, done=handlers.end_undo, now=handlers.hurry
                )
                self.foot.show_undo(
                    lambda seconds: judge.countdown(state, seconds), state.seconds, choices
                )
            case DraftStage.RETURNING:
                self.foot.working(text("Undoing…"))


class WindowKeys:
    """Keys of a window that go before those of the widget that has the keyboard."""

    def __init__(self, window: tk.Toplevel) -> None:
        self._window = window
        self._tag = f"keys-of-{window}"
        self._commands: list[str] = []
        window.bind("<FocusIn>", self._prefer, add="+")
        window.bind("<Destroy>", self._gone, add="+")

    def bind(self, act: Callable[[], object], *keys: str) -> None:
        """Call ``act``; at the answer False, the widget gets the key, too."""
        for key in keys:
            command = self._window.bind_class(
                self._tag, key, lambda _event: None if act() is False else "break"
            )
            self._commands.append(command)

    def _gone(self, event: tk.Event[tk.Misc]) -> None:
        """Have Tk let go of the window: what is bound to a tag stays otherwise."""
        if event.widget is self._window:
            root = self._window.nametowidget(".")  # which keeps a list of them
            for command in self._commands:
                root.deletecommand(command)

    def _prefer(self, event: tk.Event[tk.Misc]) -> None:
        tags = event.widget.bindtags()
        if self._tag not in tags:
            event.widget.bindtags((self._tag, *tags))
