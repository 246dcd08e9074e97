"""The window in which one rule is written: what is typed becomes the next value of its state."""

from __future__ import annotations

from collections.abc import Callable

from traymail.core.errors import TraymailError
from traymail.core.events import Event, SettingsApplied
from traymail.core.sight import Offer
from traymail.core.texts import text
from traymail.services.services import Services
from traymail.ui.action_bar import ActionBar
from traymail.ui.bridge import Background
from traymail.ui.dialogs.rules.sheet import RuleSheet
from traymail.ui.dialogs.rules.work import RuleWork
from traymail.ui.model import rule_editor as model
from traymail.ui.model.rule_editor import Editing, EditorWork, RuleAct
from traymail.ui.model.rule_form import Kind
from traymail.ui.model.rule_preview import sight
from traymail.ui.people import KnownPeople
from traymail.ui.preview import PreviewPane
from traymail.ui.tasks import ScreenState, Tasks
from traymail.ui.theme import Root
from traymail.ui.widgets import Panes
from traymail.ui.window import Dialog, Question, Size


class RuleEditor(Dialog):
    """Left the rule as a sentence, right what it would mail now; saved only when it is valid."""

    def __init__(
        self,
        root: Root,
        services: Services,
        background: Background,
        kind: Kind,
        before: str | None = None,
        on_closed: Callable[[], object] = lambda: None,
    ) -> None:
        """``before`` is the name of the rule to change, None for a new one."""
        super().__init__(root, text("Rule"), Size(960, 660, (900, 600)))
        self._on_closed = on_closed
        self.screen = ScreenState(Editing(kind, before), self._draw)
        tasks = Tasks(self, background, self._failed)
        self._people = KnownPeople(services.drafts, tasks, self._written_to)
        self._work = RuleWork(services, self.screen, tasks, self._people, self._fill)
        panes = self._panes = Panes(
            self.body, (text("Rule"), text("Preview")), fixed=1, room=480, least=0.85
        )
        panes.pack(fill="both", expand=True)
        self.preview = PreviewPane(panes, self._turn, self._take)
        self.sheet = RuleSheet(panes, kind, self._people.helpers, self.changed, self._by_file)
        panes.hold(self.sheet, self.preview)
        self.bar = ActionBar(self.footer, self._press, self.jump)
        self.bind("<Control-s>", lambda _event: self._save())
        self.screen.set_state(self.screen.state)

    def open(self) -> None:
        """Show the window and fetch what it needs."""
        self.reveal()
        self._look_again_on_return()
        self._fetch()

    @property
    def at_rest(self) -> bool:
        """Whether nothing is being written."""
        return self.screen.state.work not in {EditorWork.SAVING, EditorWork.REMOVING}

    def take_over(self, old: RuleEditor) -> None:
        """Go on where an editor in another language has stopped; that one is gone then."""
        state, people, place = old.screen.state, old._people, old.geometry()
        old.destroy()
        self.reveal()
        self._look_again_on_return()
        self.take_place(place)
        if state.work is EditorWork.LOADING:
            self._fetch()
        else:
            self._people.know(people.known)
            self._people.know_groups(people.groups)
            self._fill(state)

    def close(self) -> None:
        """End the editor; with unsaved changes, ask first."""
        if not self.at_rest:
            return
        if self.screen.state.work is EditorWork.LOADING or not self.screen.state.changed:
            self._end()
            return
        question = Question(
            self,
            text("Close without saving?"),
            text("Your changes to this rule are not saved yet."),
            text("&Discard changes"),
            self._end,
        )
        save = model.buttons(self.screen.state).primary
        if save is not None and save.enabled:
            question.offer(save.words, self._save)
        question.reveal()

    def jump(self) -> None:
        """Put the keyboard into the first field that needs the user."""
        self._panes.lead_to(0)
        self.sheet.jump()

    def on_event(self, event: Event) -> None:
        """Follow the file when it is edited elsewhere."""
        if isinstance(event, SettingsApplied) and self._work.idle:
            self._work.follow()

    # --- what the user does -------------------------------------------------------------------

    def _press(self, act: RuleAct) -> None:
        match act:
            case RuleAct.REMOVE:
                self._ask_removal()
            case RuleAct.CANCEL:
                self.close()
            case RuleAct.SAVE:
                self._save()

    def changed(self, name: str) -> None:
        """Take in what was typed into a field."""
        if self._work.idle:
            self.screen.apply(model.edited, name, self.sheet.values)
            self._work.judge_later()

    def _written_to(self) -> list[str]:
        return self.sheet.values["to"].split(", ")

    def _take(self, offer: Offer) -> None:
        self.sheet.form.fill({offer.field: offer.value})
        self.changed(offer.field)

    def _turn(self, step: int) -> None:
        self.screen.apply(model.turn, step)

    def _by_file(self) -> None:
        self._fill(model.by_file(self.screen.state))

    def _save(self) -> None:
        self._work.save(self._end, self.jump)

    def _ask_removal(self) -> None:
        Question(
            self,
            text("Delete this rule?"),
            text("Mail that waits is still sent. Files and logs stay as they are."),
            text("&Delete rule"),
            lambda: self._work.remove(self._end),
        ).reveal()

    def _end(self) -> None:
        self.destroy()
        self._on_closed()

    def _look_again_on_return(self) -> None:
        """From now on there is somebody to ask: see `_back`."""
        self.bind("<FocusIn>", self._back, add="+")

    def _back(self, event: object) -> None:
        """Look again when the user comes back: the missing folder may be there, lines are new."""
        if getattr(event, "widget", None) is self and self._work.idle:
            self._work.judge_later()

    # --- what comes of it ---------------------------------------------------------------------

    def _fetch(self) -> None:
        self._work.fetch(self.theme.say(text("New rule")), self.sheet.begin)

    def _failed(self, error: TraymailError) -> None:
        if self.winfo_exists():
            self.screen.apply(model.failed, error)

    def _fill(self, state: Editing) -> None:
        """Show a state in the fields, too, and have it judged."""
        self.sheet.fill(state)
        self.screen.set_state(state)
        self._work.judge()

    def _draw(self, _before: Editing, state: Editing) -> None:
        self.title(state.values.get("name", "").strip() or self.theme.say(state.kind.title))
        if state.values:
            self.sheet.show(state)
        self.preview.show(sight(state))
        self.bar.show(model.buttons(state))
        self.primary = self.bar.primary
