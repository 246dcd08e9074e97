"""A rule's throttle as plain JSON values, and back: it outlives the program."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from traymail.core.records import Match
from traymail.core.throttle import MatchBatch, MatchGroup, Throttle, Told


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
