"""Sentences and what fills them: for people without a name that floods them, for programs whole."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest

from traymail.core.texts import MOST_SHOWN, Text, elided, text

LONG = "/srv/" + "/".join(["d" * 200] * 15) + "/end.pdf"


def same(words: str) -> str:
    return words


@pytest.mark.parametrize("value", [LONG, PurePosixPath(LONG)])
def test_a_long_value_loses_its_middle_where_people_read_it(value: object) -> None:
    words = text("{path} cannot be read: {reason}", path=value, reason=text("Permission denied"))
    shown = words.translated(same)
    assert len(shown) < MOST_SHOWN + 50
    assert shown.startswith("/srv/ddd")
    assert shown.endswith("/end.pdf cannot be read: Permission denied")
    assert str(words) == shown
    whole = words.translated(same, whole=True)
    assert whole == f"{LONG} cannot be read: Permission denied"


def test_a_value_inside_of_another_is_as_long_as_it_is_told() -> None:
    outer = text("{advice} {more}", advice=text("Look at {path}.", path=LONG), more="Then go on.")
    assert len(outer.translated(same)) < MOST_SHOWN + 50
    assert LONG in outer.translated(same, whole=True)


def test_what_is_short_and_numbers_are_as_they_are() -> None:
    assert text("{n} of {all}", n=3, all=10**30).translated(same) == f"3 of {10**30}"
    assert Text("plain {").translated(same) == "plain {"
    for length in range(MOST_SHOWN + 1):
        assert elided("x" * length) == "x" * length


@pytest.mark.parametrize("length", [101, 102, 150, 999, 1000, 10_000, 1_000_000])
def test_what_is_left_out_is_counted_once(length: int) -> None:
    words = "".join(chr(0x4E00 + n % 5000) for n in range(length))
    shown = elided(words, 100)
    assert len(shown) <= 100
    begin, _, rest = shown.partition(" …[")
    count, _, end = rest.partition("]… ")
    assert words.startswith(begin)
    assert words.endswith(end)
    assert len(begin) + int(count) + len(end) == length
    assert elided(shown, 100) == shown
