"""The page of the groups: which there are, and the form of one with what is not saved yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum

from traymail.core.address import split_addresses
from traymail.core.errors import Problem, TraymailError
from traymail.core.fields import Field, FieldKind, Form, Section
from traymail.core.groups import Groups, group_problems
from traymail.core.texts import Text, text
from traymail.ui.model.actions import Actions, Offered
from traymail.ui.model.sentences import sentence_of

Values = Mapping[str, str]
NAME, PEOPLE = "name", "people"
NEW = ""
"""What the group that is being made is called until it is saved."""
_BLANK: Values = {NAME: "", PEOPLE: ""}
FORM: Form = (
    Section(
        None,
        (
            Field(NAME, text("&Name"), help=text("Type it wherever one asks whom a mail goes to.")),
            Field(
                PEOPLE,
                text("&Recipients"),
                FieldKind.ADDRESSES,
                help=text("Who gets a mail that goes to the group."),
            ),
        ),
    ),
)


class GroupAct(Enum):
    """What the buttons do."""

    REMOVE = "remove"
    UNDO = "undo"
    SAVE = "save"


@dataclass(frozen=True, slots=True)
class GroupPage:
    """The page. ``edits`` are what stands in the fields of groups that were changed.

    ``chosen``: the group in sight, `NEW` for one that is being made, None where there is none.
    """

    known: bool = False
    groups: Groups = field(default_factory=dict)
    chosen: str | None = None
    edits: Mapping[str, Values] = field(default_factory=dict)
    busy: bool = False
    trouble: Text | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The groups to choose from; the one that is being made is the last."""
        return (*self.groups, NEW) if NEW in self.edits else tuple(self.groups)

    @property
    def values(self) -> Values:
        """What stands in the fields."""
        return _BLANK if self.chosen is None else self.edits.get(self.chosen, self.saved)

    @property
    def saved(self) -> Values:
        """What the fields held when they were saved."""
        people = self.groups.get(self.chosen or NEW)
        if people is None or self.chosen is None:
            return _BLANK
        return {NAME: self.chosen, PEOPLE: ", ".join(map(str, people))}

    @property
    def changed(self) -> bool:
        """Whether there is something to save."""
        return self.values != self.saved

    @property
    def people(self) -> tuple[str, ...]:
        """Who is in the group, as it was typed."""
        return split_addresses(self.values[PEOPLE])

    @property
    def problems(self) -> tuple[Problem, ...]:
        """All that is wrong with the group in sight."""
        return tuple(one for one in self._found if not one.hint)

    @property
    def remark(self) -> Problem | None:
        """What is odd about its people although it can be."""
        return next((one for one in self._found if one.hint), None)

    @property
    def _found(self) -> tuple[Problem, ...]:
        if self.chosen is None:
            return ()
        before = None if self.chosen == NEW else self.chosen
        return group_problems(self.values[NAME].strip(), self.people, self.groups, before)

    @property
    def told(self) -> tuple[Problem, ...]:
        """Those of its problems that are to be told: an empty field is not filled in yet."""
        return tuple(one for one in self.problems if self.values[one.where.partition("[")[0]])

    @property
    def may_save(self) -> bool:
        """Whether Save can be pressed."""
        return self.changed and not self.busy and not self.problems


def known(page: GroupPage, groups: Groups) -> GroupPage:
    """Return the page with the groups as the configuration has them; edits of those gone are."""
    edits = {name: its for name, its in page.edits.items() if name in groups or name == NEW}
    page = replace(page, known=True, groups=groups, edits=edits)
    if page.chosen in page.names:
        return page
    return replace(page, chosen=next(iter(page.names), None))


def chose(page: GroupPage, name: str) -> GroupPage:
    """Return the page with another group in sight."""
    return replace(page, chosen=name, trouble=None)


def began(page: GroupPage) -> GroupPage:
    """Return the page with a new group in sight."""
    edits = {**page.edits, NEW: page.edits.get(NEW, _BLANK)}
    return replace(page, chosen=NEW, edits=edits, trouble=None)


def typed(page: GroupPage, values: Values) -> GroupPage:
    """Return the page with what stands in the fields now."""
    if page.chosen is None or values == page.values:
        return page
    return replace(page, edits={**page.edits, page.chosen: dict(values)}, trouble=None)


def undone(page: GroupPage) -> GroupPage:
    """Return the page without the changes of the group in sight; a new one is gone."""
    edits = {name: its for name, its in page.edits.items() if name != page.chosen}
    return known(replace(page, edits=edits, trouble=None), page.groups)


def busy(page: GroupPage) -> GroupPage:
    """Return the page while a group is saved or removed."""
    return replace(page, busy=True, trouble=None)


def saved(page: GroupPage, edited: str, values: Values, groups: Groups) -> GroupPage:
    """Return the page once these values of the group ``edited`` are saved.

    What was typed meanwhile, there or in another group, is still to be saved.
    """
    name = values[NAME].strip()
    edits = {one: its for one, its in page.edits.items() if one != edited}
    later = page.edits.get(edited, values)
    if later != values:
        edits[name] = later
    chosen = name if page.chosen == edited else page.chosen
    return known(replace(page, edits=edits, chosen=chosen, busy=False), groups)


def removed(page: GroupPage, name: str, groups: Groups) -> GroupPage:
    """Return the page once a group is removed."""
    edits = {one: its for one, its in page.edits.items() if one != name}
    return known(replace(page, edits=edits, busy=False), groups)


def failed(page: GroupPage, error: TraymailError) -> GroupPage:
    """Return the page with what went wrong."""
    return replace(page, busy=False, trouble=sentence_of(error))


def buttons(page: GroupPage) -> Actions[GroupAct]:
    """Return what the bar below the form offers."""
    free, new = not page.busy, page.chosen == NEW
    undo = Offered(
        text("Undo"), GroupAct.UNDO, free, "arrow-counterclockwise", kind="ghost", bare=True
    )
    return Actions(
        (Offered(text("D&elete group…"), GroupAct.REMOVE, free, kind="danger"),),
        (undo,) if page.changed or new else (),
        Offered(text("&Save"), GroupAct.SAVE, page.may_save),
        note=text("Changed, not saved") if page.changed else None,
        wrong=len({one.where.partition("[")[0] for one in page.told}),
        waiting=page.busy,
    )
