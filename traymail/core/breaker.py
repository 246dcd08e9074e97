"""The breaker: when an account is left alone, for a while or until the user acts."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from traymail.core.account import Account
from traymail.core.errors import (
    AccountFailure,
    CredentialError,
    DeliveryError,
    KeyringError,
    Stage,
    TransientFailure,
)
from traymail.core.outbox import AccountState, Outcome, Receipt
from traymail.core.retry import delay

# Failures before the server has said a word about the mail itself: they are the account's.
BEFORE_MAIL = frozenset({Stage.CONNECT, Stage.TLS, Stage.STARTTLS, Stage.EHLO, Stage.AUTH})
# So many refused logins in a row are put down to a busy server when the login worked before.
PATIENCE = 5


def account_after(
    state: AccountState,
    outcome: Outcome | None,
    account: Account,
    now: datetime,
    jitter: float,
) -> AccountState:
    """Return what an attempt teaches about the account it went through.

    ``outcome`` None: it was broken off on our side. ``jitter`` from 0 to 1 spreads the pauses.
    """
    match outcome:
        case Receipt():
            # The mail is taken, and yet a limit may have been reached at one of its recipients.
            pause = max((outcome.hold, *(one.hold for one in outcome.refused)))
            until = now + pause if pause else None
            return AccountState(account.name, login_worked=True, hold_until=until)
        case KeyringError():
            # The same secret is behind it for all mails of the account.
            failures = state.failures + 1
            return replace(state, failures=failures, hold_until=now + delay(failures, jitter))
        case CredentialError() | AccountFailure():
            return _stopped(state, outcome, account)
        case TransientFailure() if outcome.reply.stage in BEFORE_MAIL:
            # The server cannot be used at all: the other mails need not find out one by one.
            failures = state.failures + 1
            pause = max(outcome.hold, delay(failures, jitter))
            # A login that worked and is refused again and again does not work any more.
            works = state.login_worked and not (
                outcome.reply.stage is Stage.AUTH and failures >= PATIENCE
            )
            return replace(state, failures=failures, hold_until=now + pause, login_worked=works)
        case DeliveryError() if outcome.hold > timedelta(0):
            return replace(state, hold_until=now + outcome.hold)
        case _:
            return state


def _stopped(
    state: AccountState, outcome: CredentialError | AccountFailure, account: Account
) -> AccountState:
    reply = outcome.reply if isinstance(outcome, AccountFailure) else None
    return replace(
        state,
        stopped=True,
        advice_id=outcome.advice_id,
        code=reply.code if reply else None,
        reply=outcome.reply.text if isinstance(outcome, AccountFailure) else outcome.detail or None,
        connection=account.connection,
    )
