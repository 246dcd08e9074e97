"""The one SQLite file: connections, transactions, migrations; SQLite's errors end here."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import stat
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from traymail.core.duration import in_calendar
from traymail.core.errors import StateError
from traymail.core.reasons import reason_of
from traymail.core.texts import Text, text
from traymail.disk import NO_LINK, make_folder, opened_file
from traymail.store.write_ahead import logs_set_aside

MIGRATIONS = Path(__file__).parent / "migrations"
BUSY_SECONDS = 20.0
AGAIN_SECONDS = 0.01
# Where a file says of which form it is, to write and to read; those that SQLite has so far.
_FORMS = slice(18, 20)
_KNOWN_FORMS = (1, 2)
_VERSION = "version"  # of the schema, among what `meta` remembers


@dataclass(slots=True)
class _Connection:
    """A thread's connection, and how many blocks within one another are using it."""

    connection: sqlite3.Connection
    thread: threading.Thread
    used: threading.RLock
    uses: int = 0


class Database:
    """A database file, used by many threads and by several processes at a time.

    Every thread has a connection of its own. What a transaction has committed survives a power
    cut (WAL with synchronous=FULL). All errors are StateErrors.
    """

    def __init__(
        self, path: Path, *, busy_seconds: float = BUSY_SECONDS, steps: Path = MIGRATIONS
    ) -> None:
        """``busy_seconds``: how long another writer is waited for; ``steps``: the migrations."""
        self.path = path
        self._busy_seconds = busy_seconds
        self._local = threading.local()
        self._lock = threading.Lock()
        self._connections: list[_Connection] = []
        self._closed = False
        self._left: StateError | None = None
        with self._translating():
            marked = is_marked(path)
            filled = is_filled(path)
            require_no_loss(path)
            make_private_file(path)
            try:
                with self._in_use() as connection:
                    migrate(connection, path, empty=not filled, steps=steps)
            except BaseException:
                self.close()
                raise
            if not marked:
                _mark_as_made(path)
        self._files = _identities(path)

    @contextlib.contextmanager
    def transaction(self, *, durable: bool = True) -> Iterator[sqlite3.Connection]:
        """Write, all or nothing; inside another transaction of this thread it is part of that.

        Not ``durable``: a power cut may undo it, up to the next transaction that is. The end of
        the process never does.
        """
        with self._translating(), self._in_use() as connection:
            if self._depth():
                yield connection
                return
            if durable:
                with self._whole(connection):
                    yield connection
                return
            connection.execute("PRAGMA synchronous = NORMAL")
            try:
                with self._whole(connection):
                    yield connection
            finally:
                connection.execute("PRAGMA synchronous = FULL")

    @contextlib.contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """Read; inside a transaction of this thread, what that has written is seen."""
        with self._translating(), self._in_use() as connection:
            yield connection

    def data_version(self) -> int:
        """Return a number that changes when another thread or process has written."""
        with self.read() as connection:
            version: int = connection.execute("PRAGMA data_version").fetchone()[0]
        return version

    def is_gone(self) -> bool:
        """Tell whether its files were taken away, or others put in their place.

        SQLite goes on with those that it has open, and what it writes there nobody reads again.
        """
        try:
            return _identities(self.path) != self._files
        except OSError:
            return False  # not to be seen just now

    def leave(self, now: datetime) -> StateError:
        """Let nobody use what `is_gone`, and keep what it holds; returns what to tell.

        It is put where `traymail.store.salvage` looks for it, or beside what has its place.
        """
        self._left = StateError(
            text("{path} was taken away while traymail was running.", path=self.path),
            text("Start traymail again: it goes on with what it could keep of it."),
        )
        taken = _identities(self.path)[0]
        if taken == self._files[0]:
            return self._left  # its log was taken, and is written back when the last one closes
        target = salvaged_from(self.path) if taken is None else set_aside_as(self.path, now)
        whole = target.with_name(f"{target.name}.new")
        with self._translating(), self._in_use(left=True) as connection:
            # Whoever is writing is waited for; whoever comes after that is refused.
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("COMMIT")
            with contextlib.suppress(OSError):
                whole.unlink()
            make_private_file(whole)
            with closing(sqlite3.connect(whole)) as copy:
                connection.backup(copy)
        whole.replace(target)
        if taken is None:
            self.path.unlink(missing_ok=True)  # empty
        return self._left

    def close(self) -> None:
        """Close every thread's connection; one that a thread is using just now, when it is done.

        SQLite would go on with memory that is no longer its own.
        """
        with self._lock:
            self._closed = True
            for one in self._connections:
                if one.used.acquire(blocking=False):
                    one.connection.close()
                    one.used.release()
            self._connections.clear()

    @contextlib.contextmanager
    def _whole(self, connection: sqlite3.Connection) -> Iterator[None]:
        """Commit what the block does, or take it back."""
        connection.execute("BEGIN IMMEDIATE")
        self._local.depth = 1
        try:
            if self._left is not None:
                raise self._left
            yield
            # SQLite may have rolled back by itself (disk full), and someone caught that.
            if not connection.in_transaction:
                raise sqlite3.OperationalError("the transaction was rolled back")
            connection.execute("COMMIT")
        finally:
            self._local.depth = 0
            # Not blindly: after SQLITE_FULL there may be none, and ROLLBACK would hide why.
            if connection.in_transaction:
                connection.execute("ROLLBACK")

    def _depth(self) -> int:
        return getattr(self._local, "depth", 0)

    @contextlib.contextmanager
    def _in_use(self, *, left: bool = False) -> Iterator[sqlite3.Connection]:
        """Have this thread's connection, which nobody closes meanwhile; ``left``: for the last."""
        if self._left is not None and not left:
            raise self._left
        one: _Connection | None = getattr(self._local, "connection", None)
        if one is None:
            one = _Connection(
                connect(self.path, self._busy_seconds),
                threading.current_thread(),
                threading.RLock(),
            )
            self._local.connection = one
            with self._lock:
                self._drop_dead_threads()
                self._connections.append(one)
        with one.used:
            if self._closed and not one.uses:
                one.connection.close()
            one.uses += 1
            try:
                yield one.connection
            finally:
                one.uses -= 1
                if self._closed and not one.uses:
                    one.connection.close()

    def _drop_dead_threads(self) -> None:
        for one in list(self._connections):
            if not one.thread.is_alive():
                one.connection.close()
                self._connections.remove(one)

    @contextlib.contextmanager
    def _translating(self) -> Iterator[None]:
        try:
            yield
        # UnicodeDecodeError: the library's words about a file whose schema is damaged.
        except (sqlite3.Error, sqlite3.Warning, UnicodeDecodeError) as error:
            raise as_state_error(error, self.path) from error


