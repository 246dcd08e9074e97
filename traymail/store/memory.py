"""What is remembered beside the mails: departures for the caps, accounts, small facts."""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import datetime, timedelta

from traymail.core.outbox import AccountState
from traymail.store.database import Database, from_ms, to_ms

# The longest span a cap speaks of; older departures are forgotten.
LONGEST_CAP = timedelta(days=1)


class Memory:
    """The small tables of the outbox."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def transaction(self) -> AbstractContextManager[object]:
        """Let several calls of this thread be stored together, or not at all."""
        return self._database.transaction()

    def departure(
        self,
        nth: int,
        *,
        account: str | None = None,
        rule: str | None = None,
        by_rules: bool = False,
    ) -> datetime | None:
        """Return when the nth last mail entered its final phase (1: the last one).

        Counted are the mails of an account, of a rule, or (``by_rules``) all not sent by hand.
        None when not so many are remembered, or within `LONGEST_CAP` before the last one.
        """
        conditions = {"account = :account": account is not None, "rule = :rule": rule is not None}
        wanted = [condition for condition, given in conditions.items() if given]
        if rule is not None or by_rules:
            wanted.append("rule <> ''")
        with self._database.read() as connection:
            row = connection.execute(
                f"SELECT at FROM departure WHERE {' AND '.join(wanted)}"  # noqa: S608 # ours
                " ORDER BY at DESC LIMIT 1 OFFSET :skipped",
                {"account": account, "rule": rule, "skipped": nth - 1},
            ).fetchone()
        return None if row is None else from_ms(row["at"])

    def _forget_departures(self, before: datetime) -> None:
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM departure WHERE at < ?", (to_ms(before),))

    def account_state(self, name: str) -> AccountState:
        """Return what is remembered of an account; a fresh state when nothing is."""
        with self._database.read() as connection:
            row = connection.execute(
                "SELECT * FROM account_state WHERE name = ?", (name,)
            ).fetchone()
        if row is None:
            return AccountState(name)
        return AccountState(
            name=name,
            stopped=bool(row["stopped"]),
            advice_id=row["advice_id"],
            code=row["code"],
            reply=row["reply"],
            connection=row["connection"],
            hold_until=None if row["hold_until"] is None else from_ms(row["hold_until"]),
            failures=row["failures"],
            login_worked=bool(row["login_worked"]),
        )

    def save_account_state(self, state: AccountState) -> None:
        """Remember an account's state."""
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO account_state VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    state.name,
                    state.stopped,
                    state.advice_id,
                    state.code,
                    state.reply,
                    state.connection,
                    None if state.hold_until is None else to_ms(state.hold_until),
                    state.failures,
                    state.login_worked,
                ),
            )

    def forget_account(self, name: str) -> None:
        """Forget what is remembered of an account; its mails stay."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM account_state WHERE name = ?", (name,))

    def meta(self, key: str) -> str | None:
        """Return a small fact by name."""
        with self._database.read() as connection:
            row = connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return None if row is None else row["value"]

    def set_meta(self, key: str, value: str) -> None:
        """Keep a small fact by name."""
        with self._database.transaction() as connection:
            connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))

    def forget_passed(self) -> None:
        """Let all that is noted with the time that has passed be as if it were from just now.

        Only where that begins anew, from nothing.
        """
        with self._database.transaction() as connection:
            for table in ("mail", "moved_file"):
                connection.execute(f"UPDATE {table} SET passed = 0 WHERE passed <> 0")  # noqa: S608 # ours

    def data_version(self) -> int:
        """Return a number that changes when another thread or process has written."""
        return self._database.data_version()


KEY = "pause"
ENDLESS = "until resumed"


class KeptPause:
    """Whether nothing may leave this computer, and until when."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    def pause(self, now: datetime) -> tuple[bool, datetime | None]:
        """Return whether all is paused at that time, and until when (None: until resumed)."""
        kept = self._memory.meta(KEY)
        if not kept:
            return False, None
        if kept == ENDLESS:
            return True, None
        try:
            until = datetime.fromisoformat(kept)
        except ValueError:  # damaged: better that nothing leaves, until the user says so
            return True, None
        if until.tzinfo is None:
            return True, None
        return (True, until) if until > now else (False, None)

    def remember_pause(self, until: datetime | None, *, paused: bool) -> None:
        """Remember a pause, or its end."""
        value = ENDLESS if until is None else until.isoformat()
        self._memory.set_meta(KEY, value if paused else "")
