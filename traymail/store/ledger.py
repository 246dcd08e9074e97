"""The ledger of folder rules in the database."""

from __future__ import annotations

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from itertools import islice

from traymail.core.duration import LONGEST
from traymail.core.ledger import Begun, FileState, Goal, LedgerFile, MovedFile
from traymail.core.message import LARGEST_NUMBER, FileIdentity
from traymail.core.observations import FoundFile, Place
from traymail.store.database import Database, to_ms

# SQLite takes 999 values in one statement at least.
_AT_ONCE = 500
_MS = timedelta(milliseconds=1)

_SAVE = (
    "INSERT OR REPLACE INTO ledger_file (root, path, device, inode, size, mtime_ns,"
    " state, sha256, mail_id, goal) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)


class LedgerRoots:
    """The rows of what a rule looks at: of its folder at each place, and of what is mounted inside.

    Before a place is known, the latest one is the present one.
    """

    def __init__(self, database: Database, rule: str, folder: str) -> None:
        self._database, self._rule, self._folder = database, rule, folder
        self.place: Place | None = None
        # Of the place, "", and of what is mounted inside.
        self._known: dict[str, int] = {}

    def stand_at(self, place: Place) -> None:
        """Go on with the rows of this place."""
        self.place, self._known = place, {}

    def of_path(self, path: str) -> int | None:
        """Return the row of what a path lies on: of the place, or of what is mounted inside."""
        return self.find(self.place.inner_of(path) if self.place else "")

    def find(self, inner: str = "") -> int | None:
        """Return the present place's row, or that of what is mounted at a folder ``inner``."""
        if inner in self._known:
            return self._known[inner]
        with self._database.read() as connection:
            if inner:
                row = self._ask_inner(connection, inner)
            else:
                row = connection.execute(
                    "SELECT id FROM ledger_root WHERE rule = ? AND folder = ?"
                    " AND (medium = ? OR ? IS NULL) ORDER BY started_at DESC, id DESC LIMIT 1",
                    (self._rule, self._folder, *(2 * (self.place and self.place.medium,))),
                ).fetchone()
            # Inside a transaction it may yet be undone.
            if row is not None and not connection.in_transaction:
                self._known[inner] = int(row["id"])
            return None if row is None else int(row["id"])

    def begin(self, connection: sqlite3.Connection, inner: str, now: datetime) -> None:
        """Begin at what is mounted at a folder inside."""
        around = self.find(self.place.inner_of(inner)) if self.place else None
        if around is None:
            return  # what it is mounted in has not begun; looks tell of both again
        folder, medium = _inside(around, inner), self._medium(inner)
        connection.execute(
            "INSERT INTO ledger_root (rule, folder, started_at, medium, outer_root)"
            " VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            (self._rule, folder, to_ms(now), medium, self.find()),
        )

    def spot(self, inner: str) -> str:
        """Return what rows have as their folder of media at one inside, or at the rule's own."""
        if not inner:
            return self._folder
        return _inside(self.find(self.place.inner_of(inner) if self.place else ""), inner)

    def _medium(self, inner: str) -> str:
        return dict(self.place.inner).get(inner, "") if self.place else ""

    def _ask_inner(self, connection: sqlite3.Connection, inner: str) -> sqlite3.Row | None:
        row: sqlite3.Row | None = connection.execute(
            "SELECT id FROM ledger_root WHERE rule = ? AND folder = ? AND medium = ?",
            (self._rule, self.spot(inner), self._medium(inner)),
        ).fetchone()
        return row


class FolderLedger:
    """`traymail.core.ledger.Ledger` of one rule in one folder; used from any thread."""

    def __init__(self, database: Database, rule: str, folder: str) -> None:
        self._database = database
        self._rule = rule
        self._folder = folder
        self._roots = LedgerRoots(database, rule, folder)
        self.moved = MovedFiles(database, self._roots.find)
        self.mailed = MailedContents(database, self._roots.of_path)

    def transaction(self) -> AbstractContextManager[object]:
        """Open a transaction of the database, which the outbox joins."""
        return self._database.transaction()

    def begun(self) -> Begun | None:
        """Return what is remembered of the rule's looks at this folder, None before the first."""
        with self._database.read() as connection:
            rows = connection.execute(
                "SELECT real, medium FROM ledger_root WHERE rule = ? AND folder = ?"
                " ORDER BY started_at, id",
                (self._rule, self._folder),
            ).fetchall()
        if not rows:
            return None
        real = next((_to_path(row["real"]) for row in rows if row["real"]), "")
        return Begun(real, tuple(row["medium"] for row in rows))

    def is_another(self, place: Place, inode: int) -> bool:
        """Tell whether the folder that was last looked into at a place has another number."""
        with self._database.read() as connection:
            row = connection.execute(
                "SELECT inode FROM ledger_root WHERE rule = ? AND folder = ? AND medium = ?",
                (self._rule, self._folder, place.medium),
            ).fetchone()
        return row is not None and row["inode"] not in (None, inode & LARGEST_NUMBER)

    def keep_inode(self, place: Place, inode: int) -> None:
        """Remember that number, once the rule has begun there."""
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE ledger_root SET inode = ? WHERE rule = ? AND folder = ? AND medium = ?",
                (inode & LARGEST_NUMBER, self._rule, self._folder, place.medium),
            )

    def started(self, path: str = "") -> bool:
        """Tell whether the rule has ever looked at what ``path`` lies on, at its present place."""
        return self._roots.of_path(path) is not None

    def stand_at(self, place: Place) -> bool:
        """Go on with what is known of this place; False when the rule never looked there."""
        self._roots.stand_at(place)
        return self._roots.find() is not None

    def knows_inside(self, path: str) -> bool:
        """Tell whether the rule has seen, at this place, what is mounted at a folder inside."""
        return self._roots.find(path) is not None

    def begin_inside(self, path: str, files: Iterable[FoundFile], now: datetime) -> None:
        """Begin at what is mounted at a folder inside; ``files`` are passed over as they are."""
        with self._database.transaction() as connection:
            self._roots.begin(connection, path, now)
            if not self.knows_inside(path):
                return
            rest = iter(files)
            while some := list(islice(rest, _AT_ONCE)):
                handled = self.handled(some)
                self._pass_over(connection, (one for one in some if one.path not in handled))

    def start(self, files: Iterable[FoundFile], now: datetime) -> None:
        """Begin at the present place, and what is mounted inside; ``files`` are passed over."""
        place = self._roots.place or Place()
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT INTO ledger_root (rule, folder, started_at, real, medium)"
                " VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
                (self._rule, self._folder, to_ms(now), _to_blob(place.real), place.medium),
            )
            for inner, _medium in place.inner:
                self._roots.begin(connection, inner, now)
            self._pass_over(connection, files)

    def _pass_over(self, connection: sqlite3.Connection, files: Iterable[FoundFile]) -> None:
        # Inside a transaction no root is remembered, and a first look may find very many files.
        place = self._roots.place or Place()
        roots = {inner: self._roots.find(inner) for inner in ("", *dict(place.inner))}
        skipped = (LedgerFile(f.path, f.identity, FileState.SKIPPED) for f in files)
        connection.executemany(
            _SAVE, (_row(roots[place.inner_of(file.path)], file) for file in skipped)
        )

    def rename_place(self, before: str, place: Place, inner: str = "") -> None:
        """Go on at a place, or at a folder inside, with what is known of the medium ``before``."""
        now, real = (place.medium, place.real) if not inner else (dict(place.inner)[inner], "")
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE ledger_root SET medium = ?, real = CASE real WHEN x'' THEN ? ELSE real END"
                " WHERE rule = ? AND folder = ? AND medium = ?",
                (now, _to_blob(real), self._rule, self._roots.spot(inner), before),
            )
        self.stand_at(place)

    def met(self, files: Iterable[FoundFile], inner: str = "") -> Mapping[str, int]:
        """Return how many of these files each medium knows by path, size and time.

        Of the media that were at the rule's folder, or mounted at a folder ``inner`` of this place.
        """
        spot = self._roots.spot(inner)
        counts: Counter[str] = Counter()
        rest = iter(files)
        while some := {_to_blob(file.path): file for file in islice(rest, _AT_ONCE)}:
            marks = ", ".join("?" * len(some))
            with self._database.read() as connection:
                rows = connection.execute(
                    "SELECT medium, path, size, mtime_ns FROM ledger_file"  # noqa: S608 # only marks
                    " JOIN ledger_root ON ledger_root.id = root"
                    f" WHERE rule = ? AND folder = ? AND path IN ({marks})",
                    (self._rule, spot, *some),
                ).fetchall()
            counts.update(
                row["medium"]
                for row in rows
                if (row["size"], row["mtime_ns"]) == _marks(some[row["path"]])[:2]
            )
        return counts

    def is_here(self, file: LedgerFile) -> bool:
        """Tell whether a file lies at the present place, or none is known yet."""
        if self._roots.place is None or file.root is None:
            return True
        return any(
            self._roots.find(one) == file.root for one in ("", *dict(self._roots.place.inner))
        )

    def handled(self, files: Sequence[FoundFile]) -> set[str]:
        """Return the paths of those that were handled with this size, time and inode."""
        found: set[str] = set()
        place = self._roots.place or Place()
        by_inner: dict[str, list[FoundFile]] = defaultdict(list)
        for file in files:
            by_inner[place.inner_of(file.path)].append(file)
        for inner, here in by_inner.items():
            if (root := self._roots.find(inner)) is not None:
                found |= self._handled_in(root, here)
        return found

    def _handled_in(self, root: int, files: Sequence[FoundFile]) -> set[str]:
        found: set[str] = set()
        for at in range(0, len(files), _AT_ONCE):
            some = {_to_blob(file.path): file for file in files[at : at + _AT_ONCE]}
            marks = ", ".join("?" * len(some))
            with self._database.read() as connection:
                rows = connection.execute(
                    "SELECT path, size, mtime_ns, inode, state FROM ledger_file"  # noqa: S608 # only marks
                    f" WHERE root = ? AND path IN ({marks})",
                    (root, *some),
                ).fetchall()
            found.update(
                some[row["path"]].path for row in rows if _is_row_of(row, some[row["path"]])
            )
        return found

    def find(self, path: str, root: int | None = None) -> LedgerFile | None:
        """Return what is known of a path."""
        with self._database.read() as connection:
            row = connection.execute(
                "SELECT * FROM ledger_file WHERE root = ? AND path = ?",
                (root or self._roots.of_path(path), _to_blob(path)),
            ).fetchone()
        return None if row is None else _as_file(row)

    def save(self, file: LedgerFile) -> None:
        """Keep what is known of a path, in the place of what was."""
        with self._database.transaction() as connection:
            connection.execute(_SAVE, _row(file.root or self._roots.of_path(file.path), file))

    def of_mail(self, mail_id: int) -> tuple[LedgerFile, ...]:
        """Return the files that are with a mail, as long as no newer one took their place."""
        return self._select("mail_id = ? ORDER BY path", mail_id)

    def unfinished(self) -> tuple[LedgerFile, ...]:
        """Return the files that are posted or to be put away, wherever they lie."""
        return self._select("state IN ('posted', 'away') ORDER BY mail_id, path")

    def _select(self, which: str, *values: object) -> tuple[LedgerFile, ...]:
        """Return files of this rule in this folder, at whatever place."""
        with self._database.read() as connection:
            rows = connection.execute(
                "SELECT ledger_file.* FROM ledger_file"  # noqa: S608 # our own words
                " JOIN ledger_root AS here ON here.id = root"
                " JOIN ledger_root AS top ON top.id = ifnull(here.outer_root, here.id)"
                f" WHERE top.rule = ? AND top.folder = ? AND {which}",
                (self._rule, self._folder, *values),
            ).fetchall()
        return tuple(_as_file(row) for row in rows)


