"""The log rule at work: matches become alerts and digests.

What was read, what is held, and the mails that come of it are kept in one transaction: whatever
happens in between, each line is matched once. When that cannot be kept (the disk is full), the
flow lets everything pass and has the logs read again from what is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Protocol

from traymail.core.account import Account
from traymail.core.errors import StateError
from traymail.core.observations import (
    LinesMatched,
    LogObservation,
    LogRead,
    LogSources,
    Observation,
)
from traymail.core.outbox import OutboxItem, State
from traymail.core.reports import FlowStatus, LeftOut
from traymail.core.retry import reached
from traymail.core.rotation import Position
from traymail.core.rules.log import LogRule
from traymail.core.texts import Text, Translate
from traymail.core.throttle import (
    Alert,
    Decision,
    LogReading,
    Policy,
    Throttle,
    Why,
    begin,
    due,
    matched,
    next_due,
    pause,
    reading_of,
    resume,
)
from traymail.engine.flow import Machine, Posting
from traymail.engine.log_mail import writer_of

# When the state cannot be written: until the logs are read again.
_AGAIN_LATER = timedelta(seconds=5)
_LONGEST_GROUP = 200


class LogMemory(Protocol):
    """What is kept of log rules; all raise StateError."""

    def transaction(self) -> AbstractContextManager[object]:
        """Keep all that happens inside, or nothing; the outbox joins."""
        ...

    def throttle(self, rule: str) -> Throttle:
        """Return what is held of a rule's matches."""
        ...

    def save_throttle(self, rule: str, state: Throttle) -> None:
        """Keep what is held."""
        ...

    def save_positions(self, rule: str, positions: Iterable[Position], now: datetime) -> None:
        """Keep how far files have been read."""
        ...

    def save_globs(self, rule: str, globs: Mapping[str, int]) -> None:
        """Keep that these globs have been looked at first, and when."""
        ...


@dataclass(frozen=True, slots=True)
class Dropped:
    """What was read of a rule and not kept: this turn and before; when it is read again."""

    turn: int = 0
    again: datetime | None = None


@dataclass(frozen=True, slots=True)
class LogTools:
    """What a log flow works with. ``rewind`` has a rule's logs read again from what is kept.

    ``dropped`` is by rule: a flow that takes the place of another, since its rule was edited, has
    read again what that one could not keep.
    """

    memory: LogMemory
    posting: Posting
    rewind: Callable[[str], None]
    machine: Machine
    translate: Translate
    dropped: dict[str, Dropped] = field(default_factory=dict)


