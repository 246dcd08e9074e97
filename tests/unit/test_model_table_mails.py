"""The window of mails from a table without a display: progress, the rest's time, log, doubts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.support.accounts import QQ
from traymail.core.account import Limits
from traymail.core.errors import Problem
from traymail.core.message import Address
from traymail.core.outbox import OutboxItem, State
from traymail.core.reports import PreviewMail
from traymail.core.sight import Sight
from traymail.core.texts import text
from traymail.services.batches import Batch, BatchStanding, TableLook
from traymail.ui.model import table_mails as model
from traymail.ui.model.table_mails import TableMailing

NOW = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
ROWS = 10_000


def item(number: int, **fields: object) -> OutboxItem:
    made = OutboxItem(
        id=number,
        message_id=f"<{number}@x.example>",
        state=State.SENT,
        account="qq",
        rule=None,
        sender="me@x.example",
        to=(Address(f"to{number}@x.example"),),
        cc=(),
        bcc=(),
        pending=(),
        subject="",
        size=1,
        created_at=NOW,
        updated_at=NOW + timedelta(seconds=number),
    )
    return replace(made, **fields)  # type: ignore[arg-type] # fields


def under_way(*latest: OutboxItem, **counts: int) -> TableMailing:
    state = model.posted(TableMailing(), Batch(1, tuple(range(2, ROWS + 2))), NOW)
    found = {state: counts.get(state.value, 0) for state in State}
    found[State.QUEUED] = ROWS - sum(counts.values())
    return model.followed(state, BatchStanding(found, latest))


@pytest.mark.parametrize(
    ("sent", "seconds", "words"),
    [
        (0, 60, ""),
        (2, 1, ""),  # too few to tell
        (1000, 0, ""),
        (1000, 60, "9 min left"),
        (5000, 60, "1 min left"),
        (9_000, 90, "10 s left"),
        (9_999, 600, "1 s left"),
        (ROWS, 600, "All done"),
    ],
)
def test_how_long_the_rest_takes(sent: int, seconds: int, words: str) -> None:
    state = under_way(sent=sent)
    assert str(model.rest_words(state, NOW + timedelta(seconds=seconds))) == words


@pytest.mark.parametrize(
    ("limits", "count", "sent", "seconds", "words"),
    [
        (Limits(20, 200, 500), 20, 0, 1, ""),  # all of them may leave at once
        (Limits(20, 200, 500), 48, 0, 0, "2 min left"),
        (Limits(20, 200, 500), 48, 20, 2, "2 min left"),  # not the 3 s of those before
        (Limits(20, 200, 500), 48, 40, 110, "22 s left"),  # it is slower than it may be
        (Limits(20, 200, 500), 48, 40, 200, "40 s left"),
        (Limits(20, 200, 500), 501, 400, 3600, "23 h left"),
        (Limits(per_hour=10), 21, 0, 0, "2 h left"),
        (Limits(per_hour=10), 20, 0, 0, "60 min left"),
    ],
)
def test_the_rest_takes_as_long_as_the_caps_say(
    limits: Limits, count: int, sent: int, seconds: int, words: str
) -> None:
    account = replace(QQ, limits=limits, undo=timedelta(seconds=5))
    state = TableMailing({"account": "qq"}, accounts={"qq": account})
    # It counts from when the first of them leaves.
    state = model.posted(state, Batch(1, tuple(range(count))), NOW - timedelta(seconds=5))
    counts = {**dict.fromkeys(State, 0), State.SENT: sent, State.QUEUED: count - sent}
    state = model.followed(state, BatchStanding(counts, ()))
    assert str(model.rest_words(state, NOW + timedelta(seconds=seconds))) == words


def test_how_far_it_is() -> None:
    state = under_way(sent=2400, failed=50, partial=25, unknown=25)
    assert model.part_done(state) == 0.25
    assert str(model.progress_words(state)) == "2400 of 10000 sent, 100 went wrong"
    assert str(model.progress_words(under_way(sent=7))) == "7 of 10000 sent"
    assert model.rest_words(TableMailing(), NOW) == ""


def test_the_log_has_time_code_and_reply_of_each() -> None:
    failed = item(7, state=State.FAILED, code=550, reply="5.1.1 no such user")
    state = under_way(failed, item(6, code=250, reply="ok"), item(5, state=State.QUEUED))
    lines = [(one.at, one.to, one.code, one.reply) for one in model.log_lines(state)]
    assert lines == [
        (f"{(NOW + timedelta(seconds=7)).astimezone():%H:%M:%S}", "to7@x.example", "550",
         "5.1.1 no such user"),
        (f"{(NOW + timedelta(seconds=6)).astimezone():%H:%M:%S}", "to6@x.example", "250", "ok"),
        (f"{(NOW + timedelta(seconds=5)).astimezone():%H:%M:%S}", "to5@x.example", "", ""),
    ]  # fmt: skip


def test_a_slip_in_a_domain_is_asked_about_below_the_mails() -> None:
    mail = PreviewMail("Hi", ("li@gmial.com",), "Hello", ())
    looked = TableLook(("mail",), "{csv.mail}", 1, (mail,), slips=(("li@gmial.com", "gmail.com"),))
    proposed = model.found(TableMailing(path=Path("/people.csv")), looked)
    state = model.found(proposed, looked)
    shown = model.sight(state)
    assert isinstance(shown, Sight)
    assert list(map(str, shown.below)) == ["Is @gmail.com meant in “li@gmial.com”?"]
    assert shown.mail == mail
    assert state.may_send


@pytest.mark.parametrize(
    ("count", "last"), [(5, "Line 6: odd"), (6, "and 1 more"), (30, "and 25 more")]
)
def test_faults_and_slips_that_are_not_listed_are_counted(count: int, last: str) -> None:
    faults = tuple(Problem("", text("odd"), line) for line in range(2, count + 2))[:20]
    bad = TableLook(("mail",), "", faults=faults, fault_count=count)
    shown = model.sight(model.found(TableMailing(path=Path("/people.csv")), bad))
    assert isinstance(shown, Sight)
    assert (len(shown.below), str(shown.below[-1])) == (5 + (count > 5), last)
    slips = tuple((f"li@gmial{n}.com", "gmail.com") for n in range(count))
    mail = PreviewMail("Hi", ("li@gmial.com",), "Hello", ())
    odd = TableLook(("mail",), "", 1, (mail,), slips=slips)
    shown = model.sight(model.found(TableMailing(path=Path("/people.csv")), odd))
    assert isinstance(shown, Sight)
    told = [str(one) for one in shown.below[5:]]
    assert told == ([last] if count > 5 else [])


def test_a_column_of_addresses_is_proposed_to_whom_writes_none() -> None:
    people = TableLook(("mail",), "{csv.mail}")
    state = model.found(TableMailing(path=Path("/people.csv")), people)
    assert (state.values["to"], state.looking) == ("{csv.mail}", True)
    state = model.found(state, people)
    assert not state.looking
    # Another table has another one; an account whose mails have their readers needs none.
    others = TableLook(("address",), "{csv.address}")
    assert model.found(model.chosen(state, Path("/o.csv")), others).values["to"] == "{csv.address}"
    assert model.found(state, TableLook(("mail",), "")).values["to"] == ""
    for typed in ("", "boss@x.example"):
        own = model.written(state, {**state.values, "to": typed})
        assert model.found(own, others).values["to"] == typed
