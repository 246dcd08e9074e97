"""A kind of rule: its keys and its form, and what it must be beyond each key.

What it does at work is in `traymail.running`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, Generic, TypeVar

from traymail.core import fields
from traymail.core import validators as read
from traymail.core.account import Account
from traymail.core.errors import InputError, Problem
from traymail.core.paths import PathContext
from traymail.core.ports import Preflight
from traymail.core.provider import doubt
from traymail.core.reports import RulePreview
from traymail.core.rule import Rule
from traymail.core.sight import Sight, Suited
from traymail.core.template import compile_template
from traymail.core.texts import Text, text
from traymail.core.validators import Form, place_of

# What stands above the form: the name as the title, and the switch.
ABOVE = ("name", "enabled")

R = TypeVar("R", bound=Rule)


@dataclass(frozen=True, slots=True)
class RuleRead:
    """A rule at its place in the file; ``bad`` keys were reported already and hold stand-ins.

    ``grouped`` keys name groups: their people stand at other places than in the file.
    """

    index: int
    rule: Rule
    bad: frozenset[str]
    grouped: frozenset[str] = frozenset()

    def place(self, key: str) -> str:
        """Return the place of a key, for a problem."""
        return place_of(f"rules[{self.index}]", key)


class RuleKind(ABC, Generic[R]):
    """One kind of rule; its ``form`` makes a rule of a table.

    ``source_key`` is the key of what it watches; of ``from_account`` keys its account has the say
    where they are left out. Windows call a rule without a name ``title``, and ``begin`` stands on
    the button that makes one; ``asks`` is their form, whose rare fields are about what ``more``
    says. ``icon`` stands for the kind, ``status_icon`` where its health is shown.
    ``attaches``: its mails have files.
    """

    form: Form[R]
    source_key: str
    from_account: frozenset[str] = frozenset()
    title: Text
    begin: Text
    icon: str
    status_icon: str
    asks: fields.Form
    more: Text
    attaches: bool = False

    @property
    def rule(self) -> type[R]:
        """The class of its rules."""
        return self.form.kind

    @property
    def name(self) -> str:
        """What the configuration calls it."""
        return self.rule.kind

    @abstractmethod
    def name_after(self, source: PurePath) -> str:
        """Return what a rule that watches this may be called; "" for nothing."""

    def left_out(self, account: Account | None) -> dict[str, object]:
        """Return what a rule of an account takes from elsewhere where it says nothing."""
        del account
        return {}

    @abstractmethod
    def with_full_paths(self, rule: R, user_home: str) -> R:
        """Return a rule whose paths are absolute, ``~`` expanded."""

    @abstractmethod
    def problems(self, one: RuleRead, rule: R, paths: PathContext) -> list[Problem]:
        """Return what is wrong with one rule beyond single keys and what all rules have; hints."""

    def problems_between(self, reads: Sequence[tuple[RuleRead, R]]) -> Iterator[Problem]:
        """Yield what is wrong between rules of this kind."""
        del reads
        yield from ()

    def needs(self, rule: R) -> tuple[str, str] | None:
        """Return what must be there for a rule to work: its key and its path; None for nothing."""
        del rule
        return None

    def missing_path(self, rule: R, paths: PathContext, disk: Preflight) -> Problem | None:
        """Return why what the rule needs is not there; ``where`` is left empty."""
        del rule, paths, disk
        return None

    def suited(self, values: Mapping[str, str], preview: RulePreview | None) -> Suited:
        """Return what of the form depends on what stands in it, and on what there is."""
        del values, preview
        return Suited()

    @abstractmethod
    def sight(self, values: Mapping[str, str], preview: RulePreview, *, new: bool) -> Sight:
        """Return what a preview shows above the mails; ``new``: the rule is not saved yet."""


Kinds = tuple[RuleKind[Any], ...]
GetKinds = Callable[[], Kinds]
"""What rules need is slow to import: kinds are asked for where there is a rule."""


def kind_named(name: str, kinds: Iterable[RuleKind[Any]]) -> RuleKind[Any]:
    """Return a kind by the name that the configuration has for it."""
    return next(one for one in kinds if one.name == name)


def kind_of_rule(rule: Rule, kinds: Iterable[RuleKind[Any]]) -> RuleKind[Any]:
    """Return the kind of a rule."""
    return kind_named(rule.kind, kinds)


def common_problems(one: RuleRead) -> list[Problem]:
    """Return what is wrong with what all kinds of rules have."""
    rule = one.rule
    problems = []
    for key, people in (("to", rule.to), ("cc", rule.cc), ("bcc", rule.bcc)):
        for index, address in enumerate(people if key not in one.bad else ()):
            what, advice = doubt(address.mailbox)
            if what is not None:
                at = "" if key in one.grouped else f"[{index}]"
                problems.append(Problem(one.place(key) + at, what, advice=advice, hint=True))
    if len(rule.to) + len(rule.cc) + len(rule.bcc) > read.MOST_ADDRESSES:
        most = read.MOST_ADDRESSES
        what = text("to, cc and bcc together must not have more than {count}", count=most)
        problems.append(Problem(one.place("to"), what))
    return problems


def template_problems(
    one: RuleRead, names: frozenset[str], captures: frozenset[str] | None
) -> list[Problem]:
    """Return what is wrong with the templates of a rule, which know these ``names``."""
    problems = []
    for key, words in (("subject", one.rule.subject), ("body", one.rule.body)):
        try:
            compile_template(words, names, captures)
        except InputError as error:
            problems.append(Problem(one.place(key), error.title, advice=error.advice))
    return problems
