"""When matches become mails: every match is told of once, in one mail's count."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from traymail.core import throttle
from traymail.core.records import Gathering, Match, Matches
from traymail.core.rules.log import Threshold
from traymail.core.throttle import (
    Alert,
    LogReading,
    MatchBatch,
    Policy,
    Sampling,
    Throttle,
    Told,
    Why,
    begin,
    due,
    from_plain,
    matched,
    next_due,
    pause,
    reading_of,
    resume,
    to_plain,
)

START = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
PLAIN = Policy(threshold=Threshold(), cooldown=timedelta(minutes=10), max_per_hour=20)


class Rule:
    """A throttle at work by seconds since it began; it survives a restart after each step."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.state = begin(Throttle(), policy, START)
        self.mails: list[Alert] = []
        self.matches = 0

    def _take(self, decision: tuple[Throttle, tuple[Alert, ...]]) -> None:
        state, alerts = decision
        self.state = from_plain(json.loads(json.dumps(to_plain(state))))
        assert self.state == state
        self.mails += alerts
        assert sum(mail.batch.count for mail in self.mails) + state.waiting == self.matches
        for mail in alerts:
            assert 0 <= mail.suppressed <= mail.batch.count
            assert mail.batch.left_out >= 0

    def match(self, seconds: float, count: int = 1, group: str = "") -> None:
        now = START + timedelta(seconds=seconds)
        self.tick(seconds)
        found = tuple(
            told(f"{group} {number}") for number in range(self.matches, self.matches + count)
        )
        self.matches += count
        self._take(matched(self.state, self.policy, group, reading_of(found, now), now))

    def tick(self, seconds: float) -> None:
        self._take(due(self.state, self.policy, START + timedelta(seconds=seconds)))

    def pause(self) -> None:
        self._take((pause(self.state), ()))

    def resume(self, seconds: float) -> None:
        self._take(resume(self.state, self.policy, START + timedelta(seconds=seconds)))

    def next(self, seconds: float) -> float | None:
        when = next_due(self.state, self.policy, START + timedelta(seconds=seconds))
        return None if when is None else (when - START).total_seconds()

    def told(self) -> list[tuple[str, int, int]]:
        return [(mail.why.value, mail.batch.count, mail.suppressed) for mail in self.mails]


def told(line: str) -> Told:
    return Told(Match(line, line, {}), "/var/log/app.log")


def policy(**fields: object) -> Policy:
    return replace(PLAIN, **fields)  # type: ignore[arg-type] # a table's fields


def test_the_first_match_is_mailed_and_the_rest_told_when_the_cooldown_ends() -> None:
    rule = Rule(PLAIN)
    rule.match(0)
    rule.match(10, 3)
    rule.match(20, 2)
    assert rule.told() == [("matched", 1, 0)]
    assert rule.next(20) == 600
    rule.tick(599)
    assert len(rule.mails) == 1
    rule.tick(600)
    assert rule.told()[1:] == [("digest", 5, 5)]
    # The digest is a mail too: the rule rests again, then is as new.
    rule.match(700)
    assert len(rule.mails) == 2
    rule.tick(1200)
    rule.tick(1800)
    assert rule.told()[2:] == [("digest", 1, 1)]
    assert rule.next(1800) is None
    rule.match(1900)
    assert rule.told()[3:] == [("matched", 1, 0)]


def test_what_is_read_together_is_one_mail_without_cooldown() -> None:
    rule = Rule(policy(cooldown=timedelta(0)))
    rule.match(0, 50)
    rule.match(1)
    assert rule.told() == [("matched", 50, 0), ("matched", 1, 0)]
    assert len(rule.mails[0].batch.first) == 50
    assert rule.next(1) is None


def test_a_threshold_counts_within_its_time() -> None:
    rule = Rule(policy(threshold=Threshold(3, timedelta(minutes=1)), cooldown=timedelta(0)))
    rule.match(0)
    rule.match(30)
    rule.match(95)
    assert rule.told() == []
    rule.match(100)
    rule.match(110)
    # The two that were too old are told of as well, as suppressed.
    assert rule.told() == [("matched", 5, 2)]
    rule.match(200, 7)
    assert rule.told()[1:] == [("matched", 7, 0)]


def test_groups_rest_by_themselves() -> None:
    rule = Rule(PLAIN)
    rule.match(0, group="a")
    rule.match(1, group="b")
    rule.match(2, group="a")
    assert [(mail.group, mail.batch.count) for mail in rule.mails] == [("a", 1), ("b", 1)]
    rule.tick(700)
    assert [(mail.group, mail.batch.count) for mail in rule.mails[2:]] == [("a", 1)]


