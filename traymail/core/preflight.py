"""What a configuration names outside of itself and is not there: a folder, a certificate.

Apart from `traymail.core.parse`, because it may change while the configuration does not: a
share that is not mounted yet must keep one rule waiting, not the whole program from starting.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from traymail.core.account import Account
from traymail.core.errors import Problem
from traymail.core.paths import PathContext
from traymail.core.ports import Preflight
from traymail.core.rule_kind import Kinds, RuleRead, kind_of_rule
from traymail.core.settings import Settings
from traymail.core.texts import text
from traymail.core.validators import place_of


@dataclass(frozen=True, slots=True)
class MissingPath:
    """Something that ``owner`` (a rule's or an account's name) needs at ``path`` is not there."""

    owner: str
    path: str
    problem: Problem


def missing_paths(
    rules: Iterable[RuleRead],
    accounts: Mapping[str, Account],
    paths: PathContext,
    disk: Preflight,
    kinds: Kinds,
) -> tuple[MissingPath, ...]:
    """Return what is not there. Disabled rules need nothing."""
    found = []
    for name, account in accounts.items():
        if account.ca_file and not disk.is_file(account.ca_file):
            where = place_of(place_of("accounts", name), "ca_file")
            found.append(MissingPath(name, account.ca_file, Problem(where, text("no such file"))))
    for read in rules:
        rule = read.rule
        kind = kind_of_rule(rule, kinds)
        needed = kind.needs(rule)
        if needed and rule.enabled and needed[0] not in read.bad:
            problem = kind.missing_path(rule, paths, disk)
            if problem:
                told = replace(problem, where=read.place(needed[0]))
                found.append(MissingPath(rule.name, needed[1], told))
    return tuple(found)


def introduced(found: Iterable[MissingPath], before: Settings, kinds: Kinds) -> tuple[Problem, ...]:
    """Return the problems that an edit of ``before`` brought in, not the disk's own changes."""
    known = {(account.name, account.ca_file) for account in before.accounts.values()}
    known |= {
        (rule.name, needed[1])
        for rule in before.rules
        if rule.enabled and (needed := kind_of_rule(rule, kinds).needs(rule))
    }
    return tuple(one.problem for one in found if (one.owner, one.path) not in known)
