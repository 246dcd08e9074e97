import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from tests.support.mails import NOON, a_draft, a_stamp, composed
from traymail.core.errors import StateError
from traymail.core.outbox import State
from traymail.store import database as module
from traymail.store.database import Database, from_ms, to_ms
from traymail.store.outbox import Outbox
from traymail.store.salvage import check
from traymail.store.spool import Spool


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "outbox.db"


@pytest.fixture
def database(path: Path) -> Iterator[Database]:
    with closing(Database(path)) as database:
        yield database


def fill(path: Path, mails: int, text: str = "hello") -> None:
    with closing(Database(path)) as database, database.transaction():
        outbox = Outbox(database, Spool(path.parent / "spool"))
        for number in range(mails):
            outbox.add(a_draft(text=text), composed(), a_stamp(str(number)), NOON, due=NOON)


def test_files_and_folders_are_private(database: Database, path: Path) -> None:
    with database.transaction() as connection:
        connection.execute("INSERT INTO meta VALUES ('a', 'b')")
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert {file.stat().st_mode & 0o777 for file in path.parent.iterdir()} == {0o600}


def test_a_commit_survives_a_power_cut(database: Database) -> None:
    with database.read() as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
        assert connection.execute("PRAGMA synchronous").fetchone()[0] == 2  # FULL
        assert connection.execute("PRAGMA foreign_keys").fetchone()[0] == 1


def test_each_thread_has_a_connection_that_ends_with_the_database(path: Path) -> None:
    database = Database(path)
    seen: list[sqlite3.Connection] = []

    def work() -> None:
        with database.read() as connection:
            seen.append(connection)

    for _ in range(3):
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    with database.read() as connection:
        seen.append(connection)
    assert len(set(map(id, seen))) == 4
    # Those of threads that have ended are closed when the next one comes.
    with pytest.raises(sqlite3.ProgrammingError):
        seen[0].execute("SELECT 1")
    database.close()
    for connection in seen:
        with pytest.raises(sqlite3.ProgrammingError):
            connection.execute("SELECT 1")


def test_an_inner_transaction_is_part_of_the_outer(database: Database) -> None:
    with pytest.raises(ValueError, match="no"), database.transaction() as outer:  # noqa: PT012 # all of it is undone
        with database.transaction() as inner:
            inner.execute("INSERT INTO meta VALUES ('a', 'b')")
        assert outer.in_transaction
        raise ValueError("no")
    with database.read() as connection:
        assert connection.execute("SELECT count(*) FROM meta").fetchone()[0] == 0


def test_a_transaction_that_sqlite_has_rolled_back_is_no_success(database: Database) -> None:
    with pytest.raises(StateError), database.transaction() as connection:  # noqa: PT012 # the commit is what fails
        connection.execute("INSERT INTO meta VALUES ('a', 'b')")
        connection.execute("ROLLBACK")
    with database.transaction() as connection:
        connection.execute("INSERT INTO meta VALUES ('c', 'd')")


def test_a_writer_waits_for_another(database: Database, path: Path) -> None:
    def write() -> None:
        with database.transaction() as connection:
            connection.execute("INSERT INTO meta VALUES ('a', 'b')")

    with closing(Database(path)) as other, other.transaction():
        thread = threading.Thread(target=write)
        thread.start()
    thread.join()
    with database.read() as connection:
        assert connection.execute("SELECT value FROM meta").fetchone()[0] == "b"


def test_a_database_that_stays_locked_is_told(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BUSY_SECONDS", 0.01)
    with (
        closing(Database(path)) as one,
        closing(Database(path)) as two,
        one.transaction(),
        pytest.raises(StateError, match="in use by another program"),
        two.transaction(),
    ):
        pass


def test_many_processes_may_make_it_at_once(path: Path) -> None:
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "from traymail.store.database import Database\n"
        "sys.stdin.read(1)\n"
        "database = Database(Path(sys.argv[1]))\n"
        "with database.transaction() as connection:\n"
        "    connection.execute('INSERT INTO meta VALUES (?, 1)', (sys.argv[2],))\n"
        "database.close()\n"
    )
    with ExitStack() as ending:
        workers = [
            ending.enter_context(
                subprocess.Popen(
                    [sys.executable, "-c", code, str(path), str(number)],
                    stdin=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                )
            )
            for number in range(6)
        ]
        for worker in workers:
            assert worker.stdin is not None
            worker.stdin.write(b"x")
            worker.stdin.flush()
        told = [worker.communicate()[1] for worker in workers]
    assert told == [b""] * 6
    with closing(Database(path)) as database, database.read() as connection:
        assert connection.execute("SELECT count(*) FROM meta").fetchone()[0] == 6


