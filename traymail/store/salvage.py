"""A damaged database is set aside, and what can still be read of it goes on."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from traymail.core.errors import StateError
from traymail.core.texts import text
from traymail.store.database import Database, connect

# After so many rows that cannot be read one after the other, nothing more is expected.
LONGEST_GAP = 100_000


@dataclass(frozen=True, slots=True)
class Salvage:
    """What became of a damaged database: where it is now, and how many mails were kept.

    ``incomplete`` mails lost a part of their content; they are failed, and not sent.
    """

    set_aside: Path
    mails: int
    incomplete: int


def check(path: Path, now: datetime) -> Salvage | None:
    """Look a database through; None: it is whole, or not there yet.

    Only for the process that owns the home, before it opens the database. A damaged one is
    renamed, after a new one was made of what can be read. Raises StateError.
    """
    salvaged = path.with_name(f"{path.name}.salvaged")
    try:
        if not path.exists() and salvaged.exists():
            salvaged.replace(path)  # the program ended between the two renames below
        if not path.exists() or _is_whole(path):
            return None
        _remove(salvaged)
        mails, incomplete = _salvage(path, salvaged)
        set_aside = path.with_name(f"{path.name}.damaged-{now:%Y%m%dT%H%M%SZ}")
        _rename(path, set_aside)
        _rename(salvaged, path)
    except OSError as error:
        raise StateError(
            text(
                "{path} is damaged and cannot be replaced: {reason}",
                path=path,
                reason=error.strerror,
            ),
            text("Look at the disk of that place, then start traymail again."),
        ) from error
    return Salvage(set_aside, mails, incomplete)


def _salvage(damaged: Path, salvaged: Path) -> tuple[int, int]:
    """Copy what can be read; return how many mails there are, and how many lost a part."""
    with closing(Database(salvaged)) as database, database.transaction() as target:
        with suppress(sqlite3.DatabaseError), closing(connect(damaged)) as source:
            for table in _tables(target):
                _copy(source, target, table)
        incomplete = _fail_incomplete(target)
        mails: int = target.execute("SELECT count(*) FROM mail").fetchone()[0]
    return mails, incomplete


def _parts(path: Path) -> list[Path]:
    # The log belongs to this database and to no other.
    return [path.with_name(path.name + suffix) for suffix in ("-wal", "-shm", "")]


def _rename(path: Path, target: Path) -> None:
    for part, goal in zip(_parts(path), _parts(target), strict=True):
        with suppress(FileNotFoundError):
            part.replace(goal)


def _remove(path: Path) -> None:
    for part in _parts(path):
        part.unlink(missing_ok=True)


def _is_whole(path: Path) -> bool:
    try:
        with closing(connect(path)) as connection:
            return bool(connection.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok")
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode & 0xFF in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}:
            return False
        raise StateError(
            text("{path} cannot be used: {reason}", path=path, reason=error),
            text("Look at the disk of that place, then try again."),
        ) from error


def _tables(connection: sqlite3.Connection) -> list[str]:
    """Return the tables in the order they were made: what others refer to comes first."""
    rows = connection.execute(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
        " ORDER BY rowid"
    ).fetchall()
    return [row["name"] for row in rows]


def _copy(source: sqlite3.Connection, target: sqlite3.Connection, table: str) -> None:
    """Copy the rows that can be read and fit; the names of tables and columns are ours."""
    about = target.execute(f'PRAGMA table_info("{table}")').fetchall()
    known = [row["name"] for row in about]
    key = ", ".join(f'"{row["name"]}" DESC' for row in about if row["pk"])
    for row in _rows(source, table, key):
        columns = [name for name in row.keys() if name in known]  # noqa: SIM118 # a Row, no dict
        names = ", ".join(f'"{name}"' for name in columns)
        marks = ", ".join("?" * len(columns))
        # A row that breaks a rule of the table, or belongs to a lost one, is lost too.
        with suppress(sqlite3.IntegrityError):
            target.execute(
                f'INSERT OR IGNORE INTO "{table}" ({names}) VALUES ({marks})',  # noqa: S608 # ours
                [row[name] for name in columns],
            )


def _rows(source: sqlite3.Connection, table: str, backwards: str) -> Iterator[sqlite3.Row]:
    """Yield what can be read, some rows perhaps twice."""
    try:
        yield from source.execute(f'SELECT * FROM "{table}"')  # noqa: S608 # ours
    except sqlite3.DatabaseError:
        if _has_rowid(source, table):
            yield from _rows_one_by_one(source, table)
        else:
            with suppress(sqlite3.DatabaseError):
                yield from source.execute(f'SELECT * FROM "{table}" ORDER BY {backwards}')  # noqa: S608 # ours


def _has_rowid(source: sqlite3.Connection, table: str) -> bool:
    with suppress(sqlite3.DatabaseError):
        made = source.execute("SELECT sql FROM sqlite_schema WHERE name = ?", (table,)).fetchone()
        return not made["sql"].upper().rstrip().endswith("WITHOUT ROWID")
    return False


def _rows_one_by_one(source: sqlite3.Connection, table: str) -> Iterator[sqlite3.Row]:
    """Step over pages that cannot be read."""
    after, gap = -1, 1
    while gap <= LONGEST_GAP:
        try:
            row = source.execute(
                f'SELECT rowid AS salvaged_rowid, * FROM "{table}" WHERE rowid > ?'  # noqa: S608 # ours
                " ORDER BY rowid LIMIT 1",
                (after,),
            ).fetchone()
        except sqlite3.DatabaseError:
            after += gap
            gap *= 2
            continue
        if row is None:
            return
        after, gap = row["salvaged_rowid"], 1
        yield row


def _fail_incomplete(connection: sqlite3.Connection) -> int:
    """Mark mails that lost their text or a file, so that no half of one is sent."""
    return connection.execute(
        "UPDATE mail SET state = 'failed', next_attempt_at = NULL, advice_id = 'attachment'"
        " WHERE state IN ('queued', 'sending', 'unknown') AND"
        " (id NOT IN (SELECT mail_id FROM content)"
        " OR files <> (SELECT count(*) FROM attachment WHERE mail_id = mail.id))"
    ).rowcount
