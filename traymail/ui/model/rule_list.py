"""The list of the rules: a card for each, with what it does and how it fares."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from traymail.core.reports import FlowStatus
from traymail.core.rule import Rule
from traymail.core.rules.folder import FolderRule
from traymail.core.rules.log import LogRule
from traymail.core.texts import Text, text
from traymail.ui.backend import Overview


@dataclass(frozen=True, slots=True)
class Card:
    """One rule of the list; ``role`` is the colour of its state."""

    name: str
    kind: str
    enabled: bool
    does: Text
    icon: str
    state: Text
    role: str
    last: Text


def cards(overview: Overview, home: str, now: datetime) -> tuple[Card, ...]:
    """Return the cards in the order of the file; ``home`` is shown as ``~``."""
    return tuple(
        card(rule, overview.rules.get(rule.name, FlowStatus()), home, now)
        for rule in overview.settings.rules
    )


def card(rule: Rule, status: FlowStatus, home: str, now: datetime) -> Card:
    """Return the card of one rule."""
    icon, state, role = _state(rule, status)
    return Card(
        rule.name, rule.kind, rule.enabled, _does(rule, home), icon, state, role, _last(status, now)
    )


def _state(rule: Rule, status: FlowStatus) -> tuple[str, Text, str]:
    if not rule.enabled:
        return "pause-circle", text("off"), "muted"
    if status.error is not None:
        return "exclamation-triangle", status.error, "danger"
    if status.held:
        words = text("cooling down, {n} held back", n=status.held)
        return "hourglass-split", words, "warning"
    if status.watching:
        return "eye", text("watching"), "success"
    return "hourglass", text("starting"), "muted"


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
    match rule:
        case FolderRule():
            sources: tuple[str, ...] = (rule.folder,)
        case LogRule():
            sources = rule.paths
        case _:
            sources = (rule.name,)
    source = _with_more([_short(path, home) for path in sources])
    people = _with_more([address.mailbox for address in rule.to])
    return text("{source} → {people}", source=source, people=people)


def _with_more(named: list[str]) -> str:
    return named[0] if len(named) == 1 else f"{named[0]} +{len(named) - 1}"


def _short(path: str, home: str) -> str:
    inside = home and path.startswith(home) and path[len(home) :][:1] in {"", "/", "\\"}
    return f"~{path[len(home) :]}" if inside else path
