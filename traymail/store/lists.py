"""What can be asked of the outbox without changing it."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator
from datetime import datetime
from types import NoneType

from traymail.core.errors import InputError, RecipientReply, SourceError
from traymail.core.message import LARGEST_NUMBER, Envelope, Mail, Placed
from traymail.core.outbox import Attempt, OutboxItem, State
from traymail.core.texts import by_command, text
from traymail.store import due, rows
from traymail.store.database import from_ms
from traymail.store.memory import Memory
from traymail.store.rows import SELECT, item_of

# No mail server takes a file of such a size, not by a long way.
LARGEST_FILE = 1 << 50
# So many entries of a batch are in memory at a time.
PAGE = 500
# What the columns of a message and its files hold; a damaged database may hold anything.
_KINDS: dict[str, tuple[type, ...]] = {
    "skeleton": (bytes,),
    "text": (str, NoneType),
    "html": (str, NoneType),
    "place": (int,),
    "name": (str,),
    "mime_type": (str,),
    "size": (int,),
    "sha256": (str,),
    "content": (bytes, NoneType),
    "spool": (str, NoneType),
}
# In the order of the index ``mail_open``.
OPEN = (State.QUEUED, State.SENDING, State.PARTIAL, State.FAILED, State.UNKNOWN)
# Not the JSON of the recipients as a whole: "cc" is in that of every mail.
_SEARCH = (
    "(subject LIKE :search ESCAPE '\\' OR EXISTS (SELECT 1 FROM json_tree(recipients)"
    " WHERE type = 'text' AND atom LIKE :search ESCAPE '\\'))"
)


class Lists(Memory):
    """Entries, messages, histories and counts."""

    def get(self, mail_id: int) -> OutboxItem:
        """Return a mail's entry; raises InputError when there is none."""
        row = None
        if abs(mail_id) <= LARGEST_NUMBER:  # else no number of ours, whoever asks
            with self._database.read() as connection:
                row = connection.execute(SELECT + "WHERE id = ?", (mail_id,)).fetchone()
        if row is None:
            raise InputError(
                text("The outbox has no mail {id}.", id=mail_id),
                by_command(
                    text("Look the number up with: traymail outbox list"),
                    in_window=text("Sent mail is removed after a while."),
                ),
            )
        return item_of(row)

    def find(
        self,
        *,
        state: State | None = None,
        account: str | None = None,
        rule: str | None = None,
        search: str = "",
        batch: int | None = None,
        limit: int = -1,
    ) -> list[OutboxItem]:
        """Return entries, newest first; ``search`` looks into subjects, names and addresses."""
        conditions = {
            "state = :state": state.value if state else None,
            "account = :account": account,
            "rule = :rule": rule,
            "batch = :batch": batch,
            _SEARCH: rows.like(search) if search else None,
        }
        wanted = [condition for condition, value in conditions.items() if value is not None]
        where = f"WHERE {' AND '.join(wanted)} " if wanted else ""
        values = dict(
            zip(("state", "account", "rule", "batch", "search"), conditions.values(), strict=True)
        )
        with self._database.read() as connection:
            found = connection.execute(
                SELECT + where + "ORDER BY id DESC LIMIT :limit", {**values, "limit": limit}
            ).fetchall()
        return [item_of(row) for row in found]

    def of_batch(self, batch: int) -> Iterator[OutboxItem]:
        """Yield the entries of a batch in their order, some at a time."""
        after: int | None = 0
        while after is not None:
            with self._database.read() as connection:
                found = connection.execute(
                    SELECT + "WHERE batch = ? AND id > ? ORDER BY id LIMIT ?", (batch, after, PAGE)
                ).fetchall()
            yield from map(item_of, found)
            after = found[-1]["id"] if found else None

    def next_untried(self, batch: int, after: int = 0) -> OutboxItem | None:
        """Return the first mail of a batch behind ``after`` that waits and was never tried."""
        with self._database.read() as connection:
            row = connection.execute(
                SELECT + "WHERE batch = ? AND id > ? AND state = 'queued' AND attempts = 0"
                " ORDER BY id LIMIT 1",
                (batch, after),
            ).fetchone()
        return None if row is None else item_of(row)

    def posted_with(self, mail_id: int) -> list[int]:
        """Return the mails of the batch of a mail; only itself when it has none."""
        with self._database.read() as connection:
            found = connection.execute(
                "SELECT id FROM mail WHERE batch = (SELECT batch FROM mail WHERE id = ?)",
                (mail_id,),
            ).fetchall()
        return [row["id"] for row in found] or [mail_id]

    def latest_tried(self, batch: int) -> list[OutboxItem]:
        """Return the mails of a batch that were tried or ended last, the newest first."""
        with self._database.read() as connection:
            found = connection.execute(
                SELECT + "WHERE batch = ? AND NOT (state = 'queued' AND attempts = 0)"
                " ORDER BY updated_at DESC, id DESC LIMIT ?",
                (batch, PAGE),
            ).fetchall()
        return [item_of(row) for row in found]

    def count_untried(self, batch: int) -> int:
        """Return how many mails of a batch wait for their first try."""
        with self._database.read() as connection:
            count: int = connection.execute(
                "SELECT count(*) FROM mail WHERE batch = ? AND state = 'queued' AND attempts = 0",
                (batch,),
            ).fetchone()[0]
        return count

    def counts_of_batch(self, batch: int) -> dict[State, int]:
        """Return how many mails of a batch stand where; every state is a key."""
        with self._database.read() as connection:
            found = dict(
                connection.execute(
                    "SELECT state, count(*) FROM mail WHERE batch = ? GROUP BY state", (batch,)
                ).fetchall()
            )
        return {state: found.get(state.value, 0) for state in State}

    def mail(self, mail_id: int) -> Mail:
        """Return what is sent: the same bytes at every attempt, to those still pending.

        Raises SourceError for a mail that lost its content, as in a damaged database, or whose
        numbers cannot be true.
        """
        item = self.get(mail_id)
        with self._database.read() as connection:
            content = connection.execute(
                "SELECT skeleton, text, html FROM content WHERE mail_id = ?", (mail_id,)
            ).fetchone()
            files = connection.execute(
                "SELECT place, name, mime_type, size, sha256, content, spool FROM attachment"
                " WHERE mail_id = ? ORDER BY position",
                (mail_id,),
            ).fetchall()
        if content is None or not _is_sound(content, files):
            from traymail.core.reply_rules.details import LOST  # slow to import, and seldom needed

            raise SourceError(
                LOST.msgid,
                text("The content of mail {id} is lost.", id=mail_id),
                text("Write it again; the database was damaged."),
            )
        return Mail(
            message_id=item.message_id,
            envelope=Envelope(item.sender, item.pending),
            subject=item.subject,
            text=content["text"],
            html=content["html"],
            skeleton=content["skeleton"],
            placed=tuple(Placed(row["place"], rows.attachment_of(row)) for row in files),
            to=item.to,
            cc=item.cc,
            parts=item.parts,
        )

    def attempts(self, mail_id: int) -> list[Attempt]:
        """Return a mail's history, oldest attempt first."""
        with self._database.read() as connection:
            found = connection.execute(
                "SELECT number, started_at, duration_ms, outcome, stage, code, reply FROM attempt"
                " WHERE mail_id = ? ORDER BY rowid",
                (mail_id,),
            ).fetchall()
        return [rows.attempt_of(row) for row in found]

    def verdicts(self, mail_id: int) -> list[RecipientReply]:
        """Return what servers last said of each recipient."""
        with self._database.read() as connection:
            found = connection.execute(
                "SELECT mailbox, code, reply, advice_id FROM verdict WHERE mail_id = ?"
                " ORDER BY rowid",
                (mail_id,),
            ).fetchall()
        return [rows.verdict_of(row) for row in found]

    def next_due(self, account: str, not_rules: Collection[str] = ()) -> datetime | None:
        """Return when the account's next mail is due; None when none waits for a time."""
        with self._database.read() as connection:
            first = due.first(connection, account, not_rules)
        return from_ms(first[0]) if first else None

    def accounts_with_work(self) -> set[str]:
        """Return the accounts with mail that waits for its time."""
        with self._database.read() as connection:
            found = connection.execute(
                "SELECT DISTINCT account FROM mail"
                " WHERE state = 'queued' AND next_attempt_at IS NOT NULL"
            ).fetchall()
        return {row["account"] for row in found}

    def counts(self) -> dict[State, int]:
        """Return how many mails stand where; every state is a key."""
        with self._database.read() as connection:
            found = dict(
                connection.execute("SELECT state, count(*) FROM mail GROUP BY state").fetchall()
            )
        return {state: found.get(state.value, 0) for state in State}

    def counts_by_account(self) -> dict[str, dict[State, int]]:
        """Return the same by account, of accounts with mail that is not done."""
        counts: dict[str, dict[State, int]] = {}
        with self._database.read() as connection:
            found = connection.execute(
                "SELECT account, state, count(*) AS mails FROM mail"  # noqa: S608 # ours
                f" WHERE {rows.among(*OPEN)} GROUP BY state, account"
            ).fetchall()
        for row in found:
            of_account = counts.setdefault(row["account"], dict.fromkeys(State, 0))
            of_account[State(row["state"])] = row["mails"]
        return counts

    def spooled(self) -> set[str]:
        """Return the spool files that mails need."""
        with self._database.read() as connection:
            found = connection.execute(
                "SELECT spool FROM attachment WHERE spool IS NOT NULL"
            ).fetchall()
        return {row["spool"] for row in found}


def _is_sound(content: sqlite3.Row, files: list[sqlite3.Row]) -> bool:
    """Tell whether these are values as they were written, and may belong into one message."""
    for row in (content, *files):
        values = dict(row)
        if not all(isinstance(value, _KINDS[name]) for name, value in values.items()):
            return False
    places = [0, *(row["place"] for row in files), len(content["skeleton"])]
    return places == sorted(places) and all(0 <= row["size"] <= LARGEST_FILE for row in files)