def connect(path: Path, busy_seconds: float = BUSY_SECONDS) -> sqlite3.Connection:
    """Return a connection in autocommit mode with our settings; raises sqlite3.Error."""
    connection = sqlite3.connect(
        path,
        timeout=busy_seconds,
        isolation_level=None,
        check_same_thread=False,  # each is used by one thread; close() may come from another
    )
    try:
        connection.row_factory = sqlite3.Row
        connection.text_factory = text_of
        _use_wal(connection, busy_seconds)
        connection.execute("PRAGMA synchronous = FULL")
        if sys.platform == "darwin":
            # There, fsync alone leaves the data in the drive's cache.
            connection.execute("PRAGMA fullfsync = ON")
            connection.execute("PRAGMA checkpoint_fullfsync = ON")
        connection.execute("PRAGMA foreign_keys = ON")
    except BaseException:
        connection.close()
        raise
    return connection


def _use_wal(connection: sqlite3.Connection, busy_seconds: float) -> None:
    """Switch the log on; of several processes that do so at once, SQLite lets but one wait."""
    until = time.monotonic() + busy_seconds
    while connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            threading.Event().wait(AGAIN_SECONDS)


def text_of(raw: bytes) -> str:
    """Return a text as it is kept; a damaged one must not keep others from being read."""
    return raw.decode("utf-8", "replace")


def make_private_file(path: Path) -> None:
    """Make an empty file only its user can read, in a folder of that kind; raises StateError.

    SQLite gives its -wal and -shm files the permissions of the database.
    """
    try:
        make_folder(path.parent)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | NO_LINK, 0o600))
    except OSError as error:
        raise StateError(
            text("{path} cannot be written: {reason}", path=path, reason=reason_of(error)),
            text("Fix the permissions of that place, or choose another one with --home."),
        ) from error


def is_marked(path: Path) -> bool:
    """Tell whether the database was made once: what is not in it by now was lost."""
    return os.path.exists(mark_of(path))  # noqa: PTH110 # pathlib raises what is told better later


def is_filled(path: Path) -> bool:
    """Tell whether the database must have its tables; where its log was damaged, it may not."""
    return is_marked(path) and not logs_set_aside(path)


