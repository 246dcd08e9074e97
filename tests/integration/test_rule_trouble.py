"""What nobody foresaw in a rule is its error in `status`, tray and windows until it has passed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pytest

from tests.support.engine import START
from tests.support.folders import Watched, folder_rule
from tests.support.mails import an_account, an_item
from tests.support.overviews import an_overview
from tests.support.tailing import Following, log_rule
from traymail.core.account import Account
from traymail.core.errors import StateError
from traymail.core.events import Event, RuleTrouble
from traymail.core.message import FileIdentity
from traymail.core.observations import (
    FileSettled,
    FolderBack,
    FoundFile,
    Observation,
    Place,
    WatchTrouble,
)
from traymail.core.outbox import OutboxItem, State
from traymail.core.reports import FlowStatus
from traymail.core.rotation import Known
from traymail.core.rule import Rule
from traymail.core.rules.folder import FolderRule
from traymail.core.settings import Settings
from traymail.core.texts import text
from traymail.engine.automation import AGAIN_LATER, Automation
from traymail.store.database import Database
from traymail.store.ledger import FolderLedger
from traymail.ui.model.tray import TrayState, refreshed

UNFORESEEN = "something went wrong inside traymail (ValueError); its log has the details"
FILE = FoundFile("a", FileIdentity(1, 1, 1, 1))
SETTLED = FileSettled(rule="Scans", file=FILE)
BACK = FolderBack(rule="Scans", folder="/scans")


@dataclass
class BrittleFlow:
    """A flow that fails where it is told to, and notes what it has done."""

    rule: Rule
    fails: dict[str, Exception]
    done: list[str] = field(default_factory=list)

    def start(self, _now: datetime) -> None:
        self._do("start")

    def observe(self, observation: Observation, _now: datetime) -> None:
        self._do(type(observation).__name__)

    def tick(self, _now: datetime) -> datetime | None:
        self._do("tick")
        return None

    def finished(self, _item: OutboxItem, _now: datetime) -> None:
        self._do("finished")

    def pause(self, _paused: bool, _now: datetime) -> None:  # a state, not a mode
        self._do("pause")

    def status(self) -> FlowStatus:
        return FlowStatus(watching=True)

    def _do(self, what: str) -> None:
        if what in self.fails:
            raise self.fails[what]
        self.done.append(what)


class Desk:
    """Two rules at work, of which "Scans" is brittle."""

    def __init__(self, tmp_path: Path, **fails: Exception) -> None:
        self.fails = fails
        self.now = START
        self.events: list[Event] = []
        self.flows: dict[str, BrittleFlow] = {}
        self.automation = Automation(self._make, self.events.append)
        account = an_account()
        rules = tuple(
            folder_rule(tmp_path, name=name, account=account.name) for name in ("Scans", "Other")
        )
        self.settings = Settings(accounts={account.name: account}, rules=rules)
        self.automation.apply(self.settings, self.now)

    def _make(self, rule: Rule, account: Account) -> BrittleFlow:
        del account
        if "make" in self.fails and rule.name == "Scans":
            raise self.fails["make"]
        self.flows[rule.name] = BrittleFlow(rule, self.fails if rule.name == "Scans" else {})
        return self.flows[rule.name]

    def later(self) -> None:
        self.now += AGAIN_LATER
        self.automation.tick(self.now)

    def error(self, name: str = "Scans") -> str | None:
        error = self.automation.status()[name].error
        return None if error is None else str(error)


@pytest.mark.parametrize("what", ["start", "finished", "pause"])
@pytest.mark.parametrize("error", [ValueError("odd"), StateError(text("The disk is full."))])
def test_what_failed_is_the_rules_error_and_done_again_later(
    tmp_path: Path, what: str, error: Exception
) -> None:
    desk = Desk(tmp_path, **{what: error})
    desk.automation.finished(an_item(rule="Scans", state=State.SENT), desk.now)
    desk.automation.pause(desk.now, paused=True)
    desk.automation.tick(desk.now)
    told = UNFORESEEN if isinstance(error, ValueError) else "The disk is full."
    assert (desk.error(), desk.error("Other")) == (told, None)
    assert RuleTrouble("Scans", desk.automation.status()["Scans"].error) in desk.events
    assert refreshed(TrayState(), an_overview(rules=desk.automation.status())).troubles
    desk.later()
    assert desk.error() == told
    desk.fails.clear()
    desk.later()
    assert (desk.error(), desk.flows["Scans"].done.count(what)) == (None, 1)
    assert desk.events[-2:].count(RuleTrouble("Scans", None)) == 1


def test_what_time_asks_for_is_asked_again(tmp_path: Path) -> None:
    desk = Desk(tmp_path, tick=ValueError("odd"))
    assert desk.automation.tick(desk.now) == desk.now + AGAIN_LATER
    assert desk.error() == UNFORESEEN
    desk.fails.clear()
    desk.later()
    assert desk.error() is None


def test_an_observation_that_fails_is_an_error_until_one_like_it_works(tmp_path: Path) -> None:
    desk = Desk(tmp_path, FileSettled=ValueError("odd"))
    desk.automation.observe(SETTLED, desk.now)
    desk.automation.observe(BACK, desk.now)
    desk.automation.tick(desk.now)
    assert desk.error() == UNFORESEEN
    desk.fails.clear()
    desk.automation.observe(SETTLED, desk.now)
    assert desk.error() is None


def test_a_rule_that_cannot_begin_leaves_the_others_alone(tmp_path: Path) -> None:
    desk = Desk(tmp_path, make=ValueError("odd"))
    desk.automation.tick(desk.now)
    status = desk.automation.status()["Scans"]
    assert (str(status.error), status.watching) == (UNFORESEEN, False)
    assert desk.flows["Other"].done == ["start", "tick"]
    desk.fails.clear()
    desk.automation.apply(desk.settings, desk.now)
    assert desk.error() is None


def test_what_keeps_its_watcher_from_working_is_its_error(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.automation.observe(WatchTrouble(rule="Scans", reason=text("odd")), desk.now)
    status = desk.automation.status()["Scans"]
    assert (str(status.error), status.watching) == ("odd", False)
    desk.automation.observe(WatchTrouble(rule="Scans", reason=None), desk.now)
    status = desk.automation.status()["Scans"]
    assert (status.error, status.watching) == (None, True)


def test_a_clock_that_is_set_back_keeps_nothing_waiting(tmp_path: Path) -> None:
    desk = Desk(tmp_path, start=ValueError("odd"))
    desk.fails.clear()
    desk.now -= 1000 * AGAIN_LATER
    desk.later()
    assert desk.error() is None


# --- watchers ---------------------------------------------------------------------------------


class BrittleLedger(FolderLedger):
    """The real one, which fails in a way that nobody foresees for as long as it is told to."""

    fails = True

    def stand_at(self, place: Place) -> bool:
        if self.fails:
            raise ValueError("odd")
        return super().stand_at(place)


class BrittleWatched(Watched):
    """A watcher whose rule "Scans" has a brittle ledger."""

    def ledger(self, rule: FolderRule) -> FolderLedger:
        kind = BrittleLedger if rule.name == "Scans" else FolderLedger
        return kind(self._database, rule.name, rule.folder)


def test_a_look_at_a_folder_that_fails_is_told_and_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = Database(tmp_path / "outbox.db")
    rules = [folder_rule(tmp_path / name, name=name, move_to="") for name in ("Scans", "Other")]
    for rule in rules:
        Path(rule.folder).mkdir()
    watched = BrittleWatched(database)
    watched.start(*rules)
    try:
        [told] = watched.wait_for(WatchTrouble)
        assert (told.rule, str(told.reason)) == ("Scans", UNFORESEEN)
        watched.wait(lambda: [one.rule for one in watched.of(FolderBack)] == ["Other"])
        watched.watcher.set_rules(rules)  # to a flow that has just begun, it is told again
        watched.wait_for(WatchTrouble, 2)
        monkeypatch.setattr(BrittleLedger, "fails", False)
        watched.wait(lambda: watched.of(WatchTrouble)[-1].reason is None)
        watched.wait(lambda: "Scans" in [one.rule for one in watched.of(FolderBack)])
    finally:
        watched.watcher.stop()
        database.close()


class BrittleFollowing(Following):
    """Tails that fail in a way that nobody foresees for as long as they are told to."""

    fails = True

    def known(self, rule: str) -> Known:
        if self.fails:
            raise ValueError("odd")
        return super().known(rule)


def test_a_look_at_the_logs_that_fails_is_told_and_tried_again(tmp_path: Path) -> None:
    following = BrittleFollowing(log_rule(tmp_path / "app.log"))
    assert following.tails.sweep() > 0
    [told] = following.observations
    assert isinstance(told, WatchTrouble)
    assert str(told.reason) == UNFORESEEN
    following.fails = False
    following.tails.sweep()
    assert WatchTrouble(rule="log", reason=None) in following.observations
    following.tails.close()
