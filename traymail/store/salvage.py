"""A damaged database is set aside, and what can still be read of it goes on."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path

from traymail.core.errors import StateError
from traymail.core.reasons import reason_of
from traymail.core.texts import text
from traymail.store.database import (
    Database,
    apply_migrations,
    as_state_error,
    connect,
    has_lost_all,
    is_filled,
    is_of_known_form,
    kept_version,
    make_private_file,
    mark_of,
    migrations,
    salvaged_from,
    set_aside_as,
    text_of,
    user_version,
)

# After so many rows that cannot be read one after the other, nothing more is expected.
LONGEST_GAP = 100_000
# The names of migrations have four digits.
LARGEST_VERSION = 9999
# What SQLite calls the values that are kept in a column of each type, and an empty one; it would
# take any other, and so does a damaged file.
_KINDS: dict[str, tuple[str, type, object]] = {
    "INTEGER": ("integer", int, 0),
    "TEXT": ("text", str, ""),
    "BLOB": ("blob", bytes, b""),
}
# Numbers that are too large for it are kept as digits.
_DIGITS = {
    (table, column) for table in ("ledger_file", "moved_file") for column in ("size", "mtime_ns")
}
# After the largest of all numbers none could be given to another mail.
LARGEST_ID = 1 << 53
_ROWID = "salvaged_rowid"
# The bytes of the head of a file: https://sqlite.org/fileformat2.html#the_database_header
_HEAD = 100
# What says nothing of the file itself.
_ELSEWHERE = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_NOMEM,
}


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
    salvaged = salvaged_from(path)
    try:
        if not path.exists() and salvaged.exists():
            salvaged.replace(path)  # as `_rename` leaves it in between, or `Database.leave`
        if has_lost_all(path):
            make_private_file(path)
        elif not path.exists() or _is_whole(path):
            return None
        _remove(salvaged)
        mails, incomplete = _salvage(path, salvaged)
        mark_of(salvaged).unlink(missing_ok=True)
        set_aside = set_aside_as(path, now)
        _rename(path, set_aside)
        _rename(salvaged, path)
    except OSError as error:
        raise StateError(
            text(
                "{path} is damaged and cannot be replaced: {reason}",
                path=path,
                reason=reason_of(error),
            ),
            text("Look at the disk of that place, then start traymail again."),
        ) from error
    return Salvage(set_aside, mails, incomplete)


def _salvage(damaged: Path, salvaged: Path) -> tuple[int, int]:
    """Copy what can be read; return how many mails there are, and how many lost a part."""
    with closing(Database(salvaged)) as database, database.transaction() as target:
        with _readable(damaged) as readable, closing(sqlite3.connect(readable)) as source:
            # Else nothing can be read where a word of the schema is damaged.
            source.execute("PRAGMA writable_schema = ON")
            source.row_factory, source.text_factory = sqlite3.Row, text_of
            # What a damaged file says of its rows may have no end.
            most = sum(part.stat().st_size for part in _parts(damaged) if part.exists())
            for table in _tables(target):
                _copy(islice(_rows(source, target, table), most), target, table)
        incomplete = _fail_incomplete(target)
        mails: int = target.execute("SELECT count(*) FROM mail").fetchone()[0]
    return mails, incomplete


@contextmanager
def _readable(damaged: Path) -> Iterator[Path]:
    """Yield the file itself, or a copy whose head says again what each of ours says.

    SQLite believes the head, and reads nothing behind one that is damaged. Raises OSError.
    """
    with damaged.open("rb") as file:
        head, size = file.read(_HEAD), os.fstat(file.fileno()).st_size
    sound = _sound(head.ljust(_HEAD, b"\0"), size)
    if sound == head or (len(head) < _HEAD and not _parts(damaged)[0].exists()):
        yield damaged
        return
    copy = damaged.with_name(f"{damaged.name}.reading")
    _remove(copy)
    try:
        for part, to in zip(_parts(damaged), _parts(copy), strict=True):
            if part.exists() and not part.name.endswith("-shm"):
                make_private_file(to)
                shutil.copyfile(part, to)
        with copy.open("r+b") as file:
            file.write(sound)
            # Of what is empty, SQLite would throw the log away.
            file.truncate(max(size, _page_size()))
        yield copy
    finally:
        _remove(copy)


def _sound(head: bytes, size: int) -> bytes:
    """Return the head with what is the same in all of our files, or what their size tells."""
    page = _page_size()
    fields = (
        (0, b"SQLite format 3\0"),
        (16, (page % 65_535).to_bytes(2)),  # 65,536 is told as 1
        (18, bytes((2, 2, 0, 64, 32, 32))),  # with a log; how pages are filled
        (28, (size // page).to_bytes(4)),
        (44, (4).to_bytes(4)),  # the form of the schema
        (52, bytes(4)),  # nothing is moved by itself
        (56, (1).to_bytes(4)),  # UTF-8
        (64, bytes(4)),
    )
    sound = bytearray(head)
    for place, words in fields:
        sound[place : place + len(words)] = words
    return bytes(sound)


def _page_size() -> int:
    with closing(sqlite3.connect(":memory:")) as fresh:
        size: int = fresh.execute("PRAGMA page_size").fetchone()[0]
    return size


def _parts(path: Path) -> list[Path]:
    # The log belongs to this database and to no other.
    return [path.with_name(path.name + suffix) for suffix in ("-wal", "-shm", "")]


def _rename(path: Path, target: Path) -> None:
    for part, goal in zip(_parts(path), _parts(target), strict=True):
        with suppress(FileNotFoundError):
            part.replace(goal)


def _remove(path: Path) -> None:
    for part in (*_parts(path), mark_of(path)):
        part.unlink(missing_ok=True)


def _is_whole(path: Path) -> bool:
    """Look all of it through; what a damaged file makes the library raise may be anything."""
    if not is_of_known_form(path):
        return False
    filled = is_filled(path)  # asked first: it is marked after it was made
    try:
        with closing(connect(path)) as connection:
            sound = connection.execute("PRAGMA integrity_check(1)").fetchone()[0] == "ok"
            version, tables = user_version(connection), _tables(connection)
            sound = sound and bool(version or not filled)
            sound = sound and kept_version(connection) in {None, version}
            sound = sound and _is_as_made(connection, version)
            sound = sound and not any(_holds_odd_values(connection, table) for table in tables)
            sound = sound and not ("mail" in tables and _has_odd_numbers(connection))
    except sqlite3.Error as error:
        if error.sqlite_errorcode & 0xFF not in _ELSEWHERE:
            return False
        raise as_state_error(error, path) from error
    except Exception:  # noqa: BLE001 # told, and what can be read is kept
        return False
    return sound and 0 <= version <= LARGEST_VERSION and bool(version) == bool(tables)


def _is_as_made(connection: sqlite3.Connection, version: int) -> bool:
    """Tell whether tables and columns are those of its version; a newer one's are not known."""
    if version not in migrations():
        return True
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as made:
        apply_migrations(made, 0, version)
        return _shape(made) == _shape(connection)


