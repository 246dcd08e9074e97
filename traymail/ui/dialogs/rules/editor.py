"""The window in which one rule is written: what is typed becomes the next value of its state."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, replace

from traymail.core.errors import InputError, Problem, TraymailError
from traymail.core.events import Event, SettingsApplied
from traymail.core.message import Address
from traymail.core.overview import Overview
from traymail.core.reports import RulePreview
from traymail.core.sight import Offer
from traymail.core.texts import text
from traymail.services.services import Services
from traymail.ui.bridge import Background, Job
from traymail.ui.dialogs.rules.sheet import RuleSheet
from traymail.ui.form import ProblemCount
from traymail.ui.model import rule_editor as model
from traymail.ui.model.rule_editor import Editing, EditorWork, told
from traymail.ui.model.rule_form import Kind, Table
from traymail.ui.model.rule_preview import sight
from traymail.ui.people import KnownPeople
from traymail.ui.preview import PreviewPane
from traymail.ui.tasks import Tasks
from traymail.ui.theme import Root
from traymail.ui.widgets import Panes
from traymail.ui.window import Dialog, Question, Size

_JUDGE_AFTER_MS = 300
_SAY_LOOKING_AFTER_MS = 300


@dataclass(frozen=True, slots=True)
class _Opened:
    """What the editor asks for before it shows a form."""

    table: Table | None
    overview: Overview
    people: tuple[Address, ...]


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
        self._services, self._background, self._on_closed = services, background, on_closed
        self._held = Editing(kind, before)
        tasks = Tasks(self, background, self._failed)
        self._people = KnownPeople(services.drafts, tasks, self._written_to)
        self._job: Job | None = None
        self._timers: dict[str, str] = {}
        self._again = False
        panes = self._panes = Panes(
            self.body, (text("Rule"), text("Preview")), fixed=1, room=480, least=0.85
        )
        panes.pack(fill="both", expand=True)
        self.preview = PreviewPane(panes, self._turn, self._take)
        self.sheet = RuleSheet(panes, kind, self._people.helpers, self._changed, self._by_file)
        panes.hold(self.sheet, self.preview)
        self.remove = self.footer.add_left(text("Delete r&ule…"), self._ask_removal, "danger")
        self.count = ProblemCount(self.footer.right, self)
        self.footer.add(text("&Cancel"), self.close)
        self.primary = self.save = self.footer.add(text("&Save and watch"), self._save, "primary")
        self.bind("<Control-s>", lambda _event: self._save())
        self.bind("<Destroy>", self._gone, add="+")
        self.become(self._held)

    @property
    def held(self) -> Editing:
        """What the window shows."""
        return self._held

    def open(self) -> None:
        """Show the window and fetch what it needs."""
        self.reveal()
        self._look_again_on_return()
        self._fetch()

    @property
    def at_rest(self) -> bool:
        """Whether nothing is being written."""
        return self._held.work not in {EditorWork.SAVING, EditorWork.REMOVING}

    def take_over(self, old: RuleEditor) -> None:
        """Go on where an editor in another language has stopped; that one is gone then."""
        state, people, place = old.held, old._people.known, old.geometry()
        old.destroy()
        self.reveal()
        self._look_again_on_return()
        self.take_place(place)
        if state.work is EditorWork.LOADING:
            self._fetch()
        else:
            self._people.know(people)
            self._refill(state)

    def close(self) -> None:
        """End the editor; with unsaved changes, ask first."""
        if not self.at_rest:
            return
        if self._held.work is EditorWork.LOADING or not self._held.changed:
            self._end()
            return
        question = Question(
            self,
            text("Close without saving?"),
            text("Your changes to this rule are not saved yet."),
            text("&Discard changes"),
            self._end,
        )
        offered = model.bar(self._held)
        if offered.can_save:
            question.offer(offered.save, self._save)
        question.reveal()

    def jump(self) -> None:
        """Put the keyboard into the first field that needs the user."""
        self._panes.lead_to(0)
        self.sheet.jump()

    def heard(self, event: Event) -> None:
        """Follow the file when it is edited elsewhere."""
        if isinstance(event, SettingsApplied) and self._held.work is EditorWork.NONE:
            self._follow()

    # --- what the user does -------------------------------------------------------------------

    def _changed(self, name: str) -> None:
        if self._held.work is not EditorWork.NONE:
            return
        self.become(model.edited(self._held, name, self.sheet.values))
        self._judge_later()

    def _written_to(self) -> list[str]:
        return self.sheet.values["to"].split(", ")

    def _take(self, offer: Offer) -> None:
        self.sheet.form.fill({offer.field: offer.value})
        self._changed(offer.field)

    def _turn(self, step: int) -> None:
        self.become(model.turn(self._held, step))

    def _by_file(self) -> None:
        self._refill(model.by_file(self._held))

    def _save(self) -> None:
        if self._held.work is not EditorWork.NONE or told(self._held):
            return
        self._stop()
        self.become(model.saving(self._held))
        fields, before = self._held.table_now, self._held.before

        def work(_stop: object) -> tuple[Problem, ...]:
            problems = self._services.rules.check(fields, before)
            if all(one.hint for one in problems):
                self._services.rules.save(fields, before)
                return ()
            return problems

        self._background.run(work, self._saved, self._failed)

    def _saved(self, problems: tuple[Problem, ...]) -> None:
        if not problems:
            self._end()
            return
        self.become(model.refused(self._held, problems))
        self.jump()

    def _failed(self, error: TraymailError) -> None:
        if self.winfo_exists():
            self.become(model.failed(self._held, error))

    def _ask_removal(self) -> None:
        Question(
            self,
            text("Delete this rule?"),
            text("Mail that waits is still sent. Files and logs stay as they are."),
            text("&Delete rule"),
            self._remove,
        ).reveal()

    def _remove(self) -> None:
        name = self._held.before
        if name is None:
            return
        self._stop()
        self.become(model.removing(self._held))
        self._background.run(
            lambda _stop: self._services.rules.remove(name), lambda _none: self._end(), self._failed
        )

    def _end(self) -> None:
        self.destroy()
        self._on_closed()

    def _look_again_on_return(self) -> None:
        """From now on there is somebody to ask: see `_back`."""
        self.bind("<FocusIn>", self._back, add="+")

    def _back(self, event: object) -> None:
        """Look again when the user comes back: the missing folder may be there, lines are new."""
        if getattr(event, "widget", None) is self and self._held.work is EditorWork.NONE:
            self._judge_later()

    def _gone(self, event: object) -> None:
        if getattr(event, "widget", None) is self:
            self._stop()

    # --- what blocks --------------------------------------------------------------------------

    def _fetch(self) -> None:
        before = self._held.before

        def work(_stop: object) -> _Opened:
            table = None if before is None else self._services.rules.fields(before)
            return _Opened(table, self._services.program.overview(), self._services.drafts.people())

        self._job = self._background.run(work, self._fetched, self._not_fetched)

    def _fetched(self, opened: _Opened) -> None:
        self._people.know(opened.people)
        state = model.known(self._held, opened.overview.settings)
        if opened.table is None:
            state = model.begun(state, self.look.say(text("New rule")))
        else:
            state = model.loaded(state, opened.table)
        self._refill(state)
        self.sheet.begin()

    def _not_fetched(self, error: TraymailError) -> None:
        self.become(model.not_loaded(self._held, error))

    def _follow(self) -> None:
        """Read the rule anew, after the file was edited."""
        before = self._held.before

        def work(_stop: object) -> _Opened:
            table = None
            if before is not None:
                try:
                    table = self._services.rules.fields(before)
                except InputError:
                    table = None
            return _Opened(table, self._services.program.overview(), self._people.known)

        self._background.run(work, self._followed, lambda _error: None)

    def _followed(self, opened: _Opened) -> None:
        if not self.winfo_exists() or self._held.work is not EditorWork.NONE:
            return
        state = model.known(self._held, opened.overview.settings)
        if opened.table is not None:
            state = model.followed(state, opened.table)
        elif state.before is not None:
            state = model.gone(state)
        if state != self._held:
            self._refill(state)

    def _refill(self, state: Editing) -> None:
        self.sheet.fill(state)
        self.become(state)
        self._judge()

    def _judge_later(self) -> None:
        self._stop()
        self._timers["judge"] = self.after(_JUDGE_AFTER_MS, self._judge)

    def _judge(self) -> None:
        """Have the values of the moment checked, and show what they would mail."""
        self._stop()
        fields, before = self._held.table_now, self._held.before

        def work() -> Generator[tuple[Problem, ...] | RulePreview, None, None]:
            problems = self._services.rules.check(fields, before)
            yield problems
            if all(one.hint for one in problems):
                yield self._services.rules.preview(fields, before)

        self._timers["looking"] = self.after(_SAY_LOOKING_AFTER_MS, self._say_looking)
        self._job = self._background.follow(work, self._heard_back, self._judged, self._unseen)

    def _say_looking(self) -> None:
        self._timers.pop("looking", None)
        self.become(model.waiting(self._held))

    def _heard_back(self, answer: tuple[Problem, ...] | RulePreview) -> None:
        if isinstance(answer, RulePreview):
            self.become(model.previewed(self._held, answer))
        else:
            self.become(model.judged(self._held, answer))

    def _judged(self) -> None:
        self._stop()
        self.become(replace(self._held, looking=False))

    def _unseen(self, error: TraymailError) -> None:
        self._stop()
        self.become(model.not_previewed(self._held, error))

    def _stop(self) -> None:
        """Wait for nothing that was begun before."""
        for timer in self._timers.values():
            self.after_cancel(timer)
        self._timers.clear()
        if self._job is not None:
            self._job.cancel()
            self._job = None

    # --- drawing ------------------------------------------------------------------------------

    def become(self, state: Editing) -> None:
        """Show this state."""
        self._held = state
        self.title(self._title(state))
        if state.values:
            self.sheet.show(state)
        self.preview.show(sight(state))
        self.count.show(len(told(state)))
        offered = model.bar(state)
        self.save.say(offered.save)
        self.save.enable(offered.can_save)
        if state.before is None:
            self.remove.pack_forget()
        else:
            self.remove.enable(offered.can_remove)

    def _title(self, state: Editing) -> str:
        name = state.values.get("name", "").strip()
        return name or self.look.say(state.kind.title)
