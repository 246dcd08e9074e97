"""From the document in config.toml to the one value: every problem at once, each with its place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from traymail.core.account_kind import Kinds, read_account
from traymail.core.account_table import unknown_account
from traymail.core.errors import Problem, SettingsError
from traymail.core.paths import PathContext
from traymail.core.settings import Settings, TopKeys
from traymail.core.table_reader import read_table
from traymail.core.tables import TOP, TopTable

if TYPE_CHECKING:
    from traymail.core.rule_kind import GetKinds, RuleRead


@dataclass(frozen=True, slots=True)
class Parsed:
    """A document as far as it could be read.

    ``settings`` is to be used only when ``problems`` is empty; ``rules`` are those that could be
    read at all, for `traymail.core.preflight`. ``hints`` are the problems that stop nothing.
    """

    settings: Settings
    rules: tuple[RuleRead, ...]
    problems: tuple[Problem, ...]
    hints: tuple[Problem, ...] = ()


def parse(
    document: Mapping[str, object],
    paths: PathContext,
    kinds: Kinds,
    rule_kinds: GetKinds,
) -> Settings:
    """Return the settings of a document. Raises SettingsError with every problem at once.

    ``kinds`` are those of accounts, ``rule_kinds`` are asked for where there is a rule.

    Nothing is asked of the disk: what depends on it is found by `traymail.core.preflight`.
    """
    parsed = check(document, paths, kinds, rule_kinds)
    if parsed.problems:
        raise SettingsError(parsed.problems)
    return parsed.settings


def check(
    document: Mapping[str, object],
    paths: PathContext,
    kinds: Kinds,
    rule_kinds: GetKinds,
) -> Parsed:
    """Return what can be read of a document, and everything that is wrong with it."""
    problems: list[Problem] = []
    top = read_table(TOP, document, "", problems, rule_kinds)
    accounts = {
        name: account
        for name, written in top.value.accounts.items()
        if (account := read_account(name, written, paths.user_home, kinds, rule_kinds, problems))
    }
    default = _default_account(top.value, problems)
    rules: tuple[RuleRead, ...] = ()
    if top.value.rules:
        # Only here: what rules need is slow to import, and ``send`` in a home without rules needs
        # none of it.
        from traymail.core.rule_reader import RuleContext, read_rules

        known = None if top.bad & {"accounts", "default_account"} else tuple(top.value.accounts)
        groups = None if "groups" in top.bad else top.value.groups
        given = RuleContext(paths, default, accounts, known, rule_kinds(), kinds, groups)
        rules = read_rules(top.value.rules, given, problems)
    own = {one.name: getattr(top.value, one.name) for one in fields(TopKeys)}
    settings = Settings(
        **{**own, "default_account": default},
        accounts=accounts,
        rules=tuple(one.rule for one in rules),
    )
    hints = tuple(one for one in problems if one.hint)
    return Parsed(settings, rules, tuple(one for one in problems if not one.hint), hints)


def _default_account(top: TopTable, problems: list[Problem]) -> str:
    """Return the default account: the one that is named, else the only one, else ""."""
    names = tuple(top.accounts)
    if not top.default_account:
        return names[0] if len(names) == 1 else ""
    if top.default_account not in names:
        problems.append(unknown_account("default_account", top.default_account, names))
    return top.default_account
