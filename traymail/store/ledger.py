"""The ledger of folder rules in the database."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime

from traymail.core.ledger import FileState, Goal, LedgerFile
from traymail.core.message import FileIdentity
from traymail.core.observations import FoundFile
from traymail.store.database import Database, to_ms

# SQLite takes 999 values in one statement at least.
_AT_ONCE = 500
# An inode may use all of 64 bits (overlayfs does); SQLite keeps 63 and a sign.
_INODE_BITS = (1 << 63) - 1


_SAVE = (
    "INSERT OR REPLACE INTO ledger_file (root, path, device, inode, size, mtime_ns,"
    " state, sha256, mail_id, goal) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)


class FolderLedger:
    """`traymail.core.ledger.Ledger` of one rule in one folder; used from any thread."""

    def __init__(self, database: Database, rule: str, folder: str) -> None:
        self._database = database
        self._rule = rule
        self._folder = folder
        self._root: int | None = None

    def transaction(self) -> AbstractContextManager[object]:
        """Open a transaction of the database, which the outbox joins."""
        return self._database.transaction()

    def started(self) -> bool:
        """Tell whether the rule has ever looked at this folder."""
        return self._find_root() is not None

    def start(self, files: Iterable[FoundFile], now: datetime) -> None:
        """Begin; ``files`` are passed over as they are."""
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT INTO ledger_root (rule, folder, started_at) VALUES (?, ?, ?)"
                " ON CONFLICT DO NOTHING",
                (self._rule, self._folder, to_ms(now)),
            )
            root = self._find_root()
            connection.executemany(
                _SAVE,
                (_row(root, LedgerFile(f.path, f.identity, FileState.SKIPPED)) for f in files),
            )

    def handled(self, files: Sequence[FoundFile]) -> set[str]:
        """Return the paths of those that were handled with this size, time and inode."""
        root = self._find_root()
        found: set[str] = set()
        if root is None:
            return found
        for at in range(0, len(files), _AT_ONCE):
            some = {_to_blob(file.path): file for file in files[at : at + _AT_ONCE]}
            marks = ", ".join("?" * len(some))
            with self._database.read() as connection:
                rows = connection.execute(
                    "SELECT path, size, mtime_ns, inode FROM ledger_file"  # noqa: S608 # only marks
                    f" WHERE root = ? AND path IN ({marks})",
                    (root, *some),
                ).fetchall()
            found.update(
                some[row["path"]].path
                for row in rows
                if (row["size"], row["mtime_ns"], row["inode"]) == _marks(some[row["path"]])
            )
        return found

    def find(self, path: str) -> LedgerFile | None:
        """Return what is known of a path."""
        with self._database.read() as connection:
            row = connection.execute(
                "SELECT * FROM ledger_file WHERE root = ? AND path = ?",
                (self._find_root(), _to_blob(path)),
            ).fetchone()
        return None if row is None else _as_file(row)

    def save(self, file: LedgerFile) -> None:
        """Keep what is known of a path, in the place of what was."""
        with self._database.transaction() as connection:
            connection.execute(_SAVE, _row(self._find_root(), file))

    def mailed(self, path: str, sha256: str) -> bool:
        """Tell whether this content was mailed under this path."""
        with self._database.read() as connection:
            row = connection.execute(
                "SELECT 1 FROM ledger_content WHERE root = ? AND path = ? AND sha256 = ?",
                (self._find_root(), _to_blob(path), sha256),
            ).fetchone()
        return row is not None

    def add_content(self, path: str, sha256: str, mail_id: int) -> None:
        """Note that a mail with this content under this path is in the outbox."""
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO ledger_content (root, path, sha256, mail_id)"
                " VALUES (?, ?, ?, ?)",
                (self._find_root(), _to_blob(path), sha256, mail_id),
            )

    def forget_contents(self, mail_id: int) -> None:
        """Take back the contents of a mail that did not go out."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM ledger_content WHERE mail_id = ?", (mail_id,))

    def of_mail(self, mail_id: int) -> tuple[LedgerFile, ...]:
        """Return the files that are with a mail, as long as no newer one took their place."""
        with self._database.read() as connection:
            rows = connection.execute(
                "SELECT * FROM ledger_file WHERE mail_id = ? AND root = ? ORDER BY path",
                (mail_id, self._find_root()),
            ).fetchall()
        return tuple(_as_file(row) for row in rows)

    def unfinished(self) -> tuple[LedgerFile, ...]:
        """Return the files that are posted or to be put away."""
        with self._database.read() as connection:
            rows = connection.execute(
                "SELECT * FROM ledger_file WHERE root = ? AND state IN ('posted', 'away')"
                " ORDER BY mail_id, path",
                (self._find_root(),),
            ).fetchall()
        return tuple(_as_file(row) for row in rows)

    def _find_root(self) -> int | None:
        if self._root is None:
            with self._database.read() as connection:
                row = connection.execute(
                    "SELECT id FROM ledger_root WHERE rule = ? AND folder = ?",
                    (self._rule, self._folder),
                ).fetchone()
                # Inside a transaction it may yet be undone.
                if row is None or connection.in_transaction:
                    return None if row is None else int(row["id"])
                self._root = int(row["id"])
        return self._root


def _to_blob(path: str) -> bytes:
    """Return a path as it is kept: a name that is no text keeps its bytes apart from all others."""
    return path.encode("utf-8", "surrogatepass")


def _row(root: int | None, file: LedgerFile) -> tuple[object, ...]:
    identity = file.identity
    return (
        root,
        _to_blob(file.path),
        identity.device & _INODE_BITS,
        identity.inode & _INODE_BITS,
        identity.size,
        identity.mtime_ns,
        file.state.value,
        file.sha256,
        file.mail_id,
        file.goal.value if file.goal else None,
    )


def _marks(file: FoundFile) -> tuple[int, int, int]:
    identity = file.identity
    return identity.size, identity.mtime_ns, identity.inode & _INODE_BITS


def _as_file(row: sqlite3.Row) -> LedgerFile:
    return LedgerFile(
        path=bytes(row["path"]).decode("utf-8", "surrogatepass"),
        identity=FileIdentity(row["device"], row["inode"], row["size"], row["mtime_ns"]),
        state=FileState(row["state"]),
        sha256=row["sha256"],
        mail_id=row["mail_id"],
        goal=Goal(row["goal"]) if row["goal"] else None,
    )
