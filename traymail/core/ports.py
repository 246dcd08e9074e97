"""What the engine needs from the world, as small Protocols; the adapters implement them."""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import BinaryIO, Protocol

from traymail.core.account import Account
from traymail.core.errors import RecipientReply
from traymail.core.message import (
    Attachment,
    Composed,
    Draft,
    DraftFile,
    Mail,
    OpenAttachment,
    Stamp,
)
from traymail.core.outbox import AccountState, Attempt, OutboxItem, Receipt
from traymail.core.secret import Secret, ToldSecrets


class Clock(Protocol):
    """The only one who asks the machine for the time."""

    def now(self) -> datetime:
        """Return the time of day, in UTC, aware."""
        ...

    def monotonic(self) -> float:
        """Return seconds that never jump."""
        ...

    def passing(self) -> float:
        """Return seconds that never jump, and that also go by while the computer sleeps."""
        ...


class Journal(Protocol):
    """What a sender tells while it sends; all calls come from the sender's thread."""

    def before_final(self) -> None:
        """Be called when all but the last bytes are out: what follows may make the mail accepted.

        When it raises, the sender must give the session up without sending the rest.
        """
        ...

    def part_taken(self, parts: int, parts_of: int) -> None:
        """Be told that so many messages of a mail that leaves in several are taken.

        Called before the first of them (0), and after each but the last; `before_final` comes
        before each. When it raises, the sender must send no more.
        """
        ...

    def progress(self, done: int, total: int) -> None:
        """Take in that ``done`` of ``total`` bytes are on the wire; may raise Cancelled to stop."""
        ...


class Cancelled(Exception):
    """The user stopped a mail while it was being sent, before the final dot."""


class HeldBack(Cancelled):
    """The next message of a mail that leaves in several has to wait for a cap of its account."""


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

    def abort(self) -> None:
        """Make a `send` under way in another thread end soon, by breaking its connection."""
        ...


class SecretSource(Protocol):
    """Where a sender gets secrets. May block (a keyring's prompt): never from Tk's thread."""

    def get(self, account: Account) -> Secret:
        """Return the account's secret; raises CredentialError with the way out.

        Where the account signs in by OAuth2 it is an access token, and getting one may fail as a
        delivery does: also raises DeliveryError then.
        """
        ...

    def another(self, account: Account, refused: Secret) -> bool:
        """Tell whether `get` now returns another secret than the one that a server refused."""
        ...


@dataclass(frozen=True, slots=True)
class SenderTools:
    """What senders work with; ``login_worked`` tells whether the secret was accepted before.

    No reply shows what any server was ``told``.
    """

    credentials: SecretSource
    open_attachment: OpenAttachment
    login_worked: Callable[[], bool]
    told: ToldSecrets


MakeSender = Callable[[Account], Sender]


class Spool(Protocol):
    """Where the content of attachments is kept."""

    def take(self, file: DraftFile, *, shared: bool = False) -> Attachment:
        """Copy a file, once for many mails when it is ``shared``.

        Raises SourceError (unreadable, changed, no file), StateError (no room).
        """
        ...

    def open(self, attachment: Attachment) -> BinaryIO:
        """Open the copy for reading; raises SourceError when it is gone."""
        ...

    def discard(self, attachments: tuple[Attachment, ...]) -> None:
        """Remove copies that no mail uses."""
        ...


class Departures(Protocol):
    """What the outbox remembers of mails that left, or may have: the base of all caps."""

    def departure(
        self,
        nth: int,
        *,
        account: str | None = None,
        rule: str | None = None,
        by_rules: bool = False,
    ) -> datetime | None:
        """Return when the nth last mail reached the final phase (1: the last one).

        Counted are the mails of an account, of a rule, or of all rules together.
        """
        ...


class Outbox(Departures, Protocol):
    """The durable queue, as the engine uses it. Every call may raise StateError."""

    def transaction(self) -> AbstractContextManager[object]:
        """Let several calls of this thread be stored together, or not at all."""
        ...

    def add(
        self,
        draft: Draft,
        composed: Composed,
        stamp: Stamp,
        now: datetime,
        *,
        due: datetime | None,
    ) -> OutboxItem:
        """Store a mail; one with a dedupe key that is there already is returned instead."""
        ...

    def new_batch(self) -> int:
        """Return the number of a batch that is about to be stored."""
        ...

    def get(self, mail_id: int) -> OutboxItem:
        """Return the item as it stands; raises InputError when there is none."""
        ...

    def mail(self, mail_id: int) -> Mail:
        """Return the message to send; its recipients are those still pending."""
        ...

    def move_times(self, step: timedelta) -> None:
        """Move what is noted of the past, and pauses of accounts, along with a clock that is set.

        Raises StateError.
        """
        ...

    def mend_clock(self, account: str, now: datetime) -> None:
        """Let nothing wait for a time that was planned by a clock that has since been set back."""
        ...

    def claim(
        self,
        account: str,
        now: datetime,
        *,
        only: int | None = None,
        not_rules: Collection[str] = (),
    ) -> OutboxItem | None:
        """Take the item that is due longest and mark it ``sending``."""
        ...

    def enter_final(self, mail_id: int, now: datetime) -> None:
        """Remember, before the final dot, that the server may have the mail from now on."""
        ...

    def enter_part(self, mail_id: int, parts: int, parts_of: int, now: datetime) -> None:
        """Remember how many messages of a mail are taken: the next one is not under way yet."""
        ...

    def finish(
        self, item: OutboxItem, attempt: Attempt, verdicts: tuple[RecipientReply, ...] = ()
    ) -> None:
        """Store what an attempt made of an item, and the attempt in its history."""
        ...

    def next_due(self, account: str, *, not_rules: Collection[str] = ()) -> datetime | None:
        """Return when the account's next mail is due, None when none waits for a time."""
        ...

    def accounts_with_work(self) -> set[str]:
        """Return the accounts that have queued mail."""
        ...

    def account_state(self, name: str) -> AccountState:
        """Return what is remembered of an account."""
        ...

    def save_account_state(self, state: AccountState) -> None:
        """Remember it."""
        ...

    def park(self, account: str, now: datetime) -> int:
        """Make the account's queued mails wait for the user; return how many there are."""
        ...

    def unpark(self, account: str, now: datetime) -> int:
        """Make the account's parked mails due; return how many there are."""
        ...


class Preflight(Protocol):
    """What has to be known of the disk."""

    def is_folder(self, path: str) -> bool:
        """Tell whether a folder is there."""

    def is_readable(self, folder: str) -> bool:
        """Tell whether the user may see what is in a folder."""

    def is_file(self, path: str) -> bool:
        """Tell whether a file is there."""

    def real_path(self, path: str) -> str:
        """Return the path with symbolic links followed, as far as it is there."""

    def folders_beside(self, path: str) -> tuple[str, ...]:
        """Return the names of the folders in the folder that ``path`` lies in."""
