"""The log rule: mail an alert when lines of a log match."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import Enum
from typing import ClassVar

from traymail.core import validators as read
from traymail.core.account import WhenUnsure
from traymail.core.fields import Choice, Field, FieldKind
from traymail.core.keys import key, table_form
from traymail.core.pattern_check import check_pattern
from traymail.core.rule import ACCOUNT, BODY, CAP, COMMON_PLACES, SUBJECT, Rule
from traymail.core.texts import text

_SECOND = timedelta(seconds=1)


class StartAt(Enum):
    """Where to begin in a file that is seen for the first time."""

    END = "end"
    BEGINNING = "beginning"


def _pattern(value: object) -> str:
    given = read.words(value)
    if found := check_pattern(given):
        raise read.invalid(found)
    return given


def _pattern_or_empty(value: object) -> str:
    return _pattern(value) if read.words(value) else ""


@dataclass(frozen=True, slots=True)
class Threshold:
    """So many matches within so long make an alert."""

    count: int = field(
        default=1,
        metadata=key(
            read.whole(1, 1_000_000),
            Field(
                "",
                text("Matches"),
                FieldKind.NUMBER,
                unit=text("matches"),
                width=4,
                joined=True,
            ),
        ),
    )
    within: timedelta = field(
        default=timedelta(minutes=1),
        metadata=key(
            read.duration(timedelta(milliseconds=1), read.YEAR),
            Field("", text("Withi&n"), FieldKind.DURATION, unit=text("at least"), width=8),
        ),
    )


THRESHOLD = table_form(Threshold, text("It belongs inside the threshold of a log rule."))
PATHS_HELP = text("One path per line; * stands for anything. New files are followed too.")
PLACES = (
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


@dataclass(frozen=True, slots=True, kw_only=True)
class LogRule(Rule):
    """Watched logs. ``paths`` are absolute globs; patterns are RE2; ``silent_for`` None = off."""

    kind: ClassVar[str] = "log"
    account: str = field(metadata=key(read.words, replace(ACCOUNT, rare=True), stand_in=""))
    subject: str = field(
        default="[{host}] {rule}", metadata=key(read.words, replace(SUBJECT, choices=PLACES))
    )
    body: str = field(default="{lines}", metadata=key(read.words, replace(BODY, choices=PLACES)))
    when_unsure: WhenUnsure = WhenUnsure.RESEND
    max_per_hour: int = field(
        default=20,
        metadata=key(
            read.whole(1, read.MOST_AN_HOUR),
            replace(CAP, help=text("Anything beyond that comes in one digest.")),
        ),
    )
    paths: tuple[str, ...] = field(
        metadata=key(
            read.many(read.path, least=1),
            Field("", text("F&iles"), FieldKind.FILES, PATHS_HELP),
            stand_in=["~/?"],
        )
    )
    match: tuple[str, ...] = field(
        metadata=key(
            read.many(_pattern, least=1),
            Field("", text("that &matches"), FieldKind.PATTERNS, choices=_EXAMPLES),
            stand_in=["-"],
        )
    )
    ignore: tuple[str, ...] = field(
        default=(),
        metadata=key(read.many(_pattern), Field("", text("but not"), FieldKind.PATTERNS)),
    )
    encoding: str = field(
        default="auto",
        metadata=key(
            read.encoding,
            Field(
                "",
                text("Encodin&g"),
                help=text("auto, utf-8, gb18030, utf-16, big5 or another one's name."),
                width=12,
                rare=True,
            ),
        ),
    )
    start_at: StartAt = field(
        default=StartAt.END,
        metadata=key(
            read.choice(StartAt),
            Field(
                "",
                text("At first"),
                FieldKind.CHOICE,
                text("The first time a file is seen."),
                choices=(
                    Choice(StartAt.END.value, text("only lines from now on")),
                    Choice(StartAt.BEGINNING.value, text("from its beginning")),
                ),
                rare=True,
            ),
        ),
    )
    record_start: str = field(
        default="",
        metadata=key(
            _pattern_or_empty,
            Field(
                "",
                text("&Records"),
                FieldKind.PATTERN,
                text("A pattern for the first line of a record; the lines after it belong to it."),
                rare=True,
            ),
        ),
    )
    before: int = field(
        default=0,
        metadata=key(
            read.whole(0, 1000),
            Field(
                "",
                text("C&ontext"),
                FieldKind.NUMBER,
                unit=text("lines before"),
                width=4,
                rare=True,
            ),
        ),
    )
    after_lines: int = field(
        default=0,
        metadata=key(
            read.whole(0, 1000),
            Field(
                "",
                text("Lines after"),
                FieldKind.NUMBER,
                unit=text("lines after"),
                width=4,
                joined=True,
                rare=True,
            ),
        ),
    )
    threshold: Threshold = field(default=Threshold(), metadata=key(THRESHOLD))
    cooldown: timedelta = field(
        default=timedelta(minutes=10),
        metadata=key(
            read.duration(timedelta(0), read.YEAR),
            Field(
                "",
                text("Then &wait"),
                FieldKind.DURATION,
                unit=text("then one digest"),
                width=8,
            ),
        ),
    )
    group_by: str = field(
        default="",
        metadata=key(
            read.words,
            Field(
                "",
                text("&For each"),
                help=text(
                    "A name that the pattern captures: each of its values is counted separately."
                ),
                width=16,
                rare=True,
            ),
        ),
    )
    silent_for: timedelta | None = field(
        default=None,
        metadata=key(
            read.duration_or_off(_SECOND, read.YEAR),
            Field(
                "",
                text("Si&lence"),
                FieldKind.DURATION,
                help=text("Also mail me when nothing has matched for this long, for example 24 h."),
                width=8,
                rare=True,
            ),
        ),
    )

    @property
    def sources(self) -> tuple[str, ...]:
        """The globs."""
        return self.paths
