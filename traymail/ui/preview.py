"""What would be mailed, beside the form that asks for it. It sends nothing."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable

from traymail.core.reports import LineShown, PreviewMail
from traymail.core.sight import FileShown, Offer, Sight
from traymail.core.template import human_size
from traymail.core.texts import text
from traymail.ui.model.rule_preview import Instead
from traymail.ui.palette import Palette
from traymail.ui.widgets import (
    Area,
    Box,
    Button,
    Label,
    Line,
    Note,
    ScrollArea,
    Spinner,
)

WIDTH = 408
_LINES_SEEN = 8
_BODY_LINES = 14


class PreviewPane(Area):
    """Draws a `Sight`, or what stands in its place."""

    def __init__(
        self,
        master: tk.Misc,
        turn: Callable[[int], object],
        take: Callable[[Offer], object],
    ) -> None:
        """``turn`` is called with -1 and 1 for the mail before and the next one.

        ``take`` is called with what is offered below the headline.
        """
        super().__init__(master, "chrome")
        px = self.theme.px
        self._turn, self._take = turn, take
        self._drawn: Sight | Instead | None = None
        self.configure(width=px(WIDTH))
        self.pack_propagate(flag=False)
        head = Area(self, padding=(24, 20, 24, 0))
        head.pack(fill="x")
        Label(head, text("sends nothing"), "muted", "TmSmall").pack(side="right")
        Label(head, text("Preview"), "fg", "TmHead").pack(side="left")
        self._content: tk.Widget | None = None

    def show(self, wanted: Sight | Instead) -> None:
        """Draw another preview."""
        if wanted == self._drawn:
            return
        self._drawn = wanted
        if self._content is not None:
            self._content.destroy()
        if isinstance(wanted, Instead):
            self._content = self._instead(wanted)
        else:
            self._content = self._sight(wanted)
        self._content.pack(fill="both", expand=True)

    def _instead(self, wanted: Instead) -> Area:
        area = Area(self)
        middle = Area(area)
        middle.place(relx=0.5, rely=0.38, anchor="center")
        if wanted.turning:
            spinner = Spinner(middle, size=24)
            spinner.pack()
            spinner.start()
        elif wanted.words:
            Label(middle, "", "muted", icon=wanted.icon, icon_size=32).pack()
        words = Label(middle, wanted.words, "muted")
        words.configure(justify="center", anchor="center")
        words.fit(self.theme.px(320))
        words.pack(pady=(self.theme.px(10), 0))
        return area

    def _sight(self, wanted: Sight) -> ScrollArea:
        px = self.theme.px
        scroll = ScrollArea(self, padding=(24, 12, 14, 16))
        inner = scroll.inner
        Note(inner, wanted.headline, "fg", font="TkDefaultFont").pack(fill="x")
        if (offer := wanted.offer) is not None:
            link = Button(inner, offer.words, lambda: self._take(offer), "link")
            link.pack(anchor="w", pady=(px(2), 0))
        if wanted.files:
            _files(inner, wanted.files)
        if wanted.lines:
            LinesShown(inner, wanted.lines).pack(fill="x", pady=(px(8), 0))
        for remark in wanted.below:
            Note(inner, remark).pack(fill="x", pady=(px(8), 0))
        if wanted.mail is not None:
            self._mail(inner, wanted, wanted.mail)
        return scroll

    def _mail(self, inner: Area, wanted: Sight, mail: PreviewMail) -> None:
        px = self.theme.px
        row = Area(inner)
        row.pack(fill="x", pady=(px(16), px(4)))
        Label(row, wanted.caption or "", "muted", "TmSmall").pack(side="left")
        if wanted.earlier or wanted.later:
            for step, icon, able in (
                (1, "chevron-right", wanted.later),
                (-1, "chevron-left", wanted.earlier),
            ):
                button = Button(row, "", lambda step=step: self._turn(step), "ghost", icon=icon)  # type: ignore[misc] # binds the step of this turn
                button.enable(able)
                button.pack(side="right")
        _mail_card(inner, mail, lines=bool(wanted.lines)).pack(fill="x")


def _files(inner: Area, files: tuple[FileShown, ...]) -> None:
    px = inner.theme.px
    box = Box(inner, "card", (14, 8))
    box.pack(fill="x", pady=(px(8), 0))
    for one in files:
        row = Area(box)
        row.pack(fill="x", pady=px(5))
        Label(row, one.size, "muted", "TmSmall").pack(side="right", padx=(px(12), 0))
        Label(row, "", "link", icon=one.icon).pack(side="left", anchor="n")
        name = Note(row, one.name, "fg", font="TkDefaultFont")
        name.pack(side="left", fill="x", expand=True, padx=(px(8), 0))


def _mail_card(master: Area, mail: PreviewMail, *, lines: bool) -> Box:
    px = master.theme.px
    box = Box(master, "card", (16, 14))
    subject = mail.subject or text("(no subject)")
    Note(box, subject, "fg", font="TmStrong").pack(fill="x")
    Note(box, text("to {people}", people=", ".join(mail.to))).pack(fill="x", pady=(px(4), px(10)))
    Line(box).pack(fill="x")
    body = mail.body.strip().split("\n")
    shown = "\n".join(body[:_BODY_LINES] + (["…"] if len(body) > _BODY_LINES else []))
    font = "TkFixedFont" if lines else "TkDefaultFont"
    if shown:
        Note(box, shown, "fg", font=font).pack(fill="x", pady=(px(10), 0))
    for name, size in mail.attachments:
        file = f"{name} · {human_size(size)}"
        Note(box, file, "muted", "paperclip").pack(fill="x", pady=(px(8), 0))
    return box


class LinesShown(Box):
    """The last lines of a log: what matches is marked, what is ignored says so."""

    def __init__(self, master: tk.Misc, lines: tuple[LineShown, ...]) -> None:
        super().__init__(master, "card", (10, 8))
        self._text = tk.Text(
            self,
            height=min(len(lines), _LINES_SEEN),
            width=10,
            wrap="none",
            font="TkFixedFont",
            spacing1=self.theme.px(2),
            spacing3=self.theme.px(2),
            cursor="arrow",
            takefocus=False,
        )
        self._text.pack(fill="both", expand=True)
        self.theme.paint(self._text, self._paint)
        last = 0
        for number, line in enumerate(lines, 1):
            self._add(line)
            if line.marks:
                last = number
        self._text.delete("end-1c", "end")
        self._text.configure(state="disabled")
        self._text.see(f"{min(last + 1, len(lines)) or 'end'}.0")

    def _add(self, line: LineShown) -> None:
        matches = bool(line.marks) and not line.ignored
        usual = "matching" if matches else "other"
        done = 0
        for start, end in line.marks if matches else ():
            self._text.insert("end", line.words[done:start], usual)
            self._text.insert("end", line.words[start:end], "mark")
            done = end
        self._text.insert("end", line.words[done:], usual)
        if line.ignored:
            self._text.insert("end", "   ← " + self.theme.say(text("ignored")), "other")
        self._text.insert("end", "\n")

    def _paint(self, palette: Palette) -> None:
        self._text.configure(
            background=palette.card,
            foreground=palette.fg,
            selectbackground=palette.sel,
            selectforeground=palette.fg,
            relief="flat",
            borderwidth=0,
            highlightthickness=0,
        )
        self._text.tag_configure("matching", foreground=palette.fg)
        self._text.tag_configure("other", foreground=palette.muted)
        self._text.tag_configure("mark", foreground=palette.danger, background=palette.mark)
