"""The log rule in windows: its form, which reads as a sentence, and what its preview shows."""

from __future__ import annotations

import re
from collections.abc import Mapping

from traymail.core.duration import spoken_duration
from traymail.core.fields import Choice
from traymail.core.keys import Layout, laid_out
from traymail.core.reports import RulePreview
from traymail.core.rule_kind import ABOVE
from traymail.core.rules.log import PATHS_HELP, PLACES, LogRule
from traymail.core.sight import Sight, Suited, told_left_out
from traymail.core.texts import Text, text

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
FORM = laid_out(LogRule, _LAYOUT, ABOVE)
MORE = text("More: account, context, encoding, silence alarm, limit")


def suited(values: Mapping[str, str], preview: RulePreview | None) -> Suited:
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


def sight(values: Mapping[str, str], seen: RulePreview) -> Sight:
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
