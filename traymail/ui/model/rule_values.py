"""Values of a rule, as config.toml holds them and as they stand in the fields of a form."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from traymail.core.address import split_addresses
from traymail.core.fields import FieldKind

SIZES = {"B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9}
_SIZE = re.compile(r"(\d{1,20}(?:\.\d{1,20})?)\s*([KMG]?B?)", re.IGNORECASE)
_WORD = re.compile(r'"((?:[^"]|"")*)"|(\S+)')


@dataclass(frozen=True, slots=True)
class Codec:
    """How a value is shown in its field, and how it is read from there.

    What cannot be read stays a text: the configuration's own reader says what is wrong with it.
    """

    show: Callable[[Any], str]
    read: Callable[[str], Any]


def _number(words: str) -> Any:  # noqa: ANN401 - a number, or the text that is none
    stripped = words.strip()
    for kind in (int, float):
        try:
            return kind(stripped)
        except ValueError:
            continue
    return stripped


def _show_number(value: object) -> str:
    whole = isinstance(value, float) and value.is_integer()
    return f"{value:.0f}" if whole else str(value)


def _size(words: str) -> Any:  # noqa: ANN401 - a number of bytes, or the text that is none
    if not words.strip():
        return 0
    found = _SIZE.fullmatch(words.strip())
    if found is None:
        return words.strip()
    unit = found[2].upper()
    unit = unit if unit.endswith("B") else f"{unit}B"
    return round(float(found[1]) * SIZES[unit])


def _show_size(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, int):
        return str(value)
    if value == 0:
        return ""
    unit = next(name for name, size in reversed(SIZES.items()) if value % size == 0)
    return f"{value // SIZES[unit]} {unit}"


def _words(written: str) -> list[str]:
    return [plain or quoted.replace('""', '"') for quoted, plain in _WORD.findall(written)]


def _show_words(value: object) -> str:
    return "  ".join(map(_quoted, value)) if isinstance(value, list) else str(value)


def _quoted(word: object) -> str:
    shown = str(word)
    if shown and not re.search(r"\s", shown) and not shown.startswith('"'):
        return shown
    return '"{}"'.format(shown.replace('"', '""'))


def _lines(written: str) -> list[str]:
    return [line for line in written.split("\n") if line.strip()]


def _paths(written: str) -> list[str]:
    return [line.strip() for line in _lines(written)]


def _show_lines(value: object) -> str:
    return "\n".join(map(str, value)) if isinstance(value, list) else str(value)


def _show_addresses(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


TEXT = Codec(str, str)
PATH = Codec(str, str.strip)
NUMBER = Codec(_show_number, _number)
SWITCH = Codec(lambda value: "true" if value is True else "false", lambda words: words == "true")
SIZE = Codec(_show_size, _size)
WORDS = Codec(_show_words, _words)
LINES = Codec(_show_lines, _lines)
PATHS = Codec(_show_lines, _paths)
ADDRESSES = Codec(_show_addresses, lambda words: list(split_addresses(words)))

_CODECS: Mapping[FieldKind, Codec] = {
    FieldKind.NUMBER: NUMBER,
    FieldKind.SWITCH: SWITCH,
    FieldKind.SIZE: SIZE,
    FieldKind.WORDS: WORDS,
    FieldKind.PATTERNS: LINES,
    FieldKind.FILES: PATHS,
    FieldKind.FOLDER: PATH,
    FieldKind.FILE: PATH,
    FieldKind.PLACE: PATH,
    FieldKind.ADDRESSES: ADDRESSES,
}


def codec_of(kind: FieldKind) -> Codec:
    """Return how the values of a kind of field are shown and read."""
    return _CODECS.get(kind, TEXT)


def plain(key: str, value: object) -> Any:  # noqa: ANN401 - what TOML may hold
    """Return a value of a `Rule` as config.toml writes it under ``key``."""
    if value is None:
        return ""
    if isinstance(value, timedelta):
        return _plain_time(key, value)
    if isinstance(value, tuple):
        return [plain(key, one) for one in value]
    return getattr(value, "value", value)


def _plain_time(key: str, value: timedelta) -> Any:  # noqa: ANN401 - seconds, or a duration
    from traymail.core.duration import format_duration

    return value.total_seconds() if key.endswith("_seconds") else format_duration(value)


def flat(table: Mapping[str, Any]) -> dict[str, Any]:
    """Return a table with the keys of those inside it as ``threshold.count``."""
    found: dict[str, Any] = {}
    for key, value in table.items():
        if isinstance(value, Mapping):
            found |= {f"{key}.{inner}": one for inner, one in flat(value).items()}
        else:
            found[key] = value
    return found


def nested(flat_table: Mapping[str, Any]) -> dict[str, Any]:
    """Return what `flat` was made of."""
    found: dict[str, Any] = {}
    for key, value in flat_table.items():
        outer, dot, inner = key.partition(".")
        if dot:
            found.setdefault(outer, {})[inner] = value
        else:
            found[key] = value
    return found
