"""The page of the groups: their list at the left, one of them in a form at the right."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import cast

from traymail.core.errors import TraymailError
from traymail.core.events import Event, SettingsApplied
from traymail.core.groups import Groups
from traymail.core.message import Address
from traymail.core.texts import Text, text
from traymail.services.services import Services
from traymail.ui.action_bar import ActionBar
from traymail.ui.bridge import Background
from traymail.ui.form import FormView, Helpers
from traymail.ui.model import groups as model
from traymail.ui.model.groups import FORM, NAME, NEW, PEOPLE, GroupAct, GroupPage, Values
from traymail.ui.model.sentences import below_field
from traymail.ui.people import KnownPeople
from traymail.ui.refresher import Refresher
from traymail.ui.tasks import ScreenState, Tasks
from traymail.ui.theme import Root
from traymail.ui.widgets import MOST_ROWS, Area, Banner, Button, Empty, Label, Panes, ScrollArea
from traymail.ui.window import Footer, Question, Window

_LIST = 226
_LABEL = 110


@dataclass(frozen=True, slots=True)
class GroupHandlers:
    """What the user does."""

    choose: Callable[[str], object]
    add: Callable[[], object]
    typed: Callable[[Values], object]
    press: Callable[[GroupAct], object]


class GroupsView(Area):
    """Draws the state of the page."""

    def __init__(self, master: tk.Misc, handlers: GroupHandlers, helpers: Helpers) -> None:
        super().__init__(master)
        self._handlers = handlers
        self._shown: tuple[str, ...] = ()
        self.rows: dict[str, Button] = {}
        self._empty = Empty(
            self,
            "people",
            text("No groups yet"),
            text("A group stands for several recipients: type its name in place of theirs."),
        )
        add = Button(
            self._empty.middle, text("New &group…"), handlers.add, "primary", icon="plus-lg"
        )
        add.pack()
        self._panes = Panes(self)
        self._list = self._make_list()
        self._detail = Area(self._panes)
        self._panes.hold(self._list, self._detail)
        footer = Footer(self._detail)
        footer.pack(side="bottom", fill="x")
        self.bar = ActionBar(footer, handlers.press, self.jump)
        self._banner: tuple[Text, Banner] | None = None
        scroll = ScrollArea(self._detail, padding=(24, 20, 14, 12))
        scroll.pack(side="top", fill="both", expand=True)
        self.form = FormView(scroll.inner, FORM, self._typed, helpers, label_width=_LABEL)
        self.form.pack(fill="x")

    @property
    def window(self) -> Window:
        """The window that the page is in."""
        return cast("Window", self.winfo_toplevel())

    def show(self, page: GroupPage) -> None:
        """Show how the page stands; before anything is known, nothing."""
        wanted = self._empty if page.chosen is None else self._panes
        for part in (self._empty, self._panes):
            if part is not wanted or not page.known:
                part.pack_forget()
        if not page.known:
            return
        wanted.pack(fill="both", expand=True)
        self._show_list(page)
        self._show_trouble(page.trouble, wanted)
        if page.chosen is None:
            return
        if dict(page.values) != self.form.values:
            self.form.fill(page.values)
        self.form.show_problems(page.told)
        if page.remark is not None:
            self.form.tell(PEOPLE, below_field(page.remark, self.theme.say))
        self.bar.show(model.buttons(page))

    def begin(self) -> None:
        """Put the keyboard into the name."""
        self._panes.lead_to(1)
        self.form.jump(NAME)

    def jump(self) -> None:
        """Put the keyboard into the first field that needs the user."""
        self.form.jump()

    def _make_list(self) -> Area:
        px = self.theme.px
        area = Area(self._panes)
        area.configure(width=px(_LIST))
        area.pack_propagate(flag=False)
        title = Label(area, text("Groups"), "fg", "TmHead")
        title.pack(anchor="w", padx=px(22), pady=(px(20), px(12)))
        foot = Area(area, padding=(20, 12, 20, 16))
        foot.pack(side="bottom", fill="x")
        self.add = Button(foot, text("New &group…"), self._handlers.add, icon="plus-lg")
        self.add.pack(fill="x")
        self._rows = ScrollArea(area, padding=(12, 0, 2, 0))
        self._rows.pack(side="top", fill="both", expand=True)
        return area

    def _show_list(self, page: GroupPage) -> None:
        if page.names != self._shown:
            self._shown = page.names
            for row in self.rows.values():
                row.destroy()
            self.rows = {name: self._row(name) for name in page.names[:MOST_ROWS]}
            self._rows.tell_rest(len(page.names))
        for name, row in self.rows.items():
            row.set_style("chosen" if name == page.chosen else "nav")

    def _row(self, name: str) -> Button:
        words = name if name != NEW else text("New group")
        row = Button(self._rows.inner, words, partial(self._handlers.choose, name), "nav", "people")
        row.pack(fill="x", pady=(0, self.theme.px(4)))
        for key, step in (("<Up>", -1), ("<Down>", 1)):
            row.bind(key, partial(self._move, name, step))
        return row

    def _move(self, name: str, step: int, _event: object) -> str:
        names = list(self.rows)
        place = min(max(names.index(name) + step, 0), len(names) - 1)
        self._handlers.choose(names[place])
        self.rows[names[place]].focus_set()
        return "break"

    def _show_trouble(self, trouble: Text | None, above: Area) -> None:
        if self._banner is not None and self._banner[0] != trouble:
            self._banner[1].destroy()
            self._banner = None
        if trouble is not None and self._banner is None:
            banner = Banner(self, "err", trouble)
            banner.pack(side="bottom", fill="x", before=above)
            self._banner = trouble, banner

    def _typed(self, _name: str) -> None:
        self._handlers.typed(self.form.values)


@dataclass(frozen=True, slots=True)
class _Told:
    groups: Groups
    people: tuple[Address, ...]


class GroupsPage:
    """A `traymail.ui.window.Page` that is saved group by group."""

    name = "groups"
    title: Text = text("Groups")
    icon = "people"

    def __init__(self, root: Root, services: Services, background: Background) -> None:
        self._services = services
        self.screen = ScreenState(GroupPage(), self._draw)
        self._tasks = Tasks(root, background, self._failed)
        self._people = KnownPeople(services.drafts, self._tasks, lambda: self.screen.state.people)
        self._refresher = Refresher(background, self._question, self._told, self._failed)
        self._view: GroupsView | None = None

    @property
    def view(self) -> GroupsView | None:
        """The page as it is seen, None when it was not made or is gone."""
        return self._view if self._view is not None and self._view.winfo_exists() else None

    def build(self, parent: tk.Misc) -> tk.Widget:
        """Make the page; what was changed and not saved is there again."""
        handlers = GroupHandlers(
            choose=lambda name: self.screen.apply(model.chose, name),
            add=self._add,
            typed=lambda values: self.screen.apply(model.typed, values),
            press=self._press,
        )
        self._view = GroupsView(parent, handlers, self._people.helpers)
        self._view.show(self.screen.state)
        return self._view

    def on_show(self) -> None:
        """Ask which groups there are."""
        self._refresher.ask()

    def on_event(self, event: Event) -> None:
        """Follow changes of the configuration, whoever makes them."""
        if isinstance(event, SettingsApplied):
            self._refresher.ask()

    def save(self) -> None:
        """Save the group in sight, if it was changed and nothing is wrong."""
        page = self.screen.state
        edited, values, people = page.chosen, page.values, page.people
        if edited is None or not page.may_save:
            return
        before = None if edited == NEW else edited
        self.screen.set_state(model.busy(page))

        def work() -> Groups:
            self._services.groups.save(values[NAME].strip(), people, before)
            return self._services.program.overview().settings.groups

        self._tasks.run(work, lambda groups: self.screen.apply(model.saved, edited, values, groups))

    # --- what the user does -------------------------------------------------------------------

    def _press(self, act: GroupAct) -> None:
        match act:
            case GroupAct.SAVE:
                self.save()
            case GroupAct.UNDO:
                self.screen.apply(model.undone)
            case GroupAct.REMOVE:
                self._ask_removal()

    def _add(self) -> None:
        self.screen.apply(model.began)
        if self.view is not None:
            self.view.begin()

    def _ask_removal(self) -> None:
        page, view = self.screen.state, self.view
        if view is None or page.chosen is None:
            return
        if page.chosen == NEW:
            self.screen.set_state(model.undone(page))
            return
        name = page.chosen
        Question(
            view.window,
            text("Delete the group {name}?", name=name),
            text("Mails that were written stay as they are."),
            text("&Delete group"),
            lambda: self._remove(name),
        ).reveal()

    def _remove(self, name: str) -> None:
        self.screen.set_state(model.busy(model.chose(self.screen.state, name)))

        def work() -> Groups:
            self._services.groups.remove(name)
            return self._services.program.overview().settings.groups

        self._tasks.run(work, lambda groups: self.screen.apply(model.removed, name, groups))

    # --- what comes of it ---------------------------------------------------------------------

    def _question(self) -> _Told:
        services = self._services
        return _Told(services.program.overview().settings.groups, services.drafts.people())

    def _told(self, told: _Told) -> None:
        self._people.know(told.people)
        if not self.screen.state.busy:
            self.screen.apply(model.known, told.groups)

    def _failed(self, error: TraymailError) -> None:
        self.screen.apply(model.failed, error)

    def _draw(self, _before: GroupPage, page: GroupPage) -> None:
        if self.view is not None:
            self.view.show(page)
