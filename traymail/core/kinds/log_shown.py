"""The log rule in windows: its form, which reads as a sentence, and what its preview shows."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from traymail.core.duration import spoken_duration
from traymail.core.fields import Choice, Field, FieldKind, Form, Section
from traymail.core.reports import RulePreview
from traymail.core.rule_fields import (
    ACCOUNT,
    BCC,
    BODY,
    CAP,
    CC,
    COMMON_PLACES,
    SUBJECT,
    TO,
    UNSURE,
)
from traymail.core.rules.log import StartAt
from traymail.core.sight import Sight, Suited, told_left_out
from traymail.core.texts import Text, text

_CAPTURE = re.compile(r"\(\?P?<([A-Za-z_]\w*)>")
_PATHS = text("One path per line; * stands for anything. New files are followed too.")
_PLACES = (
    Choice("{line}", text("the line that matches")),
    Choice("{lines}", text("all lines that match")),
    Choice("{path}", text("the log it stands in")),
    Choice("{count}", text("the number of matches")),
    Choice("{suppressed}", text("the number of those held back")),
    *COMMON_PLACES,
)
_EXAMPLES = (
    Choice(r"(?P<level>ERROR|FATAL)\b", text("errors of a program")),
    Choice(r"(?P<level>WARN(?:ING)?|ERROR|FATAL)\b", text("warnings, too")),
    Choice(r"(?i)\b(?:error|failed|exception)\b", text("these words in any case")),
    Choice(r"Failed password for (?P<user>\S+)", text("a refused login over SSH")),
    Choice(r"\bOut of memory\b", text("memory has run out")),
    Choice(r'" (?P<code>5\d\d) ', text("an error of a web server")),
)


FORM: Form = (
    Section(
        text("When a line appears in"),
        (
            Field(
                "paths",
                text("F&iles"),
                FieldKind.FILES,
                _PATHS,
            ),
            Field("match", text("that &matches"), FieldKind.PATTERNS, choices=_EXAMPLES),
            Field("ignore", text("but not"), FieldKind.PATTERNS),
        ),
    ),
    Section(
        text("mail me"),
        (
            TO,
            replace(SUBJECT, choices=_PLACES),
            Field(
                "threshold.within",
                text("Withi&n"),
                FieldKind.DURATION,
                unit=text("at least"),
                width=8,
            ),
            Field(
                "threshold.count",
                text("Matches"),
                FieldKind.NUMBER,
                unit=text("matches"),
                width=4,
                joined=True,
            ),
            Field(
                "cooldown",
                text("Then &wait"),
                FieldKind.DURATION,
                unit=text("then one digest"),
                width=8,
            ),
        ),
    ),
    Section(
        None,
        (
            replace(ACCOUNT, rare=True),
            CC,
            BCC,
            replace(BODY, choices=_PLACES),
            Field(
                "before",
                text("C&ontext"),
                FieldKind.NUMBER,
                unit=text("lines before"),
                width=4,
                rare=True,
            ),
            Field(
                "after_lines",
                text("Lines after"),
                FieldKind.NUMBER,
                unit=text("lines after"),
                width=4,
                joined=True,
                rare=True,
            ),
            Field(
                "record_start",
                text("&Records"),
                FieldKind.PATTERN,
                text("A pattern for the first line of a record; the lines after it belong to it."),
                rare=True,
            ),
            Field(
                "encoding",
                text("Encodin&g"),
                help=text("auto, utf-8, gb18030, utf-16, big5 or another one's name."),
                width=12,
                rare=True,
            ),
            Field(
                "start_at",
                text("At first"),
                FieldKind.CHOICE,
                text("The first time a file is seen."),
                choices=(
                    Choice(StartAt.END.value, text("only lines from now on")),
                    Choice(StartAt.BEGINNING.value, text("from its beginning")),
                ),
                rare=True,
            ),
            Field(
                "group_by",
                text("&For each"),
                help=text(
                    "A name that the pattern captures: each of its values is counted separately."
                ),
                width=16,
                rare=True,
            ),
            Field(
                "silent_for",
                text("Si&lence"),
                FieldKind.DURATION,
                help=text("Also mail me when nothing has matched for this long, for example 24 h."),
                width=8,
                rare=True,
            ),
            replace(CAP, help=text("Anything beyond that comes in one digest.")),
            UNSURE,
        ),
    ),
)

MORE = text("More: account, context, encoding, silence alarm, limit")


def suited(values: Mapping[str, str], preview: RulePreview | None) -> Suited:
    """Return how many logs there are, and what the patterns capture."""
    named = tuple(
        Choice(f"{{match.{name}}}", text("what the pattern captures")) for name in captures(values)
    )
    return Suited(
        helps={"paths": _tally(preview) or _PATHS},
        choices=dict.fromkeys(("subject", "body"), (*named, *_PLACES)),
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
