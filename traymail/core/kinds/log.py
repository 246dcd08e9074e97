"""The log rule in the configuration, and what its editor shows of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import PurePath

from traymail.core.duration import spoken_duration
from traymail.core.errors import Problem
from traymail.core.fields import Choice
from traymail.core.keys import Layout, laid_out, table_form
from traymail.core.matcher import capture_names
from traymail.core.paths import PathContext, fixed_part, full_path, glob_takes, is_inside
from traymail.core.pattern_check import remark_on
from traymail.core.reports import RulePreview
from traymail.core.rule_kind import ABOVE, RuleKind, RuleRead, template_problems
from traymail.core.rules.log import PATHS_HELP, PLACES, LogRule
from traymail.core.sight import Sight, Suited, told_left_out
from traymail.core.template import LOG
from traymail.core.texts import Text, text
from traymail.core.validators import nearest

_CAPTURE = re.compile(r"\(\?P?<([A-Za-z_]\w*)>")
_LAYOUT: Layout = (
    (text("When a line appears in"), ("paths", "match", "ignore")),
    (
        text("mail me"),
        ("to", "subject", "threshold.within", "threshold.count", "cooldown"),
    ),
    (
        None,
        (
            *("account", "cc", "bcc", "body", "before", "after_lines", "record_start"),
            *("encoding", "start_at", "group_by", "silent_for", "max_per_hour", "when_unsure"),
        ),
    ),
)
_FORM = laid_out(LogRule, _LAYOUT, ABOVE)
_MORE = text("More: account, context, encoding, silence alarm, limit")


class LogKind(RuleKind[LogRule]):
    """`traymail.core.rule_kind.RuleKind` of watched logs."""

    form = table_form(LogRule, text("It belongs to rules of kind “log”."))
    source_key = "paths"
    title = text("Log rule")
    begin = text("Watch a &log…")
    icon = "file-text"
    status_icon = "journal-text"
    asks = _FORM
    more = _MORE

    def name_after(self, source: PurePath) -> str:
        """Return the log's name without its ending, or that of its folder."""
        return source.stem.strip("*. ") or source.parent.name

    def with_full_paths(self, rule: LogRule, user_home: str) -> LogRule:
        """Return it with the full globs."""
        return replace(rule, paths=tuple(full_path(path, user_home) for path in rule.paths))

    def problems(self, one: RuleRead, rule: LogRule, paths: PathContext) -> list[Problem]:
        """Return what is wrong with templates, captures and logs, and odd patterns."""
        problems = []
        captures = None if "match" in one.bad else capture_names(rule.match)
        if captures is not None:
            problems += template_problems(one, LOG, captures)
            problems += _group_problems(one, rule, captures)
        problems += _log_problems(one, rule, paths)
        problems += _pattern_hints(one, rule)
        return problems

    def suited(self, values: Mapping[str, str], preview: RulePreview | None) -> Suited:
        """Return how many logs there are, and what the patterns capture."""
        return _suited(values, preview)

    def sight(self, values: Mapping[str, str], preview: RulePreview, *, new: bool) -> Sight:
        """Return the last lines, with what matches in them."""
        del new
        return _sight(values, preview)


def _group_problems(one: RuleRead, rule: LogRule, captures: frozenset[str]) -> list[Problem]:
    if not rule.group_by or rule.group_by in captures or "group_by" in one.bad:
        return []
    return [
        Problem(
            one.place("group_by"),
            text("is not a name that match captures"),
            advice=nearest(rule.group_by, tuple(sorted(captures)))
            or text("Capture it in match, as in (?P<user>[a-z]+)."),
        )
    ]


def _pattern_hints(one: RuleRead, rule: LogRule) -> list[Problem]:
    """Return what patterns that can be used hardly mean."""
    record_start = (rule.record_start,) if rule.record_start else ()
    found = [
        (f"{one.place(key)}[{index}]" if key != "record_start" else one.place(key), remark)
        for key, patterns in (
            ("match", rule.match),
            ("ignore", rule.ignore),
            ("record_start", record_start),
        )
        if key not in one.bad
        for index, pattern in enumerate(patterns)
        if (remark := remark_on(pattern))
    ]
    return [Problem(place, remark, hint=True) for place, remark in found]


def _log_problems(one: RuleRead, rule: LogRule, paths: PathContext) -> list[Problem]:
    if "paths" in one.bad:
        return []
    problems = []
    for index, pattern in enumerate(rule.paths):
        start = fixed_part(pattern)
        own = any(is_inside(start, folder) for folder in paths.own_folders)
        if own or (paths.log_file and glob_takes(pattern, paths.log_file)):
            what = text("takes traymail's own log: the rule would mail its own output")
            advice = text("Name the logs more closely.")
            problems.append(Problem(f"{one.place('paths')}[{index}]", what, advice=advice))
    return problems


def _suited(values: Mapping[str, str], preview: RulePreview | None) -> Suited:
    """Return how many logs there are, and what the patterns capture."""
    named = tuple(
        Choice(f"{{match.{name}}}", text("what the pattern captures")) for name in captures(values)
    )
    return Suited(
        helps={"paths": _tally(preview) or PATHS_HELP},
        choices=dict.fromkeys(("subject", "body"), (*named, *PLACES)),
    )


def captures(values: Mapping[str, str]) -> tuple[str, ...]:
    """Return the names that the patterns capture, as far as they can be read."""
    return tuple(dict.fromkeys(_CAPTURE.findall(values.get("match", ""))))


def _tally(preview: RulePreview | None) -> Text | None:
    """Return what stands below the paths, once it is known; None: the usual help."""
    if preview is None or not preview.logs:
        return None
    logs = preview.logs
    if len(logs) == 1:
        return text("1 file now. New ones are followed too.")
    return text("{n} files now. New ones are followed too.", n=len(logs))


def _sight(values: Mapping[str, str], seen: RulePreview) -> Sight:
    """Return the last lines, with what matches in them."""
    lines = seen.lines
    matching = sum(bool(line.marks) and not line.ignored for line in lines)
    below = []
    if seen.preview.mails and values["cooldown"].strip() not in {"0", "0s"}:
        quiet = spoken_duration(values["cooldown"])
        below.append(
            text("Then it waits {time}: what matches meanwhile comes in one digest.", time=quiet)
        )
    below += told_left_out(seen.preview.left_out)
    return Sight(_lines_headline(matching, len(lines)), (), lines, tuple(below))


def _lines_headline(matching: int, lines: int) -> Text:
    if lines == 0:
        return text("There are no lines yet; those to come are watched.")
    if matching == 0:
        return text("None of the last {m} lines matches.", m=lines)
    if matching == 1:
        return text("1 of the last {m} lines matches:", m=lines)
    return text("{n} of the last {m} lines match:", n=matching, m=lines)
