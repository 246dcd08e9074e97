"""What a configuration names outside of itself and is not there: a folder, a certificate.

Apart from `traymail.core.structure`, because it may change while the configuration does not: a
share that is not mounted yet must keep one rule waiting, not the whole program from starting.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import Protocol

from traymail.core.account import Account
from traymail.core.errors import Problem
from traymail.core.places import Places
from traymail.core.readers import nearest
from traymail.core.rule_checks import RuleRead, own_folder
from traymail.core.rules.folder import FolderRule
from traymail.core.settings import Settings, place_of
from traymail.core.texts import Text, text


class World(Protocol):
    """What has to be known of the disk."""

    def is_folder(self, path: str) -> bool:
        """Tell whether a folder is there."""

    def is_readable(self, folder: str) -> bool:
        """Tell whether the user may see what is in a folder."""

    def is_file(self, path: str) -> bool:
        """Tell whether a file is there."""

    def real_path(self, path: str) -> str:
        """Return the path with symbolic links followed, as far as it is there."""

    def folders_beside(self, path: str) -> tuple[str, ...]:
        """Return the names of the folders in the folder that ``path`` lies in."""


@dataclass(frozen=True, slots=True)
class Absence:
    """Something that ``owner`` (a rule's or an account's name) needs at ``path`` is not there."""

    owner: str
    path: str
    problem: Problem


def absences(
    rules: Iterable[RuleRead], accounts: Mapping[str, Account], places: Places, world: World
) -> tuple[Absence, ...]:
    """Return what is not there. Disabled rules need nothing."""
    found = []
    for name, account in accounts.items():
        if account.ca_file and not world.is_file(account.ca_file):
            where = place_of(place_of("accounts", name), "ca_file")
            found.append(Absence(name, account.ca_file, Problem(where, text("no such file"))))
    for read in rules:
        rule = read.rule
        if isinstance(rule, FolderRule) and rule.enabled and "folder" not in read.bad:
            problem = _folder_problem(read.place("folder"), rule, places, world)
            if problem:
                found.append(Absence(rule.name, rule.folder, problem))
    return tuple(found)


def introduced(found: Iterable[Absence], before: Settings) -> tuple[Problem, ...]:
    """Return the problems that an edit of ``before`` brought in, not the world's own changes."""
    known = {(account.name, account.ca_file) for account in before.accounts.values()}
    known |= {
        (rule.name, rule.folder)
        for rule in before.rules
        if isinstance(rule, FolderRule) and rule.enabled
    }
    return tuple(one.problem for one in found if (one.owner, one.path) not in known)


def _folder_problem(where: str, rule: FolderRule, places: Places, world: World) -> Problem | None:
    if not world.is_folder(rule.folder):
        if world.is_file(rule.folder):
            return Problem(where, text("is a file, not a folder"))
        return Problem(where, text("no such folder"), advice=_advice(rule.folder, world))
    if not world.is_readable(rule.folder):
        what = text("you have no permission to read this folder")
        return Problem(where, what, advice=text("Ask its owner for it, or choose another folder."))
    real = replace(
        places,
        own_folders=tuple(world.real_path(own) for own in places.own_folders),
        config_file=world.real_path(places.config_file) if places.config_file else "",
    )
    own = own_folder(replace(rule, folder=world.real_path(rule.folder)), real)
    return Problem(where, own) if own else None


def _advice(folder: str, world: World) -> Text:
    meant = nearest(PurePath(folder).name, world.folders_beside(folder))
    return meant or text("Make the folder, or fix its path.")
