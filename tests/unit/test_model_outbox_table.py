"""The list of the outbox: filters, counts, what each row says."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.support.mails import an_item
from tests.support.overviews import an_overview
from traymail.core.address import parse_address
from traymail.core.holds import Holds, held_back
from traymail.core.outbox import AccountState, OutboxItem, Phase, State
from traymail.ui.model import outbox_table as table
from traymail.ui.model.outbox_table import SIGNS, OutboxFilter

NOON = datetime(2026, 3, 4, 12, 0).astimezone()


def _item(state: State, **fields: Any) -> OutboxItem:  # noqa: ANN401 # the noun checks its fields
    return an_item(state=state, **fields)


def test_chips_count_what_they_show() -> None:
    counts = dict(zip(State, (1, 2, 4, 8, 16, 32, 64), strict=True))
    assert table.counted(counts) == {
        "all": 127,
        "waiting": 3,
        "sent": 4,
        "failed": 24,
        "unknown": 32,
        "cancelled": 64,
    }


def test_every_state_has_a_sign_and_a_chip() -> None:
    assert set(SIGNS) == set(State)
    assert {state for chip in table.CHIPS for state in chip.states} == set(State)


@pytest.mark.parametrize(
    ("chip", "states"),
    [
        ("all", (None,)),
        ("waiting", (State.QUEUED, State.SENDING)),
        ("failed", (State.FAILED, State.PARTIAL)),
    ],
)
def test_a_chip_asks_for_its_states(chip: str, states: tuple[State | None, ...]) -> None:
    assert OutboxFilter(chip).states == states


def test_several_lists_become_one() -> None:
    one, two, three = (an_item(id=number) for number in (1, 2, 3))
    assert table.newest([[two], [three, two, one]], 2) == (three, two)


def test_choices_of_accounts() -> None:
    assert [choice.value for choice in table.account_choices(None)] == [""]
    long = "a name that is too long for a button"
    overview = an_overview(accounts={"qq": AccountState("qq"), long: AccountState(long)})
    assert [str(choice.words) for choice in table.account_choices(overview)] == [
        "All accounts",
        "qq",
        "a name that is too …",
    ]
    assert table.account_of("qq") == "qq"
    assert table.account_of("") is None


@pytest.mark.parametrize(
    ("rule", "value"), [(None, ""), ("", "hand"), ("hand", "rule:hand"), ("Scans", "rule:Scans")]
)
def test_choices_of_rules_come_back_as_rules(rule: str | None, value: str) -> None:
    assert table.rule_value(rule) == value
    assert table.rule_of(value) == rule


def test_choices_of_rules() -> None:
    assert [choice.value for choice in table.rule_choices(None)] == ["", "hand"]
    assert [choice.value for choice in table.rule_choices(an_overview())] == [
        "",
        "hand",
        "rule:Scans",
        "rule:App errors",
        "rule:Invoices",
    ]


def test_a_row() -> None:
    item = _item(State.CANCELLED, id=7, subject="", rule="Scans", updated_at=NOON)
    line = table.line_of(item, NOON)
    assert (line.id, str(line.subject), line.rule, line.when) == (
        7,
        "(no subject)",
        "Scans",
        "12:00",
    )
    assert line.muted
    assert not table.line_of(replace(item, state=State.SENT), NOON).muted


def test_a_subject_stays_on_its_line() -> None:
    assert table.subject_of(an_item(subject="one\ntwo")) == "one two"


@pytest.mark.parametrize(
    ("to", "cc", "said"),
    [
        (("a@x.example",), (), "a@x.example"),
        (("Li Na <a@x.example>",), (), "Li Na"),
        (("a@x.example", "b@x.example"), ("c@x.example",), "a@x.example +2"),
        ((), ("c@x.example",), "c@x.example"),
    ],
)
def test_who_gets_it(to: tuple[str, ...], cc: tuple[str, ...], said: str) -> None:
    people = [tuple(map(parse_address, words)) for words in (to, cc)]
    assert str(table.people_of(an_item(to=people[0], cc=people[1]))) == said


@pytest.mark.parametrize(
    ("state", "due", "part", "said"),
    [
        (State.SENDING, None, None, "now"),
        (State.SENDING, None, 0.624, "62 %"),
        (State.QUEUED, None, None, "needs you"),
        (State.QUEUED, 0, None, "soon"),
        (State.QUEUED, 60, None, "soon"),
        (State.QUEUED, 61, None, "in 2 min"),
        (State.QUEUED, 3600, None, "in 60 min"),
        (State.QUEUED, 3601, None, "in 2 h"),
        (State.QUEUED, 24 * 3600, None, "in 24 h"),
        (State.QUEUED, 48 * 3600, None, "2026-03-06"),
        (State.SENT, None, None, "12:00"),
    ],
)
def test_when(state: State, due: int | None, part: float | None, said: str) -> None:
    moment = None if due is None else NOON + timedelta(seconds=due)
    item = _item(state, updated_at=NOON, next_attempt_at=moment)
    assert str(table.line_of(item, NOON, part).when) == said


def test_all_of_it_is_out_and_the_server_has_not_answered() -> None:
    item = _item(State.SENDING, phase=Phase.DATA)
    assert str(table.line_of(item, NOON, 1.0).when) == "unanswered"


def test_in_a_pause_no_time_is_told() -> None:
    item = _item(State.QUEUED, next_attempt_at=NOON)
    assert str(table.line_of(item, NOON, paused=True).when) == "paused"
    assert str(table.line_of(replace(item, next_attempt_at=None), NOON, paused=True).when) == (
        "needs you"
    )


@pytest.mark.parametrize(
    ("changes", "minutes"),
    [
        ({}, 1),
        ({"accounts": {"qq": AccountState("qq", hold_until=NOON + timedelta(minutes=5))}}, 5),
        ({"holds": Holds(rules={"Scans": NOON + timedelta(minutes=7)})}, 7),
        ({"holds": Holds(rules={"Other": NOON + timedelta(minutes=7)})}, 1),
        ({"holds": Holds(accounts={"qq": NOON})}, 1),
    ],
)
def test_what_holds_mail_back_for_longer(changes: dict[str, object], minutes: int) -> None:
    item = _item(State.QUEUED, rule="Scans", next_attempt_at=NOON + timedelta(minutes=1))
    overview = an_overview(**changes)
    held = held_back(item, overview.holds, overview.accounts.get("qq"))
    assert held.next_attempt_at == NOON + timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("days", "said", "in_full"),
    [
        (0, "12:00", "12:00"),
        (1, "yesterday", "yesterday 12:00"),
        (2, "2026-03-02", "2026-03-02 12:00"),
    ],
)
def test_since(days: int, said: str, in_full: str) -> None:
    moment = NOON - timedelta(days=days)
    assert str(table.since(moment, NOON)) == said
    assert str(table.moment_words(moment.astimezone(UTC), NOON)) == in_full


@pytest.mark.parametrize(
    ("state", "due", "seconds"),
    [
        (State.SENT, 30, 12 * 3600),
        (State.QUEUED, None, 12 * 3600),
        (State.QUEUED, 30, 12 * 3600),
        (State.QUEUED, 130, 10),
        (State.QUEUED, 120, 60),
        (State.QUEUED, 2 * 3600 + 5, 5),
    ],
)
def test_words_are_looked_at_again_when_they_change(
    state: State, due: int | None, seconds: float
) -> None:
    moment = None if due is None else NOON + timedelta(seconds=due)
    assert table.next_look([_item(state, next_attempt_at=moment)], NOON) == seconds + 1