def _shape(connection: sqlite3.Connection) -> set[tuple[str, ...]]:
    """Return what the schema says, but for how it is written: versions of SQLite differ in that."""
    rows = connection.execute(
        "SELECT type, name, tbl_name, coalesce(sql, '') FROM sqlite_schema"
        " WHERE name NOT LIKE 'sqlite_stat%'"
    )
    return {(*row[:3], re.sub(r'--[^\n]*|[\s"]', "", row[3])) for row in map(tuple, rows)}


def _holds_odd_values(connection: sqlite3.Connection, table: str) -> bool:
    odd = [
        f"typeof(\"{column['name']}\") NOT IN ('null', '{_KINDS[column['type']][0]}')"
        for column in connection.execute(f'PRAGMA table_info("{table}")')
        if column["type"] in _KINDS and (table, column["name"]) not in _DIGITS
    ]
    question = f'SELECT 1 FROM "{table}" WHERE {" OR ".join(odd)} LIMIT 1'  # noqa: S608 # ours
    return bool(odd) and connection.execute(question).fetchone() is not None


def _has_odd_numbers(connection: sqlite3.Connection) -> bool:
    first, last = connection.execute(
        "SELECT min(id), max(id) FROM (SELECT id FROM mail"
        " UNION ALL SELECT seq FROM sqlite_sequence WHERE name = 'mail' AND seq > 0)"
    ).fetchone()
    return first is not None and not 1 <= first <= last <= LARGEST_ID


def _tables(connection: sqlite3.Connection) -> list[str]:
    """Return the tables; what others refer to comes first."""
    rows = connection.execute(
        "SELECT name FROM sqlite_schema AS made WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
        " ORDER BY (SELECT count(*) FROM pragma_foreign_key_list(made.name)), rowid"
    ).fetchall()
    return [row["name"] for row in rows]


