"""Delivery: one account's mails leave, one attempt after the other."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from traymail.core.account import Account
from traymail.core.breaker import account_after
from traymail.core.errors import (
    CredentialError,
    DeliveryError,
    SourceError,
    StateError,
)
from traymail.core.events import AccountChanged, ItemChanged, LimitReached
from traymail.core.outbox import (
    AccountState,
    Attempt,
    OutboxItem,
    Outcome,
    Receipt,
    State,
    after_attempt,
    after_interruption,
    settled,
)
from traymail.core.ports import Cancelled, Clock, MakeSender, Outbox, Sender
from traymail.core.replies import attachment_lost, outcome_word
from traymail.core.texts import Text, text
from traymail.engine.caps import HeldRules, RuleCaps, account_wait, held_rules
from traymail.engine.interruptions import Interruptions
from traymail.engine.publisher import Publish

log = logging.getLogger(__name__)

# How long an outcome that cannot be stored (disk full) waits before it is tried again.
SAVE_AGAIN_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Tools:
    """What every delivery works with.

    ``jitter`` returns a number from 0 to 1. ``progress`` is told the id of a mail, the bytes of it
    that are out, and all its bytes; it must be quick.
    """

    outbox: Outbox
    clock: Clock
    make_sender: MakeSender
    publish: Publish
    jitter: Callable[[], float]
    stopping: threading.Event
    progress: Callable[[int, int, int], None]
    interruptions: Interruptions


class Delivery:
    """Sends the due mails of one account. All calls but `abort` come from one thread."""

    def __init__(self, account: Account, caps: RuleCaps, tools: Tools) -> None:
        self.account = account
        self._caps = caps
        self._tools = tools
        self._sender: Sender | None = None
        self._told: tuple[Text, datetime] | None = None

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
        """Publish that a cap holds mail back: once each time it is reached, and only if it does."""
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
        outcome = self._send(item)
        now = tools.clock.now()
        duration = round((tools.clock.monotonic() - began) * 1000)
        if outcome is None:
            ended = after_interruption(item, now)
        else:
            ended = after_attempt(item, outcome, now, self.account, tools.jitter())
        ended = replace(ended, duration_ms=duration)
        attempt = _as_attempt(ended, outcome, started)
        self._save(ended, attempt, outcome, now)
        tools.interruptions.forget([item.id])

    def _send(self, item: OutboxItem) -> Outcome | None:
        """Make one attempt; None: it was broken off on our side before the final dot."""
        try:
            if self._sender is None:
                self._sender = self._tools.make_sender(self.account)
            mail = self._tools.outbox.mail(item.id)
            return self._sender.send(mail, _Journal(item.id, self._tools))
        except (DeliveryError, CredentialError) as error:
            log.debug("mail %d: %s", item.id, error, exc_info=True)
            return error
        except SourceError as error:
            return attachment_lost(error)
        except (Cancelled, StateError) as error:
            log.info("mail %d waits: %r", item.id, error)
            self.close()
            return None

    def _save(
        self, ended: OutboxItem, attempt: Attempt, outcome: Outcome | None, now: datetime
    ) -> None:
        """Store what came of an attempt; while the disk is full, keep it at hand and try again."""
        tools = self._tools
        refused = outcome.refused if isinstance(outcome, Receipt | DeliveryError) else ()
        before = tools.outbox.account_state(self.account.name)
        after = account_after(before, outcome, self.account, now, tools.jitter())
        while True:
            try:
                with tools.outbox.transaction():
                    # Asked in here: who cancels later than this finds the mail waiting.
                    if ended.state is State.QUEUED and tools.interruptions.wanted(ended.id):
                        ended = settled(ended, State.CANCELLED, now)
                    tools.outbox.finish(ended, attempt, refused)
                    if after != before:
                        tools.outbox.save_account_state(after)
                    if after.stopped:
                        tools.outbox.park(self.account.name, now)
                break
            except StateError:
                log.exception("the outcome of mail %d cannot be stored yet", ended.id)
                if tools.stopping.wait(SAVE_AGAIN_SECONDS):
                    return
        tools.publish(ItemChanged(ended))
        if after.stopped != before.stopped:
            tools.publish(AccountChanged(after))


class _Journal:
    """Writes down how far a mail has come, and breaks it off when the program stops."""

    def __init__(self, item_id: int, tools: Tools) -> None:
        self._item_id = item_id
        self._tools = tools

    def before_final(self) -> None:
        self._tools.outbox.enter_final(self._item_id, self._tools.clock.now())

    def progress(self, done: int, total: int) -> None:
        self._tools.progress(self._item_id, done, total)
        if self._tools.stopping.is_set() or self._tools.interruptions.wanted(self._item_id):
            raise Cancelled


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
