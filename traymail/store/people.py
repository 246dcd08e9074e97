"""Whom the user has written to: kept for completion, forgotten when asked."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from traymail.core.message import Address
from traymail.store.database import Database, to_ms

MOST = 1000


class People:
    """Past recipients. All methods raise StateError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def note(self, addresses: Iterable[Address], now: datetime) -> None:
        """Count a use of each address; a name given now takes the place of an older one."""
        with self._database.transaction() as connection:
            connection.executemany(
                "INSERT INTO person VALUES (:mailbox, :name, 1, :now)"
                " ON CONFLICT (mailbox) DO UPDATE SET uses = uses + 1, last_used_at = :now,"
                " name = CASE WHEN :name = '' THEN name ELSE :name END",
                [
                    {"mailbox": address.mailbox, "name": address.name, "now": to_ms(now)}
                    for address in addresses
                ],
            )

    def known(self) -> tuple[Address, ...]:
        """Return past recipients, the most used first, of equals the latest first."""
        with self._database.read() as connection:
            found = connection.execute(
                "SELECT mailbox, name FROM person ORDER BY uses DESC, last_used_at DESC LIMIT ?",
                (MOST,),
            ).fetchall()
        return tuple(Address(row["mailbox"], row["name"]) for row in found)

    def forget(self, mailbox: str) -> None:
        """Forget one of them."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM person WHERE mailbox = ?", (mailbox,))
