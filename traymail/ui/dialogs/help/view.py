"""What the window for help shows: its list of pages, and each page."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from traymail.accounts import KINDS
from traymail.core.account import DEFAULT_KIND
from traymail.core.fields import Choice
from traymail.core.texts import Text, text
from traymail.ui.model import help as model
from traymail.ui.model.help import ICONS, KEYS, TITLES, USES, Help, HelpLink, HelpPage
from traymail.ui.model.help_state import About, FindingKind, Level, Remark, StatusFinding
from traymail.ui.trial_view import TrialView
from traymail.ui.widgets import (
    Area,
    Box,
    Button,
    Empty,
    Label,
    Line,
    Note,
    Picker,
    Rail,
    ScrollArea,
    stack,
)

_WIDTH = 212


class HelpNav(Rail):
    """One row a page; Up and Down move, and turn the page."""

    def __init__(self, master: tk.Misc, turn: Callable[[HelpPage], object]) -> None:
        super().__init__(master, _WIDTH)
        self._turn = turn
        self._page: HelpPage | None = None
        self._troubles = 0
        self.rows: dict[HelpPage, Button] = {}
        for page in HelpPage:
            row = self.row(TITLES[page], partial(turn, page), ICONS[page])
            row.pack(fill="x", pady=(0, self.theme.px(4)))
            for key, step in (("<Up>", -1), ("<Down>", 1)):
                row.bind(key, partial(self._move, step))
            self.rows[page] = row
        self.give_way([*self.rows.values()])

    def show(self, page: HelpPage, troubles: int) -> None:
        """Mark a page, and how many things need the user."""
        if page is not self._page:
            for one, row in self.rows.items():
                row.set_style("chosen" if one is page else "nav")
            self._page = page
        if troubles != self._troubles:
            self._troubles = troubles
            title = TITLES[HelpPage.STATE]
            words = text("{title} ({n})", title=title, n=troubles) if troubles else title
            self.rows[HelpPage.STATE].set_text(words)

    def _move(self, step: int, _event: object) -> str:
        pages = list(HelpPage)
        here = pages.index(self._page or HelpPage.DIAGNOSIS)
        page = pages[min(max(here + step, 0), len(pages) - 1)]
        self.rows[page].focus_set()
        self._turn(page)
        return "break"


class DiagnosisPage(Area):
    """Which account, a row for each step, and what to do where one fails."""

    def __init__(
        self, master: tk.Misc, choose: Callable[[str], object], add: Callable[[], object]
    ) -> None:
        super().__init__(master)
        px = self.theme.px
        self._offered: tuple[Choice, ...] = ()
        self._empty: Empty | None = None
        self._add_account = add
        self._scroll = ScrollArea(self, padding=PADDING)
        inner = self._scroll.inner
        self._row = Area(inner)
        self._row.pack(fill="x", pady=(0, px(16)), padx=(0, px(14)))
        Label(self._row, text("Account"), "muted").pack(side="left", padx=(0, px(12)))
        self.picker = Picker(self._row, (), on_change=choose)
        self.picker.pack(side="left", fill="x", expand=True)
        self.view = TrialView(inner, KINDS[DEFAULT_KIND].diagnosis)
        self.view.pack(fill="x", padx=(0, px(14)))
        self.view.clear(model.NOT_TRIED)
        self._scroll.pack(fill="both", expand=True)

    def show(self, state: Help) -> None:
        """Show which account, and how far its steps are."""
        self._show_empty(empty=state.overview is not None and not state.accounts)
        offered = model.choices(state)
        if offered != self._offered:
            self._offered = offered
            self.picker.offer(offered, state.account)
        if self.picker.value != state.account:
            self.picker.value = state.account
        self.picker.enable(not state.running)
        if state.trial is None:
            self.view.clear(model.NOT_TRIED)
        else:
            self.view.show(state.trial, state.trial.advice)

    def _show_empty(self, *, empty: bool) -> None:
        if empty == (self._empty is not None):
            return
        if self._empty is not None:
            self._empty.destroy()
            self._empty = None
            self._scroll.pack(fill="both", expand=True)
            return
        self._scroll.pack_forget()
        words = text(
            "Once there is one, its connection to the server is tested here, step by step."
        )
        self._empty = Empty(self, "person-plus", text("No account yet"), words)
        Button(self._empty.middle, text("Add accou&nt…"), self._add_account, icon="plus").pack()
        self._empty.pack(fill="both", expand=True)


_ICONS = {
    FindingKind.CONFIGURATION: "sliders",
    FindingKind.OUTBOX: "inboxes",
    FindingKind.ACCOUNT: "person-circle",
}
_SIGNS = {
    Level.GOOD: ("check-circle-fill", "success"),
    Level.QUIET: ("slash-circle", "muted"),
    Level.BAD: ("x-circle-fill", "danger"),
}


class StatePage(ScrollArea):
    """A card for the configuration, each account, each rule."""

    def __init__(self, master: tk.Misc) -> None:
        super().__init__(master, padding=PADDING)
        title = Label(self.inner, TITLES[HelpPage.STATE], "fg", "TmTitle")
        title.pack(anchor="w", pady=(0, self.theme.px(14)))
        self._shown: tuple[StatusFinding, ...] = ()
        self._cards: dict[StatusFinding, Box] = {}

    def fill(self, findings: tuple[StatusFinding, ...]) -> None:
        """Show these; what has not changed is not drawn again."""
        if findings == self._shown:
            return
        self._shown = findings
        for finding in [one for one in self._cards if one not in findings]:
            self._cards.pop(finding).destroy()
        for finding in findings:
            if finding not in self._cards:
                self._cards[finding] = self._card(finding)
        cards = [self._cards[finding] for finding in findings]
        stack(cards, fill="x", pady=(0, self.theme.px(8)), padx=(0, self.theme.px(14)))

    def _card(self, finding: StatusFinding) -> Box:
        px = self.theme.px
        card = Box(self.inner, "errbg" if finding.level is Level.BAD else "card", (14, 10))
        head = Area(card)
        head.pack(fill="x")
        sign, role = _SIGNS[finding.level]
        icon = finding.icon or _ICONS[finding.kind]
        Label(head, "", "muted", icon=icon).pack(side="left", padx=(0, px(10)))
        Label(head, finding.state, role, icon=sign).pack(side="right", padx=(px(10), 0))
        title = Note(head, finding.title, "fg", font="TmStrong")
        title.pack(side="left", fill="x", expand=True)
        for remark in finding.remarks:
            self._add(card, remark)
        return card

    def _add(self, card: Box, remark: Remark) -> None:
        px = self.theme.px
        row = Area(card)
        row.pack(fill="x", pady=(px(6), 0), padx=(px(26), 0))
        icon = "exclamation-circle" if remark.bad else "info-circle"
        role = "danger" if remark.bad else "muted"
        if remark.where:
            Note(row, remark.where, "fg", font="TkFixedFont").pack(fill="x", pady=(0, px(2)))
        Note(row, remark.words, role, icon, font="TkDefaultFont").pack(fill="x")


# With the room of the scroll bar and of each part, the right edge is that of the bar below.
PADDING = (24, 20, 0, 16)
_KEYS_WIDTH = 170
_PLACES: Mapping[str, tuple[str, Text, Text]] = {
    "config": (
        "sliders",
        text("Configuration"),
        text("Settings and rules. You can edit it by hand; it contains no codes."),
    ),
    "state": (
        "archive",
        text("Outbox and history"),
        text("What waits, what was sent, and which files and lines were handled."),
    ),
    "log": ("journal-text", text("Log"), text("What traymail did; it helps to find a fault.")),
}


class FirstSteps(ScrollArea):
    """The uses, a sentence each, with the way in."""

    def __init__(self, master: tk.Misc, go: Callable[[HelpLink], object]) -> None:
        super().__init__(master, padding=PADDING)
        px = self.theme.px
        _title(self.inner, TITLES[HelpPage.FIRST_STEPS])
        for use in USES:
            card = Box(self.inner, "card", (16, 14))
            card.pack(fill="x", pady=(0, px(10)), padx=(0, px(14)))
            card.columnconfigure(1, weight=1)
            Label(card, "", "link", icon=use.icon, icon_size=22).grid(
                row=0, column=0, rowspan=2, sticky="n", padx=(0, px(14)), pady=px(2)
            )
            Label(card, use.title, "fg", "TmStrong").grid(row=0, column=1, sticky="w")
            sentence = Note(card, use.sentence, "muted", font="TkDefaultFont")
            sentence.grid(row=1, column=1, sticky="we", pady=(px(4), 0))
            button = Button(card, use.verb, partial(go, use.link))
            button.grid(row=0, column=2, rowspan=2, padx=(px(16), 0))


class KeyTable(ScrollArea):
    """What keys do, window by window."""

    def __init__(self, master: tk.Misc) -> None:
        super().__init__(master, padding=PADDING)
        px = self.theme.px
        _title(self.inner, TITLES[HelpPage.KEYS])
        for group in KEYS:
            Label(self.inner, group.window, "fg", "TmHead").pack(anchor="w", pady=(px(4), px(6)))
            for keys, what in group.keys:
                row = Area(self.inner)
                row.pack(fill="x", pady=px(3), padx=(0, px(14)))
                row.columnconfigure(0, minsize=px(_KEYS_WIDTH))
                row.columnconfigure(1, weight=1)
                Label(row, keys, "muted", "TkFixedFont").grid(row=0, column=0, sticky="nw")
                Note(row, what, "fg", font="TkDefaultFont").grid(row=0, column=1, sticky="we")
            Area(self.inner, padding=(0, 4)).pack()


class FilesPage(ScrollArea):
    """Where the files are, and which version this is."""

    def __init__(self, master: tk.Misc, about: About, open_: Callable[[Path], object]) -> None:
        super().__init__(master, padding=PADDING)
        px = self.theme.px
        self._open = open_
        self._places: Mapping[str, Path] = {}
        _title(self.inner, TITLES[HelpPage.FILES])
        self._list = Area(self.inner)
        self._list.pack(fill="x", padx=(0, px(14)))
        Line(self.inner).pack(fill="x", pady=px(14), padx=(0, px(14)))
        version = text("traymail {version}", version=about.version)
        Label(self.inner, version, "fg", "TmHead").pack(anchor="w")
        for words in (about.system, text("Everything is also available on the command line:")):
            note = Note(self.inner, words, "muted", font="TkDefaultFont")
            note.pack(fill="x", pady=(px(4), 0), padx=(0, px(14)))
        Label(self.inner, "traymail --help", "fg", "TkFixedFont").pack(anchor="w", pady=(px(4), 0))

    def fill(self, places: Mapping[str, Path]) -> None:
        """Show these places."""
        if places == self._places:
            return
        self._places = places
        for child in self._list.winfo_children():
            child.destroy()
        for name, path in places.items():
            self._add(name, path)

    def _add(self, name: str, path: Path) -> None:
        px = self.theme.px
        icon, title, what = _PLACES[name]
        row = Area(self._list)
        row.pack(fill="x", pady=(0, px(14)))
        row.columnconfigure(1, weight=1)
        Label(row, "", "muted", icon=icon, icon_size=18).grid(
            row=0, column=0, sticky="n", padx=(0, px(14)), pady=px(2)
        )
        Label(row, title, "fg", "TmStrong").grid(row=0, column=1, sticky="w")
        Note(row, what).grid(row=1, column=1, sticky="we", pady=(px(2), 0))
        Note(row, str(path), "fg", font="TkFixedFont").grid(
            row=2, column=1, sticky="we", pady=(px(4), 0)
        )
        buttons = Area(row)
        buttons.grid(row=0, column=2, rowspan=3, sticky="n", padx=(px(16), 0))
        folder = path if name == "state" else path.parent
        Button(buttons, text("Open folder"), partial(self._open, folder)).pack(fill="x")
        if name != "state":
            file = Button(buttons, text("Open file"), partial(self._open, path))
            file.pack(fill="x", pady=(px(6), 0))


def _title(master: Area, words: Text) -> None:
    Label(master, words, "fg", "TmTitle").pack(anchor="w", pady=(0, master.theme.px(14)))
