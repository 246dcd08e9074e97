"""The rules as last put in force, and what is remembered of each by its name."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import astuple

from traymail.core.renames import RuleTrace, renamed, traces_of
from traymail.core.rule import Rule
from traymail.store.database import Database


class KnownRules:
    """Knows a rule again that has another name, and the caps of rules that were taken out."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put_in_force(self, rules: Iterable[Rule]) -> Mapping[str, str]:
        """Remember the configuration's rules; return the new names of those that have one, by old.

        All that is remembered under an old name is under the new one from now on. Raises
        StateError: nothing was changed.
        """
        after = traces_of(rules)
        before = self._traces()
        if before == after:
            return {}
        names = renamed(before, after)
        with self._database.transaction() as connection:
            for old, new in names.items():
                _carry_over(connection, old, new)
            connection.execute("UPDATE known_rule SET position = NULL")
            connection.executemany(
                "INSERT OR REPLACE INTO known_rule"
                " (position, name, kind, place, digest, max_per_hour) VALUES (?, ?, ?, ?, ?, ?)",
                [(position, *astuple(trace)) for position, trace in enumerate(after)],
            )
            connection.execute(
                "DELETE FROM known_rule WHERE position IS NULL AND NOT EXISTS"
                " (SELECT 1 FROM mail WHERE mail.rule = known_rule.name"
                " AND (state = 'queued' OR state = 'sending'))"
            )
        return names

    def caps(self) -> dict[str, int]:
        """Return the mails an hour of each rule known, also of those that were taken out."""
        with self._database.read() as connection:
            rows = connection.execute("SELECT name, max_per_hour FROM known_rule").fetchall()
        return {row["name"]: row["max_per_hour"] for row in rows}

    def _traces(self) -> tuple[RuleTrace, ...]:
        with self._database.read() as connection:
            rows = connection.execute(
                "SELECT name, kind, place, digest, max_per_hour FROM known_rule"
                " WHERE position IS NOT NULL ORDER BY position"
            ).fetchall()
        return tuple(RuleTrace(*row) for row in rows)


def _carry_over(connection: sqlite3.Connection, old: str, new: str) -> None:
    """Give all that one rule left behind to its new name, in place of what an earlier one left."""
    names = {"old": old, "new": new}
    connection.execute(
        "DELETE FROM ledger_root WHERE rule = :new"
        " AND folder IN (SELECT folder FROM ledger_root WHERE rule = :old)",
        names,
    )
    for table in ("log_rule", "log_file"):
        connection.execute(f"DELETE FROM {table} WHERE rule = :new", names)  # noqa: S608 # ours
    for table in ("mail", "departure", "ledger_root", "log_rule", "log_file"):
        connection.execute(
            f"UPDATE {table} SET rule = :new WHERE rule = :old",  # noqa: S608 # ours
            names,
        )
    connection.execute("DELETE FROM known_rule WHERE name = :old", names)
