"""When an account is left alone: a table of what attempts teach."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.support.engine import ACCOUNT, START, failure
from traymail.core.breaker import PATIENCE, account_after
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
from traymail.core.outbox import AccountState, Receipt
from traymail.core.texts import text

FRESH = AccountState("work")
TIRED = AccountState("work", failures=2, hold_until=START + timedelta(minutes=1))


def after(state: AccountState, outcome: object) -> AccountState:
    return account_after(state, outcome, ACCOUNT, START, 1.0)  # type: ignore[arg-type] # a table


def test_a_mail_that_is_taken_clears_everything() -> None:
    state = after(TIRED, Receipt(250, "ok", ("a@b.c",)))
    assert (state.failures, state.hold_until, state.login_worked) == (0, None, True)


def test_a_limit_met_at_one_recipient_holds_the_account_although_others_have_the_mail() -> None:
    limit = RecipientReply("d@b.c", 550, "Ip frequency limited", hold=timedelta(minutes=10))
    state = after(FRESH, Receipt(250, "ok", ("a@b.c",), (limit,)))
    assert state.hold_until == START + timedelta(minutes=10)


@pytest.mark.parametrize(
    "outcome",
    [
        failure(AuthFailure, 535, Stage.AUTH),
        failure(AccountFailure, 553, Stage.MAIL),
        CredentialError(text("No secret")),
    ],
)
def test_what_only_the_user_can_mend_stops_the_account(outcome: Exception) -> None:
    state = after(FRESH, outcome)
    assert state.stopped
    assert state.connection == ACCOUNT.connection
    assert state.advice_id


@pytest.mark.parametrize(
    ("failures", "seconds"), [(0, 30), (1, 60), (2, 120), (9, 3600), (10_000, 3600)]
)
def test_a_server_that_cannot_be_used_is_asked_ever_less_often(failures: int, seconds: int) -> None:
    outcome = failure(TransientFailure, None, Stage.CONNECT)
    state = after(replace(FRESH, failures=failures), outcome)
    assert state.hold_until == START + timedelta(seconds=seconds)
    assert state.failures == failures + 1


def test_a_keyring_that_cannot_be_asked_is_asked_again_and_stops_nothing() -> None:
    state = after(FRESH, KeyringError(text("Locked")))
    assert (state.stopped, state.failures) == (False, 1)
    assert state.hold_until == START + timedelta(seconds=30)


@pytest.mark.parametrize(
    "outcome",
    [
        failure(TransientFailure, 451, Stage.FINAL),
        failure(PermanentFailure, 550, Stage.RCPT),
        failure(UnknownOutcome, None, Stage.FINAL),
        None,
    ],
)
def test_what_is_about_one_mail_leaves_the_account_as_it_was(outcome: object) -> None:
    assert after(TIRED, outcome) == TIRED


def test_a_server_that_wants_a_pause_gets_it() -> None:
    wish = DeliveryError(
        Reply(550, "frequency", Stage.FINAL), "x", text("Too fast"), hold=timedelta(minutes=10)
    )
    assert after(FRESH, wish).hold_until == START + timedelta(minutes=10)


def test_a_login_that_worked_and_is_refused_for_ever_is_believed_no_more() -> None:
    state = AccountState("work", login_worked=True)
    busy = failure(TransientFailure, 535, Stage.AUTH)
    for _ in range(PATIENCE - 1):
        state = after(state, busy)
        assert state.login_worked
    assert not after(state, busy).login_worked
