from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.mails import NOON
from traymail.core.retry import LONGEST, delay, due_after_clock_jump, soon


@pytest.mark.parametrize(
    ("tries", "seconds"),
    [(0, 30), (1, 30), (2, 60), (3, 120), (7, 1920), (8, 3600), (9, 3600), (10**9, 3600)],
)
def test_the_pause_doubles_to_an_hour(tries: int, seconds: int) -> None:
    assert delay(tries, 1.0) == timedelta(seconds=seconds)


@given(st.integers(0, 10_000), st.floats(0, 1))
def test_jitter_takes_at_most_half(tries: int, jitter: float) -> None:
    assert delay(tries, 1.0) / 2 <= delay(tries, jitter) <= delay(tries, 1.0) <= LONGEST


@given(st.floats(0, 1))
def test_doubt_is_settled_within_a_minute(jitter: float) -> None:
    assert timedelta(seconds=10) <= soon(jitter) <= timedelta(minutes=1)


@pytest.mark.parametrize(
    ("due_in", "planned", "jumped"),
    [
        (timedelta(hours=5), timedelta(hours=4), True),
        (timedelta(seconds=35), timedelta(seconds=31), True),
        (timedelta(seconds=35), timedelta(seconds=30), False),  # hardly too late
        (timedelta(hours=5), timedelta(0), False),  # a server asked for it
        (timedelta(0), -timedelta(days=1), False),
    ],
)
def test_a_clock_set_back(due_in: timedelta, planned: timedelta, jumped: bool) -> None:
    assert due_after_clock_jump(NOON + due_in, NOON + planned, NOON) is jumped