class LogFlow:
    """A `traymail.engine.flow.Flow`."""

    def __init__(self, rule: LogRule, account: Account, tools: LogTools) -> None:
        """Make a flow; raises InputError for a template that cannot be used."""
        self._rule = rule
        self._tools = tools
        self._policy = policy_of(rule)
        self._writer = writer_of(rule, account, tools.machine, tools.translate)
        self._state = Throttle()
        self._loaded = False
        self._paused = False
        self._status = FlowStatus()
        self._problem: Text | None = None
        self._trouble: Text | None = None

    @property
    def rule(self) -> LogRule:
        """Return the rule as configured."""
        return self._rule

    def start(self, now: datetime) -> None:
        """Begin with what was held when the program ended."""
        self._load(now)

    def observe(self, observation: Observation, now: datetime) -> None:
        """Take in what was read, or how the logs are."""
        if not isinstance(observation, LogObservation):
            return
        if isinstance(observation, LogSources):
            self._take_sources(observation)
            return
        if observation.turn <= self._dropped.turn:
            return
        try:
            self._load(now)
            self._keep(observation, now)
        except StateError as error:
            self._trouble = error.title
            self._read_again(observation.turn, now)
        except Exception:
            self._read_again(observation.turn, now)
            raise

    def tick(self, now: datetime) -> datetime | None:
        """Mail what time has made due; return when to be asked next."""
        dropped = self._dropped
        if dropped.again is not None and reached(dropped.again, now, _AGAIN_LATER):
            self._tools.dropped[self._rule.name] = Dropped(dropped.turn)
            self._tools.rewind(self._rule.name)
        try:
            self._load(now)
            if self._state.paused != self._paused:
                # The program ended while paused; or the pause could not be kept.
                self._switch(now)
            self._decide(due(self._state, self._policy, now), now)
        except StateError as error:
            self._trouble = error.title
            return now + _AGAIN_LATER
        waits = [self._dropped.again, next_due(self._state, self._policy, now)]
        return min((one for one in waits if one is not None), default=None)

    def finished(self, item: OutboxItem, now: datetime) -> None:  # noqa: ARG002 # the port's
        """Count the mails that were sent."""
        if item.state is State.SENT:
            self._status = replace(self._status, sent=self._status.sent + 1)

    def pause(self, paused: bool, now: datetime) -> None:  # noqa: FBT001 # a state, not a mode
        """Count only from now on, or tell of what was counted."""
        self._paused = paused
        self._load(now)
        self._switch(now)

    def status(self) -> FlowStatus:
        """Return the health of the rule."""
        rests = [one.quiet_until for one in self._state.groups.values() if one.quiet_until]
        return replace(
            self._status,
            error=self._trouble or self._problem,
            held=self._state.waiting,
            quiet_until=max(rests, default=None),
        )

    @property
    def _dropped(self) -> Dropped:
        return self._tools.dropped.get(self._rule.name, Dropped())

    def _read_again(self, turn: int, now: datetime) -> None:
        """Drop what was read and not kept; it is read again a little later."""
        self._tools.dropped[self._rule.name] = Dropped(turn, now + _AGAIN_LATER)

    def _switch(self, now: datetime) -> None:
        if self._paused:
            self._decide((pause(self._state), ()), now)
        else:
            self._decide(resume(self._state, self._policy, now), now)

    def _load(self, now: datetime) -> None:
        if not self._loaded:
            kept = self._tools.memory.throttle(self._rule.name)
            self._state = begin(kept, self._policy, now)
            self._loaded = True
            self._tools.memory.save_throttle(self._rule.name, self._state)
            self._trouble = None

    def _keep(self, observation: LogObservation, now: datetime) -> None:
        memory, name = self._tools.memory, self._rule.name
        match observation:
            case LinesMatched():
                state, alerts = self._take(observation, now)
                with memory.transaction():
                    self._post((state, alerts), now)
                    memory.save_positions(name, (observation.position,), now)
                self._state = state
                self._count(len(observation.matches), alerts, now)
            case LogRead():
                with memory.transaction():
                    memory.save_positions(name, observation.positions, now)
                    if observation.globs:
                        memory.save_globs(name, observation.globs)
            case _:
                pass
        self._trouble = None

    def _take(self, observation: LinesMatched, now: datetime) -> Decision:
        """Hand the matches to the throttle, those of each group together."""
        state, alerts = due(self._state, self._policy, now)
        for group, found in by_group(self._rule, observation).items():
            reading = reading_of(found, now)
            state, more = matched(state, self._policy, group, reading, now)
            alerts += more
        return state, alerts

    def _decide(self, decision: Decision, now: datetime) -> None:
        """Keep a decision and post its mails, when it changed anything; raises StateError."""
        if decision[0] is not self._state:
            with self._tools.memory.transaction():
                self._post(decision, now)
            self._state = decision[0]
            self._trouble = None

    def _post(self, decision: Decision, now: datetime) -> None:
        state, alerts = decision
        for alert in alerts:
            self._tools.posting.post(self._writer.write(alert, now), ())
        self._tools.memory.save_throttle(self._rule.name, state)

    def _count(self, matches: int, alerts: tuple[Alert, ...], now: datetime) -> None:
        """Count matches; suppressed are those that got no mail of their own when they came."""
        at_once = sum(a.batch.count - a.suppressed for a in alerts if a.why is Why.MATCHED)
        self._status = replace(
            self._status,
            matched=self._status.matched + matches,
            suppressed=self._status.suppressed + matches - at_once,
            last_match_at=now,
        )

    def _take_sources(self, sources: LogSources) -> None:
        self._problem = sources.problem
        self._status = replace(
            self._status,
            watching=sources.following > 0 or sources.problem is None,
            left_out=tuple(LeftOut(what, reason) for what, reason in sources.left_out),
        )


def policy_of(rule: LogRule) -> Policy:
    """Return when a rule mails."""
    return Policy(rule.threshold, rule.cooldown, rule.max_per_hour, rule.silent_for)


def by_group(rule: LogRule, observation: LinesMatched) -> dict[str, LogReading]:
    """Return matches by the value of ``group_by``, in order of first appearance.

    A long value is cut. Without ``group_by`` all are one group, "".
    """
    matches = observation.matches
    groups = matches.by(rule.group_by, _LONGEST_GROUP) if rule.group_by else {"": matches}
    return {group: LogReading(found, observation.path) for group, found in groups.items()}
