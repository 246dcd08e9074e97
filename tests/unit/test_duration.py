"""Durations as people write them."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from traymail.core.duration import (
    EARLIEST,
    LATEST,
    LONGEST,
    format_duration,
    parse_duration,
    spoken_duration,
    written_duration,
)
from traymail.core.errors import InputError
from traymail.desktop.language import translator


@pytest.mark.parametrize(
    ("words", "duration"),
    [
        ("500ms", timedelta(milliseconds=500)),
        ("30s", timedelta(seconds=30)),
        ("10m", timedelta(minutes=10)),
        ("24h", timedelta(hours=24)),
        ("3d", timedelta(days=3)),
        ("0s", timedelta(0)),
        (" 5s ", timedelta(seconds=5)),
        ("36500d", LONGEST),
    ],
)
def test_reads(words: str, duration: timedelta) -> None:
    assert parse_duration(words) == duration


@pytest.mark.parametrize(
    "words",
    ["", "5", "s", "-5s", "1.5h", "5 s", "5S", "5min", "٣s", "5s\nBcc: a@b", "5s5m", "1e3s", "∞"],
)
def test_refuses_with_examples(words: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_duration(words)
    assert "\n" not in str(caught.value.title)
    assert "10m" in str(caught.value.advice)


@pytest.mark.parametrize("words", ["36501d", "999999999999d", "99999999h"])
def test_refuses_what_is_too_long(words: str) -> None:
    with pytest.raises(InputError, match="too long") as caught:
        parse_duration(words)
    assert str(caught.value.advice) == "The longest is 36500d."


@pytest.mark.parametrize(
    ("duration", "words"),
    [
        (timedelta(0), "0s"),
        (timedelta(minutes=90), "90m"),
        (timedelta(hours=24), "1d"),
        (timedelta(milliseconds=1500), "1500ms"),
        (timedelta(microseconds=1), "0s"),
    ],
)
def test_writes(duration: timedelta, words: str) -> None:
    assert format_duration(duration) == words


@given(st.integers(0, LONGEST // timedelta(milliseconds=1)))
def test_what_is_written_is_read_back(milliseconds: int) -> None:
    duration = timedelta(milliseconds=milliseconds)
    assert parse_duration(format_duration(duration)) == duration


@pytest.mark.parametrize(
    ("written", "english", "chinese"),
    [
        ("10m", "10 min", "10 分钟"),
        ("500ms", "500 ms", "500 毫秒"),
        ("24h", "24 h", "24 小时"),
        ("3d", "3 d", "3 天"),
        ("30s", "30 s", "30 秒"),
        ("", "", ""),
        ("10x", "10x", "10x"),
        ("m", "m", "m"),
    ],
)
def test_a_duration_is_told_with_its_unit(written: str, english: str, chinese: str) -> None:
    told = spoken_duration(written)
    assert (str(told), told.translated(translator("zh_CN"))) == (english, chinese)
    assert written_duration(english) == written_duration(chinese) == written


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("10 minutes", "10m"),
        ("5 分钟", "5m"),
        ("2Hours", "2h"),
        ("3d", "3d"),
        (" 1 s ", "1s"),
        ("soon", "soon"),
        ("10 weeks", "10 weeks"),
    ],
)
def test_a_duration_is_read_as_people_write_it(typed: str, read: str) -> None:
    assert written_duration(typed) == read


@pytest.mark.parametrize("edge", [EARLIEST, LATEST, LATEST + 2 * LONGEST])
def test_what_can_be_calculated_with_is_told_in_the_zone_of_each_system(edge: datetime) -> None:
    """Windows refuses years before 1970 and after 3000."""
    assert edge.astimezone() == edge