def _copy(rows: Iterable[sqlite3.Row], target: sqlite3.Connection, table: str) -> None:
    """Copy the rows that can be read and fit; the names of tables and columns are ours."""
    known = {row["name"]: row for row in target.execute(f'PRAGMA table_info("{table}")')}
    for row in rows:
        # Where a name is damaged, the place tells which column it is.
        there = [name for name in row.keys() if name != _ROWID]  # noqa: SIM118 # a Row, no dict
        named = zip(known if len(known) == len(there) else there, there, strict=True)
        values = {name: row[one] for name, one in named if name in known}
        if table == "mail" and not 1 <= values["id"] <= LARGEST_ID:
            continue
        odd = [name for name in values if _is_odd(table, known[name], values[name])]
        for name in odd:
            column = known[name]
            values[name] = _KINDS[column["type"]][2] if column["notnull"] else None
        if any(known[name]["notnull"] or known[name]["pk"] for name in odd):
            if table != "mail":
                continue
            values["files"] = -1  # shown, and never sent: see `_fail_incomplete`
        names = ", ".join(f'"{name}"' for name in values)
        marks = ", ".join("?" * len(values))
        # A row that breaks a rule of the table, or belongs to a lost one, is lost too.
        with suppress(sqlite3.IntegrityError, sqlite3.DataError):
            target.execute(
                f'INSERT OR IGNORE INTO "{table}" ({names}) VALUES ({marks})',  # noqa: S608 # ours
                list(values.values()),
            )


def _is_odd(table: str, column: sqlite3.Row, value: object) -> bool:
    """Tell whether a column was never given such a value."""
    kind = _KINDS.get(column["type"])
    return (
        kind is not None
        and value is not None
        and not isinstance(value, kind[1])
        and (table, column["name"]) not in _DIGITS
    )


def _rows(
    source: sqlite3.Connection, target: sqlite3.Connection, table: str
) -> Iterator[sqlite3.Row]:
    """Yield what can be read, some rows perhaps twice."""
    about = target.execute(f'PRAGMA table_info("{table}")').fetchall()
    backwards = ", ".join(f'"{row["name"]}" DESC' for row in about if row["pk"])
    try:
        yield from _asked(source, f'SELECT * FROM "{table}"')  # noqa: S608 # ours
    except _Unreadable:
        if _has_rowid(target, table):
            yield from _rows_one_by_one(source, table)
        else:
            with suppress(_Unreadable):
                yield from _asked(source, f'SELECT * FROM "{table}" ORDER BY {backwards}')  # noqa: S608 # ours


class _Unreadable(Exception):
    """The damaged file made the library raise."""


def _asked(source: sqlite3.Connection, question: str, *values: int) -> Iterator[sqlite3.Row]:
    """Yield the answer; raises _Unreadable, whatever it was that the library raised."""
    try:
        yield from source.execute(question, values)
    except GeneratorExit:
        raise
    except Exception as error:
        raise _Unreadable from error


def _has_rowid(target: sqlite3.Connection, table: str) -> bool:
    made = target.execute("SELECT sql FROM sqlite_schema WHERE name = ?", (table,)).fetchone()
    return not made["sql"].upper().rstrip().endswith("WITHOUT ROWID")


def _rows_one_by_one(source: sqlite3.Connection, table: str) -> Iterator[sqlite3.Row]:
    """Step over pages that cannot be read."""
    after, gap = -1, 1
    while gap <= LONGEST_GAP:
        question = (
            f'SELECT rowid AS {_ROWID}, * FROM "{table}" WHERE rowid > ?'  # noqa: S608 # ours
            " ORDER BY rowid LIMIT 1"
        )
        try:
            row = next(_asked(source, question, after), None)
        except _Unreadable:
            row = None
        else:
            if row is None:
                return
        # In a damaged tree, a row may come that was not asked for.
        if row is None or row[_ROWID] <= after:
            after += gap
            gap *= 2
            continue
        after, gap = row[_ROWID], 1
        yield row


def _fail_incomplete(connection: sqlite3.Connection) -> int:
    """Mark mails that lost their text or a file, so that no half of one is sent."""
    return connection.execute(
        "UPDATE mail SET state = 'failed', next_attempt_at = NULL, advice_id = 'attachment'"
        " WHERE state IN ('queued', 'sending', 'unknown') AND"
        " (id NOT IN (SELECT mail_id FROM content)"
        " OR files <> (SELECT count(*) FROM attachment WHERE mail_id = mail.id))"
    ).rowcount
