"""What is remembered beside the mails: departures for the caps, accounts, small facts."""

from __future__ import annotations

from datetime import datetime

from traymail.core.outbox import AccountState
from traymail.store.database import Database, from_ms, to_ms


class Memory:
    """The outbox's small tables."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def left_since(
        self,
        since: datetime,
        account: str | None = None,
        rule: str | None = None,
        *,
        any_rule: bool = False,
    ) -> int:
        """Return how many mails have entered their final phase since then: what caps count.

        ``account`` and ``rule`` narrow it down; ``any_rule``: all that was not sent by hand.
        """
        return self._departures("count(*)", since, account, rule, any_rule=any_rule) or 0

    def earliest_left(
        self,
        since: datetime,
        account: str | None = None,
        rule: str | None = None,
        *,
        any_rule: bool = False,
    ) -> datetime | None:
        """Return when the first of those left: a window that is full opens a window after it."""
        earliest = self._departures("min(at)", since, account, rule, any_rule=any_rule)
        return None if earliest is None else from_ms(earliest)

    def forget_departures(self, before: datetime) -> None:
        """Forget departures so old that no cap counts them."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM departure WHERE at < ?", (to_ms(before),))

    def _departures(
        self,
        what: str,
        since: datetime,
        account: str | None,
        rule: str | None,
        *,
        any_rule: bool,
    ) -> int | None:
        conditions = ["at > :since"]
        if account is not None:
            conditions.append("account = :account")
        if rule is not None:
            conditions.append("rule = :rule")
        if rule is not None or any_rule:
            conditions.append("rule <> ''")
        with self._database.read() as connection:
            row = connection.execute(
                f"SELECT {what} FROM departure WHERE {' AND '.join(conditions)}",  # noqa: S608 # ours
                {"since": to_ms(since), "account": account, "rule": rule},
            ).fetchone()
        found: int | None = row[0]
        return found

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
            rule_id=row["rule_id"],
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
                    state.rule_id,
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

    def data_version(self) -> int:
        """Return a number that changes when another thread or process has written."""
        return self._database.data_version()
