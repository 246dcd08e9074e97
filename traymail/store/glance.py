"""A glance at the outbox while somebody types: it waits for nothing and changes nothing."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

from traymail.core.outbox import State
from traymail.store.database import text_of

# A writer holds the database for so long now and then; then there is nothing to see.
BUSY_SECONDS = 0.2


class SeenMail(NamedTuple):
    """A mail as a list of proposals shows it."""

    id: int
    state: State
    subject: str


def mails(path: Path, states: Collection[State], most: int) -> list[SeenMail]:
    """Return the newest mails in these states from the database; none if they cannot be read."""
    marks = ", ".join("?" * len(states))
    found = _rows(
        path,
        f"SELECT id, state, subject FROM mail WHERE state IN ({marks})"  # noqa: S608 # ours
        " ORDER BY id DESC LIMIT ?",
        (*(state.value for state in states), most),
    )
    return [SeenMail(mail_id, State(state), subject) for mail_id, state, subject in found]


def people(path: Path, beginning: str, most: int) -> list[tuple[str, str]]:
    """Return past recipients, address and name, whose address begins so, the most used first."""
    return _rows(
        path,
        "SELECT mailbox, name FROM person WHERE substr(mailbox, 1, length(:beginning)) = :beginning"
        " ORDER BY uses DESC, last_used_at DESC LIMIT :most",
        {"beginning": beginning, "most": most},
    )


def _rows(
    path: Path, question: str, values: tuple[str | int, ...] | dict[str, str | int]
) -> list[Any]:
    if not path.is_file():
        return []
    # Nobody has it open when there is no such file; SQLite would make one to read it.
    alone = not path.with_name(f"{path.name}-wal").exists()
    address = f"{path.absolute().as_uri()}?mode=ro" + ("&immutable=1" if alone else "")
    try:
        with closing(sqlite3.connect(address, uri=True, timeout=BUSY_SECONDS)) as connection:
            connection.text_factory = text_of
            return connection.execute(question, values).fetchall()
    except (sqlite3.Error, ValueError):
        return []