def test_an_older_database_is_copied_before_it_is_changed(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(path, 3)
    steps = tmp_path / "migrations"
    steps.mkdir()
    for file in module.MIGRATIONS.glob("*.sql"):
        (steps / file.name).write_bytes(file.read_bytes())
    (steps / "0900_more.sql").write_text("CREATE TABLE more (a TEXT); -- it's more;\nSELECT 1;")
    monkeypatch.setattr(module, "MIGRATIONS", steps)
    with closing(Database(path)) as database, database.read() as connection:
        assert connection.execute("PRAGMA user_version").fetchone()[0] == 900
        assert connection.execute("SELECT count(*) FROM more").fetchone()[0] == 0
    copy = path.with_name("outbox.db.before-0900")
    assert copy.stat().st_mode & 0o777 == 0o600
    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("SELECT count(*) FROM mail").fetchone()[0] == 3


def test_a_migration_that_fails_changes_nothing(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(path, 1)
    (tmp_path / "0901_bad.sql").write_text("CREATE TABLE half (a TEXT);\nCREATE nonsense;")
    monkeypatch.setattr(module, "MIGRATIONS", tmp_path)
    with pytest.raises(StateError):
        Database(path)
    with closing(sqlite3.connect(path)) as connection:
        assert (
            connection.execute("SELECT name FROM sqlite_schema WHERE name = 'half'").fetchall()
            == []
        )


def test_a_newer_database_is_left_alone(path: Path) -> None:
    fill(path, 1)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 9999")
    with pytest.raises(StateError, match="newer traymail"):
        Database(path)


@pytest.mark.parametrize("what", ["folder", "file"])
def test_a_place_that_cannot_be_written_is_told(tmp_path: Path, what: str) -> None:
    blocker = tmp_path / "state"
    if what == "folder":
        blocker.write_text("a file where the folder should be")
        path = blocker / "outbox.db"
    else:
        path = blocker
        path.mkdir()
    with pytest.raises(StateError, match="cannot be written") as caught:
        Database(path)
    assert caught.value.advice is not None


def test_times_are_kept_to_the_millisecond() -> None:
    moment = NOON.replace(microsecond=123_000)
    assert from_ms(to_ms(moment)) == moment


def test_a_whole_database_is_left_as_it_is(path: Path) -> None:
    assert check(path, NOON) is None
    assert not path.exists()
    fill(path, 3)
    assert check(path, NOON) is None
    assert [file.name for file in path.parent.glob("outbox.db*")] == ["outbox.db"]


def test_a_damaged_database_is_set_aside_and_salvaged(path: Path) -> None:
    fill(path, 400, "hello " * 300)
    page, size = 4096, path.stat().st_size
    with path.open("r+b") as file:
        for at in range(20, size // page, 40):
            file.seek(at * page)
            file.write(b"\xa5" * page)
    salvage = check(path, NOON)
    assert salvage is not None
    assert salvage.set_aside.name == "outbox.db.damaged-20260304T120000Z"
    assert salvage.set_aside.stat().st_size == size
    assert 200 < salvage.mails <= 400
    with closing(Database(path)) as database:
        outbox = Outbox(database, Spool(path.parent / "spool"))
        counts = outbox.counts()
        assert counts[State.QUEUED] + counts[State.FAILED] == salvage.mails
        assert counts[State.FAILED] == salvage.incomplete > 0
        # What is going to be sent is whole.
        for item in outbox.find(state=State.QUEUED):
            assert outbox.mail(item.id).text == "hello " * 300
    assert check(path, NOON) is None


def test_a_file_that_is_no_database_is_set_aside(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"no database " * 1000)
    with pytest.raises(StateError, match="damaged"):
        Database(path)
    salvage = check(path, NOON)
    assert salvage is not None
    assert salvage.mails == 0
    Database(path).close()


def test_a_salvage_that_was_interrupted_goes_on(path: Path) -> None:
    fill(path, 2)
    path.rename(path.with_name("outbox.db.salvaged"))
    assert check(path, NOON) is None
    with closing(Database(path)) as database:
        assert len(Outbox(database, Spool(path.parent / "spool")).find()) == 2
