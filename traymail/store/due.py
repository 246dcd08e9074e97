"""Which mail is due first: the same cost with ten and with a hundred thousand waiting.

The index ``mail_due`` holds what waits, by account, rule and time. A rule that may not send just
now is stepped over as a whole, so its waiting mails cost nothing.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from datetime import datetime

from traymail.core.retry import due_after_clock_jump
from traymail.store.database import from_ms, to_ms

WAITING = "state = 'queued' AND next_attempt_at IS NOT NULL AND account = :account"


def first_due(
    connection: sqlite3.Connection,
    account: str,
    now: datetime,
    *,
    only: int | None,
    not_rules: Collection[str],
) -> int | None:
    """Return the id of the account's mail that is due first, or of ``only`` if that is due."""
    if only is not None:
        row = connection.execute(
            f"SELECT id FROM mail WHERE id = :id AND {WAITING} AND next_attempt_at <= :now",  # noqa: S608 # ours
            {"id": only, "account": account, "now": to_ms(now)},
        ).fetchone()
        return row["id"] if row else None
    waiting = first(connection, account, not_rules)
    return waiting[1] if waiting and waiting[0] <= to_ms(now) else None


def first(
    connection: sqlite3.Connection, account: str, not_rules: Collection[str]
) -> tuple[int, int] | None:
    """Return time (ms) and id of the account's mail that is due first, now or later."""
    found = [
        connection.execute(
            f"SELECT next_attempt_at, id FROM mail WHERE {WAITING} AND rule = :rule"  # noqa: S608 # ours
            " ORDER BY next_attempt_at, id LIMIT 1",
            {"account": account, "rule": rule},
        ).fetchone()
        for rule in rules_waiting(connection, account)
        if rule not in not_rules
    ]
    return min((tuple(row) for row in found if row), default=None)


def rules_waiting(connection: sqlite3.Connection, account: str) -> list[str]:
    """Return the rules ('' for mail sent by hand) that have mail waiting, by index steps."""
    rules: list[str] = []
    after: str | None = None
    while True:
        condition = "" if after is None else " AND rule > :after"
        row = connection.execute(
            f"SELECT rule FROM mail WHERE {WAITING}{condition} ORDER BY rule LIMIT 1",  # noqa: S608 # ours
            {"account": account, "after": after},
        ).fetchone()
        if row is None:
            return rules
        after = row["rule"]
        rules.append(row["rule"])


def planned_ahead(connection: sqlite3.Connection, account: str, now: datetime) -> list[str]:
    """Return the rules whose next mail was planned by a clock that has since been set back."""
    ahead = []
    for rule in rules_waiting(connection, account):
        row = connection.execute(
            f"SELECT next_attempt_at, updated_at FROM mail WHERE {WAITING}"  # noqa: S608 # ours
            " AND rule = :rule ORDER BY next_attempt_at, id LIMIT 1",
            {"account": account, "rule": rule},
        ).fetchone()
        if due_after_clock_jump(from_ms(row["next_attempt_at"]), from_ms(row["updated_at"]), now):
            ahead.append(rule)
    return ahead


def make_due(
    connection: sqlite3.Connection, account: str, rules: Collection[str], now: datetime
) -> None:
    """Make due what waits for these rules and was planned by a clock that has been set back."""
    connection.executemany(
        f"UPDATE mail SET next_attempt_at = :now, updated_at = :now WHERE {WAITING}"  # noqa: S608 # ours
        " AND rule = :rule AND updated_at > :now",
        [{"account": account, "rule": rule, "now": to_ms(now)} for rule in rules],
    )
