"""Reads the rules of config.toml one by one, then checks them against everything else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from traymail.core import validators as read
from traymail.core.account import Account
from traymail.core.account_kind import Kinds as AccountKinds
from traymail.core.account_table import unknown_account
from traymail.core.address import parse_address
from traymail.core.errors import Problem
from traymail.core.groups import Groups, has_groups, people
from traymail.core.message import Address
from traymail.core.paths import PathContext
from traymail.core.rule_kind import (
    Kinds,
    RuleKind,
    RuleRead,
    common_problems,
    kind_named,
    kind_of_rule,
)
from traymail.core.table_reader import read_table
from traymail.core.texts import by_command, text
from traymail.core.validators import place_of

# Stands in for recipients that are read apart.
_SOMEBODY = "nobody@localhost"


@dataclass(frozen=True, slots=True)
class RuleContext:
    """What rules refer to. ``known`` are the names of accounts; None: they cannot be told.

    ``kinds`` are those that rules may be of. ``groups`` None: they cannot be told, either.
    """

    paths: PathContext
    default_account: str
    accounts: Mapping[str, Account]
    known: tuple[str, ...] | None
    kinds: Kinds
    account_kinds: AccountKinds
    groups: Groups | None = None

    def account(self, name: object) -> Account | None:
        """Return the account that a rule names, "" or None for the default one."""
        name = name or self.default_account
        return self.accounts.get(name) if isinstance(name, str) else None

    def named(self, account: Account | None, to: object) -> tuple[Address, ...]:
        """Return whom ``to`` of a rule names, where only the account's kind knows all of them."""
        if account is None or not isinstance(to, list):
            return ()
        kind = self.account_kinds[account.kind]
        found = [kind.named(account, one) if isinstance(one, str) else None for one in to]
        named = tuple(one for one in found if one is not None)
        return named if len(named) == len(found) else ()

    def group(self, account: Account | None) -> Address | None:
        """Return whom the mails of a rule without recipients go to; None: there have to be some."""
        return None if account is None else self.account_kinds[account.kind].group(account)


def read_rules(
    written: Sequence[object], given: RuleContext, problems: list[Problem]
) -> tuple[RuleRead, ...]:
    """Return the rules that could be read; what is wrong with any is added to ``problems``."""
    found = (_read_rule(index, one, given, problems) for index, one in enumerate(written))
    rules = tuple(rule for rule in found if rule is not None)
    for rule in rules:
        problems += common_problems(rule)
        problems += kind_of_rule(rule.rule, given.kinds).problems(rule, rule.rule, given.paths)
        problems += _account_problems(rule, given)
        problems += _untaken(rule, given)
    problems += _problems_between(rules, given.kinds)
    return rules


def _read_rule(
    index: int, written: object, given: RuleContext, problems: list[Problem]
) -> RuleRead | None:
    """Return the rule at ``index`` with full paths, None when not even its kind is known."""
    where = f"rules[{index}]"
    names = [one.name for one in given.kinds]
    try:
        fields = read.table(written)
    except read.ValidationError as error:
        problems += [Problem(where, f.what, advice=f.advice) for f in error.findings]
        return None
    try:
        kind = kind_named(read.one_of(*names)(fields.get("kind")), given.kinds)
    except read.ValidationError as error:
        at = place_of(where, "kind")
        problems += [Problem(at, f.what, advice=f.advice) for f in error.findings]
        meant = _meant(fields, given.kinds)
        if meant is None:
            return None
        kind = meant
    # An empty account is one that is left out.
    left_out = {"kind"} if fields.get("account") else {"kind", "account"}
    if not fields.get("to") and given.group(given.account(fields.get("account"))):
        left_out.add("to")
    named = given.named(given.account(fields.get("account")), fields.get("to"))
    if named:
        left_out.add("to")
    keys = {key: value for key, value in fields.items() if key not in left_out}
    people_of, unknown = _people(keys, where, given, problems)
    keys = _left_out(kind, keys, given) | keys | {key: [_SOMEBODY] for key in people_of}
    table = read_table(kind.form, keys, where, problems, lambda: given.kinds)
    rule = kind.with_full_paths(table.value, given.paths.user_home)
    if named:
        people_of["to"] = named
    grouped = frozenset(people_of)
    return RuleRead(index, replace(rule, **people_of), table.bad | unknown, grouped)


