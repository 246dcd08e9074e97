"""Whom the user has written to, for completion."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from traymail.core.groups import Groups
from traymail.core.message import Address
from traymail.services.drafts import DraftService
from traymail.ui.form import Helpers
from traymail.ui.model.completion import MOST, chip, group_proposals, group_words, proposals
from traymail.ui.tasks import Tasks
from traymail.ui.widgets import Suggestion


class KnownPeople:
    """Answers what the address fields ask; ``names`` are those of known mailboxes."""

    def __init__(
        self,
        drafts: DraftService,
        tasks: Tasks,
        taken: Callable[[], Sequence[str]],
    ) -> None:
        """``taken`` returns the recipients that are there already."""
        self._drafts, self._tasks, self._taken = drafts, tasks, taken
        self.known: tuple[Address, ...] = ()
        self.groups: Groups = {}
        self.names: dict[str, str] = {}
        self.helpers = Helpers(self._label, self._suggest, self._forget)

    def know_groups(self, groups: Groups) -> bool:
        """Offer these groups from now on; return whether they are others than before."""
        before, self.groups = self.groups, groups
        return groups != before

    def know(self, people: tuple[Address, ...]) -> None:
        """Offer these from now on."""
        self.known = people
        self.names = {person.mailbox: person.name for person in people}

    def _label(self, address: str) -> str | None:
        return chip(address, self.names, self.groups)

    def _suggest(self, typed: str) -> list[Suggestion]:
        taken = self._taken()
        groups = [
            Suggestion(name, name, group_words(self.groups[name]))
            for name in group_proposals(self.groups, typed, taken)
        ]
        found = proposals(self.known, typed, taken)
        return [*groups, *(Suggestion(one.mailbox, one.name) for one in found)][:MOST]

    def _forget(self, mailbox: str) -> None:
        if mailbox in self.groups:
            return  # it is not remembered, but made
        self.know(tuple(person for person in self.known if person.mailbox != mailbox))
        self._tasks.run(lambda: self._drafts.forget_person(mailbox))
