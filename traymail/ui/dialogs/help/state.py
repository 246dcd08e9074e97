"""The page that tells what is wrong now, and what is well."""

from __future__ import annotations

import tkinter as tk

from traymail.ui.dialogs.help.texts import PADDING
from traymail.ui.model.help import TITLES, HelpPage
from traymail.ui.model.help_state import FindingKind, Level, Remark, StatusFinding
from traymail.ui.widgets import Area, Box, Label, Note, ScrollArea, stack

_ICONS = {
    FindingKind.CONFIGURATION: "sliders",
    FindingKind.OUTBOX: "inboxes",
    FindingKind.ACCOUNT: "person-circle",
    FindingKind.FOLDER: "folder2-open",
    FindingKind.LOG: "journal-text",
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
        title.pack(anchor="w", pady=(0, self.look.px(14)))
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
        stack(cards, fill="x", pady=(0, self.look.px(8)), padx=(0, self.look.px(14)))

    def _card(self, finding: StatusFinding) -> Box:
        px = self.look.px
        card = Box(self.inner, "errbg" if finding.level is Level.BAD else "card", (14, 10))
        head = Area(card)
        head.pack(fill="x")
        sign, role = _SIGNS[finding.level]
        Label(head, "", "muted", icon=_ICONS[finding.kind]).pack(side="left", padx=(0, px(10)))
        Label(head, finding.state, role, icon=sign).pack(side="right", padx=(px(10), 0))
        title = Note(head, finding.title, "fg", font="TmStrong")
        title.pack(side="left", fill="x", expand=True)
        for remark in finding.remarks:
            self._add(card, remark)
        return card

    def _add(self, card: Box, remark: Remark) -> None:
        px = self.look.px
        row = Area(card)
        row.pack(fill="x", pady=(px(6), 0), padx=(px(26), 0))
        icon = "exclamation-circle" if remark.bad else "info-circle"
        role = "danger" if remark.bad else "muted"
        if remark.where:
            Note(row, remark.where, "fg", font="TkFixedFont").pack(fill="x", pady=(0, px(2)))
        Note(row, remark.words, role, icon, font="TkDefaultFont").pack(fill="x")
