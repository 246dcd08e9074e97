"""Automation: the flows of the rules that are on, and what they are told."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Set
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypeVar

from traymail.core.account import Account
from traymail.core.errors import TraymailError
from traymail.core.events import LeftOutTold, RuleHealth, RuleTrouble
from traymail.core.observations import Observation, WatchTrouble
from traymail.core.outbox import OutboxItem, State
from traymail.core.reasons import title_of
from traymail.core.reports import FlowStatus
from traymail.core.retry import reached
from traymail.core.rule import Rule
from traymail.core.settings import Settings
from traymail.core.texts import Text
from traymail.engine.flow import Flow
from traymail.engine.publisher import Publish
from traymail.failures import log_failure

log = logging.getLogger(__name__)

Result = TypeVar("Result")
MakeFlow = Callable[[Rule, Account], Flow]
ENDED = frozenset({State.SENT, State.PARTIAL, State.FAILED, State.CANCELLED, State.UNKNOWN})
# What failed in a flow and is owed to it: until the next try.
AGAIN_LATER = timedelta(seconds=30)
WATCHING = "watching"


class Automation:
    """Keeps one flow a rule. A flow that fails is reported, and no other rule suffers.

    A failure is its rule's error until the same thing has worked: what happened only once is tried
    again by itself, and what watchers saw, they tell of again.
    """

    def __init__(self, make_flow: MakeFlow, publish: Publish) -> None:
        self._make_flow = make_flow
        self._publish = publish
        self._flows: dict[str, Flow] = {}
        self._accounts: dict[str, Account] = {}
        self._trouble: dict[str, Text] = {}
        # By rule and by what failed; and, of that, what nobody else would try again.
        self._faults: dict[str, dict[str, Text]] = {}
        self._owed: dict[tuple[str, str], Callable[[Flow, datetime], None]] = {}
        self._pay_at: datetime | None = None
        self._told: dict[str, FlowStatus] = {}
        # Of flows that ended: an edit of a rule does not undo what it did.
        self._counts: dict[str, FlowStatus] = {}
        self._paused = False
        self._unkept: Text | None = None
        self._renamed: dict[str, str] = {}

    def apply(
        self, settings: Settings, now: datetime, renamed: Mapping[str, str] | None = None
    ) -> None:
        """Begin, end and renew flows so that they are the configuration's enabled rules.

        ``renamed`` are the new names of rules that have one, by the old.
        """
        names = {rule.name for rule in settings.rules}
        self._follow_names(renamed or {}, names)
        wanted = {rule.name: rule for rule in settings.rules if rule.enabled}
        for name in {**self._flows, **self._faults}:
            flow, rule = self._flows.get(name), wanted.get(name)
            same = (
                flow is not None
                and flow.rule == rule
                and self._accounts[name] == settings.accounts[flow.rule.account]
            )
            if not same:
                self._forget(name)
        self._move_counts(renamed or {}, names)
        for name, rule in wanted.items():
            if name not in self._flows:
                self._begin(rule, settings.accounts[rule.account], now)

    def observe(self, observation: Observation, now: datetime) -> None:
        """Hand an observation to its rule; one of a rule that is gone is dropped."""
        name = observation.rule
        if not isinstance(observation, WatchTrouble):
            kind = type(observation).__name__
            self._call(name, kind, lambda flow: flow.observe(observation, now))
        elif observation.reason is None:
            self._forget_fault(name, WATCHING)
        elif name in self._flows:
            self._faults.setdefault(name, {})[WATCHING] = observation.reason

    def tick(self, now: datetime) -> datetime | None:
        """Let every flow do what is due; return when the next wants to be called."""
        if self._pay_at is not None and reached(self._pay_at, now, AGAIN_LATER):
            self._pay_at = None
            for (name, what), act in list(self._owed.items()):
                self._owe(name, what, act, now)
        wishes = [self._tick(name, now) for name in list(self._flows)]
        self._tell()
        return min((wish for wish in (*wishes, self._pay_at) if wish is not None), default=None)

    def finished(self, item: OutboxItem, now: datetime) -> None:
        """Tell a rule how one of its mails ended, under the name it had when that began."""
        if item.rule is not None and item.state in ENDED:
            name = self._renamed.get(item.rule, item.rule)
            self._owe(name, f"mail {item.id}", lambda flow, now: flow.finished(item, now), now)

    def pause(self, now: datetime, *, paused: bool) -> None:
        """Tell every flow that nothing leaves now, or that mail leaves again."""
        self._paused = paused
        for name in list(self._flows):
            self._pause(name, now)

    def kept(self, trouble: Text | None) -> None:
        """Take note why nothing that rules do can be kept; None: it can again."""
        self._unkept = trouble

    def status(self) -> dict[str, FlowStatus]:
        """Return the health of each enabled rule."""
        return {name: self._status(name) for name in {**self._flows, **self._faults}}

    def _status(self, name: str) -> FlowStatus:
        flow = self._flows.get(name)
        status = FlowStatus() if flow is None else flow.status()
        faults = self._faults.get(name, {})
        if faults or self._unkept:
            watching = status.watching and WATCHING not in faults and self._unkept is None
            error = status.error or next(iter(faults.values()), None) or self._unkept
            status = replace(status, watching=watching, error=error)
        return status.after(self._counts.get(name, FlowStatus()))

    def _begin(self, rule: Rule, account: Account, now: datetime) -> None:
        name = rule.name
        try:
            self._flows[name] = self._make_flow(rule, account)
        except Exception as error:  # noqa: BLE001 # told; tried again when the rule is edited
            self._note_fault(name, "beginning", error)
            return
        self._accounts[name] = account
        self._owe(name, "start", lambda flow, now: flow.start(now), now)
        if self._paused:
            self._pause(name, now)

    def _pause(self, name: str, now: datetime) -> None:
        self._owe(name, "pause", lambda flow, now: flow.pause(self._paused, now), now)

    def _tick(self, name: str, now: datetime) -> datetime | None:
        wish = self._call(name, "tick", lambda flow: flow.tick(now))
        return now + AGAIN_LATER if "tick" in self._faults.get(name, {}) else wish

    def _move_counts(self, renamed: Mapping[str, str], names: Set[str]) -> None:
        """Keep what rules did before they were edited, under their names of today."""
        counts = {renamed.get(name, name): status for name, status in self._counts.items()}
        self._counts = {name: status for name, status in counts.items() if name in names}

    def _follow_names(self, renamed: Mapping[str, str], names: Set[str]) -> None:
        """Keep where mails lead that were under way when their rule got another name."""
        for old, now in self._renamed.items():
            self._renamed[old] = renamed.get(now, now)
        self._renamed.update(renamed)
        self._renamed = {old: now for old, now in self._renamed.items() if old not in names}

    def _forget(self, name: str) -> None:
        if name in self._flows:
            self._counts[name] = self._status(name)
            del self._flows[name]
        for known in (self._trouble, self._told, self._faults, self._accounts):
            known.pop(name, None)
        self._owed = {key: act for key, act in self._owed.items() if key[0] != name}

    def _owe(
        self, name: str, what: str, act: Callable[[Flow, datetime], None], now: datetime
    ) -> None:
        """Do it; when that fails, again later: nobody else would."""
        self._call(name, what, lambda flow: act(flow, now))
        if what in self._faults.get(name, {}):
            self._owed[name, what] = act
            self._pay_at = self._pay_at or now + AGAIN_LATER
        else:
            self._owed.pop((name, what), None)

    def _call(self, name: str, what: str, act: Callable[[Flow], Result]) -> Result | None:
        flow = self._flows.get(name)
        if flow is None:
            return None
        try:
            result = act(flow)
        except Exception as error:  # noqa: BLE001 # told; no other rule may suffer from this one
            self._note_fault(name, what, error)
            return None
        self._forget_fault(name, what)
        return result

    def _note_fault(self, name: str, what: str, error: Exception) -> None:
        faults = self._faults.setdefault(name, {})
        if faults.get(what) != title_of(error) and not isinstance(error, TraymailError):
            log_failure(log, f"rule {name} failed ({what})", error)
        faults[what] = title_of(error)

    def _forget_fault(self, name: str, what: str) -> None:
        faults = self._faults.get(name, {})
        faults.pop(what, None)
        if not faults:
            self._faults.pop(name, None)

    def _tell(self) -> None:
        """Publish what changed: the health of the flows, their troubles, what they leave out."""
        for name, status in self.status().items():
            before = self._told.get(name)
            self._tell_trouble(name, status.error)
            if status == before:
                continue
            self._told[name] = status
            known = () if before is None else before.left_out
            for left_out in status.left_out:
                if left_out not in known:
                    self._publish(LeftOutTold(name, left_out.what, left_out.reason))
            self._publish(RuleHealth(name))

    def _tell_trouble(self, name: str, trouble: Text | None) -> None:
        if self._trouble.get(name) == trouble:
            return
        if trouble is None:
            del self._trouble[name]
        else:
            self._trouble[name] = trouble
        self._publish(RuleTrouble(name, trouble))
