"""What the editor of a rule asks the program: the rule, what it would mail now, and to keep it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from traymail.core.errors import InputError, Problem
from traymail.core.message import Address
from traymail.core.overview import Overview
from traymail.core.reports import RulePreview
from traymail.services.services import Services
from traymail.ui.model import rule_editor as model
from traymail.ui.model.rule_editor import Editing, EditorWork, told
from traymail.ui.model.rule_form import Table
from traymail.ui.people import KnownPeople
from traymail.ui.tasks import ScreenState, Tasks

_JUDGE_AFTER_MS = 300
_SAY_LOOKING_AFTER_MS = 300


@dataclass(frozen=True, slots=True)
class _Opened:
    """What is to be known before a form is shown."""

    table: Table | None
    overview: Overview
    people: tuple[Address, ...]


class RuleWork:
    """Makes of each answer the next state; ``fill`` shows one in the fields, too."""

    def __init__(
        self,
        services: Services,
        screen: ScreenState[Editing],
        tasks: Tasks,
        people: KnownPeople,
        fill: Callable[[Editing], object],
    ) -> None:
        self._services, self._screen, self._tasks = services, screen, tasks
        self._people, self._fill = people, fill

    @property
    def idle(self) -> bool:
        """Whether there is a form, and nothing is being done with it."""
        return self._screen.state.work is EditorWork.NONE

    def fetch(self, new_name: str, done: Callable[[], object]) -> None:
        """Read the rule, or begin a new one with this name; ``done`` once there is a form."""
        before = self._screen.state.before

        def work() -> _Opened:
            table = None if before is None else self._services.rules.fields(before)
            return _Opened(table, self._services.program.overview(), self._services.drafts.people())

        def fetched(opened: _Opened) -> None:
            self._people.know(opened.people)
            self._people.know_groups(opened.overview.settings.groups)
            state = model.known(self._screen.state, opened.overview.settings)
            if opened.table is None:
                self._fill(model.begun(state, new_name))
            else:
                self._fill(model.loaded(state, opened.table))
            done()

        self._tasks.run(
            work,
            fetched,
            self._screen.by(model.not_loaded),
            slot="ask",
        )

    def follow(self) -> None:
        """Read the rule anew, after the file was edited."""
        before = self._screen.state.before

        def told(overview: Overview) -> None:
            self._tasks.run(
                lambda: _Opened(self._saved(before), overview, ()),
                self._followed,
                lambda _error: None,
                slot="follow",
            )

        self._tasks.ask(self._services.program.overview, told, slot="follow")

    def _saved(self, name: str | None) -> Table | None:
        """Return the rule as the file has it; None where there is none of that name."""
        try:
            return None if name is None else self._services.rules.fields(name)
        except InputError:
            return None

    def _followed(self, opened: _Opened) -> None:
        regrouped = self._people.know_groups(opened.overview.settings.groups)
        if not self.idle:
            return
        state = model.known(self._screen.state, opened.overview.settings)
        if opened.table is not None:
            state = model.followed(state, opened.table)
        elif state.before is not None:
            state = model.gone(state)
        if regrouped or state != self._screen.state:
            self._fill(state)

    def save(self, saved: Callable[[], object], refused: Callable[[], object]) -> None:
        """Save the rule, if it is right."""
        if not self.idle or told(self._screen.state):
            return
        self._stop()
        self._screen.apply(model.saving)
        fields, before = self._screen.state.table_now, self._screen.state.before

        def work() -> tuple[Problem, ...]:
            problems = self._services.rules.check(fields, before)
            if all(one.hint for one in problems):
                self._services.rules.save(fields, before)
                return ()
            return problems

        def done(problems: tuple[Problem, ...]) -> None:
            if not problems:
                saved()
                return
            self._screen.apply(model.refused, problems)
            refused()

        self._tasks.run(work, done)

    def remove(self, removed: Callable[[], object]) -> None:
        """Delete the rule."""
        name = self._screen.state.before
        if name is not None:
            self._stop()
            self._screen.apply(model.removing)
            self._tasks.run(lambda: self._services.rules.remove(name), lambda _none: removed())

    def judge_later(self) -> None:
        """Have the values judged once they rest."""
        self._stop()
        self._tasks.later("judge", _JUDGE_AFTER_MS, self.judge)

    def judge(self) -> None:
        """Have the values of the moment checked, and show what they would mail."""
        self._stop()
        fields, before = self._screen.state.table_now, self._screen.state.before

        def answered(answer: tuple[Problem, ...] | RulePreview) -> None:
            if isinstance(answer, RulePreview):
                self._screen.apply(model.previewed, answer)
            else:
                self._screen.apply(model.judged, answer)

        self._tasks.later(
            "looking",
            _SAY_LOOKING_AFTER_MS,
            self._screen.by(model.waiting),
        )
        self._tasks.follow(
            lambda: self._services.rules.look(fields, before),
            answered,
            lambda: self._looked(replace(self._screen.state, looking=False)),
            lambda error: self._looked(model.not_previewed(self._screen.state, error)),
            slot="ask",
        )

    def _looked(self, state: Editing) -> None:
        self._stop()
        self._screen.set_state(state)

    def _stop(self) -> None:
        """Wait for nothing that was begun before."""
        self._tasks.stop("judge", "looking", "ask")
