"""The cards of the rules: what they do and their health, in words."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from tests.support.toy_kind import TOY, TimeRule
from traymail.core.kinds import ALL
from traymail.core.message import Address
from traymail.core.overview import Overview
from traymail.core.reports import FlowStatus
from traymail.core.rule import Rule
from traymail.core.rules.folder import FolderRule
from traymail.core.rules.log import LogRule
from traymail.core.settings import Settings
from traymail.core.texts import text
from traymail.ui.model.rule_list import RuleSummary, cards

NOW = datetime(2026, 11, 23, 9, 45, tzinfo=timezone(timedelta(hours=8)))
TO = (Address("boss@example.com"),)
HOME = "/home/ming"


def folder(path: str = "/home/ming/Scans", *, enabled: bool = True) -> FolderRule:
    return FolderRule(
        name="Scans", account="qq", enabled=enabled, to=TO, folder=path, move_to="/sent"
    )


def shown(rule: Rule, status: FlowStatus, *, paused: bool = False) -> RuleSummary:
    rules = {rule.name: status}
    kinds = (*ALL, TOY.kind)
    settings = Settings(rules=(rule,))
    overview = Overview(settings, {}, rules, {}, paused=paused, paused_until=None, kinds=kinds)
    (found,) = cards(overview, HOME, NOW)
    return found


@pytest.mark.parametrize(
    ("status", "enabled", "words", "role"),
    [
        (FlowStatus(watching=True), True, "watching", "success"),
        (FlowStatus(), True, "not watching yet", "muted"),
        (FlowStatus(watching=True, held=12), True, "cooling down, 12 held back", "warning"),
        (FlowStatus(error=text("no such folder"), held=1), True, "no such folder", "danger"),
        (FlowStatus(error=text("no such folder")), False, "off", "muted"),
    ],
)
def test_how_a_rule_fares(status: FlowStatus, enabled: bool, words: str, role: str) -> None:
    found = shown(folder(enabled=enabled), status)
    assert (str(found.state), found.role) == (words, role)


@pytest.mark.parametrize(
    ("status", "enabled", "words"),
    [
        (FlowStatus(watching=True), True, "paused"),
        (FlowStatus(watching=True, held=3), True, "paused"),
        (FlowStatus(), True, "paused"),
        (FlowStatus(error=text("no such folder")), True, "no such folder"),
        (FlowStatus(watching=True), False, "off"),
    ],
)
def test_how_a_rule_fares_in_a_pause(status: FlowStatus, enabled: bool, words: str) -> None:
    assert str(shown(folder(enabled=enabled), status, paused=True).state) == words


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (FlowStatus(), "never matched"),
        (FlowStatus(last_match_at=datetime(2026, 11, 23, 1, 43, tzinfo=UTC)), "last match 09:43"),
        (
            FlowStatus(sent=14, last_match_at=datetime(2026, 11, 23, 1, 43, tzinfo=UTC)),
            "last match 09:43 · 14 sent",
        ),
        (
            FlowStatus(last_match_at=datetime(2026, 11, 22, 1, 0, tzinfo=UTC)),
            "last match 2026-11-22",
        ),
    ],
)
def test_the_last_match(status: FlowStatus, words: str) -> None:
    assert str(shown(folder(), status).last) == words


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (folder(), "~/Scans → boss@example.com"),
        (folder("/home/ming"), "~ → boss@example.com"),
        (folder("/home/mingle/x"), "/home/mingle/x → boss@example.com"),
        (
            LogRule(
                name="L",
                account="qq",
                to=(*TO, Address("me@example.com")),
                paths=("/a.log", "/b.log"),
                match=("x",),
            ),
            "/a.log +1 → boss@example.com +1",
        ),
        (
            TimeRule(name="odd", account="qq", to=TO, every=timedelta(minutes=5)),
            "5m → boss@example.com",
        ),
    ],
)
def test_what_a_rule_does(rule: Rule, words: str) -> None:
    assert str(shown(rule, FlowStatus()).does) == words


def test_the_list_is_in_the_order_of_the_file() -> None:
    rules = (folder(), LogRule(name="L", account="q", to=TO, paths=("/a",), match=("x",)))
    overview = Overview(
        Settings(rules=rules), {}, {}, {}, paused=False, paused_until=None, kinds=ALL
    )
    assert [(one.name, one.kind) for one in cards(overview, HOME, NOW)] == [
        ("Scans", "folder"),
        ("L", "log"),
    ]