def mark_of(path: Path) -> Path:
    """Return the empty file beside a database that tells that it was made."""
    return path.with_suffix(".made")


def _mark_as_made(path: Path) -> None:
    # Without it, all works as well; and whoever has no room for it is told by what comes next.
    with contextlib.suppress(OSError):
        os.close(os.open(mark_of(path), os.O_WRONLY | os.O_CREAT | NO_LINK, 0o600))


def require_no_loss(path: Path) -> None:
    """Raise StateError where there was a database that is gone now, or cut to nothing.

    SQLite would make a new one, and throw a log away that may still have it all.
    """
    if has_lost_all(path):
        raise StateError(text("{path} is gone or empty, and it was not before.", path=path), _ANEW)


def has_lost_all(path: Path) -> bool:
    """Tell whether there was a database that is gone now, or cut to nothing."""
    # In this order: who makes one just now fills it before its log, and marks it last.
    there = is_marked(path) or not _is_nothing(path.with_name(f"{path.name}-wal"))
    return there and _is_nothing(path)


def salvaged_from(path: Path) -> Path:
    """Return where a database is made of what can be read of a damaged one."""
    return path.with_name(f"{path.name}.salvaged")


def set_aside_as(path: Path, now: datetime) -> Path:
    """Return where a damaged database is kept."""
    return path.with_name(f"{path.name}.damaged-{now:%Y%m%dT%H%M%SZ}")


def _identities(path: Path) -> list[tuple[int, int] | None]:
    """Return which files the database and those beside it are, None for what is gone, or empty.

    Raises OSError. Nothing where files cannot be taken away from who has them open.
    """
    if os.name != "posix":
        return []
    beside = [_identity(path.with_name(path.name + part)) for part in ("-wal", "-shm")]
    return [_identity(path, empty=False), *beside]


def _identity(path: Path, *, empty: bool = True) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    if not (found.st_size or empty):
        return None
    return found.st_dev, found.st_ino


def _is_nothing(path: Path) -> bool:
    try:
        found = path.stat()
    except OSError as error:
        return isinstance(error, FileNotFoundError)
    return stat.S_ISREG(found.st_mode) and found.st_size == 0


def migrate(
    connection: sqlite3.Connection, path: Path, *, empty: bool = True, steps: Path = MIGRATIONS
) -> None:
    """Bring the database to the newest shape in one transaction; others see all of it or nothing.

    A database that holds something is copied aside first. What refers to a table stays when a
    migration makes that table anew. Raises StateError for a database that a newer traymail has
    written, and for one without tables unless it may be ``empty``; sqlite3.Error.
    """
    newest, found = max(migrations(steps)), user_version(connection)
    if found == newest:
        return
    kept = kept_version(connection)
    if (kept is not None and kept != user_version(connection)) or not (found or empty):
        raise as_state_error(sqlite3.DatabaseError(), path, sqlite3.SQLITE_CORRUPT)
    connection.execute("PRAGMA foreign_keys = OFF")  # inside a transaction it would do nothing
    connection.execute("BEGIN IMMEDIATE")
    try:
        # Another process may have been first.
        version = user_version(connection)
        if version > newest:
            raise StateError(
                text("{path} was written by a newer traymail.", path=path),
                text("Install the newer version again, or use another home with --home."),
            )
        if 0 < version < newest:
            back_up(path, path.with_name(f"{path.name}.before-{newest:04d}"))
        apply_migrations(connection, version, newest, steps)
        connection.execute("REPLACE INTO meta VALUES (?, ?)", (_VERSION, str(newest)))
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        connection.execute("PRAGMA foreign_keys = ON")


def apply_migrations(
    connection: sqlite3.Connection, version: int, newest: int, steps: Path = MIGRATIONS
) -> None:
    """Carry out the migrations after ``version``, up to ``newest``; raises sqlite3.Error."""
    for number, file in sorted(migrations(steps).items()):
        if version < number <= newest:
            for statement in statements(file.read_text(encoding="utf-8")):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {number:d}")


def migrations(steps: Path = MIGRATIONS) -> dict[int, Path]:
    """Return the migration files by number."""
    return {int(file.name[:4]): file for file in steps.glob("[0-9][0-9][0-9][0-9]_*.sql")}


