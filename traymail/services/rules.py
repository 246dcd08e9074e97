"""What a user does with rules: checks what a form holds, sees what it would do, keeps it."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from traymail.app import App
from traymail.core.errors import InputError, Problem, SettingsError
from traymail.core.overview import Fields
from traymail.core.reports import RulePreview
from traymail.core.rule import Rule
from traymail.core.rule_kind import Kinds
from traymail.core.settings import Settings
from traymail.core.texts import text
from traymail.program import Program
from traymail.services.dry_run import DryRun

if TYPE_CHECKING:
    from tomlkit import TOMLDocument

PREVIEW_MAILS = 20
PREVIEW_LINES = 200


@dataclass(frozen=True, slots=True)
class RuleService:
    """The rules of the configuration."""

    app: App
    running: Program

    @property
    def kinds(self) -> Kinds:
        """The kinds that rules may be of."""
        return self.app.configured_rule_kinds()

    def check(self, values: Fields, before: str | None) -> tuple[Problem, ...]:
        """Return every problem of a rule, or else hints; ``before`` is its saved name, if any."""
        try:
            return self._tried(values, before)[2]
        except SettingsError as error:
            return error.problems

    def look(
        self, values: Fields, before: str | None
    ) -> Generator[tuple[Problem, ...] | RulePreview, None, None]:
        """Yield what `check` returns and, where nothing is wrong, what the rule would do now.

        The fields are checked once. Sends nothing; raises SourceError, InputError.
        """
        try:
            rule, settings, hints = self._tried(values, before)
        except SettingsError as error:
            yield error.problems
            return
        yield hints
        dry = DryRun(self.app, self.app.translate(settings.language), _no_bar)
        account, now = settings.accounts[rule.account], self.app.clock.now()
        yield dry.glance(rule, account, now, PREVIEW_MAILS, PREVIEW_LINES)

    def fields(self, name: str) -> Fields:
        """Return a saved rule as its form holds it; raises InputError when there is none."""
        rules: list[Fields] = self.app.settings_file.document().get("rules", [])
        for rule in rules:
            if rule.get("name") == name:
                return rule
        raise InputError(text("There is no rule {name}.", name=name))

    def save(self, values: Fields, before: str | None) -> None:
        """Add or change a rule."""
        from traymail.store.edits import put_rule

        def change(document: TOMLDocument) -> None:
            put_rule(document, values, before)

        self.running.configuration.edit(change)

    def remove(self, name: str) -> None:
        """Remove a rule; what it handled is remembered."""
        from traymail.store.edits import drop_rule

        self.running.configuration.edit(lambda document: drop_rule(document, name))

    def enable(self, name: str, *, enabled: bool) -> None:
        """Switch a rule on or off."""
        self.save({"enabled": enabled}, name)

    def _tried(
        self, values: Fields, before: str | None
    ) -> tuple[Rule, Settings, tuple[Problem, ...]]:
        """Return the rule these fields make, with hints.

        Raises SettingsError with its own problems only.
        """
        from traymail.store.edits import put_rule

        place = ""

        def change(document: TOMLDocument) -> None:
            nonlocal place
            place = f"rules[{put_rule(document, {**values, 'enabled': True}, before)}]"

        try:
            loaded = self.app.settings_file.tried(change)
        except SettingsError as error:
            raise SettingsError(_own(error.problems, place) or error.problems) from error
        settings = loaded.settings
        name = values.get("name", before)
        rule = next(rule for rule in settings.rules if rule.name == name)
        return rule, settings, _own(loaded.hints, place)


def _own(problems: Iterable[Problem], place: str) -> tuple[Problem, ...]:
    """Return the problems of one rule, each with its field alone."""
    own = (one for one in problems if one.where.startswith(place))
    return tuple(replace(one, where=one.where[len(place) :].lstrip(".")) for one in own)


def _no_bar(_work: int, _done: int, _total: int) -> None:
    """Nobody watches a preview's progress."""
