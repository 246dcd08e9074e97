"""From the document in config.toml to the one value: every problem at once, each with its place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from traymail.core import readers as read
from traymail.core.account import Account
from traymail.core.account_table import read_account
from traymail.core.errors import Problem, SettingsError
from traymail.core.places import Places, beside, full_path
from traymail.core.rule import Rule
from traymail.core.rule_checks import RuleRead, problems_between, rule_problems
from traymail.core.rules import KINDS
from traymail.core.rules.folder import FolderRule
from traymail.core.rules.log import LogRule
from traymail.core.settings import Settings, place_of
from traymail.core.table_reader import read_table
from traymail.core.tables import TopTable
from traymail.core.texts import text


@dataclass(frozen=True, slots=True)
class Structured:
    """A document as far as it could be read.

    ``settings`` is to be used only when ``problems`` is empty; ``rules`` are those that could be
    read at all, for `traymail.core.world`.
    """

    settings: Settings
    rules: tuple[RuleRead, ...]
    problems: tuple[Problem, ...]


def structure(document: Mapping[str, object], places: Places) -> Settings:
    """Return the settings of a document. Raises SettingsError with every problem at once.

    Nothing is asked of the disk: what depends on it is found by `traymail.core.world`.
    """
    structured = examine(document, places)
    if structured.problems:
        raise SettingsError(structured.problems)
    return structured.settings


def examine(document: Mapping[str, object], places: Places) -> Structured:
    """Return what can be read of a document, and everything that is wrong with it."""
    problems: list[Problem] = []
    top = read_table(TopTable, document, "", problems)
    accounts = {
        name: account
        for name, written in top.value.accounts.items()
        if (account := read_account(name, written, places.user_home, problems))
    }
    default = _default_account(top.value, problems)
    reader = _RuleReader(places.user_home, default, accounts)
    rules = [
        rule
        for index, written in enumerate(top.value.rules)
        if (rule := reader.read(index, written, problems))
    ]
    for one in rules:
        problems += rule_problems(one, places)
        if not top.bad & {"accounts", "default_account"} and "account" not in one.bad:
            problems += _account_problems(one, default, tuple(top.value.accounts))
    problems += problems_between(rules)
    settings = Settings(
        language=top.value.language,
        default_account=default,
        rules_max_per_hour=top.value.rules_max_per_hour,
        retention=top.value.retention,
        accounts=accounts,
        rules=tuple(one.rule for one in rules),
    )
    return Structured(settings, tuple(rules), tuple(problems))


def _default_account(top: TopTable, problems: list[Problem]) -> str:
    """Return the default account: the one that is named, else the only one, else ""."""
    names = tuple(top.accounts)
    if not top.default_account:
        return names[0] if len(names) == 1 else ""
    if top.default_account not in names:
        problems.append(_unknown_account("default_account", top.default_account, names))
    return top.default_account


def _unknown_account(where: str, name: str, known: tuple[str, ...]) -> Problem:
    return Problem(
        where,
        text("there is no account {name}", name=name),
        advice=read.nearest(name, known)
        or text("Add it with: traymail account add ADDRESS --name {name}", name=name),
    )


@dataclass(frozen=True, slots=True)
class _RuleReader:
    """What a rule takes from elsewhere when its table leaves it out."""

    user_home: str
    default_account: str
    accounts: Mapping[str, Account]

    def read(self, index: int, written: object, problems: list[Problem]) -> RuleRead | None:
        """Return the rule at ``index`` with full paths, None when not even its kind is known."""
        where = f"rules[{index}]"
        try:
            fields = read.table(written)
        except read.Wrong as error:
            problems += [Problem(where, f.what, advice=f.advice) for f in error.findings]
            return None
        try:
            kind = KINDS[read.one_of(*KINDS)(fields.get("kind"))]
        except read.Wrong as error:
            at = place_of(where, "kind")
            problems += [Problem(at, f.what, advice=f.advice) for f in error.findings]
            return None
        given = {key: value for key, value in fields.items() if key != "kind"}
        if given.get("account") == "":
            del given["account"]
        table = read_table(kind, self._left_out(kind, given) | given, where, problems)
        return RuleRead(index, _with_full_paths(table.value, self.user_home), table.bad)

    def _left_out(self, kind: type[Rule], given: dict[str, object]) -> dict[str, object]:
        name = given.get("account") or self.default_account
        if kind is not FolderRule:
            return {"account": name}
        account = self.accounts.get(name) if isinstance(name, str) else None
        when_unsure = {"when_unsure": account.when_unsure.value} if account else {}
        return {"account": name, "move_to": "sent"} | when_unsure


def _with_full_paths(rule: Rule, user_home: str) -> Rule:
    match rule:
        case FolderRule():
            folder = full_path(rule.folder, user_home)
            return replace(
                rule,
                folder=folder,
                move_to=beside(rule.move_to, folder, user_home),
                failed_to=beside(rule.failed_to, folder, user_home),
            )
        case LogRule():
            return replace(rule, paths=tuple(full_path(path, user_home) for path in rule.paths))
        case _:
            return rule


def _account_problems(one: RuleRead, default: str, known: tuple[str, ...]) -> list[Problem]:
    name = one.rule.account
    if name:
        # The default was told of where it stands.
        return (
            []
            if name in {*known, default}
            else [_unknown_account(one.place("account"), name, known)]
        )
    if known:
        what = text("is missing: there are several accounts and none is the default")
        advice = text("Name one here, or set default_account.")
    else:
        what = text("no account is set up")
        advice = text("Add one with: traymail account add ADDRESS")
    return [Problem(one.place("account"), what, advice=advice)]
