"""Delivery: one account's mails leave, one attempt after the other."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from traymail.core.account import Account
from traymail.core.breaker import account_after
from traymail.core.duration import in_calendar
from traymail.core.errors import (
    CredentialError,
    DeliveryError,
    RecipientReply,
    SourceError,
    StateError,
)
from traymail.core.events import AccountChanged, ItemChanged, LimitReached
from traymail.core.outbox import (
    AccountState,
    Attempt,
    OutboxItem,
    Outcome,
    Phase,
    Receipt,
    after_attempt,
    after_cap,
    after_interruption,
    in_trouble,
    taken_back,
)
from traymail.core.ports import Cancelled, Clock, HeldBack, MakeSender, Outbox, Sender
from traymail.core.replies import attachment_lost, gone_wrong, outcome_word, trouble_of
from traymail.core.reply_rules import Trouble
from traymail.core.texts import Text, text
from traymail.engine.caps import HeldRules, RuleCaps, account_wait, held_rules
from traymail.engine.clock_steps import ClockSteps
from traymail.engine.publisher import Publish
from traymail.engine.stops import Interruptions
from traymail.failures import log_failure

log = logging.getLogger(__name__)

# How long an outcome that cannot be stored (disk full) waits before it is tried again.
SAVE_AGAIN_SECONDS = 2.0
# A wait that is told of is longer.
A_MOMENT = timedelta(seconds=1)

_Stored = tuple[OutboxItem, AccountState, AccountState]
"""A mail as it was stored, and how its account stood before that, and stands."""
Progress = Callable[[int, int, int], None]
"""Told the id of a mail, the bytes of it that are out, and all its bytes; it must be quick."""


@dataclass(frozen=True, slots=True)
class Tools:
    """What every delivery works with; ``jitter`` returns a number from 0 to 1."""

    outbox: Outbox
    clock: Clock
    make_sender: MakeSender
    publish: Publish
    jitter: Callable[[], float]
    stopping: threading.Event
    progress: Progress
    interruptions: Interruptions
    clock_steps: ClockSteps


class Delivery:
    """Sends the due mails of one account. All calls but `abort` come from one thread."""

    def __init__(self, account: Account, caps: RuleCaps, tools: Tools) -> None:
        self.account = account
        self._caps = caps
        self._tools = tools
        self._sender: Sender | None = None
        self._told: tuple[Text, datetime] | None = None
        # What keeps an outcome from being stored, and so all mail behind it.
        self.trouble: Text | None = None

    @property
    def connected(self) -> bool:
        """Return whether a sender, and so perhaps a connection, is being kept."""
        return self._sender is not None

    def step(self, only: int | None = None) -> float | None:
        """Send at most one mail; return the seconds until there may be more to do.

        0 means at once, None not before somebody wakes us. ``only`` is the id of a mail the user
        asked for: it is not kept waiting by a pause the server wished for, only by caps.
        """
        now = self._tools.clock.now()
        self._tools.clock_steps.mend()
        self._tools.outbox.mend_clock(self.account.name, now)
        state = self._current_state(now)
        if state.stopped:
            self.close()
            return None
        until = self._waits_until(state, now, asked_for=only is not None)
        if until is not None:
            return _seconds(until, now)
        held = self._held_rules(now)
        item = self._tools.outbox.claim(self.account.name, now, only=only, not_rules=held.names)
        if item is None:
            return self._rest(held, now)
        self._attempt(item)
        return 0.0

    def tell_trouble(self, trouble: Text | None) -> None:
        """Publish what keeps the account's mail from leaving, or (None) that it is as before."""
        if trouble is None:
            state = self._tools.outbox.account_state(self.account.name)
        else:
            state = in_trouble(AccountState(self.account.name), str(trouble))
        self._tools.publish(AccountChanged(state))

    def close(self) -> None:
        """End the session with the server."""
        if self._sender is not None:
            self._sender.close()
            self._sender = None

    def abort(self) -> None:
        """Break an attempt under way off; may be called from another thread."""
        sender = self._sender
        if sender is not None:
            sender.abort()

    def _current_state(self, now: datetime) -> AccountState:
        """Return what is remembered; a stop is void once the account's connection was edited."""
        outbox = self._tools.outbox
        state = outbox.account_state(self.account.name)
        if state.stopped and state.connection != self.account.connection:
            state = AccountState(self.account.name)
            with outbox.transaction():
                outbox.save_account_state(state)
                outbox.unpark(self.account.name, now)
            self._tools.publish(AccountChanged(state))
        return state

    def _waits_until(
        self, state: AccountState, now: datetime, *, asked_for: bool
    ) -> datetime | None:
        if not asked_for and state.hold_until is not None and state.hold_until > now:
            return state.hold_until
        until = account_wait(self._tools.outbox, self.account.name, self.account.limits, now)
        if until is not None:
            self._tell_cap(text("account {name}", name=self.account.name), until, now)
        return until

    def _held_rules(self, now: datetime) -> HeldRules:
        held = held_rules(self._tools.outbox, self._caps, now)
        if held.until is not None:
            names = ", ".join(sorted(held.names))
            self._tell_cap(text("rule {name}", name=names), held.until, now)
        return held

    def _tell_cap(self, whose: Text, until: datetime, now: datetime) -> None:
        """Publish that a cap holds mail back: once each time it is reached, and only if it does.

        A cap of a second spreads mail, which nobody has to know.
        """
        if until - now <= A_MOMENT:
            return
        due = self._tools.outbox.next_due(self.account.name)
        if due is not None and due <= now and self._told != (whose, until):
            self._told = (whose, until)
            self._tools.publish(LimitReached(whose, until))

    def _rest(self, held: HeldRules, now: datetime) -> float | None:
        due = self._tools.outbox.next_due(self.account.name, not_rules=held.names)
        until = min((wait for wait in (due, held.until) if wait is not None), default=None)
        return None if until is None else _seconds(until, now)

    def _attempt(self, item: OutboxItem) -> None:
        tools = self._tools
        tools.publish(ItemChanged(item))
        started, began = tools.clock.now(), tools.clock.monotonic()
        moved = tools.clock_steps.moved
        journal = _Journal(item, self.account, tools)
        outcome = self._send(item, journal)
        item = self._moved_along(journal.item, moved)
        now = tools.clock.now()
        duration = round((tools.clock.monotonic() - began) * 1000)
        if journal.held:
            ended = after_cap(item, now)
        elif outcome is None:
            ended = after_interruption(item, now)
        else:
            ended = after_attempt(item, outcome, now, self.account, tools.jitter())
        ended = replace(ended, duration_ms=duration)
        attempt = _as_attempt(ended, outcome, started)
        if journal.held:
            attempt = replace(attempt, outcome="held")
        try:
            stored = self._save(ended, attempt, outcome, now)
        except Exception as error:  # noqa: BLE001 # a mail is not "being sent" for ever
            log_failure(log, f"the outcome of mail {item.id} cannot be stored", error)
            wrong = gone_wrong(error, after_final=journal.after_final)
            ended = after_attempt(item, wrong, now, self.account, tools.jitter())
            stored = self._save(ended, _as_attempt(ended, wrong, started), wrong, now)
        if stored is not None:
            self._tell(*stored)
        if tools.interruptions.over(item.id):
            self.close()  # its connection is of no more use

    def _moved_along(self, item: OutboxItem, moved: timedelta) -> OutboxItem:
        """Return a mail as it is after the clock may have been set while it was sent."""
        steps = self._tools.clock_steps
        with suppress(StateError):  # its outcome cannot be stored then, either
            steps.mend()
        since = item.since and in_calendar(item.since + (steps.moved - moved))
        return replace(item, since=since)

    def _send(self, item: OutboxItem, journal: _Journal) -> Outcome | None:
        """Make one attempt; None: it was broken off on our side before the final dot."""
        try:
            if self._sender is None:
                self._sender = self._tools.make_sender(self.account)
            self._tools.interruptions.under_way(item.id, self._sender.abort)
            journal.check()
            return self._sender.send(self._tools.outbox.mail(item.id), journal)
        except (DeliveryError, CredentialError) as error:
            log.debug("mail %d: %s", item.id, error, exc_info=True)
            return None if trouble_of(error.advice_id) is Trouble.STOPPED else error
        except SourceError as error:
            return attachment_lost(error)
        except HeldBack:
            log.info("mail %d waits for a limit with what is left of it", item.id)
            return None
        except Cancelled:
            log.info("mail %d is broken off", item.id)
            self.close()
            return None
        except Exception as error:  # noqa: BLE001 # reported for the mail, which waits for no restart
            log_failure(log, f"mail {item.id}", error)
            self.close()
            return gone_wrong(error, after_final=journal.after_final)

    def _save(
        self, ended: OutboxItem, attempt: Attempt, outcome: Outcome | None, now: datetime
    ) -> _Stored | None:
        """Store what came of an attempt; while the disk is full, keep it at hand and try again.

        None: the program ends before that.
        """
        while True:
            try:
                return self._store(ended, attempt, outcome, now)
            except StateError as error:
                if self.trouble is None:
                    self.trouble = error.title
                    log_failure(log, f"the outcome of mail {ended.id} cannot be stored yet", error)
                    self.tell_trouble(self.trouble)
                if self._tools.stopping.wait(SAVE_AGAIN_SECONDS):
                    return None

    def _tell(self, ended: OutboxItem, before: AccountState, after: AccountState) -> None:
        self._tools.publish(ItemChanged(ended))
        if self.trouble is not None or after.stopped != before.stopped:
            self.trouble = None
            self._tools.publish(AccountChanged(after))

    def _store(
        self, ended: OutboxItem, attempt: Attempt, outcome: Outcome | None, now: datetime
    ) -> _Stored:
        """Store it, and return what was stored of the mail and the account, which was before."""
        tools = self._tools
        with tools.outbox.transaction():
            before = tools.outbox.account_state(self.account.name)
            after = account_after(before, outcome, self.account, now, tools.jitter())
            # Asked in here: who cancels later than this finds the mail waiting.
            if tools.interruptions.wanted(ended.id):
                ended = taken_back(ended, outcome, now)
            tools.outbox.finish(ended, attempt, _verdicts(ended, outcome))
            if after != before:
                tools.outbox.save_account_state(after)
            if after.stopped:
                tools.outbox.park(self.account.name, now)
        return ended, before, after


