"""Durations as they are written by hand: ``500ms``, ``30s``, ``10m``, ``24h``, ``3d``."""

from __future__ import annotations

import re
from datetime import timedelta

from traymail.core.address import excerpt
from traymail.core.errors import InputError
from traymail.core.texts import text

UNITS: dict[str, timedelta] = {
    "d": timedelta(days=1),
    "h": timedelta(hours=1),
    "m": timedelta(minutes=1),
    "s": timedelta(seconds=1),
    "ms": timedelta(milliseconds=1),
}
# A century: a time of day plus any duration is still a date that every system can hold.
LONGEST = timedelta(days=36_500)
_DURATION = re.compile(r"([0-9]{1,15})(ms|[smhd])")


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
        raise InputError(
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