class MailedContents:
    """`traymail.core.ledger.MailedMemory` of a rule; ``root`` tells what a path lies on."""

    def __init__(self, database: Database, root: Callable[[str], int | None]) -> None:
        self._database = database
        self._root = root

    def knows(self, path: str, sha256: str) -> bool:
        """Tell whether this content was mailed under this path, whatever medium was there then.

        A medium that the system cannot name is another one after each mount.
        """
        with self._database.read() as connection:
            row = connection.execute(
                "SELECT 1 FROM ledger_root AS here"
                " JOIN ledger_root AS one ON one.rule = here.rule AND one.folder = here.folder"
                " JOIN ledger_content ON ledger_content.root = one.id"
                " WHERE here.id = ? AND path = ? AND sha256 = ?",
                (self._root(path), _to_blob(path), sha256),
            ).fetchone()
        return row is not None

    def add(self, path: str, sha256: str, mail_id: int, root: int | None = None) -> None:
        """Note that a mail with this content under this path is in the outbox."""
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO ledger_content (root, path, sha256, mail_id)"
                " VALUES (?, ?, ?, ?)",
                (root or self._root(path), _to_blob(path), sha256, mail_id),
            )

    def forget(self, mail_id: int) -> None:
        """Take back the contents of a mail that did not go out."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM ledger_content WHERE mail_id = ?", (mail_id,))


class MovedFiles:
    """`traymail.core.ledger.MovedMemory` of a rule at the place that ``root`` tells."""

    def __init__(self, database: Database, root: Callable[[], int | None]) -> None:
        self._database = database
        self._root = root

    def add(self, file: MovedFile) -> None:
        """Note that a file was moved."""
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO moved_file (root, path, folder, device, inode, size,"
                " mtime_ns, passed) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    file.root or self._root(),
                    _to_blob(file.path),
                    _to_blob(file.folder),
                    *_identity_row(file.identity),
                    file.passed // _MS,
                ),
            )

    def until(self, folder: str, passed: timedelta, most: int) -> tuple[MovedFile, ...]:
        """Return what was moved to ``folder`` until then, from the present place; oldest first."""
        with self._database.read() as connection:
            rows = connection.execute(
                "SELECT * FROM moved_file WHERE root = ? AND folder = ? AND passed BETWEEN 0 AND ?"
                " ORDER BY passed, path LIMIT ?",
                (self._root(), _to_blob(folder), passed // _MS, most),
            ).fetchall()
        return tuple(
            MovedFile(
                _to_path(row["path"]),
                _to_identity(row),
                folder,
                row["passed"] * _MS,
                row["root"],
            )
            for row in rows
        )

    def first(self, folder: str) -> timedelta | None:
        """Return how much time had passed when the oldest of them was moved.

        A damaged number, which tells of no such time, is passed over: what it belongs to stays.
        """
        with self._database.read() as connection:
            row = connection.execute(
                "SELECT min(passed) FROM moved_file"
                " WHERE root = ? AND folder = ? AND passed BETWEEN 0 AND ?",
                (self._root(), _to_blob(folder), LONGEST // _MS),
            ).fetchone()
        return None if row[0] is None else row[0] * _MS

    def forget(self, file: MovedFile) -> None:
        """Note that a file is no longer there, or no longer the same."""
        with self._database.transaction() as connection:
            connection.execute(
                "DELETE FROM moved_file WHERE root = ? AND path = ?",
                (file.root or self._root(), _to_blob(file.path)),
            )


def _inside(around: int | None, inner: str) -> str:
    """Return what a row inside another has as its folder; no folder is called so."""
    return f"{around} {inner}".encode("utf-8", "backslashreplace").decode("utf-8")


def _to_blob(path: str) -> bytes:
    """Return a path as it is kept: a name that is no text keeps its bytes apart from all others."""
    return path.encode("utf-8", "surrogatepass")


def _to_path(blob: bytes) -> str:
    try:
        return blob.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:  # damaged: there is no such file any more
        return blob.decode("utf-8", "replace")


def _row(root: int | None, file: LedgerFile) -> tuple[object, ...]:
    return (
        root,
        _to_blob(file.path),
        *_identity_row(file.identity),
        file.state.value,
        file.sha256,
        file.mail_id,
        file.goal.value if file.goal else None,
    )


def _identity_row(identity: FileIdentity) -> tuple[int | bytes, ...]:
    return (
        # An inode may use all of 64 bits (overlayfs does).
        identity.device & LARGEST_NUMBER,
        identity.inode & LARGEST_NUMBER,
        _number(identity.size),
        _number(identity.mtime_ns),
    )


def _to_identity(row: sqlite3.Row) -> FileIdentity:
    size, mtime_ns = _to_number(row["size"]), _to_number(row["mtime_ns"])
    return FileIdentity(row["device"], row["inode"], size, mtime_ns)


def _is_row_of(row: sqlite3.Row, file: FoundFile) -> bool:
    *marks, inode = _marks(file)
    same = [row["size"], row["mtime_ns"]] == marks
    return same and (row["inode"] == inode or row["state"] == FileState.SKIPPED.value)


def _marks(file: FoundFile) -> tuple[int | bytes, int | bytes, int]:
    identity = file.identity
    return _number(identity.size), _number(identity.mtime_ns), identity.inode & LARGEST_NUMBER


def _number(value: int) -> int | bytes:
    """Return a number as SQLite keeps it: one that is too large for it, digit by digit."""
    return value if -LARGEST_NUMBER <= value <= LARGEST_NUMBER else b"%d" % value


def _to_number(kept: int | bytes) -> int:
    try:
        return int(kept)
    except ValueError:  # damaged: no file has it
        return -1


def _to_goal(kept: str | None) -> Goal | None:
    try:
        return None if kept is None else Goal(kept)
    except ValueError:  # damaged: whatever became of its mail, nothing is deleted
        return Goal.FAILED


def _as_file(row: sqlite3.Row) -> LedgerFile:
    return LedgerFile(
        path=_to_path(row["path"]),
        identity=_to_identity(row),
        state=FileState(row["state"]),
        sha256=row["sha256"],
        mail_id=row["mail_id"],
        goal=_to_goal(row["goal"]),
        root=row["root"],
    )
