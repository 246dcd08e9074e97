"""Reads the rules of config.toml one by one, then checks them against everything else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from traymail.core import readers as read
from traymail.core.account import Account
from traymail.core.account_table import unknown_account
from traymail.core.errors import Problem
from traymail.core.places import Places, beside, full_path
from traymail.core.readers import Form
from traymail.core.rule import Rule
from traymail.core.rule_checks import RuleRead, problems_between, rule_problems
from traymail.core.rule_tables import FOLDER, LOG
from traymail.core.rules.folder import FolderRule
from traymail.core.rules.log import LogRule
from traymail.core.settings import place_of
from traymail.core.table_reader import read_table
from traymail.core.texts import by_command, text

FORMS: dict[str, Form[Any]] = {FolderRule.kind: FOLDER, LogRule.kind: LOG}


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What rules refer to. ``known`` are the names of accounts; None: they cannot be told."""

    places: Places
    default_account: str
    accounts: Mapping[str, Account]
    known: tuple[str, ...] | None


def read_rules(
    written: Sequence[object], given: Surroundings, problems: list[Problem]
) -> tuple[RuleRead, ...]:
    """Return the rules that could be read; what is wrong with any is added to ``problems``."""
    found = (_read_rule(index, one, given, problems) for index, one in enumerate(written))
    rules = tuple(rule for rule in found if rule is not None)
    for rule in rules:
        problems += rule_problems(rule, given.places)
        problems += _account_problems(rule, given)
    problems += problems_between(rules)
    return rules


def _read_rule(
    index: int, written: object, given: Surroundings, problems: list[Problem]
) -> RuleRead | None:
    """Return the rule at ``index`` with full paths, None when not even its kind is known."""
    where = f"rules[{index}]"
    try:
        fields = read.table(written)
    except read.Wrong as error:
        problems += [Problem(where, f.what, advice=f.advice) for f in error.findings]
        return None
    try:
        form = FORMS[read.one_of(*FORMS)(fields.get("kind"))]
    except read.Wrong as error:
        at = place_of(where, "kind")
        problems += [Problem(at, f.what, advice=f.advice) for f in error.findings]
        meant = _meant(fields)
        if meant is None:
            return None
        form = meant
    # An empty account is one that is left out.
    left_out = {"kind"} if fields.get("account") else {"kind", "account"}
    keys = {key: value for key, value in fields.items() if key not in left_out}
    table = read_table(form, _left_out(form, keys, given) | keys, where, problems)
    rule: Rule = _with_full_paths(table.value, given.places.user_home)
    return RuleRead(index, rule, table.bad)


def _meant(fields: Mapping[str, object]) -> Form[Any] | None:
    """Return what a rule of no known kind was to be, so that the rest is told of as well."""
    from difflib import get_close_matches  # only where something is wrong

    kind = fields.get("kind")
    if isinstance(kind, str) and (close := get_close_matches(kind.lower(), FORMS, n=1)):
        return FORMS[close[0]]
    own = {kind: len(fields.keys() & form.keys.keys()) for kind, form in FORMS.items()}
    best = max(own.values())
    likely = [kind for kind, count in own.items() if count == best]
    return FORMS[likely[0]] if len(likely) == 1 else None


def _left_out(
    form: Form[Any], keys: Mapping[str, object], given: Surroundings
) -> dict[str, object]:
    """Return what a rule takes from elsewhere where it says nothing."""
    name = keys.get("account") or given.default_account
    if form is not FOLDER:
        return {"account": name}
    account = given.accounts.get(name) if isinstance(name, str) else None
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


def _account_problems(rule: RuleRead, given: Surroundings) -> list[Problem]:
    """Return why a rule has no account. An unknown default was told of where it stands."""
    name, where = rule.rule.account, rule.place("account")
    if "account" in rule.bad or given.known is None or name in given.known:
        return []
    if name:
        unknown = name != given.default_account
        return [unknown_account(where, name, given.known)] if unknown else []
    if given.known:
        what = text("is missing: there are several accounts and none is the default")
        advice = text("Name one here, or set default_account.")
    else:
        what = text("no account is set up")
        advice = by_command(
            text("Add one with: traymail account add ADDRESS"),
            in_window=text("Add one on the page “Accounts” of the settings."),
        )
    return [Problem(where, what, advice=advice)]
