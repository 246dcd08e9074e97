"""The folder rule in the configuration, and what its editor shows of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import PurePath

from traymail.core.account import Account
from traymail.core.errors import Problem
from traymail.core.keys import Layout, laid_out, table_form
from traymail.core.paths import PathContext, beside, folder_of, full_path, is_inside
from traymail.core.ports import Preflight
from traymail.core.reports import RulePreview
from traymail.core.rule_kind import ABOVE, RuleKind, RuleRead, template_problems
from traymail.core.rules.folder import After, Existing, FolderRule
from traymail.core.selection import remark_on_file_pattern
from traymail.core.sight import FileShown, Offer, Sight, Suited, told_left_out
from traymail.core.template import FOLDER, human_size
from traymail.core.texts import Text, text
from traymail.core.validators import nearest

_NARROWER = text("Choose a folder of its own for the files that are to be mailed.")

MOST_FILES = 6
_ICONS: Mapping[str, str] = {
    "pdf": "file-earmark-pdf",
    **dict.fromkeys(("jpg", "jpeg", "png", "gif", "webp", "tif", "bmp"), "file-earmark-image"),
    **dict.fromkeys(("zip", "gz", "7z", "rar", "tar"), "file-earmark-zip"),
}
_LAYOUT: Layout = (
    (text("When a file arrives in"), ("folder", "include")),
    (text("mail it"), ("to", "subject", "account")),
    (text("and then"), ("after", "move_to")),
    (
        None,
        (
            *("batch_seconds", "zip", "cc", "bcc", "body", "recursive", "exclude", "hidden"),
            *("min_bytes", "max_bytes", "settle_seconds", "existing", "again", "failed_to"),
            *("max_per_hour", "when_unsure"),
        ),
    ),
)
_FORM = laid_out(FolderRule, _LAYOUT, ABOVE)
_MORE = text("More: one mail for several, zip, size, waiting, hourly limit")


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
    asks = _FORM
    more = _MORE

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
        return _suited(values)

    def sight(self, values: Mapping[str, str], preview: RulePreview, *, new: bool) -> Sight:
        """Return the files that are there now."""
        return _sight(values, preview, new=new)


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


def _suited(values: Mapping[str, str]) -> Suited:
    """Return what depends on what becomes of files, and on whether subfolders count."""
    deep = text("With all its subfolders.")
    flat = text("Without its subfolders.")
    return Suited(
        shown=dict.fromkeys(("move_to", "keep_sent"), values["after"] == After.MOVE.value),
        helps={"folder": deep if values["recursive"] == "true" else flat},
    )


def _sight(values: Mapping[str, str], seen: RulePreview, *, new: bool) -> Sight:
    """Return the files that are there now."""
    preview = seen.preview
    files = [one for mail in preview.mails for one in mail.attachments]
    shown = tuple(
        FileShown(icon_for(name), name, human_size(size)) for name, size in files[:MOST_FILES]
    )
    below = []
    hidden = preview.events - len(shown)
    if shown and hidden > 0 and values["zip"] != "true":
        below.append(text("and {n} more", n=hidden))
    below += told_left_out(preview.left_out)
    if preview.events and not new:
        below.append(text("What this rule has mailed is not mailed again."))
    if new and preview.events and values["existing"] == Existing.SKIP.value:
        # Examples only: those that are there already are not mailed.
        these = Offer(text("Mail these too"), "existing", Existing.SEND.value)
        return Sight(_examples(preview.events), shown, (), (*below,), these)
    return Sight(_headline(preview.events), shown, (), (*below,))


def _examples(files: int) -> Text:
    if files == 1:
        return text("Files like this one will be mailed. The one already here stays.")
    return text("Files like these will be mailed. The {n} already here stay.", n=files)


def _headline(files: int) -> Text:
    if files == 0:
        return text("No file would be mailed now.")
    if files == 1:
        return text("This file would be mailed now:")
    return text("These {n} files would be mailed now:", n=files)


def icon_for(name: str) -> str:
    """Return the icon of a file."""
    return _ICONS.get(name.rpartition(".")[2].lower(), "file-earmark")
