"""What the engine needs from the world, as small Protocols; the adapters implement them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from traymail.core.account import Account
from traymail.core.message import Mail
from traymail.core.outbox import Receipt
from traymail.core.secret import Secret


class Clock(Protocol):
    """The only one who asks the machine for the time."""

    def now(self) -> datetime:
        """Return the time of day, in UTC, aware."""
        ...

    def monotonic(self) -> float:
        """Return seconds that never jump."""
        ...


class Journal(Protocol):
    """What a sender tells while it sends; both calls come from the sender's thread."""

    def before_final(self) -> None:
        """Be called when all but the last bytes are out: what follows may make the mail accepted.

        When it raises, the sender must give the session up without sending the rest.
        """
        ...

    def progress(self, done: int, total: int) -> None:
        """Be told of ``done`` of ``total`` bytes on the wire; may raise Cancelled to stop."""
        ...


class Cancelled(Exception):
    """The user stopped a mail while it was being sent, before the final dot."""


class Sender(Protocol):
    """A way for mail to leave. One instance serves one account, from one thread."""

    def send(self, mail: Mail, journal: Journal) -> Receipt:
        """Hand the mail over.

        Raises a DeliveryError: TransientFailure, PermanentFailure, AccountFailure, AuthFailure,
        UnknownOutcome; or what the journal raised.
        """
        ...

    def close(self) -> None:
        """End the session, if one is open; never raises."""
        ...


class Credentials(Protocol):
    """Where secrets live. Calls may block (a keyring's prompt): never from Tk's thread."""

    def get(self, account: Account) -> Secret:
        """Return the account's secret; raises CredentialError with the way out."""
        ...

    def set(self, account: Account, secret: Secret) -> None:
        """Keep it in the keyring and read it back; raises CredentialError."""
        ...

    def delete(self, account: Account) -> bool:
        """Forget it; False when there was none."""
        ...


MakeSender = Callable[[Account], Sender]