class _Journal:
    """Writes down how far a mail has come, and breaks it off when the program stops."""

    def __init__(self, item: OutboxItem, account: Account, tools: Tools) -> None:
        self.item = item
        self._account = account
        self._tools = tools
        self.after_final = False
        self.held = False

    def before_final(self) -> None:
        now = self._tools.clock.now()
        self._tools.outbox.enter_final(self.item.id, now)
        self.after_final = True
        self._tools.publish(ItemChanged(replace(self.item, phase=Phase.DATA, updated_at=now)))

    def part_taken(self, parts: int, parts_of: int) -> None:
        now = self._tools.clock.now()
        # Also where that cannot be stored: what is made of the attempt is stored later.
        unsure = 0 if parts > self.item.parts else self.item.unsure
        self.item = replace(self.item, parts=parts, parts_of=parts_of, unsure=unsure)
        self.after_final = False
        self._tools.outbox.enter_part(self.item.id, parts, parts_of, now)
        self._tools.publish(ItemChanged(replace(self.item, updated_at=now)))
        self.check()
        # What counts for a service is the message, not the mail.
        name, limits = self._account.name, self._account.limits
        if account_wait(self._tools.outbox, name, limits, now) is not None:
            self.held = True
            raise HeldBack

    def progress(self, done: int, total: int) -> None:
        self._tools.progress(self.item.id, done, total)
        self.check()

    def check(self) -> None:
        """Raise Cancelled when the mail is not to go on."""
        if self._tools.stopping.is_set() or self._tools.interruptions.wanted(self.item.id):
            raise Cancelled


def _verdicts(ended: OutboxItem, outcome: Outcome | None) -> tuple[RecipientReply, ...]:
    """Return what the server said of recipients, unless it is what it said of the mail."""
    match outcome:
        case Receipt() if outcome.refused or ended.attempts > 1:
            taken = (RecipientReply(one, outcome.code, outcome.reply) for one in outcome.accepted)
            return (*taken, *outcome.refused)
        case DeliveryError():
            return outcome.refused
        case _:
            return ()


def _as_attempt(ended: OutboxItem, outcome: Outcome | None, started: datetime) -> Attempt:
    reply = outcome.reply if isinstance(outcome, DeliveryError) else None
    return Attempt(
        number=ended.attempts,
        started_at=started,
        duration_ms=ended.duration_ms or 0,
        outcome=outcome_word(outcome),
        stage=reply.stage.value if reply else "",
        code=ended.code,
        reply=ended.reply or "",
    )


def _seconds(until: datetime, now: datetime) -> float:
    return max((until - now).total_seconds(), 0.0)
