"""Durations as they are written: ``500ms``, ``30s``, ``10m``; and as people read and type them.

And moments, as programs read them.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from traymail.core.address import excerpt
from traymail.core.errors import InputError
from traymail.core.texts import Text, text

UNITS: dict[str, timedelta] = {
    "d": timedelta(days=1),
    "h": timedelta(hours=1),
    "m": timedelta(minutes=1),
    "s": timedelta(seconds=1),
    "ms": timedelta(milliseconds=1),
}
HOUR = timedelta(hours=1)
# A century: a time of day plus any duration is still a date that every system can hold.
LONGEST = timedelta(days=36_500)
# Between them, any time of day plus two of the longest durations is a date that every system can
# tell in its own zone: Windows knows the years from 1970 to 3000.
EARLIEST, LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2800, 1, 1, tzinfo=UTC)
_DURATION = re.compile(r"([0-9]{1,15})(ms|[smhd])")
# What people type: "10 minutes", "10 min", "10 分钟".
_TYPED = re.compile(r"([0-9]{1,15})\s*([^\W\d]+)")
_UNIT_OF = {
    spoken: unit
    for unit, words in {
        "ms": ("ms", "毫秒"),
        "s": ("s", "sec", "second", "seconds", "秒"),
        "m": ("m", "min", "minute", "minutes", "分", "分钟"),
        "h": ("h", "hour", "hours", "小时"),
        "d": ("d", "day", "days", "天"),
    }.items()
    for spoken in words
}


class TooLong(InputError):
    """A duration that is longer than any may be."""


def in_calendar(moment: datetime) -> datetime:
    """Return the time itself, or the nearest one that can be calculated with."""
    return min(max(moment, EARLIEST), LATEST)


def parse_duration(words: str) -> timedelta:
    """Return the duration that ``words`` tell, at least 0 and at most a century.

    Raises InputError when it is not a whole number followed by ms, s, m, h or d.
    """
    found = _DURATION.fullmatch(words.strip())
    if found is None:
        raise InputError(
            text("“{words}” is not a duration", words=excerpt(words)),
            text("Write a whole number and its unit: 500ms, 30s, 10m, 24h, 3d."),
        )
    number, unit = int(found[1]), UNITS[found[2]]
    if number > LONGEST // unit:
        raise TooLong(
            text("The duration “{words}” is too long", words=excerpt(words)),
            text("The longest is {longest}.", longest=format_duration(LONGEST)),
        )
    return number * unit


def format_duration(duration: timedelta) -> str:
    """Return ``duration`` (not negative; cut to milliseconds) in its largest whole unit.

    What it returns, `parse_duration` reads back.
    """
    for name, unit in UNITS.items():
        if duration >= unit and not duration % unit:
            return f"{duration // unit}{name}"
    milliseconds = duration // UNITS["ms"]
    return f"{milliseconds}ms" if milliseconds else "0s"


def spoken_duration(written: str) -> Text:
    """Return how a written duration is told: ``10m`` as “10 min”; what is none, as it is."""
    found = _DURATION.fullmatch(written.strip())
    if found is None:
        return Text("{words}", (("words", written),))
    n = found[1]
    match found[2]:
        case "d":
            return text("{n} d", n=n)
        case "h":
            return text("{n} h", n=n)
        case "m":
            return text("{n} min", n=n)
        case "s":
            return text("{n} s", n=n)
        case _:
            return text("{n} ms", n=n)


def written_duration(typed: str) -> str:
    """Return what a person typed as `parse_duration` reads it; what is no duration, as it is."""
    found = _TYPED.fullmatch(typed.strip())
    unit = _UNIT_OF.get(found[2].lower()) if found else None
    return f"{found[1]}{unit}" if found and unit else typed.strip()


def iso(moment: datetime | None) -> str | None:
    """Return a moment for programs: ISO 8601, UTC."""
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