def _people(
    fields: Mapping[str, object], where: str, given: RuleContext, problems: list[Problem]
) -> tuple[dict[str, tuple[Address, ...]], frozenset[str]]:
    """Return whom the keys mean that name groups, and those of them that were reported."""
    found: dict[str, tuple[Address, ...]] = {}
    bad: set[str] = set()
    for key, least in (("to", 1), ("cc", 0), ("bcc", 0)):
        if not has_groups(fields.get(key)):
            continue
        try:
            found[key] = people(given.groups, least=least, most=read.MOST_ADDRESSES)(fields[key])
        except read.ValidationError as error:
            found[key] = (parse_address(_SOMEBODY),)
            bad.add(key)
            at = place_of(where, key)
            problems += [Problem(at + f.at, f.what, advice=f.advice) for f in error.findings]
    return found, frozenset(bad)


def _meant(fields: Mapping[str, object], kinds: Kinds) -> RuleKind[Any] | None:
    """Return what a rule of no known kind was to be, so that the rest is reported as well."""
    from difflib import get_close_matches  # only where something is wrong

    kind, names = fields.get("kind"), [one.name for one in kinds]
    if isinstance(kind, str) and (close := get_close_matches(kind.lower(), names, n=1)):
        return kind_named(close[0], kinds)
    own = [len(fields.keys() & one.form.keys.keys()) for one in kinds]
    likely = [one for one, count in zip(kinds, own, strict=True) if count == max(own)]
    return likely[0] if len(likely) == 1 else None


def _left_out(
    kind: RuleKind[Any], keys: Mapping[str, object], given: RuleContext
) -> dict[str, object]:
    """Return what a rule takes from elsewhere where it says nothing."""
    account = given.account(keys.get("account"))
    group = given.group(account)
    to = {"to": [group.mailbox]} if group else {}
    return {"account": keys.get("account") or given.default_account} | to | kind.left_out(account)


def _problems_between(reads: Sequence[RuleRead], kinds: Kinds) -> list[Problem]:
    """Return what is wrong between rules: equal names, and what their kinds find."""
    problems = []
    seen: set[str] = set()
    for one in reads:
        if "name" in one.bad:
            continue
        if one.rule.name in seen:
            what = text("another rule has this name already")
            problems.append(Problem(one.place("name"), what))
        seen.add(one.rule.name)
    for kind in kinds:
        problems += kind.problems_between(
            [(one, one.rule) for one in reads if one.rule.kind == kind.name]
        )
    return problems


def _untaken(one: RuleRead, given: RuleContext) -> list[Problem]:
    """Return what of a rule's mails its account does not take."""
    rule, account = one.rule, given.accounts.get(one.rule.account)
    if account is None:
        return []
    kind = given.account_kinds[account.kind]
    wrong = {**kind.refused(account), "to": kind.wrong_to(account, rule.to)}
    cannot = {part: words for part, words in wrong.items() if words is not None}
    parts = {
        "to": True,
        "cc": bool(rule.cc),
        "bcc": bool(rule.bcc),
        "files": kind_of_rule(rule, given.kinds).attaches,
    }
    advice = text("Leave it out, or use another account.")
    return [
        Problem(one.place("account" if part == "files" else part), cannot[part], advice=advice)
        for part, there in parts.items()
        if there and part in cannot and part not in one.bad
    ]


def _account_problems(rule: RuleRead, given: RuleContext) -> list[Problem]:
    """Return why a rule has no account. An unknown default was reported where it stands."""
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
