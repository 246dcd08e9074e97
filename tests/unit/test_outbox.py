from dataclasses import replace
from datetime import timedelta

import pytest

from tests.support.mails import NOON, an_account, an_item
from traymail.core.account import WhenUnsure
from traymail.core.errors import (
    AccountFailure,
    AuthFailure,
    CredentialError,
    DeliveryError,
    KeyringError,
    PermanentFailure,
    RecipientReply,
    Reply,
    Stage,
    TransientFailure,
    UnknownOutcome,
)
from traymail.core.message import Address
from traymail.core.outbox import (
    OutboxItem,
    Phase,
    Receipt,
    State,
    after_attempt,
    after_crash,
    after_interruption,
    another_round,
    recipients,
    resent,
    settled,
)
from traymail.core.texts import text

ACCOUNT = an_account()
SECOND = timedelta(seconds=1)


def failure(
    kind: type[DeliveryError],
    code: int | None = 451,
    *,
    hold: timedelta = timedelta(0),
    refused: tuple[RecipientReply, ...] = (),
) -> DeliveryError:
    reply = Reply(code, "so it goes", Stage.FINAL)
    return kind(reply, "x", text("It went wrong."), hold=hold, refused=refused)


def after(item: OutboxItem, outcome: Receipt | DeliveryError | CredentialError) -> OutboxItem:
    return after_attempt(item, outcome, NOON, ACCOUNT, 1.0)


def test_a_receipt_for_all_is_sent() -> None:
    item = after(an_item(advice_id="x"), Receipt(250, "2.0.0 Ok", ("you@mail.example",)))
    assert (item.state, item.code, item.reply) == (State.SENT, 250, "2.0.0 Ok")
    assert (item.pending, item.next_attempt_at, item.advice_id) == ((), None, None)


@pytest.mark.parametrize(
    ("outcome", "state", "due_after"),
    [
        (failure(TransientFailure), State.QUEUED, 30 * SECOND),
        (failure(TransientFailure, hold=timedelta(hours=4)), State.QUEUED, timedelta(hours=4)),
        (failure(TransientFailure, hold=SECOND), State.QUEUED, 30 * SECOND),
        (failure(PermanentFailure, 550), State.FAILED, None),
        (failure(AccountFailure, 553), State.QUEUED, None),
        (failure(AuthFailure, 535), State.QUEUED, None),
        (CredentialError(text("No secret.")), State.QUEUED, None),
        (KeyringError(text("Locked.")), State.QUEUED, 30 * SECOND),
        (failure(UnknownOutcome, None), State.UNKNOWN, None),
    ],
)
def test_what_an_outcome_makes_of_a_mail(
    outcome: DeliveryError, state: State, due_after: timedelta | None
) -> None:
    item = after(an_item(phase=Phase.DATA), outcome)
    assert item.state is state
    assert item.phase is Phase.PRE
    assert item.next_attempt_at == (None if due_after is None else NOON + due_after)
    assert item.pending == ("you@mail.example",)
    assert item.advice_id == getattr(outcome, "advice_id", "x")


@pytest.mark.parametrize(("jitter", "seconds"), [(0.0, 15), (0.5, 22.5), (1.0, 30)])
def test_the_first_retry_comes_after_15_to_30_seconds(jitter: float, seconds: float) -> None:
    item = after_attempt(an_item(), failure(TransientFailure), NOON, ACCOUNT, jitter)
    assert item.next_attempt_at == NOON + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("waited", "state"),
    [
        (timedelta(days=3) - SECOND, State.QUEUED),
        (timedelta(days=3), State.FAILED),
    ],
)
def test_patience_ends(waited: timedelta, state: State) -> None:
    item = after(an_item(since=NOON - waited, tries=70), failure(TransientFailure))
    assert item.state is state
    assert (item.code, item.reply) == (451, "so it goes")


def test_patience_counts_from_the_first_attempt_of_the_round() -> None:
    old = an_item(created_at=NOON - timedelta(days=30), since=NOON)
    assert after(old, failure(TransientFailure)).state is State.QUEUED


NO_SUCH = RecipientReply("b@x.example", 550, "no such user", "x-511", for_good=True)
BUSY = RecipientReply("c@x.example", 451, "later")
ABC = ("a@x.example", "b@x.example", "c@x.example")
THREE = an_item(to=tuple(map(Address, ABC)), pending=ABC)


def test_accepted_recipients_are_not_tried_again_and_refused_ones_are_told() -> None:
    first = after(THREE, Receipt(250, "Ok", ("a@x.example",), (NO_SUCH, BUSY)))
    assert (first.state, first.pending, first.refused) == (
        State.QUEUED,
        ("c@x.example",),
        (NO_SUCH,),
    )
    assert first.next_attempt_at == NOON + 30 * SECOND
    last = after(first, Receipt(250, "Ok", ("c@x.example",)))
    assert (last.state, last.code, last.reply, last.advice_id) == (
        State.PARTIAL,
        550,
        "no such user",
        "x-511",
    )
    assert (last.accepted, last.denied) == (("a@x.example", "c@x.example"), ("b@x.example",))
    # Retried by hand, it goes to the refused one only.
    assert another_round(last, NOON).pending == ("b@x.example",)


def test_a_refusal_by_5xx_that_the_table_calls_passing_is_tried_again() -> None:
    limit = RecipientReply("b@x.example", 550, "Ip frequency limited", "qq-550-freq")
    item = after(THREE, Receipt(250, "Ok", ("a@x.example", "c@x.example"), (limit,)))
    assert (item.state, item.pending, item.refused) == (State.QUEUED, ("b@x.example",), ())