def test_too_many_groups_are_told_of_not_forgotten() -> None:
    rule = Rule(policy(threshold=Threshold(5, timedelta(minutes=1))))
    rule.state = replace(
        rule.state,
        groups={
            str(number): throttle.MatchGroup(
                MatchBatch(1, (told("x"),), (), START, START), seen=START
            )
            for number in range(throttle.MOST_GROUPS)
        },
    )
    rule.matches = throttle.MOST_GROUPS
    rule.match(1, group="new")
    rule.match(2, group="newer")
    assert len(rule.state.groups.keys() - {throttle.OTHERS}) == throttle.MOST_GROUPS
    assert rule.told() == []
    assert rule.next(2) == 601
    rule.tick(601)
    assert rule.told() == [("digest", 2, 2)]


@pytest.mark.parametrize("cooldown", [timedelta(minutes=10), timedelta(0)])
@pytest.mark.parametrize("count", [1, 3])
def test_more_groups_than_are_remembered_make_no_storm(cooldown: timedelta, count: int) -> None:
    threshold = Threshold(count, timedelta(minutes=10))
    many = policy(threshold=threshold, cooldown=cooldown, max_per_hour=100_000, most_groups=100)
    state = begin(Throttle(), many, START)
    mails: list[Alert] = []
    values = many.most_groups + 50
    for again in range(4):
        now = START + timedelta(minutes=again)
        state, alerts = due(state, many, now)
        mails += alerts
        for value in range(values):
            reading = reading_of((told("x"),), now)
            state, alerts = matched(state, many, str(value), reading, now)
            mails += alerts
    at_once = sum(mail.why is Why.MATCHED for mail in mails)
    if count == 1:
        # Without a cooldown, each match is mailed: that was wished for.
        assert at_once == (many.most_groups + 1 if cooldown else 4 * values)
    else:
        assert at_once == 0
    for minutes in (15, 30, 90):
        state, alerts = due(state, many, START + timedelta(minutes=minutes))
        mails += alerts
    assert len([mail for mail in mails if mail.group == throttle.OTHERS]) <= 4
    assert sum(mail.batch.count for mail in mails) + state.waiting == 4 * values
    assert all(group.quiet_until is None for group in state.groups.values())


def test_the_hourly_cap_holds_and_tells_when_there_is_room() -> None:
    rule = Rule(policy(cooldown=timedelta(0), max_per_hour=2))
    for second in range(5):
        rule.match(second)
    assert rule.told() == [("matched", 1, 0)] * 2
    assert rule.next(5) == 3600
    rule.tick(3599)
    assert len(rule.mails) == 2
    rule.tick(3600)
    assert rule.told()[2:] == [("digest", 3, 3)]
    rule.match(3600.5)
    assert len(rule.mails) == 3
    rule.tick(3601)
    assert rule.told()[3:] == [("digest", 1, 1)]


def test_silence_is_told_once_and_armed_by_the_next_match() -> None:
    rule = Rule(policy(silent_for=timedelta(hours=1), cooldown=timedelta(0)))
    assert rule.next(0) == 3600
    rule.tick(3599)
    rule.tick(3600)
    rule.tick(9000)
    assert rule.told() == [("silence", 0, 0)]
    assert rule.next(9000) is None
    rule.match(9001)
    assert rule.next(9001) == 12601
    rule.tick(12601)
    assert [mail.why for mail in rule.mails] == [Why.SILENCE, Why.MATCHED, Why.SILENCE]


def test_silence_waits_a_moment_after_a_start() -> None:
    silent = policy(silent_for=timedelta(hours=1))
    state = begin(Throttle(), silent, START)
    later = START + timedelta(days=1)
    state = begin(state, silent, later)
    assert due(state, silent, later)[1] == ()
    assert next_due(state, silent, later) == later + timedelta(minutes=1)


def test_a_pause_counts_and_tells_once() -> None:
    rule = Rule(PLAIN)
    rule.match(0)
    rule.match(10, 2)
    rule.pause()
    rule.match(20, 3)
    rule.tick(700)
    assert rule.next(700) is None
    assert len(rule.mails) == 1
    rule.resume(800)
    assert rule.told()[1:] == [("digest", 5, 5)]


def test_samples_come_from_both_ends_and_are_short() -> None:
    rule = Rule(PLAIN)
    rule.match(0)
    for _ in range(30):
        rule.match(1, 10)
    state = rule.state.groups[""].held
    assert (state.count, len(state.first), len(state.last)) == (300, 20, 20)
    assert state.first[0].match.line == " 1"
    assert state.last[-1].match.line == " 300"
    assert state.left_out == 260
    long = told("x" * 9000).shortened(2000)
    assert len(long.match.line) < 2010


