"""The list of the rules: a card for each, with what it does and its health."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from traymail.core.overview import Overview
from traymail.core.reports import FlowStatus, Health, health_of
from traymail.core.rule import Rule
from traymail.core.rule_kind import kind_of_rule
from traymail.core.texts import Text, text


@dataclass(frozen=True, slots=True)
class RuleSummary:
    """One rule of the list; ``sign`` is the icon of its kind, ``role`` the colour of its state."""

    name: str
    kind: str
    sign: str
    enabled: bool
    does: Text
    icon: str
    state: Text
    role: str
    last: Text


@dataclass(frozen=True, slots=True)
class RuleList:
    """The page: a card for each rule, None before any answer; ``trouble`` is what went wrong."""

    cards: tuple[RuleSummary, ...] | None = None
    trouble: Text | None = None

    def kind_of(self, name: str) -> str | None:
        """Return the kind of a rule that has a card."""
        return next((one.kind for one in self.cards or () if one.name == name), None)


def known(page: RuleList, shown: tuple[RuleSummary, ...]) -> RuleList:
    """Return the page with these cards."""
    return replace(page, cards=shown)


def told(page: RuleList, trouble: Text | None) -> RuleList:
    """Return the page with what went wrong, None when somebody tries again."""
    return replace(page, trouble=trouble)


def cards(overview: Overview, home: str, now: datetime) -> tuple[RuleSummary, ...]:
    """Return the cards in the order of the file; ``home`` is shown as ``~``."""
    return tuple(card(rule, overview, home, now) for rule in overview.settings.rules)


def card(rule: Rule, overview: Overview, home: str, now: datetime) -> RuleSummary:
    """Return the card of one rule."""
    status = overview.rules.get(rule.name, FlowStatus())
    health = health_of(status, enabled=rule.enabled, paused=overview.paused)
    icon, role = _SIGNS[health]
    return RuleSummary(
        name=rule.name,
        kind=rule.kind,
        sign=kind_of_rule(rule, overview.kinds).icon,
        enabled=rule.enabled,
        does=_does(rule, home),
        icon=icon,
        state=_state(health, status),
        role=role,
        last=_last(status, now),
    )


_SIGNS: Mapping[Health, tuple[str, str]] = {
    Health.OFF: ("pause-circle", "muted"),
    Health.BROKEN: ("exclamation-triangle", "danger"),
    Health.PAUSED: ("pause-circle", "muted"),
    Health.STARTING: ("hourglass", "muted"),
    Health.COOLING: ("hourglass-split", "warning"),
    Health.WATCHING: ("eye", "success"),
}


def _state(health: Health, status: FlowStatus) -> Text:
    if health is Health.COOLING:
        return text("{health}, {n} held back", health=health.words, n=status.held)
    if health is Health.BROKEN and status.error is not None:
        return status.error
    return health.words


def _last(status: FlowStatus, now: datetime) -> Text:
    if status.last_match_at is None:
        return text("never matched")
    there = status.last_match_at.astimezone(now.tzinfo)
    form = "%H:%M" if there.date() == now.date() else "%Y-%m-%d"
    when = text("last match {time}", time=there.strftime(form))
    if status.sent == 0:
        return when
    return text("{one} · {other}", one=when, other=text("{n} sent", n=status.sent))


def _does(rule: Rule, home: str) -> Text:
    source = _with_more([_short(path, home) for path in rule.sources])
    people = _with_more([address.mailbox for address in rule.to])
    return text("{source} → {people}", source=source, people=people)


def _with_more(named: list[str]) -> str:
    return named[0] if len(named) == 1 else f"{named[0]} +{len(named) - 1}"


def _short(path: str, home: str) -> str:
    inside = home and path.startswith(home) and path[len(home) :][:1] in {"", "/", "\\"}
    return f"~{path[len(home) :]}" if inside else path
