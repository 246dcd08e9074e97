"""The user's consent to what an edit by hand, or an imported configuration, could do."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any

from traymail.core.account import Account
from traymail.core.consent import HOST, Risk, moved, problems_of, waiting
from traymail.core.consent import risks as risks_of
from traymail.core.errors import SettingsError
from traymail.core.ports import Cancelled
from traymail.core.settings import Settings
from traymail.core.texts import Translate
from traymail.store.credentials import CredentialHosts
from traymail.store.outbox import Outbox
from traymail.store.secret_sources import credential_file
from traymail.store.settings import SettingsFile

# In the outbox: the ids of risks that wait, also after a restart.
_UNAGREED = "risks that wait for the user"


class Agreements:
    """What the user agreed to that secrets may be used for, kept in the outbox once there is one.

    ``database`` is the outbox's file. All methods raise StateError.
    """

    def __init__(
        self, database: Path, outbox: Callable[[], Outbox], environ: Mapping[str, str]
    ) -> None:
        self._database = database
        self._outbox = outbox
        self._environ = environ

    @cached_property
    def hosts(self) -> CredentialHosts:
        """Return the memory of the host each credential file is for."""
        return CredentialHosts(self._outbox())

    def risks(self, before: Settings, after: Settings) -> tuple[Risk, ...]:
        """Return what these settings could do with secrets that those before could not."""
        return risks_of(before, after, self._bound_to)

    def unconfirmed(self, before: Settings, after: Settings) -> tuple[Risk, ...]:
        """Return the risks, and those that are in force but for the secret."""
        kept = self.unagreed()
        waits = [risk for one in after.accounts.values() for risk in waiting(one, kept)]
        found = (*waits, *self.risks(before, after), *moved(after, self._bound_to))
        return tuple({(one.account, one.key): one for one in found}.values())

    def agree(self, risks: Iterable[Risk]) -> None:
        """Let credential files go to the hosts the user agreed to, and commands run."""
        agreed = tuple(risks)
        for risk in agreed:
            if risk.key == HOST:
                self.hosts[risk.account] = risk.value
        self.keep_unagreed(self.unagreed() - {risk.id for risk in agreed})

    def unagreed(self) -> frozenset[str]:
        """Return the ids of risks that wait for the user, also after a restart."""
        kept = self._outbox().meta(_UNAGREED) if self._database.exists() else None
        return frozenset(kept.split()) if kept else frozenset()

    def keep_unagreed(self, ids: frozenset[str]) -> None:
        """Remember what waits for the user."""
        if ids != self.unagreed():
            self._outbox().set_meta(_UNAGREED, " ".join(sorted(ids)))

    def waits(self, account: Account) -> frozenset[str]:
        """Return the keys of the account that came by an edit nobody has agreed to."""
        return frozenset(risk.key for risk in waiting(account, self.unagreed()))

    def _bound_to(self, account: str) -> str | None:
        """Return which host the account's credential file is for: `traymail.core.consent.BoundTo`.

        It may be the running program that has the file, and this process not.
        """
        bound = self.hosts.get(account) if self._database.exists() else None
        file = credential_file(account, self._environ)
        return bound or ("" if file is not None and file.exists() else None)


class Consent:
    """What waits for the user in the running program, and what was agreed to.

    ``in_force`` are the settings at work, which the user knows.
    """

    def __init__(
        self,
        agreements: Agreements,
        settings_file: SettingsFile,
        clear_stop: Callable[[str], object],
    ) -> None:
        """``clear_stop`` ends the stop of an account, by its name."""
        self._agreements = agreements
        self._settings_file = settings_file
        self._clear_stop = clear_stop
        self._waiting: tuple[Risk, ...] = ()
        # Until it is in force.
        self._agreed: set[Risk] = set()

    def require(self, in_force: Settings, settings: Settings) -> None:
        """Raise SettingsError while the user has not agreed to all that is new in settings."""
        risks = self._agreements.risks(in_force, settings)
        self._waiting = tuple(risk for risk in risks if risk not in self._agreed)
        # What waited before this edit waits on, as long as the configuration holds it.
        waited = {risk.id for risk in self._agreements.unconfirmed(in_force, settings)}
        waiting = {risk.id for risk in self._waiting}
        self._agreements.keep_unagreed(frozenset(waiting | (self._agreements.unagreed() & waited)))
        if self._waiting:
            problems = self._settings_file.placed(problems_of(self._waiting))
            raise SettingsError(problems, self._settings_file.name)
        self._agreements.agree(risks)
        self._agreed.difference_update(risks)

    def edited(self, before: Settings, after: Settings) -> None:
        """Take what the user did in a window as agreed to."""
        self._agreed.update(self._agreements.risks(before, after))

    def import_from(
        self, source: Path, in_force: Settings, agreed: tuple[Risk, ...]
    ) -> tuple[Risk, ...]:
        """Take a configuration over; return what has to be agreed to first, and do nothing.

        Raises SettingsError, SourceError, StateError.
        """
        waiting = list[Risk]()

        def agree(settings: Settings) -> None:
            found = self._agreements.risks(in_force, settings)
            waiting.extend(risk for risk in found if risk not in agreed)
            if waiting:
                raise Cancelled
            self._agreed.update(agreed)

        with suppress(Cancelled):
            self._settings_file.import_from(source, agree)
        return tuple(waiting)

    def waiting(self, in_force: Settings) -> tuple[Risk, ...]:
        """Return what the user is to look at, as of the last look at the file."""
        stopped = self._agreements.unconfirmed(in_force, in_force)
        return tuple(dict.fromkeys((*self._waiting, *stopped)))

    def agree(self, risks: Iterable[Risk]) -> None:
        """Take these as agreed to; accounts that waited for it go on."""
        agreed = tuple(risks)
        self._agreements.agree(agreed)
        self._agreed.update(agreed)
        for name in {risk.account for risk in agreed}:
            self._clear_stop(name)

    def answer(
        self, request: dict[str, Any], in_force: Settings, translate: Translate
    ) -> dict[str, Any]:
        """Tell another process what waits; agree to what it names. Raises SettingsError."""
        found = self._agreements.unconfirmed(in_force, self._settings_file.load().settings)
        waiting = [risk for risk in found if risk not in self._agreed]
        named = request.get("agreed", ())
        self.agree(risk for risk in waiting if risk.id in named)
        return {
            "risks": [(risk.id, risk.told.translated(translate, whole=True)) for risk in waiting]
        }