@given(st.lists(st.integers(1, 70), max_size=8), st.integers(1, 5))
def test_samples_are_the_first_and_the_last_however_they_were_read(
    counts: list[int], ends: int
) -> None:
    lines = [told(str(number)) for number in range(sum(counts))]
    sampling = Sampling(ends, 100)
    held, at = MatchBatch(), 0
    for count in counts:
        held = held.joined(reading_of(tuple(lines[at : at + count]), START), sampling)
        at += count
    assert list(held.first) == lines[:ends]
    assert list(held.last) == lines[ends:][-ends:]
    assert held.count == len(lines)


def test_of_many_matches_only_the_samples_are_made() -> None:
    asked: list[bytes] = []

    def captures(line: bytes) -> dict[str, str]:
        asked.append(line)
        return {"a": line.decode()}

    found = Matches(Gathering(captures), [str(number).encode() for number in range(1000)])
    held = MatchBatch().joined(reading_of(LogReading(found, "log"), START))
    held = held.joined(reading_of(LogReading(found, "log"), START))
    assert (held.count, held.left_out, asked) == (2000, 1960, [])
    assert held.last[-1].match.captured["a"] == "999"
    assert asked == [b"999"]


def test_a_long_capture_is_cut_in_samples() -> None:
    # A part is asked for only where the line is long enough to hold a long one.
    def captures(line: bytes) -> dict[str, str]:
        return {"a": line.decode() * 2}

    found = Matches(Gathering(captures), [b"x" * 90, b"x" * 110, "上".encode() * 90])
    kept = [one.shortened(100).match for one in LogReading(found, "log")]
    assert [len(one.line) for one in kept] == [90, 104, 90]
    assert [len(one.captured["a"]) for one in kept[1:]] == [104, 104]


def test_a_clock_set_back_does_not_lengthen_a_cooldown() -> None:
    rule = Rule(PLAIN)
    rule.match(100_000)
    rule.match(100_001)
    rule.tick(0)
    rule.tick(600)
    assert rule.told()[1:] == [("digest", 1, 1)]


def test_a_clock_set_back_lengthens_no_cap_and_makes_no_threshold() -> None:
    threshold = Threshold(2, timedelta(hours=1))
    rule = Rule(policy(threshold=threshold, cooldown=timedelta(0), max_per_hour=1))
    rule.match(100_000)
    rule.match(100_001)
    rule.match(100_002)
    rule.tick(0)
    rule.match(1)
    assert rule.told() == [("matched", 2, 0)], "what came in the future is no threshold today"
    rule.match(2)
    assert len(rule.told()) == 1, "the cap holds, for an hour"
    rule.tick(3600)
    assert [count for _, count, _ in rule.told()] == [2, 3]


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("match"), st.sampled_from(["", "a", "b"]), st.integers(1, 60)),
        st.tuples(st.just("wait"), st.just(""), st.integers(0, 2500)),
        st.tuples(st.just("pause"), st.just(""), st.just(0)),
        st.tuples(st.just("resume"), st.just(""), st.just(0)),
    ),
    max_size=40,
)


@settings(max_examples=150, deadline=None)
@given(
    steps=STEPS,
    count=st.integers(1, 5),
    cooldown=st.sampled_from([0, 60, 600]),
    most=st.integers(1, 5),
)
def test_every_match_is_told_of_once(
    steps: list[tuple[str, str, int]], count: int, cooldown: int, most: int
) -> None:
    rule = Rule(
        Policy(
            threshold=Threshold(count, timedelta(minutes=1)),
            cooldown=timedelta(seconds=cooldown),
            max_per_hour=most,
        )
    )
    now = 0.0
    sent: list[float] = []
    for act, group, number in steps:
        before = len(rule.mails)
        if act == "match":
            rule.match(now, number, group)
        elif act == "wait":
            now += number
            rule.tick(now)
        elif act == "pause":
            rule.pause()
        else:
            rule.resume(now)
        sent += [now] * (len(rule.mails) - before)
    rule.resume(now)
    for _ in range(200):
        when = rule.next(now)
        if when is None:
            break
        now = max(now, when)
        rule.tick(now)
    assert rule.next(now) is None
    # What is still held is what never made up a threshold.
    assert rule.state.over.count == 0
    if count == 1:
        assert sum(mail.batch.count for mail in rule.mails) == rule.matches
    for moment in sent:
        assert sum(1 for one in sent if moment - 3600 < one <= moment) <= most
