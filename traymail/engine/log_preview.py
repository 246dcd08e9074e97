"""A dry run of a log rule: the mails that existing lines would make, if they were added now.

When lines were written is not known: all are taken as read together. So a threshold is reached
by as many matches as it counts, and a cooldown holds nothing back.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from traymail.core.observations import LinesMatched
from traymail.core.reports import LeftOut, Preview, PreviewMail
from traymail.core.rules.log import LogRule
from traymail.core.texts import text
from traymail.core.throttle import Alert, LogReading, MatchBatch, Throttle, Told, matched
from traymail.engine.log_flow import by_group, policy_of
from traymail.engine.log_mail import MOST_TEXT, LogWriter


@dataclass(slots=True)
class _Group:
    """What one mail would tell of: all is counted, as many lines are kept as a mail shows."""

    count: int = 0
    size: int = 0
    found: list[Told] = field(default_factory=list)

    def add(self, reading: LogReading) -> None:
        self.count += len(reading)
        for told in reading if self.size <= MOST_TEXT else ():
            self.size += len(told.match.shown)
            if self.size > MOST_TEXT:
                break
            self.found.append(told)


def preview(
    writer: LogWriter, found: Iterable[LinesMatched], now: datetime, limit: int | None = None
) -> Preview:
    """Return what the matches would make; at most ``limit`` mails, but every match is counted.

    Nothing is sent or written.
    """
    rule = writer.rule
    groups: dict[str, _Group] = {}
    for observation in found:
        for name, told in by_group(rule, observation).items():
            groups.setdefault(name, _Group()).add(told)
    state, alerts = Throttle(), tuple[Alert, ...]()
    for name, group in groups.items():
        reading = MatchBatch(group.count, tuple(group.found), (), now, now)
        state, more = matched(state, policy_of(rule), name, reading, now)
        alerts += more
    mails = tuple(
        PreviewMail(draft.subject, tuple(map(str, draft.to)), draft.text)
        for draft in (writer.write(alert, now) for alert in alerts[:limit])
    )
    events = sum(group.count for group in groups.values())
    return Preview(rule.name, events, mails, _left_out(rule, state))


def _left_out(rule: LogRule, state: Throttle) -> tuple[LeftOut, ...]:
    left_out = [
        LeftOut(
            name or rule.name,
            text(
                "{count} matches do not make up the threshold of {threshold}.",
                count=group.held.count,
                threshold=rule.threshold.count,
            ),
        )
        for name, group in state.groups.items()
        if group.held.count
    ]
    if state.over.count:
        most = text(
            "{count} matches would wait for their digest: at most {most} mails an hour.",
            count=state.over.count,
            most=rule.max_per_hour,
        )
        left_out.append(LeftOut(rule.name, most))
    return tuple(left_out)
