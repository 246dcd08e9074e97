"""What a command does beside the running program, or without one."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING

from traymail.core.errors import NotRunning
from traymail.core.outbox import OutboxItem, State
from traymail.desktop.instance import POLL_SECONDS
from traymail.engine.stops import Interruptions

if TYPE_CHECKING:
    from traymail.app import App
    from traymail.core.account import Account
    from traymail.core.consent import Risk
    from traymail.core.holds import Holds
    from traymail.core.settings import Settings
    from traymail.engine.delivery import Delivery, Progress
    from traymail.engine.stops import Stops

# A mail that is to be broken off may stand at a server that is slow to take the next piece.
STOPPING_SECONDS = 10.0
# Of many that wait for their turn, each looks ever less often: the one whose turn it is needs the
# computer.
SLOWER = 1.3
SLOWEST_SECONDS = 1.0

BatchProgress = Callable[[int], None]


class Beside:
    """`traymail.services.mail.Deliverer` of another process: reached through its socket."""

    def __init__(self, app: App) -> None:
        self._app = app

    @cached_property
    def stops(self) -> Stops:
        """Return the stops of the home's accounts."""
        return self._app.new_stops(self.wake)

    def wake(self, ended: Iterable[int] = ()) -> bool:
        """Tell the running program that the outbox has changed; False when none runs."""
        try:
            self._app.instance.ask({"command": "wake", "ended": list(ended)})
        except NotRunning:
            return False
        return True

    def cancel(self, ids: Collection[int]) -> None:
        """Take mails out of the queue; the running program breaks off those it is sending.

        It does that between two pieces of a mail, so wait for it a little; never after the last.
        """
        app = self._app
        try:
            app.instance.ask({"command": "cancel", "ids": list(ids)})
        except NotRunning:
            app.outbox.cancel(ids, app.clock.now())
            return
        pause, until = threading.Event(), app.clock.monotonic() + STOPPING_SECONDS
        while app.clock.monotonic() < until and any(
            app.outbox.get(mail_id).state is State.SENDING for mail_id in ids
        ):
            pause.wait(POLL_SECONDS)

    def agree(self, risks: Iterable[Risk]) -> None:
        """Agree to what was just written: the running program would ask as for an edit by hand."""
        agreed = tuple(risks)
        self._app.agreements.agree(agreed)
        with suppress(NotRunning):
            self._app.instance.ask({"command": "consent", "agreed": [one.id for one in agreed]})

    def awaits_consent(self, account: Account) -> bool:
        """Tell whether the running program knows an account only once the user has agreed.

        An edit waits as a whole: also for what another account is to be given.
        """
        if not self._app.agreements.unagreed():
            return False
        try:
            told = self._app.instance.ask({"command": "status", "language": "en"})
        except NotRunning:
            return False
        accounts = told.get("accounts")
        if accounts is None or not told.get("config_error"):
            return False
        return bool(accounts.get(account.name, {}).get("state", "missing") == "missing")

    def deliver(self, items: Iterable[OutboxItem], settings: Settings, progress: Progress) -> None:
        """Bring mails to an end, or to their first failure.

        The running program delivers; with none running, we do under the home's lock. Returns also
        when something keeps the mail waiting: a pause, a cap, a stopped account.
        """
        app = self._app
        waiting = {item.id: item.attempts for item in items}
        pause = threading.Event()
        told, seconds = False, POLL_SECONDS
        while waiting:
            if app.instance.delivering.take():
                try:
                    self._deliver_here(waiting, settings, progress)
                finally:
                    app.instance.delivering.release()
                return
            told = told or self.wake()
            held = app.holds(settings)
            waiting = {
                item_id: attempts
                for item_id, attempts in waiting.items()
                if not self._rests(app.outbox.get(item_id), attempts, settings, held)
            }
            if waiting:
                pause.wait(seconds)
                seconds = min(seconds * SLOWER, SLOWEST_SECONDS)

    def deliver_batch(self, batch: int, settings: Settings, progress: BatchProgress) -> None:
        """Try each mail of a batch once, as far as caps and account allow.

        ``progress`` is told how many are still untried. Who delivers is as in `deliver`.
        """
        app, pause, seconds, told = self._app, threading.Event(), POLL_SECONDS, False
        while (first := app.outbox.next_untried(batch)) or app.outbox.counts_of_batch(batch)[
            State.SENDING
        ]:
            if app.instance.delivering.take():
                try:
                    self._deliver_batch_here(batch, settings, progress)
                finally:
                    app.instance.delivering.release()
                return
            told = told or self.wake()
            progress(app.outbox.count_untried(batch))
            if first and self._rests(first, 0, settings, app.holds(settings)):
                return
            pause.wait(seconds)
            seconds = min(seconds * SLOWER, SLOWEST_SECONDS)

    def _deliver_batch_here(self, batch: int, settings: Settings, progress: BatchProgress) -> None:
        """Deliver over one connection; end where the account rests."""
        from traymail.app import recover
        from traymail.engine.delivery import Delivery

        app = self._app
        recover(app)
        item = app.outbox.next_untried(batch)
        account = settings.accounts.get(item.account) if item else None
        if account is None or app.pauses.pause(app.clock.now())[0]:
            return
        tools = app.tools(threading.Event(), lambda *_: None, Interruptions())
        delivery = Delivery(account, app.caps(settings), tools)
        left = app.outbox.count_untried(batch)
        try:
            while item is not None and not self._refuses(delivery, item):
                left -= 1
                progress(left)
                item = app.outbox.next_untried(batch, item.id)
        finally:
            delivery.close()

    def _refuses(self, delivery: Delivery, item: OutboxItem) -> bool:
        """Deliver a mail; tell whether its account rests now, with this mail or after it."""
        app = self._app
        if delivery.step(only=item.id) != 0.0:
            found = app.outbox.get(item.id)
            return found.state is State.QUEUED and not found.attempts
        account = app.outbox.account_state(item.account)
        held = account.hold_until is not None and account.hold_until > app.clock.now()
        return account.stopped or held

    def _deliver_here(self, ids: Iterable[int], settings: Settings, progress: Progress) -> None:
        from traymail.app import recover
        from traymail.engine.delivery import Delivery

        app = self._app
        recover(app)
        if app.pauses.pause(app.clock.now())[0]:
            return
        tools = app.tools(threading.Event(), progress, Interruptions())
        for item_id in ids:
            account = settings.accounts.get(app.outbox.get(item_id).account)
            if account is not None:
                delivery = Delivery(account, app.caps(settings), tools)
                delivery.step(only=item_id)
                delivery.close()

    def _rests(self, item: OutboxItem, attempts: int, settings: Settings, held: Holds) -> bool:
        """Return whether the running program will do no more about a mail for now."""
        if item.state is not State.QUEUED:
            return item.state is not State.SENDING
        if item.attempts > attempts or item.next_attempt_at is None:
            return True
        now = self._app.clock.now()
        account = settings.accounts.get(item.account)
        if account is None or self._app.pauses.pause(now)[0] or self.awaits_consent(account):
            return True
        pause = self._app.outbox.account_state(account.name).hold_until
        return (pause is not None and pause > now) or held.of(item) is not None
