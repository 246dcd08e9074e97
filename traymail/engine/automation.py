"""Automation: the flows of the rules that are on, and what they are told."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Set
from datetime import datetime
from typing import TypeVar

from traymail.core.account import Account
from traymail.core.errors import TraymailError
from traymail.core.events import LeftOutTold, RuleFares, RuleTrouble
from traymail.core.observations import Observation
from traymail.core.outbox import OutboxItem, State
from traymail.core.reports import FlowStatus
from traymail.core.rule import Rule
from traymail.core.settings import Settings
from traymail.core.texts import Text
from traymail.engine.flow import Flow
from traymail.engine.publisher import Publish

log = logging.getLogger(__name__)

Result = TypeVar("Result")
MakeFlow = Callable[[Rule, Account], Flow]
ENDED = frozenset({State.SENT, State.FAILED, State.CANCELLED, State.UNKNOWN})


class Automation:
    """Keeps one flow a rule. A flow that fails is told of, and no other rule suffers."""

    def __init__(self, make_flow: MakeFlow, publish: Publish) -> None:
        self._make_flow = make_flow
        self._publish = publish
        self._flows: dict[str, Flow] = {}
        self._accounts: dict[str, Account] = {}
        self._trouble: dict[str, Text] = {}
        self._told: dict[str, FlowStatus] = {}
        # Of flows that ended: an edit of a rule does not undo what it did.
        self._counts: dict[str, FlowStatus] = {}
        self._paused = False
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
        for name, flow in list(self._flows.items()):
            rule = wanted.get(name)
            same = rule is not None and flow.rule == rule
            if not same or self._accounts[name] != settings.accounts[flow.rule.account]:
                self._forget(name)
        self._move_counts(renamed or {}, names)
        for name, rule in wanted.items():
            if name not in self._flows:
                account = settings.accounts[rule.account]
                self._flows[name] = self._make_flow(rule, account)
                self._accounts[name] = account
                self._call(name, lambda flow: flow.start(now))
                if self._paused:
                    self._call(name, lambda flow: flow.pause(True, now))  # noqa: FBT003 # a state

    def observe(self, observation: Observation, now: datetime) -> None:
        """Hand an observation to its rule; one of a rule that is gone is dropped."""
        self._call(observation.rule, lambda flow: flow.observe(observation, now))

    def tick(self, now: datetime) -> datetime | None:
        """Let every flow do what is due; return when the next wants to be called."""
        wishes = [self._call(name, lambda flow: flow.tick(now)) for name in list(self._flows)]
        self._tell()
        return min((wish for wish in wishes if wish is not None), default=None)

    def finished(self, item: OutboxItem, now: datetime) -> None:
        """Tell a rule how one of its mails ended, under the name it had when that began."""
        if item.rule is not None and item.state in ENDED:
            name = self._renamed.get(item.rule, item.rule)
            self._call(name, lambda flow: flow.finished(item, now))

    def pause(self, now: datetime, *, paused: bool) -> None:
        """Tell every flow that nothing leaves now, or that mail leaves again."""
        self._paused = paused
        for name in list(self._flows):
            self._call(name, lambda flow: flow.pause(paused, now))

    def status(self) -> dict[str, FlowStatus]:
        """Return how each enabled rule fares."""
        return {name: self._status(name, flow) for name, flow in self._flows.items()}

    def _status(self, name: str, flow: Flow) -> FlowStatus:
        return flow.status().after(self._counts.get(name, FlowStatus()))

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
        flow = self._flows.pop(name, None)
        if flow is not None:
            self._counts[name] = self._status(name, flow)
        self._trouble.pop(name, None)
        self._told.pop(name, None)

    def _call(self, name: str, act: Callable[[Flow], Result]) -> Result | None:
        flow = self._flows.get(name)
        if flow is None:
            return None
        try:
            return act(flow)
        except TraymailError as error:
            self._tell_trouble(name, error.title)
        except Exception:  # no other rule may suffer from this one
            log.exception("rule %s failed", name)
        return None

    def _tell(self) -> None:
        """Publish what changed: how the flows fare, their troubles, what they leave out."""
        for name, flow in self._flows.items():
            status, told = self._status(name, flow), self._told.get(name)
            self._tell_trouble(name, status.error)
            if status == told:
                continue
            self._told[name] = status
            known = () if told is None else told.left_out
            for left_out in status.left_out:
                if left_out not in known:
                    self._publish(LeftOutTold(name, left_out.what, left_out.reason))
            self._publish(RuleFares(name))

    def _tell_trouble(self, name: str, trouble: Text | None) -> None:
        if self._trouble.get(name) == trouble:
            return
        if trouble is None:
            del self._trouble[name]
        else:
            self._trouble[name] = trouble
        self._publish(RuleTrouble(name, trouble))
