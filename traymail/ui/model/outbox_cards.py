"""Why a mail waits, failed or is uncertain: plain words first, the server's own line after."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from typing import Literal

from traymail.core.holds import Hold, hold_told
from traymail.core.outbox import OutboxItem, State
from traymail.core.overview import Overview
from traymail.core.replies import have_it, title_for, trouble_of
from traymail.core.reply_rules import Trouble
from traymail.core.reply_rules.details import reply_told
from traymail.core.texts import Text, text
from traymail.ui.model.advice import advice_about
from traymail.ui.model.outbox_table import moment_words

Fill = Literal["warnbg", "errbg", "card"]

# Nothing is wrong with a mail that failed of these: its account needs to be looked at.
_OF_THE_ACCOUNT = frozenset(
    {
        Trouble.NAME,
        Trouble.REFUSED,
        Trouble.TIMEOUT,
        Trouble.NONSENSE,
        Trouble.TLS_FAILED,
    }
)


class Cause(Enum):
    """What keeps a mail from going out, or whose failure it was."""

    MAIL = auto()
    ACCOUNT = auto()
    GONE = auto()  # its account was removed
    PAUSED = auto()
    LIMIT = auto()  # a cap is reached


@dataclass(frozen=True, slots=True)
class OutboxCard:
    """Advice: what is the matter, what to do, and the server's own line."""

    fill: Fill
    title: Text
    advice: Text | None = None
    reply: Text | str = ""


def cause_of(item: OutboxItem, overview: Overview) -> Cause:
    """Return what keeps a waiting mail, or what made one fail."""
    if item.state in {State.PARTIAL, State.FAILED}:
        return Cause.ACCOUNT if trouble_of(item.advice_id) in _OF_THE_ACCOUNT else Cause.MAIL
    if item.account not in overview.settings.accounts:
        return Cause.GONE
    account = overview.accounts.get(item.account)
    if item.next_attempt_at is None or (account is not None and account.stopped):
        return Cause.ACCOUNT
    if overview.paused:
        return Cause.PAUSED
    return Cause.MAIL if overview.holds.of(item) is None else Cause.LIMIT


def card_of(item: OutboxItem, overview: Overview, now: datetime) -> OutboxCard | None:
    """Return the advice about a mail; None when there is nothing to say."""
    if item.state is State.UNKNOWN:
        return _unknown(item)
    if item.unanswered:
        return OutboxCard(
            "card",
            text("Waits for the server's answer"),
            text(
                "The whole mail is out. A server may take ten minutes to say that it has it. "
                "If you stop waiting, nobody knows; the other mails of the account go on."
            ),
        )
    if item.state is State.FAILED:
        title = title_for(item.advice_id) or text("The server refused it.")
        return OutboxCard(
            "errbg", title, advice_about(item.advice_id), reply_told(item.code, item.reply)
        )
    if item.state is State.PARTIAL:
        return OutboxCard(
            "warnbg",
            have_it(item),
            text("What you do now is for the others only."),
            "\n".join(f"{one.mailbox}: {reply_told(one.code, one.reply)}" for one in item.refused)
            or reply_told(item.code, item.reply),
        )
    return _waiting(item, overview, now) if item.state is State.QUEUED else None


def _unknown(item: OutboxItem) -> OutboxCard:
    return OutboxCard(
        "warnbg",
        text("It may have been delivered"),
        text(
            "The whole mail went out, but the server's answer did not come back. Ask "
            "the recipient or look into “Sent” on the web page, then choose."
        ),
        reply_told(item.code, item.reply) if item.code is not None else "",
    )


def _waiting(item: OutboxItem, overview: Overview, now: datetime) -> OutboxCard:
    cause = cause_of(item, overview)
    if cause is Cause.GONE:
        return OutboxCard(
            "warnbg",
            text("The account {name} is no longer there", name=item.account),
            text("Add it again under this name, or cancel the mail."),
        )
    if cause is Cause.ACCOUNT:
        return _stopped(item, overview)
    if cause is Cause.PAUSED:
        return _paused(overview, now)
    hold = overview.holds.of(item)
    return _patient(item, overview, now) if hold is None else _limited(hold, now)


def _stopped(item: OutboxItem, overview: Overview) -> OutboxCard:
    """Say why the account waits for the user; the mail itself may never have been tried."""
    account = overview.accounts.get(item.account)
    advice_id, code, reply = item.advice_id, item.code, item.reply
    if account is not None and account.stopped and account.advice_id is not None:
        advice_id, code, reply = account.advice_id, account.code, account.reply
    return OutboxCard(
        "warnbg",
        title_for(advice_id) or text("The account {name} needs you", name=item.account),
        advice_about(advice_id) or text("Its mail waits until you look at the account."),
        reply_told(code, reply),
    )


def _paused(overview: Overview, now: datetime) -> OutboxCard:
    if overview.paused_until is None:
        return OutboxCard("card", text("Paused"), text("It is sent once you resume."))
    time = moment_words(overview.paused_until, now)
    return OutboxCard("card", text("Paused"), text("It is sent after {time}.", time=time))


def _limited(hold: Hold, now: datetime) -> OutboxCard:
    time = moment_words(hold.until, now)
    return OutboxCard("card", text("Held back until {time}", time=time), hold_told(hold))


def _patient(item: OutboxItem, overview: Overview, now: datetime) -> OutboxCard:
    """Say when the next try is, and what came of the last one."""
    advice, reply = advice_about(item.advice_id), reply_told(item.code, item.reply)
    account = overview.accounts.get(item.account)
    hold = account.hold_until if account is not None else None
    if account is not None and hold is not None and hold > now:
        time = moment_words(hold, now)
        if not account.failures:
            title = text("The server asked for a pause until {time}", time=time)
            return OutboxCard("card", title, advice, reply)
        if item.advice_id is None:  # others have tried in vain, this one need not
            return OutboxCard(
                "card",
                text("The server cannot be used just now"),
                text(
                    "Check whether this computer is online. The next try is at {time}.", time=time
                ),
            )
    if item.attempts and item.advice_id is not None:
        return OutboxCard("card", title_for(item.advice_id) or text("Not sent yet"), advice, reply)
    return OutboxCard(
        "card", text("Not sent yet"), text("It is sent automatically when its time has come.")
    )
