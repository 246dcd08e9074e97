"""What a rule must be beyond each of its keys: templates, captures, and never its own output."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from traymail.core.address import undotted
from traymail.core.errors import InputError, Problem
from traymail.core.matcher import capture_names
from traymail.core.pattern_check import remark_on
from traymail.core.places import Places, fixed_part, folder_of, glob_takes, is_inside
from traymail.core.readers import MOST_ADDRESSES, nearest
from traymail.core.rule import Rule
from traymail.core.rules.folder import After, FolderRule
from traymail.core.rules.log import LogRule
from traymail.core.selection import remark_on_file_pattern
from traymail.core.settings import place_of
from traymail.core.template import FOLDER, LOG, compile_template
from traymail.core.texts import Text, text

_NARROWER = text("Choose a folder of its own for the files that are to be mailed.")


@dataclass(frozen=True, slots=True)
class RuleRead:
    """A rule at its place in the file; ``bad`` keys were told of already and hold stand-ins."""

    index: int
    rule: Rule
    bad: frozenset[str]

    def place(self, key: str) -> str:
        """Return the place of a key, for a problem."""
        return place_of(f"rules[{self.index}]", key)


def rule_problems(read: RuleRead, places: Places) -> list[Problem]:
    """Return what is wrong with one rule beyond single keys, and hints."""
    rule = read.rule
    problems = _recipient_problems(read)
    match rule:
        case FolderRule():
            problems += _template_problems(read, FOLDER, None)
            problems += _folder_problems(read, rule, places)
            problems += _file_pattern_hints(read, rule)
        case LogRule():
            captures = None if "match" in read.bad else capture_names(rule.match)
            if captures is not None:
                problems += _template_problems(read, LOG, captures)
                problems += _group_problems(read, rule, captures)
            problems += _log_problems(read, rule, places)
            problems += _pattern_hints(read, rule)
        case _:
            pass
    return problems


def problems_between(reads: Sequence[RuleRead]) -> list[Problem]:
    """Return what is wrong between rules: equal names, and one that watches another's output."""
    problems = []
    seen: set[str] = set()
    for read in reads:
        if "name" in read.bad:
            continue
        if read.rule.name in seen:
            what = text("another rule has this name already")
            problems.append(Problem(read.place("name"), what))
        seen.add(read.rule.name)
    folders = [
        (read, read.rule)
        for read in reads
        if isinstance(read.rule, FolderRule) and "folder" not in read.bad
    ]
    for read, rule in folders:
        for other, producer in folders:
            if other is not read and (fed := _feeds(producer, rule)):
                problems.append(Problem(read.place("folder"), fed, advice=_NARROWER))
                break
    return problems


def _recipient_problems(read: RuleRead) -> list[Problem]:
    rule = read.rule
    problems = [
        Problem(
            f"{read.place(key)}[{index}]",
            text("“{address}” has no dot after the @", address=address.mailbox),
            advice=text("Only in your own network mail may reach it."),
            hint=True,
        )
        for key, people in (("to", rule.to), ("cc", rule.cc), ("bcc", rule.bcc))
        if key not in read.bad
        for index, address in enumerate(people)
        if undotted(address.mailbox)
    ]
    if len(rule.to) + len(rule.cc) + len(rule.bcc) > MOST_ADDRESSES:
        what = text("to, cc and bcc together must not have more than {count}", count=MOST_ADDRESSES)
        problems.append(Problem(read.place("to"), what))
    return problems


def _template_problems(
    read: RuleRead, names: frozenset[str], captures: frozenset[str] | None
) -> list[Problem]:
    problems = []
    for key, words in (("subject", read.rule.subject), ("body", read.rule.body)):
        try:
            compile_template(words, names, captures)
        except InputError as error:
            problems.append(Problem(read.place(key), error.title, advice=error.advice))
    return problems


def _group_problems(read: RuleRead, rule: LogRule, captures: frozenset[str]) -> list[Problem]:
    if not rule.group_by or rule.group_by in captures or "group_by" in read.bad:
        return []
    return [
        Problem(
            read.place("group_by"),
            text("is not a name that match captures"),
            advice=nearest(rule.group_by, tuple(sorted(captures)))
            or text("Capture it in match, as in (?P<user>[a-z]+)."),
        )
    ]


def _folder_problems(read: RuleRead, rule: FolderRule, places: Places) -> list[Problem]:
    problems = []
    if "folder" not in read.bad:
        if what := own_folder(rule, places):
            problems.append(Problem(read.place("folder"), what, advice=_NARROWER))
        for key, target in (("move_to", rule.move_to), ("failed_to", rule.failed_to)):
            if target and key not in read.bad and is_inside(rule.folder, target):
                what = text("the folder itself lies in it: the rule would mail its own output")
                advice = text('Name a folder inside of it, such as "sent".')
                problems.append(Problem(read.place(key), what, advice=advice))
    if rule.after is After.MOVE and not rule.move_to and "move_to" not in read.bad:
        what = text("must not be empty: files are moved there once they are sent")
        problems.append(Problem(read.place("move_to"), what))
    if rule.max_bytes and rule.max_bytes < rule.min_bytes:
        problems.append(Problem(read.place("max_bytes"), text("is less than min_bytes")))
    return problems


def _file_pattern_hints(read: RuleRead, rule: FolderRule) -> list[Problem]:
    """Return what patterns of files hardly mean."""
    return [
        Problem(f"{read.place(key)}[{index}]", remark, hint=True)
        for key, patterns in (("include", rule.include), ("exclude", rule.exclude))
        if key not in read.bad
        for index, pattern in enumerate(patterns)
        if (remark := remark_on_file_pattern(pattern, rule))
    ]


def own_folder(rule: FolderRule, places: Places) -> Text | None:
    """Return why the rule would mail traymail's own files, None when it would not."""
    if any(is_inside(rule.folder, own) for own in places.own_folders):
        return text("contains traymail's own files: the rule would mail its own output")
    if places.config_file and _watches(rule, places.config_file):
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


def _pattern_hints(read: RuleRead, rule: LogRule) -> list[Problem]:
    """Return what patterns that can be used hardly mean."""
    record_start = (rule.record_start,) if rule.record_start else ()
    found = [
        (f"{read.place(key)}[{index}]" if key != "record_start" else read.place(key), remark)
        for key, patterns in (
            ("match", rule.match),
            ("ignore", rule.ignore),
            ("record_start", record_start),
        )
        if key not in read.bad
        for index, pattern in enumerate(patterns)
        if (remark := remark_on(pattern))
    ]
    return [Problem(place, remark, hint=True) for place, remark in found]


def _log_problems(read: RuleRead, rule: LogRule, places: Places) -> list[Problem]:
    if "paths" in read.bad:
        return []
    problems = []
    for index, pattern in enumerate(rule.paths):
        start = fixed_part(pattern)
        own = any(is_inside(start, folder) for folder in places.own_folders)
        if own or (places.log_file and glob_takes(pattern, places.log_file)):
            what = text("takes traymail's own log: the rule would mail its own output")
            advice = text("Name the logs more closely.")
            problems.append(Problem(f"{read.place('paths')}[{index}]", what, advice=advice))
    return problems
