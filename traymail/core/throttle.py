"""When do matches become a mail, and what does it tell? The log rule's decisions, pure.

Every match is reported by exactly one mail, in its ``count``: at once, in the digest at the end
of a cooldown or a pause, in the digest once the rule's hourly cap has room, or, while it has not
made up a threshold, with the next mail of its group. ``suppressed`` is that part of ``count``
which got no mail of its own when it came. So at any time, over all mails of a rule,

    sum of count + what `waiting` returns = matches

What is held is counted in full; of the lines themselves the first and the last few are kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, NamedTuple

from traymail.core.duration import HOUR
from traymail.core.lines import CUT_MARK
from traymail.core.records import Later, Match, Matches
from traymail.core.rules.log import Threshold

# After a start, what was written meanwhile is read before silence is reported.
GRACE = timedelta(minutes=1)
# Groups (values of `group_by`) remembered at a time. Beyond, those longest unseen are one group
# together, or else those that come: what has just been mailed of keeps its rest.
MOST_GROUPS = 1000
# The name of that group: no value has a line break in it.
OTHERS = "\n"


@dataclass(frozen=True, slots=True)
class Sampling:
    """What is kept of held matches: so many from each end, so many characters of each."""

    ends: int
    length: int


AMPLE = Sampling(20, 2000)
# All that is held is saved each time something matches: many groups must do with less each.
SPARE = Sampling(2, 500)
_FEW_GROUPS = 20


@dataclass(frozen=True, slots=True)
class Policy:
    """A rule's fields that say when it mails; ``cooldown`` 0: every reading is mailed.

    ``most_groups``: how many values are told apart at a time.
    """

    threshold: Threshold
    cooldown: timedelta
    max_per_hour: int
    silent_for: timedelta | None = None
    most_groups: int = MOST_GROUPS


class Told(NamedTuple):
    """A match as it is kept and told: with the file it stood in."""

    match: Match
    path: str

    def shortened(self, length: int) -> Told:
        """Return it with at most so many characters, and a mark where something is missing."""
        match = self.match
        if match.within(length):
            return self
        captured = {name: _cut(words, length) for name, words in match.captured.items()}
        short = Match(_cut(match.line, length), _cut(match.shown, length), captured)
        return Told(short, self.path)


class LogReading(Later[Told]):
    """Matches that were read together in one file; each is told when it is looked at."""

    __slots__ = ("_matches", "_path")

    def __init__(self, matches: Matches, path: str) -> None:
        self._matches = matches
        self._path = path

    def __len__(self) -> int:
        return len(self._matches)

    def made(self, places: range) -> Iterator[Told]:
        """Make some of them."""
        return (Told(match, self._path) for match in self._matches.made(places))


@dataclass(frozen=True, slots=True)
class MatchBatch:
    """Matches counted together: the first lines and the last, and from when to when they came."""

    count: int = 0
    first: Sequence[Told] = ()
    last: Sequence[Told] = ()
    since: datetime | None = None
    until: datetime | None = None

    @property
    def left_out(self) -> int:
        """Return how many are counted only."""
        return self.count - len(self.first) - len(self.last)

    def joined(self, other: MatchBatch, sampling: Sampling = AMPLE) -> MatchBatch:
        """Return both together, ``other`` behind, with samples from both ends."""
        ends = sampling.ends
        whole = not self.last and self.count == len(self.first)
        begin = min(len(self.first) + (len(other.first) if whole else 0), ends)
        # Only what is kept is looked at.
        taken = max(0, begin - len(self.first))
        before = _shortened(other.first[:taken], sampling)
        behind = _shortened(other.first[max(taken, len(other.first) - ends) :], sampling)
        own, more = self.first, (*self.last, *behind, *_shortened(other.last, sampling))
        if sampling is not AMPLE:  # as short as that is what is held already
            own, more = _shortened(own, sampling), _shortened(more[-ends:], sampling)
        first = (*own[:begin], *before)
        last = (*own[begin:], *more)[-ends:]
        moments = [one for one in (self.since, other.since, self.until, other.until) if one]
        return MatchBatch(
            self.count + other.count,
            first,
            last,
            min(moments, default=None),
            max(moments, default=None),
        )


class Why(Enum):
    """What makes a mail."""

    MATCHED = "matched"  # the threshold was reached
    DIGEST = "digest"  # matches were held: a cooldown, a cap or a pause is over
    SILENCE = "silence"  # nothing has matched for too long


@dataclass(frozen=True, slots=True)
class Alert:
    """A mail to be made: it tells of ``batch.count`` matches, of which ``suppressed`` were held.

    ``group`` is the value of ``group_by`` ("" without one, or `OTHERS`).
    """

    why: Why
    batch: MatchBatch
    suppressed: int
    group: str = ""


@dataclass(frozen=True, slots=True)
class MatchGroup:
    """One value of ``group_by``: what is held of it, and until when it rests.

    ``recent`` are the times of the matches that may still make up a threshold.
    """

    held: MatchBatch = MatchBatch()
    recent: tuple[datetime, ...] = ()
    quiet_until: datetime | None = None
    seen: datetime | None = None


@dataclass(frozen=True, slots=True)
class Throttle:
    """Everything that is remembered of a rule's matches between calls, and over restarts.

    ``over`` is what waits for room under the hourly cap or for the end of a pause. ``mailed``
    are the times of the last hour's mails. ``heard`` is the last match, or when the rule began;
    ``silent`` says that the silence since then has been told.
    """

    groups: dict[str, MatchGroup] = field(default_factory=dict)
    over: MatchBatch = MatchBatch()
    mailed: tuple[datetime, ...] = ()
    heard: datetime | None = None
    silent: bool = False
    paused: bool = False

    @property
    def waiting(self) -> int:
        """Return how many matches no mail has reported yet."""
        return self.over.count + sum(group.held.count for group in self.groups.values())


def reading_of(found: Sequence[Told], now: datetime) -> MatchBatch:
    """Return what was read together."""
    return MatchBatch(len(found), found, (), now, now)


Decision = tuple[Throttle, tuple[Alert, ...]]


def begin(state: Throttle, policy: Policy, now: datetime) -> Throttle:
    """Return the state of a rule that starts: the first time, silence is counted from now.

    A silence that ended while nobody looked is in the logs still to be read: it gets a moment.
    """
    if state.heard is None or policy.silent_for is None:
        return replace(state, heard=state.heard or now)
    grace = min(policy.silent_for, GRACE)
    return replace(state, heard=max(state.heard, now + grace - policy.silent_for))


def matched(
    state: Throttle, policy: Policy, group: str, reading: MatchBatch, now: datetime
) -> Decision:
    """Take in what was read together and belongs to one group (at least one match)."""
    state = replace(state, heard=now, silent=False)
    if state.paused:
        return _hold(state, reading), ()
    state, group = _make_room(state, policy, group, now)
    one = state.groups.get(group, MatchGroup())
    held = one.held
    one = replace(one, held=held.joined(reading, _sampling(state)), seen=now)
    if one.quiet_until is not None and now < one.quiet_until:
        return _with(state, group, one), ()
    new = min(reading.count, policy.threshold.count)
    recent = _recent((*one.recent, *(now for _ in range(new))), policy.threshold, now)
    if len(recent) < policy.threshold.count:
        return _with(state, group, replace(one, recent=recent)), ()
    # A reading that is mailed at once is told whole; what was held before it, by its samples.
    if held.left_out:
        first = tuple(held.first)
        last = (*held.last, *reading.first, *reading.last)
    else:
        first, last = (*held.first, *held.last, *reading.first), tuple(reading.last)
    told = MatchBatch(held.count + reading.count, first, last, held.since or now, now)
    # Of what was held, some may have helped to reach the threshold: this is their own mail.
    suppressed = max(0, held.count - (len(recent) - new))
    alert = Alert(Why.MATCHED, told, suppressed, group)
    return _mail(_with(state, group, one), policy, alert, now)


def due(state: Throttle, policy: Policy, now: datetime) -> Decision:
    """Return what time alone has made due: digests, and silence."""
    if state.paused:
        return state, ()
    alerts: tuple[Alert, ...] = ()
    state = _in_time(state, policy, now)
    for name, one in list(state.groups.items()):
        if one.quiet_until is not None and one.quiet_until <= now:
            state = _with(state, name, replace(one, quiet_until=None))
            if one.held.count:
                digest = Alert(Why.DIGEST, one.held, one.held.count, name)
                state, more = _mail(state, policy, digest, now)
                alerts += more
    if state.over.count and _room(state, policy, now):
        state, more = _tell_over(state, now)
        alerts += more
    silent_at = _silent_at(state, policy)
    if silent_at is not None and silent_at <= now and _room(state, policy, now):
        state = replace(_counted(state, now), silent=True)
        alerts += (Alert(Why.SILENCE, MatchBatch(since=state.heard), 0),)
    return _tidy(state, policy, now), alerts


def next_due(state: Throttle, policy: Policy, now: datetime) -> datetime | None:
    """Return when `due` should be asked next; None when nothing waits for a time."""
    if state.paused:
        return None
    times = [one.quiet_until for one in state.groups.values() if one.quiet_until is not None]
    silent_at = _silent_at(state, policy)
    waits_for_room = [silent_at] if silent_at is not None else []
    if state.over.count:
        waits_for_room.append(now)
    full_until = _full_until(state, policy, now)
    times += [at if full_until is None else max(at, full_until) for at in waits_for_room]
    return min(times, default=None)


def pause(state: Throttle) -> Throttle:
    """Return the state of a rule whose matches are counted only, until `resume`."""
    return replace(state, paused=True)


def resume(state: Throttle, policy: Policy, now: datetime) -> Decision:
    """End a pause: one digest tells of what was counted, and of cooldowns that ended meanwhile."""
    if not state.paused:
        return state, ()
    state = replace(state, paused=False)
    for name, one in list(state.groups.items()):
        if one.quiet_until is not None and one.quiet_until <= now:
            state = _hold(state, one.held)
            state = _with(state, name, replace(one, held=MatchBatch(), quiet_until=None))
    if state.over.count and _room(state, policy, now):
        return _tell_over(state, now)
    return state, ()


def _shortened(told: Sequence[Told], sampling: Sampling) -> tuple[Told, ...]:
    return tuple([one.shortened(sampling.length) for one in told])


def _cut(words: str, length: int) -> str:
    return words if len(words) <= length else words[:length] + CUT_MARK


def _recent(
    times: tuple[datetime, ...], threshold: Threshold, now: datetime
) -> tuple[datetime, ...]:
    """Return the times that may make up the threshold: no more than it needs, none too old."""
    return tuple(one for one in times if now >= one > now - threshold.within)[-threshold.count :]


def _mail(state: Throttle, policy: Policy, alert: Alert, now: datetime) -> Decision:
    """Mail an alert and let its group rest; under a full cap, hold what it would have told."""
    one = state.groups.get(alert.group, MatchGroup())
    if not _room(state, policy, now):
        state = _hold(state, alert.batch)
        return _with(state, alert.group, replace(one, held=MatchBatch(), recent=())), ()
    quiet_until = now + policy.cooldown if policy.cooldown else None
    rested = replace(one, held=MatchBatch(), recent=(), quiet_until=quiet_until)
    return _counted(_with(state, alert.group, rested), now), (alert,)


def _tell_over(state: Throttle, now: datetime) -> Decision:
    alert = Alert(Why.DIGEST, state.over, state.over.count)
    return _counted(replace(state, over=MatchBatch()), now), (alert,)


def _hold(state: Throttle, batch: MatchBatch) -> Throttle:
    return replace(state, over=state.over.joined(batch))


def _sampling(state: Throttle) -> Sampling:
    return AMPLE if len(state.groups) <= _FEW_GROUPS else SPARE


def _with(state: Throttle, name: str, group: MatchGroup) -> Throttle:
    return replace(state, groups={**state.groups, name: group})


def _counted(state: Throttle, now: datetime) -> Throttle:
    return replace(state, mailed=(*state.mailed, now))


def _full_until(state: Throttle, policy: Policy, now: datetime) -> datetime | None:
    """Return until when the hourly cap allows no mail; None: there is room."""
    last = [one for one in state.mailed if one > now - HOUR]
    return None if len(last) < policy.max_per_hour else last[-policy.max_per_hour] + HOUR


def _room(state: Throttle, policy: Policy, now: datetime) -> bool:
    return _full_until(state, policy, now) is None


def _silent_at(state: Throttle, policy: Policy) -> datetime | None:
    if policy.silent_for is None or state.silent or state.heard is None:
        return None
    return state.heard + policy.silent_for


def _make_room(state: Throttle, policy: Policy, name: str, now: datetime) -> tuple[Throttle, str]:
    """Return the group that a value belongs to: its own, if there is or can be made room for it.

    What is held of a group that makes room is told in the digest of the others. A group that
    rests stays: its next match would be mailed at once.
    """
    if name in state.groups or len(state.groups.keys() - {OTHERS}) < policy.most_groups:
        return state, name
    idle = [n for n, one in state.groups.items() if one.quiet_until is None and n != OTHERS]
    if not idle:
        return state, OTHERS
    oldest = min(idle, key=lambda one: state.groups[one].seen or now)
    groups = {n: one for n, one in state.groups.items() if n != oldest}
    held = state.groups[oldest].held
    if held.count:
        others = groups.get(OTHERS, MatchGroup())
        groups[OTHERS] = replace(
            others,
            held=others.held.joined(held),
            quiet_until=others.quiet_until or now + _others_rest(policy),
            seen=now,
        )
    return replace(state, groups=groups), name


def _others_rest(policy: Policy) -> timedelta:
    return policy.cooldown or HOUR


def _in_time(state: Throttle, policy: Policy, now: datetime) -> Throttle:
    """Pull back what lies too far in the future: the clock was set back, or the rule changed."""
    rest = {OTHERS: _others_rest(policy)}
    late = {
        name: replace(one, quiet_until=latest)
        for name, one in state.groups.items()
        if one.quiet_until is not None
        and one.quiet_until > (latest := now + rest.get(name, policy.cooldown))
    }
    if late:
        state = replace(state, groups={**state.groups, **late})
    if state.heard is not None and state.heard > now:
        state = replace(state, heard=now)
    if any(one > now for one in state.mailed):
        state = replace(state, mailed=tuple(min(one, now) for one in state.mailed))
    return state


def _tidy(state: Throttle, policy: Policy, now: datetime) -> Throttle:
    """Forget groups of which nothing is held and nothing counts any more, and old mails."""
    groups = {
        name: replace(one, recent=recent)
        for name, one in state.groups.items()
        if (recent := _recent(one.recent, policy.threshold, now))
        or one.held.count
        or one.quiet_until is not None
    }
    mailed = tuple(one for one in state.mailed if one > now - HOUR)
    if groups == state.groups and mailed == state.mailed:
        return state
    return replace(state, groups=groups, mailed=mailed)


def to_plain(state: Throttle) -> dict[str, Any]:
    """Return what `from_plain` reads."""
    return {
        "groups": {name: _group(one) for name, one in state.groups.items()},
        "over": _batch(state.over),
        "mailed": [one.isoformat() for one in state.mailed],
        "heard": _time(state.heard),
        "silent": state.silent,
        "paused": state.paused,
    }


def from_plain(plain: Mapping[str, Any]) -> Throttle:
    """Return the throttle; raises KeyError, TypeError, ValueError for what is none."""
    return Throttle(
        {name: _read_group(one) for name, one in plain["groups"].items()},
        _read_batch(plain["over"]),
        tuple(_moment(one) for one in plain["mailed"]),
        _read_time(plain["heard"]),
        plain["silent"],
        plain["paused"],
    )


def _group(group: MatchGroup) -> dict[str, Any]:
    return {
        "held": _batch(group.held),
        "recent": [one.isoformat() for one in group.recent],
        "quiet_until": _time(group.quiet_until),
        "seen": _time(group.seen),
    }


def _read_group(plain: Mapping[str, Any]) -> MatchGroup:
    return MatchGroup(
        _read_batch(plain["held"]),
        tuple(_moment(one) for one in plain["recent"]),
        _read_time(plain["quiet_until"]),
        _read_time(plain["seen"]),
    )


def _batch(batch: MatchBatch) -> dict[str, Any]:
    return {
        "count": batch.count,
        "first": [_told(one) for one in batch.first],
        "last": [_told(one) for one in batch.last],
        "since": _time(batch.since),
        "until": _time(batch.until),
    }


def _read_batch(plain: Mapping[str, Any]) -> MatchBatch:
    return MatchBatch(
        int(plain["count"]),
        tuple(_read_told(one) for one in plain["first"]),
        tuple(_read_told(one) for one in plain["last"]),
        _read_time(plain["since"]),
        _read_time(plain["until"]),
    )


def _told(told: Told) -> list[Any]:
    match = told.match
    shown = None if match.shown == match.line else match.shown
    return [told.path, match.line, shown, dict(match.captured)]


def _read_told(plain: list[Any]) -> Told:
    path, line, shown, captured = plain
    return Told(Match(line, line if shown is None else shown, captured), path)


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _read_time(plain: str | None) -> datetime | None:
    return None if plain is None else _moment(plain)


def _moment(plain: str) -> datetime:
    moment = datetime.fromisoformat(plain)
    if moment.tzinfo is None:
        raise ValueError(plain)
    return moment
