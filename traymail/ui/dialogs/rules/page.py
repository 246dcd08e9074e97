"""The page of the rules: the health of each, its switch, and the way into its editor."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from datetime import datetime
from functools import partial

from traymail.core.errors import TraymailError
from traymail.core.events import (
    Event,
    ItemChanged,
    PauseChanged,
    RuleHealth,
    RuleTrouble,
    SettingsApplied,
)
from traymail.core.overview import Overview
from traymail.core.rule_kind import Kinds, kind_named
from traymail.core.texts import Text, text
from traymail.disk import in_home
from traymail.services.services import Services
from traymail.ui.bridge import Background
from traymail.ui.dialogs.rules.cards import CardHandlers, RuleCard
from traymail.ui.dialogs.rules.editor import RuleEditor
from traymail.ui.model.rule_list import RuleList, RuleSummary, cards, known, told
from traymail.ui.model.sentences import sentence_of
from traymail.ui.refresher import Refresher
from traymail.ui.tasks import ScreenState, Tasks
from traymail.ui.theme import Root
from traymail.ui.widgets import MOST_ROWS, Area, Button, Empty, Label, Note, ScrollArea

_TELLING = (ItemChanged, PauseChanged, RuleHealth, RuleTrouble, SettingsApplied)


class RulesPage:
    """A `traymail.ui.window.Page`: a list of cards, live."""

    name = "rules"
    title: Text = text("Rules")
    icon = "lightning"

    def __init__(
        self,
        root: Root,
        services: Services,
        background: Background,
        now: Callable[[], datetime],
    ) -> None:
        """``now`` is the local time: of today, only the hour of a match is shown."""
        self._kinds = services.rules.kinds
        self._root, self._services, self._background, self._now = root, services, background, now
        self.screen = ScreenState(RuleList(), self._draw)
        self._tasks = Tasks(root, background, self._failed)
        self._view: RuleListView | None = None
        self._refresher = Refresher(
            background, services.program.overview, self._answered, self._say
        )
        self.editors: dict[str, RuleEditor] = {}

    @property
    def view(self) -> RuleListView | None:
        """The page as it is seen, None when it was not made or is gone."""
        return self._view if self._view is not None and self._view.winfo_exists() else None

    def build(self, parent: tk.Misc) -> tk.Widget:
        """Make the page, as it stands."""
        handlers = CardHandlers(self.open, self._switch, self._move)
        self._view = RuleListView(parent, handlers, self._kinds, self.new)
        self._view.show(self.screen.state)
        return self._view

    def on_show(self) -> None:
        """Ask for the health of the rules."""
        self._refresher.ask()

    def on_event(self, event: Event) -> None:
        """Follow the rules while the list is in sight, and the file for the editors."""
        for editor in tuple(self.editors.values()):
            editor.on_event(event)
        if isinstance(event, _TELLING) and self.view is not None and self.view.winfo_viewable():
            self._refresher.ask()

    def new(self, kind: str) -> None:
        """Open the editor of a new rule."""
        self._edit(f"+{kind}", kind, None)

    def open(self, name: str) -> None:
        """Open the editor of a rule."""
        kind = self.screen.state.kind_of(name)
        if kind is not None:
            self._edit(f"={name}", kind, name)

    def _edit(self, key: str, kind: str, name: str | None) -> None:
        if key in self.editors:
            self.editors[key].reveal()
            return
        self.editors[key] = self._editor(key, kind, name)
        self.editors[key].open()

    def make_anew(self) -> None:
        """Make the editors anew; one that is just saving ends as it is."""
        for key, old in tuple(self.editors.items()):
            if old.at_rest:
                self.editors[key] = self._editor(
                    key, old.screen.state.kind.name, old.screen.state.before
                )
                self.editors[key].take_over(old)

    def _editor(self, key: str, kind: str, name: str | None) -> RuleEditor:
        given = (self._root, self._services, self._background)
        return RuleEditor(*given, kind_named(kind, self._kinds), name, lambda: self._closed(key))

    def _closed(self, key: str) -> None:
        del self.editors[key]

    def _switch(self, name: str, on: bool) -> None:  # noqa: FBT001 - the value of the switch
        self.screen.apply(told, None)
        # That it acts is told by an event; what is asked before that is still of the past.
        self._tasks.run(lambda: self._services.rules.enable(name, enabled=on))

    def _move(self, name: str, step: int) -> None:
        if self.view is not None:
            self.view.move(name, step)

    def _failed(self, error: TraymailError) -> None:
        self._say(error)
        self._refresher.ask()

    def _say(self, error: TraymailError) -> None:
        self.screen.apply(told, sentence_of(error))

    def _answered(self, overview: Overview) -> None:
        self.screen.apply(known, cards(overview, str(in_home("~")), self._now()))

    def _draw(self, _before: RuleList, page: RuleList) -> None:
        if self.view is not None:
            self.view.show(page)


class RuleListView(Area):
    """The list as it is seen."""

    def __init__(
        self, master: tk.Misc, handlers: CardHandlers, kinds: Kinds, new: Callable[[str], object]
    ) -> None:
        """Draw an empty list; ``new`` is called with the name of one of ``kinds``."""
        super().__init__(master)
        px = self.theme.px
        self._handlers = handlers
        self.cards: dict[str, RuleCard] = {}
        head = Area(self, padding=(24, 18, 24, 12))
        head.pack(fill="x")
        for place, kind in enumerate(reversed(kinds)):
            button = Button(head, kind.begin, partial(new, kind.name), icon=kind.icon)
            button.pack(side="right", padx=(0, px(8) if place else 0))
        Label(head, text("Rules"), "fg", "TmTitle").pack(side="left")
        self._trouble = Note(head)
        self._list = ScrollArea(self, padding=(24, 2, 14, 16))
        self._foot = Note(
            self._list.inner,
            text("Switches take effect at once. No rule exceeds its hourly limit; the rest waits."),
        )
        self._empty = Empty(
            self,
            "lightning",
            text("No rules yet"),
            text(
                "Let traymail mail every file that arrives in a folder, or tell you when an "
                "error appears in a log."
            ),
        )

    def show(self, page: RuleList) -> None:
        """Show how the page stands; cards that are there stay, with the keyboard on them."""
        self._show_trouble(page.trouble)
        if page.cards is None:
            return
        rows = page.cards[:MOST_ROWS]
        if [card.name for card in rows] != list(self.cards):
            self._draw(rows)
        self._list.tell_rest(len(page.cards))
        for card in rows:
            self.cards[card.name].show(card)
        wanted, other = (self._list, self._empty) if page.cards else (self._empty, self._list)
        other.pack_forget()
        wanted.pack(fill="both", expand=True)

    def _show_trouble(self, words: Text | None) -> None:
        if words is None:
            self._trouble.pack_forget()
            return
        self._trouble.set_text(words, "danger", "exclamation-circle")
        self._trouble.pack(side="bottom", fill="x", pady=(self.theme.px(8), 0))

    def move(self, name: str, step: int) -> None:
        """Put the keyboard on the card above or below."""
        names = list(self.cards)
        place = min(max(names.index(name) + step, 0), len(names) - 1)
        self.cards[names[place]].focus_set()

    def _draw(self, shown: tuple[RuleSummary, ...]) -> None:
        focused = next((name for name, one in self.cards.items() if self.focus_get() is one), None)
        for old in self.cards.values():
            old.destroy()
        self._foot.pack_forget()
        self.cards = {}
        for card in shown:
            self.cards[card.name] = RuleCard(self._list.inner, card, self._handlers)
            self.cards[card.name].pack(fill="x", pady=(0, self.theme.px(8)))
        self._foot.pack(fill="x", pady=(self.theme.px(6), 0))
        if focused in self.cards:
            self.cards[focused].focus_set()
