"""The user's consent to what an edit by hand, or an imported configuration, could do."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from traymail.app import App
from traymail.core.consent import Risk, problems_of
from traymail.core.errors import SettingsError
from traymail.core.ports import Cancelled
from traymail.core.settings import Settings
from traymail.desktop.language import choose, translator


class Consent:
    """What waits for the user in the running program, and what was agreed to.

    ``in_force`` are the settings at work, which the user knows.
    """

    def __init__(self, app: App) -> None:
        self._app = app
        self._waiting: tuple[Risk, ...] = ()
        # Until it is in force.
        self._agreed: set[Risk] = set()

    def require(self, in_force: Settings, settings: Settings) -> None:
        """Raise SettingsError while the user has not agreed to all that is new in settings."""
        risks = self._app.risks(in_force, settings)
        self._waiting = tuple(risk for risk in risks if risk not in self._agreed)
        # What waited before this edit waits on, as long as the configuration holds it.
        waited = {risk.id for risk in self._app.unconfirmed(in_force, settings)}
        waiting = {risk.id for risk in self._waiting}
        self._app.keep_unagreed(frozenset(waiting | (self._app.unagreed() & waited)))
        if self._waiting:
            problems = self._app.settings_file.placed(problems_of(self._waiting))
            raise SettingsError(problems, self._app.home.config_file.name)
        self._app.agree(risks)
        self._agreed.difference_update(risks)

    def edited(self, before: Settings, after: Settings) -> None:
        """Take what the user did in a window as agreed to."""
        self._agreed.update(self._app.risks(before, after))

    def import_from(
        self, source: Path, in_force: Settings, agreed: tuple[Risk, ...]
    ) -> tuple[Risk, ...]:
        """Take a configuration over; return what has to be agreed to first, and do nothing.

        Raises SettingsError, SourceError, StateError.
        """
        waiting = list[Risk]()

        def agree(settings: Settings) -> None:
            found = self._app.risks(in_force, settings)
            waiting.extend(risk for risk in found if risk not in agreed)
            if waiting:
                raise Cancelled
            self._agreed.update(agreed)

        with suppress(Cancelled):
            self._app.settings_file.import_from(source, agree)
        return tuple(waiting)

    def waiting(self, in_force: Settings) -> tuple[Risk, ...]:
        """Return what the user is to look at, as of the last look at the file."""
        stopped = self._app.unconfirmed(in_force, in_force)
        return tuple(dict.fromkeys((*self._waiting, *stopped)))

    def agree(self, risks: Iterable[Risk]) -> None:
        """Take these as agreed to; accounts that waited for it go on."""
        agreed = tuple(risks)
        self._app.agree(agreed)
        self._agreed.update(agreed)
        for name in {risk.account for risk in agreed}:
            self._app.let_go(name, mails=True)

    def answer(self, request: dict[str, Any], in_force: Settings) -> dict[str, Any]:
        """Tell another process what waits; agree to what it names. Raises SettingsError."""
        found = self._app.unconfirmed(in_force, self._app.settings())
        waiting = [risk for risk in found if risk not in self._agreed]
        named = request.get("agreed", ())
        self.agree(risk for risk in waiting if risk.id in named)
        translate = translator(choose(str(request.get("language", "auto")), self._app.environ))
        return {"risks": [(risk.id, risk.told.translated(translate)) for risk in waiting]}
