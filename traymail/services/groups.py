"""What a user does with groups of recipients: makes them, changes them, gives them up."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from traymail.accounts import kind_of
from traymail.app import App
from traymail.core.errors import InputError, SettingsError
from traymail.core.groups import Groups, group_problems
from traymail.core.texts import text
from traymail.program import Program

if TYPE_CHECKING:
    from tomlkit import TOMLDocument

_KEYS = ("to", "cc", "bcc")


@dataclass(frozen=True, slots=True)
class GroupService:
    """The groups of the configuration."""

    app: App
    running: Program

    def save(self, name: str, people: Sequence[str], before: str | None) -> None:
        """Add a group, or change the one named ``before``; rules mail it by its new name.

        Raises SettingsError, StateError.
        """
        from traymail.store.edits import put_group, rename_recipient

        problems = group_problems(name, people, self._groups, before)
        problems = tuple(one for one in problems if not one.hint)
        if problems:
            raise SettingsError(problems)

        def change(document: TOMLDocument) -> None:
            put_group(document, name, people, before)
            if before is not None and before != name:
                for rule in self._mailing(document, before):
                    rename_recipient(document, rule, before, name)

        self.running.configuration.edit(change)

    def remove(self, name: str) -> None:
        """Remove a group; raises InputError while a rule mails it."""
        from traymail.store.edits import drop_group

        def change(document: TOMLDocument) -> None:
            rule = next(self._mailing(document, name), None)
            if rule is not None:
                raise InputError(
                    text("The rule {rule} mails this group.", rule=rule),
                    text("Take the group out of the rule first."),
                )
            drop_group(document, name)

        self.running.configuration.edit(change)

    @property
    def _groups(self) -> Groups:
        return self.running.engine.snapshot().settings.groups

    def _mailing(self, document: TOMLDocument, name: str) -> Iterator[str]:
        """Yield the rules that mail a group, but for those to which its name means another."""
        settings = self.running.engine.snapshot().settings
        accounts = {one.name: settings.accounts.get(one.account) for one in settings.rules}
        wanted = name.casefold()
        for rule in document.get("rules", ()):
            called, account = str(rule.get("name")), accounts.get(str(rule.get("name")))
            written = {str(one).strip().casefold() for key in _KEYS for one in rule.get(key, ())}
            if wanted in written and not (account and kind_of(account).named(account, name)):
                yield called
