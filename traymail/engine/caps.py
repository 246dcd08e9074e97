"""How fast mail may leave: the caps of accounts and rules, asked before each attempt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from traymail.core.account import Limits
from traymail.core.duration import HOUR
from traymail.core.holds import Holds
from traymail.core.ports import Departures
from traymail.core.settings import Settings


@dataclass(frozen=True, slots=True)
class RuleCaps:
    """Mails an hour: of each rule by name, and of all rules together."""

    each: Mapping[str, int]
    together: int


def rule_caps(settings: Settings, known: Mapping[str, int]) -> RuleCaps:
    """Return the caps that a configuration sets.

    ``known`` are those of earlier rules: mail of a rule that was taken out does not leave faster.
    """
    each = {**known, **{rule.name: rule.max_per_hour for rule in settings.rules}}
    return RuleCaps(each, settings.rules_max_per_hour)


@dataclass(frozen=True, slots=True)
class HeldRules:
    """The rules whose mail must wait now, and until when the first of them must."""

    names: frozenset[str] = frozenset()
    until: datetime | None = None


def account_wait(
    departures: Departures, account: str, limits: Limits, now: datetime
) -> datetime | None:
    """Return when the account may send again, None for now."""
    waits = [
        wait
        for most, span in limits.spans
        if (wait := _room(departures.departure(most, account=account), span, now)) is not None
    ]
    return max(waits, default=None)


def held_rules(departures: Departures, caps: RuleCaps, now: datetime) -> HeldRules:
    """Return which rules are at their cap; with all rules at the common one, every name."""
    together = _together(departures, caps, now)
    if together is not None:
        return HeldRules(frozenset(caps.each), together)
    waits = _each(departures, caps, now)
    return HeldRules(frozenset(waits), min(waits.values(), default=None))


def holds(departures: Departures, settings: Settings, caps: RuleCaps, now: datetime) -> Holds:
    """Return all caps that are reached."""
    accounts = {
        name: wait
        for name, account in settings.accounts.items()
        if (wait := account_wait(departures, name, account.limits, now)) is not None
    }
    return Holds(accounts, _each(departures, caps, now), _together(departures, caps, now))


def _together(departures: Departures, caps: RuleCaps, now: datetime) -> datetime | None:
    return _room(departures.departure(caps.together, by_rules=True), HOUR, now)


def _each(departures: Departures, caps: RuleCaps, now: datetime) -> dict[str, datetime]:
    return {
        name: wait
        for name, most in caps.each.items()
        if (wait := _room(departures.departure(most, rule=name), HOUR, now)) is not None
    }


def _room(nth_last: datetime | None, span: timedelta, now: datetime) -> datetime | None:
    """Return when the nth last departure is older than ``span``; None: it is, or there is none.

    A departure in the future (the clock was set back) does not hold mail longer than the span.
    """
    if nth_last is None or nth_last + span <= now:
        return None
    return min(nth_last, now) + span