def statements(script: str) -> Iterator[str]:
    """Split a script; `executescript` would commit before it starts."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def user_version(connection: sqlite3.Connection) -> int:
    """Return the number of the last migration that was applied."""
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return version


def kept_version(connection: sqlite3.Connection) -> int | None:
    """Return the number that was kept beside SQLite's own; None where none is, or can be read.

    One damaged byte makes SQLite's that of another traymail.
    """
    with contextlib.suppress(sqlite3.Error, UnicodeDecodeError, ValueError, TypeError):
        row = connection.execute("SELECT value FROM meta WHERE key = ?", (_VERSION,)).fetchone()
        return None if row is None else int(row[0])
    return None


def back_up(path: Path, target: Path) -> None:
    """Copy the whole database to ``target``, replacing it; others may read and wait to write."""
    target.unlink(missing_ok=True)
    make_private_file(target)
    with closing(connect(path)) as source, closing(sqlite3.connect(target)) as copy:
        source.backup(copy)


def as_state_error(error: Exception, path: Path, code: int = 0) -> StateError:
    """Translate an error of SQLite; ``code`` is what it means where it does not say so itself."""
    # The low byte is the primary code: https://sqlite.org/rescode.html
    code = code or getattr(error, "sqlite_errorcode", 0) & 0xFF
    unknown_form = code == sqlite3.SQLITE_READONLY and not is_of_known_form(path)
    if isinstance(error, UnicodeDecodeError) or unknown_form:
        code = sqlite3.SQLITE_CORRUPT
    if getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_IOERR_SHMSIZE:
        code = sqlite3.SQLITE_FULL  # no room for the file beside it
    title, advice = _WORDS.get(code, _OTHER)
    # As words: two errors of the same words are the same trouble, which is told once.
    values = {"path": path, "reason": str(error)}
    known = {name: values[name] for name in ("path", "reason") if f"{{{name}}}" in title.msgid}
    return StateError(Text(title.msgid, tuple(known.items())), advice)


def is_of_known_form(path: Path) -> bool:
    """Tell whether SQLite will write the file: one that says it is of a later form is only read.

    No traymail makes such a file: https://sqlite.org/fileformat2.html#file_format_version_numbers
    """
    try:
        with opened_file(str(path)) as file:
            forms = file.read(_FORMS.stop)[_FORMS]
    except OSError:
        return True
    return all(form in _KNOWN_FORMS for form in forms)


_FREE_SPACE = text("Free some space on that disk; stored mail is kept and sent afterwards.")
_PERMISSIONS = text("Fix the permissions of that place, or choose another one with --home.")
_ANEW = text(
    "Start traymail, or restart it: it sets the damaged file aside and keeps what can be read."
)
_WORDS: dict[int, tuple[Text, Text]] = {
    sqlite3.SQLITE_FULL: (text("The disk of {path} is full."), _FREE_SPACE),
    sqlite3.SQLITE_READONLY: (text("{path} cannot be written to."), _PERMISSIONS),
    sqlite3.SQLITE_PERM: (text("{path} cannot be written to."), _PERMISSIONS),
    sqlite3.SQLITE_CANTOPEN: (text("{path} cannot be opened."), _PERMISSIONS),
    sqlite3.SQLITE_BUSY: (
        text("{path} is in use by another program."),
        text("Try again in a moment; end the other program when this does not pass."),
    ),
    sqlite3.SQLITE_CORRUPT: (text("{path} is damaged."), _ANEW),
    sqlite3.SQLITE_NOTADB: (text("{path} is damaged."), _ANEW),
    # Of our own questions SQLite says these about a file in which something is another one.
    **{
        code: (text("{path} cannot be used: {reason}"), _ANEW)
        for code in (
            sqlite3.SQLITE_ERROR,
            sqlite3.SQLITE_INTERNAL,
            sqlite3.SQLITE_SCHEMA,
            sqlite3.SQLITE_TOOBIG,
            sqlite3.SQLITE_CONSTRAINT,
            sqlite3.SQLITE_MISMATCH,
        )
    },
}
_OTHER = (
    text("{path} cannot be used: {reason}"),
    text("Look at the disk of that place, then try again."),
)


def to_ms(moment: datetime) -> int:
    """Return milliseconds since 1970 UTC, the form in which times are kept."""
    return round(moment.timestamp() * 1000)


def from_ms(moment: int) -> datetime:
    """Return the time that `to_ms` was given, to the millisecond; a damaged one is 1970.

    It can be calculated with, also where the clock was set to the end of days.
    """
    try:
        return in_calendar(datetime.fromtimestamp(moment / 1000, UTC))
    except (TypeError, ValueError, OverflowError, OSError):
        return datetime.fromtimestamp(0, UTC)
