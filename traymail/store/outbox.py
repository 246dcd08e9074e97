"""The durable queue: what is stored here is sent, or shown as failed or unknown."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from traymail.core.errors import InputError, RecipientReply
from traymail.core.message import Composed, Draft, Stamp
from traymail.core.outbox import (
    RETRYABLE,
    UNANSWERED,
    Attempt,
    OutboxItem,
    State,
    after_crash,
    another_round,
    resent,
    settled,
)
from traymail.core.retry import SLIP
from traymail.core.texts import text
from traymail.store import due, rows
from traymail.store.database import Database, to_ms
from traymail.store.lists import Lists
from traymail.store.memory import LONGEST_CAP
from traymail.store.rows import SELECT, item_of
from traymail.store.spool import Spool
from traymail.store.write_ahead import LOST_AND_FOUND, databases_set_aside, logs_set_aside

# A month of mails with large files would fill a disk.
KEPT_BYTES = 1_000_000_000
# In the order of the index ``mail_done``.
DONE = (State.SENT, State.PARTIAL, State.FAILED, State.CANCELLED)

_BATCHES = "batches"  # the number of the last one, among what `meta` remembers


@dataclass(frozen=True, slots=True)
class Recovered:
    """What a start found under way: due again, and those the server may have."""

    requeued: int
    unknown: int


class Outbox(Lists):
    """Mails in a database, their large files in a spool; usable by several processes.

    ``kept_bytes``: up to so much, the files of mails that are sent stay.
    """

    def __init__(self, database: Database, spool: Spool, kept_bytes: int = KEPT_BYTES) -> None:
        super().__init__(database)
        self._spool, self._kept_bytes = spool, kept_bytes

    def add(
        self,
        draft: Draft,
        composed: Composed,
        stamp: Stamp,
        now: datetime,
        *,
        due: datetime | None,
    ) -> OutboxItem:
        """Store a mail; when this returns, it survives a power cut.

        ``due`` is when it may first leave; None: once the user acts (its account is stopped).
        A mail with the same dedupe key is there already: that one is returned, and the new
        spool files are removed. Raises StateError.
        """
        if draft.batch is None:  # else it was looked at once for all of them
            self._spool.require_room()
        with self._database.transaction() as connection:
            known = (
                connection.execute(SELECT + "WHERE dedupe_key = ?", (draft.dedupe_key,)).fetchone()
                if draft.dedupe_key is not None
                else None
            )
            if known is None:
                return self.get(rows.insert_mail(connection, draft, composed, stamp, (now, due)))
        # The same call again (its first answer was lost) brings the files that are in use.
        new = {place.attachment.spool for place in composed.placed} - self.spooled()
        self._spool.remove(name for name in new if name)
        return item_of(known)

    def new_batch(self) -> int:
        """Return a number that no batch had yet; inside the transaction that stores its mails."""
        self._spool.require_room()
        with self._database.transaction():
            number = self._largest_batch() + 1
            self.set_meta(_BATCHES, str(number))
        return number

    def _largest_batch(self) -> int:
        """Return the number of the last batch, also where what was counted is damaged."""
        kept = self.meta(_BATCHES) or ""
        counted = int(kept) if re.fullmatch("[0-9]{1,15}", kept) else 0
        with self._database.read() as connection:
            row = connection.execute(
                "SELECT max(batch) AS last FROM mail WHERE batch < 1000000000000000"
            ).fetchone()
        return max(counted, row["last"] or 0)

    def mend_clock(self, account: str, now: datetime) -> None:
        """Let nothing wait for a time that was planned by a clock that has since been set back."""
        with self._database.read() as connection:
            ahead = due.planned_ahead(connection, account, now)
            row = connection.execute("SELECT max(at) AS last FROM departure").fetchone()
        departed = row["last"] is not None and row["last"] > to_ms(now + SLIP)
        if not ahead and not departed:
            return
        with self._database.transaction() as connection:
            due.make_due(connection, account, ahead, now)
            # Their caps hold from now on, at most.
            moved = {"now": to_ms(now)}
            connection.execute("UPDATE departure SET at = :now WHERE at > :now", moved)
            if ahead:
                # The account's pause was planned by the same clock.
                connection.execute(
                    "UPDATE account_state SET hold_until = NULL WHERE name = ?", (account,)
                )

    def move_times(self, step: timedelta) -> None:
        """Move along, as a clock is set, what is noted of the past, and pauses of accounts."""
        values = {"step": round(step / timedelta(milliseconds=1))}
        with self._database.transaction() as connection:
            for table, column in (
                ("departure", "at"),
                ("account_state", "hold_until"),
                ("mail", "since"),
            ):
                connection.execute(
                    f"UPDATE {table} SET {column} = {column} + :step"  # noqa: S608 # ours
                    f" WHERE typeof({column}) = 'integer'",
                    values,
                )

    def claim(
        self,
        account: str,
        now: datetime,
        *,
        only: int | None = None,
        not_rules: Collection[str] = (),
    ) -> OutboxItem | None:
        """Take the account's mail that is due first; it is ``sending`` from here on.

        ``only`` asks for this very mail; mails of ``not_rules`` are left where they are.
        A claim that a power cut takes away is a mail that still waits: it need not reach the disk.
        """
        with self._database.transaction(durable=False) as connection:
            while True:
                mail_id = due.first_due(connection, account, now, only=only, not_rules=not_rules)
                if mail_id is None:
                    return None
                connection.execute(
                    "UPDATE mail SET state = 'sending', phase = 'pre', attempts = attempts + 1,"
                    " tries = tries + 1, since = coalesce(since, :now), updated_at = :now"
                    " WHERE id = :id",
                    {"id": mail_id, "now": to_ms(now)},
                )
                item = self.get(mail_id)
                if item.state is State.SENDING:
                    return item
                # Damaged: it has failed, and keeps no other one waiting.
                rows.save(connection, item)

    def enter_final(self, mail_id: int, now: datetime) -> None:
        """Commit that what follows may make the mail accepted; caps count it from here."""
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE mail SET phase = 'data', updated_at = :now WHERE id = :id",
                {"id": mail_id, "now": to_ms(now)},
            )
            connection.execute(
                "INSERT INTO departure (at, account, rule)"
                " SELECT :now, account, rule FROM mail WHERE id = :id",
                {"id": mail_id, "now": to_ms(now)},
            )
            self._forget_departures(now - LONGEST_CAP)

    def enter_part(self, mail_id: int, parts: int, parts_of: int, now: datetime) -> None:
        """Commit how many messages of a mail are taken: a retry begins behind them."""
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE mail SET phase = 'pre', parts = :parts, parts_of = :of, updated_at = :now,"
                " unsure = CASE WHEN parts < :parts THEN 0 ELSE unsure END WHERE id = :id",
                {"id": mail_id, "parts": parts, "of": parts_of, "now": to_ms(now)},
            )

    def finish(
        self,
        item: OutboxItem,
        attempt: Attempt | None = None,
        verdicts: Iterable[RecipientReply] = (),
    ) -> None:
        """Store what an attempt made of a mail, with its history, in one transaction.

        ``attempt`` None: it did not count as one (no network, stopped by the user).
        """
        with self._database.transaction() as connection:
            rows.save(connection, item)
            if attempt is not None:
                connection.execute(
                    "INSERT INTO attempt VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                    (
                        item.id,
                        attempt.number,
                        to_ms(attempt.started_at),
                        attempt.duration_ms,
                        attempt.outcome,
                        attempt.stage,
                        attempt.code,
                        attempt.reply,
                    ),
                )
            connection.executemany(
                "INSERT OR REPLACE INTO verdict VALUES (?, ?, ?, ?, ?)",
                [(item.id, v.mailbox, v.code, v.reply, v.advice_id) for v in verdicts],
            )

    def recover(
        self, now: datetime, unanswered: Callable[[str], str] = lambda _account: UNANSWERED
    ) -> Recovered:
        """Settle what a crash left: mails under way, files that belong to none.

        Only for the process that delivers in this home. ``unanswered`` is given the name of an
        account, and returns the advice id for a mail of it that was not answered.
        """
        with self._database.transaction() as connection:
            found = connection.execute(SELECT + "WHERE state = 'sending'").fetchall()
            items = [
                after_crash(item, now, unanswered(item.account)) for item in map(item_of, found)
            ]
            for item in items:
                rows.save(connection, item)
        path = self._database.path
        lost = logs_set_aside(path) or databases_set_aside(path)
        self._spool.sweep(self.spooled(), now, LOST_AND_FOUND if lost else "")
        unknown = sum(item.state is State.UNKNOWN for item in items)
        return Recovered(len(items) - unknown, unknown)

    def retry(self, ids: Collection[int] | None, now: datetime) -> list[OutboxItem]:
        """Make mails that wait or failed due now (None: all of them); return those changed."""
        return self._change(ids, RETRYABLE, lambda i: another_round(i, now))

    def cancel(self, ids: Collection[int], now: datetime) -> list[OutboxItem]:
        """Take mails that wait or failed out of the queue; return those changed."""
        return self._change(ids, RETRYABLE, lambda i: settled(i, State.CANCELLED, now))

    def resolve(self, mail_id: int, answer: Literal["sent", "resend"], now: datetime) -> OutboxItem:
        """Settle a mail of unknown fate: the user saw it arrive, or has it sent once more.

        Raises InputError for a mail in another state.
        """
        changed = self._change(
            [mail_id],
            (State.UNKNOWN,),
            lambda i: resent(i, now) if answer == "resend" else settled(i, State.SENT, now),
        )
        if not changed:
            raise InputError(
                text(
                    "Mail {id} is {state}, not unknown.",
                    id=mail_id,
                    state=self.get(mail_id).state.value,
                ),
                text("Only a mail the server may already have needs this decision."),
            )
        return changed[0]

    def park(self, account: str, now: datetime) -> int:
        """Let the account's waiting mails wait for the user; return how many there are."""
        with self._database.transaction() as connection:
            return connection.execute(
                f"UPDATE mail SET next_attempt_at = NULL, updated_at = :now WHERE {due.WAITING}",  # noqa: S608 # ours
                {"account": account, "now": to_ms(now)},
            ).rowcount

    def unpark(self, account: str, now: datetime) -> int:
        """Make the account's mails that wait for the user due; return how many there are."""
        with self._database.transaction() as connection:
            return connection.execute(
                "UPDATE mail SET next_attempt_at = :now, updated_at = :now, tries = 0, since = NULL"
                " WHERE state = 'queued' AND next_attempt_at IS NULL AND account = :account",
                {"account": account, "now": to_ms(now)},
            ).rowcount

    def purge(self, before: datetime) -> int:
        """Forget what ended (`DONE`) before that time; return how many: the user asks for it.

        Of what stays, the files of sent mails are kept up to a size, the latest first.
        """
        return self._purge("updated_at < :before", to_ms(before))

    def forget(self, before: timedelta) -> int:
        """Forget the same of what ended when less than that time had been seen to pass."""
        return self._purge("passed < :before", before // timedelta(milliseconds=1))

    def _purge(self, which: str, before: int) -> int:
        with self._database.transaction() as connection:
            needed = self.spooled()
            count = connection.execute(
                f"DELETE FROM mail WHERE {rows.among(*DONE)} AND {which}",  # noqa: S608 # ours
                {"before": before},
            ).rowcount
            _drop_files(connection, self._kept_bytes)
            gone = needed - self.spooled()
        self._spool.remove(gone)
        return count

    def _change(
        self,
        ids: Collection[int] | None,
        states: Collection[State],
        decide: Callable[[OutboxItem], OutboxItem],
    ) -> list[OutboxItem]:
        """Save what ``decide`` makes of these mails, of those in one of ``states``.

        What servers said of a recipient is forgotten where the mail is on its way to them anew.
        """
        with self._database.transaction() as connection:
            if ids is None:
                found = [item for state in states for item in self.find(state=state)]
            else:
                found = [item for item in map(self.get, ids) if item.state in states]
            changed = [decide(item) for item in found]
            for item in changed:
                rows.save(connection, item)
            anew = [
                (item.id, mailbox)
                for item in changed
                if item.state is State.QUEUED
                for mailbox in item.pending
            ]
            connection.executemany("DELETE FROM verdict WHERE mail_id = ? AND mailbox = ?", anew)
        return changed


def _drop_files(connection: sqlite3.Connection, most: int) -> None:
    """Forget the oldest large files of mails that need them no more."""
    files = connection.execute(
        "SELECT attachment.rowid AS row, attachment.size FROM attachment"
        " JOIN mail ON mail.id = mail_id"
        " WHERE spool IS NOT NULL AND state IN ('sent', 'cancelled') ORDER BY updated_at DESC"
    ).fetchall()
    kept = 0
    for file in files:
        kept += file["size"]
        if kept > most:
            connection.execute("UPDATE attachment SET spool = NULL WHERE rowid = ?", (file["row"],))
