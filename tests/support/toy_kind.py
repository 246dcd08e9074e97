"""A third kind of rule, made of nothing but this module: a mail each so many minutes.

`TOY` is its row: given to an `App` with the usual kinds, it is configured, shown and run as they
are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path, PurePath
from typing import ClassVar

from traymail.core import validators as read
from traymail.core.account import Account
from traymail.core.duration import format_duration
from traymail.core.errors import Problem
from traymail.core.fields import Field, FieldKind
from traymail.core.keys import key, laid_out, table_form
from traymail.core.message import Draft
from traymail.core.observations import Observation
from traymail.core.outbox import OutboxItem, State
from traymail.core.paths import PathContext
from traymail.core.reports import FlowStatus, Preview, PreviewMail, RulePreview
from traymail.core.rule import Rule
from traymail.core.rule_kind import ABOVE, RuleKind, RuleRead, template_problems
from traymail.core.sight import Sight
from traymail.core.template import COMMON, compile_template
from traymail.core.texts import text
from traymail.engine.flow import Flow, Machine, common_values
from traymail.running.kind import DryTools, Runner, RunningKind, RunningParts


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeRule(Rule):
    """A mail each so many minutes."""

    kind: ClassVar[str] = "time"
    subject: str = "{rule} at {time}"
    body: str = "Number {count}"
    max_per_hour: int = 60
    every: timedelta = field(
        metadata=key(
            read.duration(timedelta(milliseconds=1), timedelta(days=1)),
            Field("", text("E&very"), FieldKind.DURATION, width=8),
            stand_in="1h",
        )
    )

    @property
    def sources(self) -> tuple[str, ...]:
        """How often."""
        return (format_duration(self.every),)


class TimeKind(RuleKind[TimeRule]):
    """Mail at its time, in the configuration and in windows."""

    form = table_form(TimeRule, text("It belongs to rules of kind “time”."))
    source_key = "every"
    title = text("Time rule")
    begin = text("Mail at ti&mes…")
    icon = status_icon = "clock"
    asks = laid_out(
        TimeRule,
        (
            (text("Each"), ("every",)),
            (text("send a mail"), ("to", "subject", "account")),
            (None, ()),
        ),
        ABOVE,
    )
    more = text("More")

    def name_after(self, source: PurePath) -> str:
        """Return a name that tells how often."""
        return f"Each {source}"

    def with_full_paths(self, rule: TimeRule, user_home: str) -> TimeRule:
        """Return it as it is: there are no paths."""
        del user_home
        return rule

    def problems(self, one: RuleRead, rule: TimeRule, paths: PathContext) -> list[Problem]:
        """Return what is wrong with its templates."""
        del rule, paths
        return template_problems(one, COMMON, None)

    def sight(self, values: Mapping[str, str], preview: RulePreview, *, new: bool) -> Sight:
        """Return how often it would mail."""
        del preview, new
        return Sight(text("Each {time} this mail would be sent:", time=values["every"]))


class RunningTimes(RunningKind[TimeRule]):
    """Mail at its time, as it runs."""

    kind = TimeKind()

    def runner(self, parts: RunningParts) -> Runner[TimeRule]:
        """Make ready; nothing is watched."""
        return _Times(parts)

    def preview(
        self,
        rule: TimeRule,
        account: Account,
        file: Path | None,
        now: datetime,
        limit: int | None,
        tools: DryTools,
    ) -> Preview:
        """Return the next mail."""
        del file
        draft = _draft(rule, account, tools.machine, now, 1)
        mail = PreviewMail(draft.subject, tuple(map(str, draft.to)), draft.text)
        return Preview(rule.name, 1, (mail,)[:limit], ())

    def glance(
        self,
        rule: TimeRule,
        account: Account,
        now: datetime,
        limit: int,
        lines: int,
        tools: DryTools,
    ) -> RulePreview:
        """Return the same."""
        del lines
        return RulePreview(self.preview(rule, account, None, now, limit, tools))


class _Times(Runner[TimeRule]):
    def __init__(self, parts: RunningParts) -> None:
        self._parts = parts

    def flow(self, rule: TimeRule, account: Account) -> Flow:
        """Return a rule at work."""
        return TimeFlow(rule, account, self._parts)


class TimeFlow:
    """A `traymail.engine.flow.Flow`: it looks at nothing but the clock."""

    def __init__(self, rule: TimeRule, account: Account, parts: RunningParts) -> None:
        self.rule = rule
        self._account, self._parts = account, parts
        self._status = FlowStatus(watching=True)
        self._next: datetime | None = None

    def start(self, now: datetime) -> None:
        """Begin to count."""
        self._next = now + self.rule.every

    def observe(self, observation: Observation, now: datetime) -> None:
        """Take nothing in."""

    def tick(self, now: datetime) -> datetime | None:
        """Mail when it is time."""
        if self._next is not None and now >= self._next:
            count = self._status.matched + 1
            draft = _draft(self.rule, self._account, self._parts.machine, now, count)
            self._parts.poster.post(draft)
            self._status = replace(self._status, matched=count, last_match_at=now)
            self._next = now + self.rule.every
        return self._next

    def finished(self, item: OutboxItem, now: datetime) -> None:
        """Count what was sent."""
        del now
        self._status = replace(self._status, sent=self._status.sent + (item.state is State.SENT))

    def pause(self, paused: bool, now: datetime) -> None:
        """Go on: mail waits in the outbox meanwhile."""

    def status(self) -> FlowStatus:
        """Return what was counted."""
        return self._status


def _draft(rule: TimeRule, account: Account, machine: Machine, now: datetime, count: int) -> Draft:
    values = common_values(rule, machine, now, count)
    return Draft(
        account=account.name,
        sender=account.address,
        to=rule.to,
        cc=rule.cc,
        bcc=rule.bcc,
        subject=compile_template(rule.subject, COMMON).render(values),
        text=compile_template(rule.body, COMMON).render(values),
        rule=rule.name,
        when_unsure=rule.when_unsure.value,
    )


TOY = RunningTimes()
