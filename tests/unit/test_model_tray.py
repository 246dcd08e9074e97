"""What the tray icon tells: tables of events, times and what is seen."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.support.mails import NOON, an_item
from traymail.core.errors import Problem
from traymail.core.events import ItemChanged, PauseChanged, SettingsApplied
from traymail.core.kinds import ALL
from traymail.core.outbox import AccountState, State, in_trouble
from traymail.core.overview import Overview
from traymail.core.reports import FlowStatus
from traymail.core.settings import Settings
from traymail.core.texts import text
from traymail.ui.model.tray import Icon, TrayState, after, next_look, refreshed, shown

CLOCK = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)


def an_overview(
    *,
    counts: dict[State, int] | None = None,
    stopped: bool = False,
    broken: bool = False,
    config_error: bool = False,
    paused: bool = False,
) -> Overview:
    return Overview(
        settings=Settings(),
        accounts={"qq": AccountState("qq", stopped=stopped)},
        rules={"Scans": FlowStatus(error=text("no such folder") if broken else None)},
        counts=counts or {},
        paused=paused,
        paused_until=None,
        kinds=ALL,
        config_error=(Problem("rules", text("wrong")),) if config_error else (),
    )


def told(state: TrayState, *changes: tuple[float, int, State]) -> TrayState:
    for now, mail, item_state in changes:
        due = NOON if item_state is State.QUEUED else None
        item = an_item(
            id=mail, state=item_state, next_attempt_at=due, updated_at=NOON, created_at=NOON
        )
        state = after(state, ItemChanged(item), now)
    return state


def icon_at(state: TrayState, now: float) -> Icon:
    return shown(state, now, CLOCK).icon


def lines_at(state: TrayState, now: float) -> list[str]:
    seen = shown(state, now, CLOCK)
    return [str(line) for line in (seen.tip, *seen.more)]


def test_at_first_all_is_idle() -> None:
    assert lines_at(TrayState(), 0.0) == ["traymail: idle"]
    assert icon_at(TrayState(), 0.0) is Icon.IDLE
    assert next_look(TrayState(), 0.0) is None


LONG = ((10.0, 1, State.SENDING), (15.0, 1, State.SENT))
SHORT = ((10.0, 1, State.SENDING), (10.2, 1, State.SENT))
MIDDLING = ((10.0, 1, State.SENDING), (10.4, 1, State.SENT))


@pytest.mark.parametrize(
    ("changes", "now", "icon", "look"),
    [
        (LONG[:1], 10.0, Icon.IDLE, 0.3),
        (LONG[:1], 10.3, Icon.SENDING, None),
        (LONG[:1], 14.9, Icon.SENDING, None),
        (LONG, 15.0, Icon.IDLE, None),
        (SHORT, 10.25, Icon.IDLE, 0.05),
        (SHORT, 10.35, Icon.IDLE, None),
        (MIDDLING, 10.5, Icon.SENDING, 0.5),
        (MIDDLING, 10.99, Icon.SENDING, 0.01),
        (MIDDLING, 11.01, Icon.IDLE, None),
    ],
)
def test_sending_is_shown_neither_at_once_nor_too_briefly(
    changes: tuple[tuple[float, int, State], ...], now: float, icon: Icon, look: float | None
) -> None:
    state = told(TrayState(), *changes)
    assert icon_at(state, now) is icon
    assert next_look(state, now) == (None if look is None else pytest.approx(look))


def test_a_mail_that_follows_while_sending_is_shown_goes_on_with_it() -> None:
    state = told(TrayState(), *MIDDLING, (10.6, 2, State.SENDING))
    assert lines_at(state, 20.0) == ["Sending 2 of 2"]
    state = told(state, (20.0, 2, State.SENT), (30.0, 3, State.SENDING))
    assert icon_at(state, 30.1) is Icon.IDLE
    assert lines_at(state, 30.4) == ["Sending 1 of 1"]


def test_mails_are_counted_that_are_due_with_those_under_way() -> None:
    state = told(
        TrayState(), (0.0, 1, State.SENDING), (0.1, 2, State.QUEUED), (0.1, 3, State.QUEUED)
    )
    assert lines_at(state, 1.0) == ["Sending 1 of 3"]
    state = told(state, (1.0, 2, State.SENDING), (1.1, 1, State.SENT))
    assert lines_at(state, 1.2) == ["Sending 2 of 3"]
    state = told(state, (1.3, 3, State.CANCELLED))
    assert lines_at(state, 1.4) == ["Sending 2 of 2"]


def test_a_mail_that_waits_for_later_does_not_count() -> None:
    later = an_item(
        id=2, state=State.QUEUED, next_attempt_at=NOON + timedelta(minutes=1), updated_at=NOON
    )
    state = after(told(TrayState(), (0.0, 1, State.SENDING)), ItemChanged(later), 0.1)
    assert lines_at(state, 1.0) == ["Sending 1 of 1"]


def test_a_queued_mail_alone_shows_nothing() -> None:
    assert told(TrayState(), (0.0, 1, State.QUEUED)) == TrayState()


def test_what_keeps_mail_on_this_computer_is_no_accounts_need() -> None:
    here = {name: in_trouble(AccountState(name), "The disk is full.") for name in ("qq", "work")}
    state = refreshed(TrayState(), replace(an_overview(), accounts=here))
    assert [str(one) for one in state.troubles] == [
        "Something on this computer keeps mail from being sent"
    ]


def test_events_that_change_only_counts_wait_for_the_overview() -> None:
    assert after(TrayState(), SettingsApplied(), 0.0) == TrayState()


@pytest.mark.parametrize(
    ("overview", "icon", "lines"),
    [
        (an_overview(counts={State.SENT: 5, State.QUEUED: 1}), Icon.IDLE, ["traymail: idle"]),
        (an_overview(counts={State.FAILED: 1}), Icon.ATTENTION, ["1 mail needs you"]),
        (an_overview(counts={State.PARTIAL: 1}), Icon.ATTENTION, ["1 mail needs you"]),
        (
            an_overview(counts={State.FAILED: 1, State.UNKNOWN: 2}),
            Icon.ATTENTION,
            ["3 mails need you"],
        ),
        (an_overview(stopped=True), Icon.ATTENTION, ["The account qq needs you"]),
        (an_overview(broken=True), Icon.ATTENTION, ["The rule Scans cannot work"]),
        (an_overview(config_error=True), Icon.ATTENTION, ["The configuration has errors"]),
        (
            an_overview(paused=True, counts={State.QUEUED: 4}),
            Icon.PAUSED,
            ["Paused, 4 waiting"],
        ),
        (
            an_overview(paused=True, counts={State.UNKNOWN: 1}, stopped=True),
            Icon.ATTENTION,
            ["1 mail needs you", "The account qq needs you", "Paused, 0 waiting"],
        ),
    ],
)
def test_an_overview_is_told(overview: Overview, icon: Icon, lines: list[str]) -> None:
    state = refreshed(TrayState(), overview)
    assert icon_at(state, 0.0) is icon
    assert lines_at(state, 0.0) == lines


def test_sending_goes_before_attention_and_names_it_too() -> None:
    state = refreshed(TrayState(), an_overview(counts={State.FAILED: 1}))
    state = told(state, (0.0, 1, State.SENDING))
    assert icon_at(state, 1.0) is Icon.SENDING
    assert lines_at(state, 1.0) == ["Sending 1 of 1", "1 mail needs you"]


@pytest.mark.parametrize(
    ("length", "form"),
    [(timedelta(hours=2), "%H:%M"), (timedelta(days=3), "%Y-%m-%d %H:%M")],
)
def test_a_pause_tells_its_end(length: timedelta, form: str) -> None:
    end = CLOCK + length
    state = after(TrayState(waiting=2), PauseChanged(paused=True, until=end), 0.0)
    assert lines_at(state, 0.0) == [f"Paused until {end.astimezone().strftime(form)}, 2 waiting"]
    assert after(state, PauseChanged(paused=False, until=None), 1.0) == TrayState(waiting=2)
