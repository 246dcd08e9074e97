"""Accounts that stand still until the user ends that, and attempts that the user breaks off."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from traymail.core.outbox import AccountState

if TYPE_CHECKING:
    from traymail.core.account import Account
    from traymail.core.errors import AccountFailure
    from traymail.core.ports import Clock, Outbox
    from traymail.engine.publisher import Publish


class Interruptions:
    """A set of mail ids that threads share, and how the wait of each under way is ended."""

    def __init__(self) -> None:
        self._wanted: set[int] = set()
        self._stops: dict[int, Callable[[], None]] = {}
        self._lock = threading.Lock()

    def request(self, ids: Iterable[int]) -> None:
        """Have these mails stopped, if they are under way."""
        with self._lock:
            self._wanted.update(ids)
            for mail_id in self._wanted & self._stops.keys():
                self._stops[mail_id]()

    def under_way(self, mail_id: int, stop: Callable[[], None]) -> None:
        """Note how a mail is stopped that waits for its server; ``stop`` must be quick."""
        with self._lock:
            self._stops[mail_id] = stop

    def over(self, mail_id: int) -> bool:
        """Note that an attempt has ended; return whether it was to be stopped."""
        with self._lock:
            self._stops.pop(mail_id, None)
            wanted = mail_id in self._wanted
            self._wanted.discard(mail_id)
            return wanted

    def forget(self, ids: Iterable[int]) -> None:
        """Take the wish back: these are not under way, or no more."""
        with self._lock:
            self._wanted.difference_update(ids)

    def wanted(self, mail_id: int) -> bool:
        """Tell whether a mail is to be stopped."""
        return mail_id in self._wanted


class Stops:
    """Stops of accounts outside of a mail's attempt; ``wake`` tells the one who delivers.

    All methods raise StateError.
    """

    def __init__(
        self, outbox: Outbox, clock: Clock, publish: Publish, wake: Callable[[], object]
    ) -> None:
        self._outbox = outbox
        self._clock = clock
        self._publish = publish
        self._wake = wake

    def clear(self, name: str, *, mails: bool) -> None:
        """End an account's stop, and any pause its server asked for.

        ``mails``: those that wait for the user are due. What is known of the login stays.
        """
        worked = self._outbox.account_state(name).login_worked
        with self._outbox.transaction():
            self._outbox.save_account_state(AccountState(name, login_worked=worked))
            if mails:
                self._outbox.unpark(name, self._clock.now())
        self._wake()

    def impose(self, account: Account, refusal: AccountFailure) -> None:
        """Stop an account whose server refused what only the user can mend."""
        # Slow to import, and of no use to `send --queue`.
        from traymail.core.breaker import account_after
        from traymail.core.events import AccountChanged

        now = self._clock.now()
        with self._outbox.transaction():
            before = self._outbox.account_state(account.name)
            after = account_after(before, refusal, account, now, jitter=0)
            self._outbox.save_account_state(after)
            self._outbox.park(account.name, now)
        self._publish(AccountChanged(after))
        self._wake()
