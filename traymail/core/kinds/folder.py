"""The folder rule in the configuration."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import PurePath

from traymail.core.account import Account
from traymail.core.errors import Problem
from traymail.core.keys import table_form
from traymail.core.kinds import folder_shown as shown
from traymail.core.paths import PathContext, beside, folder_of, full_path, is_inside
from traymail.core.ports import Preflight
from traymail.core.reports import RulePreview
from traymail.core.rule_kind import RuleKind, RuleRead, template_problems
from traymail.core.rules.folder import After, FolderRule
from traymail.core.selection import remark_on_file_pattern
from traymail.core.sight import Sight, Suited
from traymail.core.template import FOLDER
from traymail.core.texts import Text, text
from traymail.core.validators import nearest

_NARROWER = text("Choose a folder of its own for the files that are to be mailed.")


class FolderKind(RuleKind[FolderRule]):
    """`traymail.core.rule_kind.RuleKind` of watched folders."""

    form = table_form(FolderRule, text("It belongs to rules of kind “folder”."))
    attaches = True
    source_key = "folder"
    from_account = frozenset({"when_unsure"})
    title = text("Folder rule")
    begin = text("Watch a f&older…")
    icon = "folder2"
    status_icon = "folder2-open"
    asks = shown.FORM
    more = shown.MORE

    def name_after(self, source: PurePath) -> str:
        """Return the folder's name."""
        return source.name

    def left_out(self, account: Account | None) -> dict[str, object]:
        """Return where sent files go, and what its account says of mails of unknown fate."""
        given: dict[str, object] = {"move_to": "sent"}
        if account:
            given["when_unsure"] = account.when_unsure.value
        return given

    def with_full_paths(self, rule: FolderRule, user_home: str) -> FolderRule:
        """Return it with the folder's path, and those of the folders beside or in it."""
        folder = full_path(rule.folder, user_home)
        return replace(
            rule,
            folder=folder,
            move_to=beside(rule.move_to, folder, user_home),
            failed_to=beside(rule.failed_to, folder, user_home),
        )

    def problems(self, one: RuleRead, rule: FolderRule, paths: PathContext) -> list[Problem]:
        """Return what is wrong with templates, folders and sizes, and what is odd."""
        problems = template_problems(one, FOLDER, None)
        problems += _folder_problems(one, rule, paths)
        problems += _file_pattern_hints(one, rule)
        if rule.keep_sent is not None and rule.after is not After.MOVE:
            what = text('does nothing: files are only moved with after = "move"')
            problems.append(Problem(one.place("keep_sent"), what, hint=True))
        return problems

    def problems_between(self, reads: Sequence[tuple[RuleRead, FolderRule]]) -> Iterator[Problem]:
        """Yield the rules that would mail what another one puts away."""
        folders = [(one, rule) for one, rule in reads if "folder" not in one.bad]
        for one, rule in folders:
            for other, producer in folders:
                if other is not one and (fed := _feeds(producer, rule)):
                    yield Problem(one.place("folder"), fed, advice=_NARROWER)
                    break

    def needs(self, rule: FolderRule) -> tuple[str, str]:
        """Return its folder."""
        return "folder", rule.folder

    def missing_path(self, rule: FolderRule, paths: PathContext, disk: Preflight) -> Problem | None:
        """Return why its folder cannot be watched."""
        if not disk.is_folder(rule.folder):
            if disk.is_file(rule.folder):
                return Problem("", text("is a file, not a folder"))
            return Problem("", text("no such folder"), advice=_advice(rule.folder, disk))
        if not disk.is_readable(rule.folder):
            what = text("you have no permission to read this folder")
            return Problem("", what, advice=text("Ask its owner for it, or choose another folder."))
        real = replace(
            paths,
            own_folders=tuple(disk.real_path(own) for own in paths.own_folders),
            config_file=disk.real_path(paths.config_file) if paths.config_file else "",
        )
        own = _own_folder(replace(rule, folder=disk.real_path(rule.folder)), real)
        return Problem("", own) if own else None

    def suited(self, values: Mapping[str, str], preview: RulePreview | None) -> Suited:
        """Return what depends on what becomes of files, and on whether subfolders count."""
        del preview
        return shown.suited(values)

    def sight(self, values: Mapping[str, str], preview: RulePreview, *, new: bool) -> Sight:
        """Return the files that are there now."""
        return shown.sight(values, preview, new=new)


def _folder_problems(one: RuleRead, rule: FolderRule, paths: PathContext) -> list[Problem]:
    problems = []
    if "folder" not in one.bad:
        if what := _own_folder(rule, paths):
            problems.append(Problem(one.place("folder"), what, advice=_NARROWER))
        for key, target in (("move_to", rule.move_to), ("failed_to", rule.failed_to)):
            if target and key not in one.bad and is_inside(rule.folder, target):
                what = text("the folder itself lies in it: the rule would mail its own output")
                advice = text('Name a folder inside of it, such as "sent".')
                problems.append(Problem(one.place(key), what, advice=advice))
    if rule.after is After.MOVE and not rule.move_to and "move_to" not in one.bad:
        what = text("must not be empty: files are moved there once they are sent")
        problems.append(Problem(one.place("move_to"), what))
    if rule.max_bytes and rule.max_bytes < rule.min_bytes:
        problems.append(Problem(one.place("max_bytes"), text("is less than min_bytes")))
    return problems


def _file_pattern_hints(one: RuleRead, rule: FolderRule) -> list[Problem]:
    """Return what patterns of files hardly mean."""
    return [
        Problem(f"{one.place(key)}[{index}]", remark, hint=True)
        for key, patterns in (("include", rule.include), ("exclude", rule.exclude))
        if key not in one.bad
        for index, pattern in enumerate(patterns)
        if (remark := remark_on_file_pattern(pattern, rule))
    ]


def _own_folder(rule: FolderRule, paths: PathContext) -> Text | None:
    """Return why the rule would mail traymail's own files, None when it would not."""
    if any(is_inside(rule.folder, own) for own in paths.own_folders):
        return text("contains traymail's own files: the rule would mail its own output")
    if paths.config_file and _watches(rule, paths.config_file):
        return text("contains traymail's own configuration: it is never mailed")
    return None


def _watches(rule: FolderRule, file: str) -> bool:
    """Tell whether a file of this path is one that the rule looks at."""
    if not is_inside(file, rule.folder):
        return False
    return rule.recursive or folder_of(file) == rule.folder


def _feeds(producer: FolderRule, rule: FolderRule) -> Text | None:
    """Return why ``rule`` would mail what ``producer`` puts away, None when it would not."""
    moved = producer.move_to if producer.after is After.MOVE else ""
    for target in filter(None, (moved, producer.failed_to)):
        inside = is_inside(rule.folder, target)
        if inside or (rule.recursive and is_inside(target, rule.folder)):
            return text(
                "the rule “{name}” puts the files away that it has mailed, and this one would mail "
                "them again",
                name=producer.name,
            )
    return None


def _advice(folder: str, disk: Preflight) -> Text:
    meant = nearest(PurePath(folder).name, disk.folders_beside(folder))
    return meant or text("Make the folder, or fix its path.")