def test_all_recipients_refused_some_for_good() -> None:
    item = after(THREE, failure(TransientFailure, refused=(NO_SUCH, BUSY)))
    assert (item.state, item.pending) == (State.QUEUED, ("a@x.example", "c@x.example"))


@pytest.mark.parametrize("waited", [timedelta(0), timedelta(days=3)])
def test_a_mail_that_only_some_have_is_never_called_failed(waited: timedelta) -> None:
    deferred = replace(THREE, since=NOON - waited)
    deferred = after(deferred, Receipt(250, "Ok", ("a@x.example",), (NO_SUCH, BUSY)))
    assert (deferred.code, deferred.reply) == (451, "later")  # not "tried again: 250 Ok"
    assert deferred.state is (State.PARTIAL if waited else State.QUEUED)
    whole = after(replace(deferred, state=State.SENDING), failure(PermanentFailure, 554))
    assert (whole.state, whole.code) == (State.PARTIAL, 554)
    assert whole.denied == ("b@x.example", "c@x.example")
    assert set(another_round(whole, NOON).pending) == {"b@x.example", "c@x.example"}


def test_refused_recipients_stay_refused_when_the_outcome_for_the_others_is_unknown() -> None:
    item = after(THREE, failure(UnknownOutcome, None, refused=(NO_SUCH, BUSY)))
    assert (item.state, item.pending) == (State.UNKNOWN, ("a@x.example", "c@x.example"))
    seen = settled(item, State.SENT, NOON)
    assert (seen.state, seen.accepted) == (State.PARTIAL, ("a@x.example", "c@x.example"))


def test_how_a_mail_stands_with_each_recipient() -> None:
    def fates(item: OutboxItem, *verdicts: RecipientReply) -> list[tuple[str, int | None]]:
        return [(one.fate.value, one.code) for one in recipients(item, verdicts)]

    taken = RecipientReply("a@x.example", 250, "Ok")
    some = after(THREE, Receipt(250, "Ok", ("a@x.example",), (NO_SUCH, BUSY)))
    assert fates(some, taken, NO_SUCH, BUSY) == [
        ("accepted", 250),
        ("refused", 550),
        ("deferred", 451),
    ]
    assert fates(THREE) == [("pending", None)] * 3
    assert fates(after(THREE, Receipt(250, "Ok", ABC))) == [("accepted", 250)] * 3
    assert fates(after(THREE, failure(TransientFailure))) == [("deferred", 451)] * 3
    assert fates(after(THREE, failure(PermanentFailure, 554))) == [("refused", 554)] * 3
    assert fates(after(THREE, failure(UnknownOutcome, None))) == [("pending", None)] * 3
    assert fates(after(THREE, failure(AuthFailure, 535))) == [("pending", None)] * 3


def test_doubt_is_for_the_user_or_ends_in_one_more_try() -> None:
    resend = an_item(when_unsure=WhenUnsure.RESEND)
    once = after_attempt(resend, failure(UnknownOutcome, None), NOON, ACCOUNT, 1.0)
    assert (once.state, once.possible_duplicate) == (State.QUEUED, True)
    assert once.next_attempt_at == NOON + timedelta(minutes=1)
    twice = after(once, failure(UnknownOutcome, None))
    assert (twice.state, twice.possible_duplicate) == (State.UNKNOWN, True)


@pytest.mark.parametrize(
    ("phase", "when_unsure", "state", "due_in", "duplicate"),
    [
        (Phase.PRE, WhenUnsure.ASK, State.QUEUED, 0, False),
        (Phase.PRE, WhenUnsure.RESEND, State.QUEUED, 0, False),
        (Phase.DATA, WhenUnsure.ASK, State.UNKNOWN, None, False),
        (Phase.DATA, WhenUnsure.RESEND, State.QUEUED, 10, True),
    ],
)
def test_after_a_crash(
    phase: Phase, when_unsure: WhenUnsure, state: State, due_in: int | None, duplicate: bool
) -> None:
    before = {"code": 451, "reply": "later", "advice_id": "x-450-grey"}
    item = after_crash(an_item(phase=phase, when_unsure=when_unsure, **before), NOON)
    assert (item.state, item.possible_duplicate) == (state, duplicate)
    # What the try before came to says nothing of one that was not answered.
    said = (None, None, "unknown-outcome") if phase is Phase.DATA else tuple(before.values())
    assert (item.code, item.reply, item.advice_id) == said
    assert item.next_attempt_at == (None if due_in is None else NOON + due_in * SECOND)


def test_an_interrupted_attempt_costs_no_patience() -> None:
    item = after_interruption(an_item(), NOON)
    assert (item.state, item.next_attempt_at, item.tries) == (State.QUEUED, NOON, 0)


def test_sent_again_on_request_it_may_be_a_duplicate() -> None:
    item = resent(an_item(state=State.UNKNOWN, unsure=1, tries=5), NOON)
    assert (item.state, item.next_attempt_at, item.possible_duplicate, item.tries) == (
        State.QUEUED,
        NOON,
        True,
        0,
    )


@pytest.mark.parametrize(
    ("parts", "state", "taken"),
    [(0, State.QUEUED, 1), (1, State.QUEUED, 2), (2, State.SENT, 2)],
)
def test_of_several_messages_the_one_in_doubt_counts_as_sent(
    parts: int, state: State, taken: int
) -> None:
    item = replace(an_item(state=State.UNKNOWN), parts=parts, parts_of=3, unsure=1)
    after = settled(item, State.SENT, NOON)
    assert (after.state, after.parts) == (state, taken)
    if state is State.QUEUED:
        assert (after.next_attempt_at, after.unsure, after.pending) == (NOON, 0, item.pending)
    assert settled(item, State.CANCELLED, NOON).state is State.CANCELLED
