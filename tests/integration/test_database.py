import json
import os
import random
import re
import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, suppress
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.faults.test_store_kill import killed_after
from tests.support.accounts import QQ
from tests.support.cli import in_process
from tests.support.folders import folder_rule
from tests.support.homes import Home
from tests.support.mails import NOON, a_draft, a_stamp, composed
from tests.support.wait import PATIENCE_SECONDS
from traymail.cli.show import entry, recipient_entries, try_entries
from traymail.core.breaker import account_after
from traymail.core.errors import SourceError, StateError
from traymail.core.message import Address, FileIdentity
from traymail.core.observations import FoundFile
from traymail.core.outbox import Receipt, State, recipients, settled
from traymail.core.reply_rules.details import LOST
from traymail.core.throttle import Throttle
from traymail.desktop.language import translator
from traymail.store import database as module
from traymail.store.database import Database, from_ms, to_ms
from traymail.store.known_rules import KnownRules
from traymail.store.ledger import FolderLedger
from traymail.store.memory import KeptPause
from traymail.store.outbox import Outbox
from traymail.store.positions import LogPositions
from traymail.store.rows import insert_mail
from traymail.store.salvage import check
from traymail.store.spool import Spool
from traymail.store.write_ahead import LOST_AND_FOUND, warnings


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "outbox.db"


@pytest.fixture
def database(path: Path) -> Iterator[Database]:
    with closing(Database(path)) as database:
        yield database


@pytest.fixture
def in_memory() -> Iterator[Path]:
    """A folder in memory, where there is such: nothing is about what a power cut leaves."""
    memory = Path("/dev/shm")  # a folder of its own is made in it
    with TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        yield Path(folder)


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
        assert connection.execute("SELECT * FROM meta WHERE key = 'a'").fetchall() == []


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
        [(value,)] = connection.execute("SELECT value FROM meta WHERE key = 'a'").fetchall()
        assert value == "b"


def test_a_database_that_stays_locked_is_told(path: Path) -> None:
    with (
        closing(Database(path)) as one,
        closing(Database(path, busy_seconds=0.01)) as two,
        one.transaction(),
        pytest.raises(StateError, match="in use by another program"),
        two.transaction(),
    ):
        pass


def test_many_threads_may_make_it_at_once_over_and_over(in_memory: Path) -> None:
    """SQLite lets nobody wait for another one's switch to its log: rare, so it is tried often."""
    told: list[StateError] = []

    def make(path: Path, together: threading.Barrier) -> None:
        together.wait(PATIENCE_SECONDS)
        try:
            Database(path).close()
        except StateError as error:
            told.append(error)

    for number in range(100):
        together = threading.Barrier(8)
        path = in_memory / str(number) / "outbox.db"
        makers = [threading.Thread(target=make, args=(path, together)) for _ in range(8)]
        for maker in makers:
            maker.start()
        for maker in makers:
            maker.join()
    assert told == []


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
        made = connection.execute("SELECT count(*) FROM meta WHERE value = '1'").fetchone()[0]
        assert made == 6


def test_an_older_database_is_copied_before_it_is_changed(path: Path, tmp_path: Path) -> None:
    fill(path, 3)
    steps = tmp_path / "migrations"
    steps.mkdir()
    for file in module.MIGRATIONS.glob("*.sql"):
        (steps / file.name).write_bytes(file.read_bytes())
    (steps / "0900_more.sql").write_text("CREATE TABLE more (a TEXT); -- it's more;\nSELECT 1;")
    with closing(Database(path, steps=steps)) as database, database.read() as connection:
        assert connection.execute("PRAGMA user_version").fetchone()[0] == 900
        assert connection.execute("SELECT count(*) FROM more").fetchone()[0] == 0
    copy = path.with_name("outbox.db.before-0900")
    assert copy.stat().st_mode & 0o777 == 0o600
    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("SELECT count(*) FROM mail").fetchone()[0] == 3


def test_migrations_are_numbered_without_a_gap_and_none_twice() -> None:
    files = sorted(module.MIGRATIONS.glob("*.sql"))
    assert [int(file.name[:4]) for file in files] == list(range(1, len(files) + 1))


def test_mails_that_only_some_have_are_known_when_the_database_is_brought_up(
    path: Path, tmp_path: Path
) -> None:
    for number, file in module.migrations().items():
        if number < 7:
            (tmp_path / file.name).write_bytes(file.read_bytes())
    database = Database(path, steps=tmp_path)
    with closing(database), database.transaction() as connection:
        for to in ("ab", "a", "ab", "a"):
            draft = a_draft(to=tuple(Address(f"{name}@x.example") for name in to))
            insert_mail(connection, draft, composed(), a_stamp(), (NOON, NOON))
        connection.execute(
            "UPDATE mail SET state = 'failed', pending = '[]',"
            """ refused = '[["b@x.example", 550, "no", "x-511"]]' WHERE id <> 3"""
        )
        connection.execute("DELETE FROM mail WHERE id = 4")
    with closing(Database(path)) as newer:
        outbox = Outbox(newer, Spool(path.parent / "spool"))
        assert {item.id: item.state for item in outbox.find()} == {
            1: State.PARTIAL,
            2: State.FAILED,
            3: State.QUEUED,
        }
        # What hangs on them is still there, hangs on them still, and no number comes twice.
        assert outbox.mail(3).text == a_draft().text
        assert outbox.add(a_draft(), composed(), a_stamp(), NOON, due=NOON).id == 5
        with newer.transaction() as connection:
            assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
            connection.execute("DELETE FROM mail WHERE id = 3")
            assert connection.execute("SELECT 1 FROM content WHERE mail_id = 3").fetchall() == []


def test_a_migration_that_fails_changes_nothing(path: Path, tmp_path: Path) -> None:
    fill(path, 1)
    (tmp_path / "0901_bad.sql").write_text("CREATE TABLE half (a TEXT);\nCREATE nonsense;")
    with pytest.raises(StateError):
        Database(path, steps=tmp_path)
    with closing(sqlite3.connect(path)) as connection:
        assert (
            connection.execute("SELECT name FROM sqlite_schema WHERE name = 'half'").fetchall()
            == []
        )


def test_a_newer_database_is_left_alone(path: Path) -> None:
    fill(path, 1)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 9999")
        connection.execute("UPDATE meta SET value = 9999 WHERE key = 'version'")
        connection.commit()
    with pytest.raises(StateError, match="newer traymail"):
        Database(path)
    assert check(path, NOON) is None


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


def test_no_room_for_the_file_beside_it_is_a_full_disk(path: Path) -> None:
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorcode = sqlite3.SQLITE_IOERR_SHMSIZE
    assert "is full" in str(module.as_state_error(error, path))


def test_the_same_trouble_is_told_in_the_same_words(database: Database) -> None:
    told = []
    for _ in range(2):
        with pytest.raises(StateError) as caught, database.read() as connection:
            connection.execute("SELECT nothing")
        told.append(caught.value.title)
    assert told[0] == told[1]


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


GONE = {
    "cut to nothing": lambda path: path.write_bytes(b""),
    "gone": lambda path: path.unlink(),
    "only its head left": lambda path: path.write_bytes(_fresh_head()),
}


def _fresh_head() -> bytes:
    """What a database is whose schema was still in a log that is gone."""
    with TemporaryDirectory() as folder:
        path = Path(folder, "fresh")
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
        return path.read_bytes()


@pytest.mark.parametrize("harm", GONE)
def test_a_database_that_lost_everything_is_no_new_one(path: Path, harm: str) -> None:
    fill(path, 3)
    GONE[harm](path)
    with pytest.raises(StateError) as told:
        Database(path)
    assert str(told.value.advice).startswith(WAY_OUT)
    salvage = check(path, NOON)
    assert salvage is not None
    assert salvage.mails == 0
    [warning] = warnings(path)
    assert str(salvage.set_aside) in str(warning)
    fill(path, 1)
    assert check(path, NOON) is None


@pytest.mark.parametrize("harm", GONE)
def test_what_the_log_alone_still_has_is_kept(path: Path, tmp_path: Path, harm: str) -> None:
    killed_after(path.parent, "add", "a", 25)
    whole = shutil.copytree(path.parent, tmp_path / "whole") / path.name
    with closing(Database(whole)) as database:
        mails = len(Outbox(database, Spool(whole.parent / "spool")).find())
    assert mails > 20
    GONE[harm](path)
    if harm != "only its head left":  # all else is in the log, and that is what a kill leaves
        with pytest.raises(StateError):
            Database(path)
        salvage = check(path, NOON)
        assert salvage is not None
        assert (salvage.mails, salvage.incomplete) == (mails, 0)
    assert check(path, NOON) is None
    with closing(Database(path)) as database:
        assert len(Outbox(database, Spool(path.parent / "spool")).find()) == mails


def test_files_of_mails_that_a_damaged_database_lost_are_kept(path: Path) -> None:
    killed_after(path.parent, "add", "a", 25)
    spooled = {file.name: file.read_bytes() for file in (path.parent / "spool").iterdir()}
    assert spooled
    path.write_bytes(b"no database " * 1000)
    path.with_name("outbox.db-wal").unlink()
    assert check(path, NOON) is not None
    for round_ in range(2):
        with closing(Database(path)) as database:
            outbox = Outbox(database, Spool(path.parent / "spool"))
            outbox.recover(NOON + timedelta(days=36_500 + round_))
    kept = path.parent / LOST_AND_FOUND
    assert {file.name: file.read_bytes() for file in kept.iterdir()} == spooled
    assert str(kept) in str(warnings(path))


# --- damage of all kinds --------------------------------------------------------------------------


def some_bytes(whole: bytearray, rng: random.Random) -> None:
    for _ in range(rng.randint(1, 200)):
        whole[rng.randrange(len(whole))] = rng.randrange(256)


def some_bits(whole: bytearray, rng: random.Random) -> None:
    for _ in range(rng.randint(1, 400)):
        whole[rng.randrange(len(whole))] ^= 1 << rng.randrange(8)


def words_of_the_schema(whole: bytearray, rng: random.Random) -> None:
    """Bytes that are no UTF-8, in the header and in the schema that follows it."""
    for _ in range(rng.randint(1, 60)):
        whole[rng.randrange(18, 3 * 4096)] = rng.randrange(128, 256)


def letters_of_the_schema(whole: bytearray, rng: random.Random) -> None:
    """Words of it that are others, and no worse for the library."""
    places = [found.start() for found in re.finditer(b"[a-z](?=[a-z_]* (TEXT|INTEGER))", whole)]
    for _ in range(rng.randint(1, 3)):
        whole[rng.choice(places)] = rng.choice(b"abcdefgh")


def whole_pages(whole: bytearray, rng: random.Random) -> None:
    """Zeroes, another page, or the end of the file, in the place of what was there."""
    at, other = (rng.randrange(len(whole) // 4096) * 4096 for _ in range(2))
    match rng.randrange(3):
        case 0:
            whole[at : at + 4096 * rng.randint(1, 3)] = bytes(4096)
        case 1:
            whole[at : at + 4096] = whole[other : other + 4096]
        case _:
            del whole[max(at, 100) :]


def words_of_mails(whole: bytearray, rng: random.Random) -> None:
    """What the library takes for whole: the JSON, states and texts inside the rows."""
    places = [found.start() for found in re.finditer(b"queued|example|\\[\\[|hello", bytes(whole))]
    for _ in range(rng.randint(1, 20)):
        whole[rng.choice(places) + rng.randrange(5)] = rng.choice([0, 0xFF, 0xC3, ord('"')])


@pytest.fixture(scope="module")
def whole_database(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("whole") / "outbox.db"
    fill(path, 60, "hello " * 50)
    with closing(Database(path)) as database:
        FolderLedger(database, "Scans", "/scans").start(
            [FoundFile(f"f{n}", FileIdentity(1, n, 5, 6)) for n in range(200)], NOON
        )
        positions = LogPositions(database)
        positions.save_throttle("log", Throttle(heard=NOON))
        positions.save_globs("log", {"/var/log/*": 1})
        KeptPause(Outbox(database, Spool(path.parent))).remember_pause(NOON, paused=True)
        with database.read() as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path.read_bytes()


@pytest.mark.parametrize(
    "harm",
    [
        some_bytes,
        some_bits,
        words_of_the_schema,
        letters_of_the_schema,
        whole_pages,
        words_of_mails,
    ],
)
def test_whatever_is_damaged_the_program_starts_and_works(
    whole_database: bytes, harm: Callable[[bytearray, random.Random], None]
) -> None:
    # In memory, where there is such a folder: nothing here is about what a power cut leaves.
    memory = Path("/dev/shm")  # a folder of its own is made in it
    with TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        for seed in range(75):
            path = Path(folder, str(seed), "outbox.db")
            path.parent.mkdir()
            damaged = bytearray(whole_database)
            harm(damaged, random.Random(seed))  # noqa: S311 # damage is no secret
            path.write_bytes(damaged)
            check(path, NOON)
            assert check(path, NOON) is None
            with closing(Database(path)) as database:
                use(database, path.parent)


# But for what is kept for later: https://sqlite.org/fileformat2.html#the_database_header
HEAD = (*range(72), *range(92, 100))
WAY_OUT = "Start traymail, or restart it: it sets the damaged file aside"


@pytest.mark.parametrize("change", ["zero", "all ones", "lowest bit", "highest bit"])
def test_whatever_is_damaged_in_the_head_the_way_out_is_told(in_memory: Path, change: str) -> None:
    fill(in_memory / "whole", 3)
    whole = (in_memory / "whole").read_bytes()
    for place in HEAD:
        path = in_memory / str(place) / "outbox.db"
        path.parent.mkdir()
        before = whole[place]
        to = {
            "zero": 0,
            "all ones": 0xFF,
            "lowest bit": before ^ 1,
            "highest bit": before ^ 0x80,
        }
        damaged = bytearray(whole)
        damaged[place] = to[change]
        told = ""
        path.write_bytes(damaged)
        try:
            fill(path, 1)
        except StateError as error:
            told = str(error.advice)
        assert told == "" or told.startswith(WAY_OUT), (place, told)
        path.write_bytes(damaged)
        salvage = check(path, NOON)
        assert salvage is not None or not told, place
        # All that the file holds is behind its head.
        assert salvage is None or (salvage.mails, salvage.incomplete) == (3, 0), place
        assert check(path, NOON) is None
        fill(path, 1)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no such pipes in folders")
def test_a_pipe_in_the_place_of_the_database_is_told_and_not_waited_for(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.configure("version = 1\n")
    assert home.run("outbox", "list").returncode == 0
    database = home.path / "state" / "outbox.db"
    database.unlink()
    os.mkfifo(database)
    for command in (["outbox", "list"], ["run", "--headless"], ["status"]):
        done = home.run(*command)
        told = (69, "not running") if command == ["status"] else (73, str(database))
        assert (done.returncode, told[1] in done.stderr + done.stdout) == (told[0], True), done


@pytest.mark.parametrize("place", [(0, 1), (18, 19), (44, 48), (60, 61), (63, 64), (96, 100)])
@pytest.mark.parametrize("value", [3, 0xFF])
def test_a_command_tells_the_way_out_of_a_damaged_database(
    tmp_path: Path, whole_database: bytes, place: tuple[int, int], value: int
) -> None:
    home = Home(tmp_path / "home")
    home.configure(
        'version = 1\n[accounts.qq]\naddress = "a@qq.com"\nauth = "none"\n'
        'host = "127.0.0.1"\nport = 9\nsecurity = "none"\n'
    )
    damaged = bytearray(whole_database)
    damaged[slice(*place)] = bytes([value]) * (place[1] - place[0])
    path = home.path / "state" / "outbox.db"
    path.parent.mkdir(mode=0o700)
    for command in (
        ("outbox", "list"),
        ("outbox", "show", "1"),
        ("outbox", "retry", "--all"),
        ("outbox", "cancel", "1"),
        ("outbox", "purge"),
        ("account", "list"),
        ("send", "--to", "b@c.example", "--subject", "x", "--queue"),
    ):
        path.write_bytes(damaged)
        path.chmod(0o600)
        ended = in_process(home, *command)
        assert ended.returncode in {0, 73, 75, 77}, (command, ended)
        cause, *way_out = ended.stderr.splitlines() or [""]
        if ended.returncode == 73:
            assert cause.startswith(str(path)), command
            assert [line[: len(WAY_OUT)] for line in way_out] == [WAY_OUT], command


def test_a_column_with_another_name_loses_nothing(path: Path) -> None:
    fill(path, 3)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA writable_schema = ON")
        changed = "UPDATE sqlite_schema SET sql = replace(sql, ?, ?) WHERE name = ?"
        connection.execute(changed, ("text TEXT", "tex_ TEXT", "content"))
        connection.execute(changed, ("subject TEXT", "subjekt TEXT", "mail"))
        connection.commit()
    salvage = check(path, NOON)
    assert salvage is not None
    assert (salvage.mails, salvage.incomplete) == (3, 0)
    with closing(Database(path)) as database:
        outbox = Outbox(database, Spool(path.parent / "spool"))
        assert [outbox.mail(item.id).text for item in outbox.find()] == [a_draft().text] * 3
        assert {item.subject for item in outbox.find()} == {a_draft().subject}
    assert check(path, NOON) is None


def use(database: Database, folder: Path) -> None:
    """Do what a start and a delivery do."""
    outbox = Outbox(database, Spool(folder / "spool"))
    KeptPause(outbox).pause(NOON)
    outbox.recover(NOON)
    for item in outbox.find():
        outbox.attempts(item.id)
        with suppress(SourceError):
            outbox.mail(item.id)
    ledger, positions = FolderLedger(database, "Scans", "/scans"), LogPositions(database)
    ledger.unfinished()
    ledger.handled([FoundFile("f1", FileIdentity(1, 1, 5, 6))])
    positions.known("log")
    positions.throttle("log")
    KnownRules(database).put_in_force([folder_rule(folder)])
    outbox.counts_by_account()
    outbox.mend_clock("qq", NOON)
    outbox.departure(1, by_rules=True)
    account_after(outbox.account_state("qq"), Receipt(250, "taken", ()), QQ, NOON, 0.5)
    while (claimed := outbox.claim("qq", NOON)) is not None:
        outbox.finish(settled(claimed, State.SENT, NOON))
    for item in outbox.find(state=State.QUEUED):  # its account's name is another one now, for one
        due = item.next_attempt_at
        assert item.account != "qq" or due is None or due > NOON
    outbox.purge(NOON)


# Of no column's type, but for a blob's.
ODD_VALUES = (b"\xff\x00", "odd", 1e300)


def test_no_value_of_a_wrong_type_is_ever_met(whole_database: bytes, in_memory: Path) -> None:
    columns: list[tuple[str, str]] = []
    for number, value in enumerate(ODD_VALUES):
        path = in_memory / f"columns-{number}.db"
        path.write_bytes(whole_database)
        with closing(sqlite3.connect(path)) as connection:
            columns = connection.execute(
                "SELECT made.name, info.name FROM sqlite_schema AS made,"
                " pragma_table_info(made.name) AS info"
                " WHERE made.type = 'table' AND made.name NOT LIKE 'sqlite%'"
            ).fetchall()
        for table, column in columns:
            home = in_memory / f"{table}-{column}-{number}"
            home.mkdir()
            path = home / "outbox.db"
            path.write_bytes(whole_database)
            with closing(sqlite3.connect(path)) as connection, suppress(sqlite3.Error):
                connection.execute(f'UPDATE "{table}" SET "{column}" = ?', (value,))  # noqa: S608 # of a table of ours
                connection.commit()
            check(path, NOON)
            assert check(path, NOON) is None
            with closing(Database(path)) as database:
                use(database, home)
    assert len(columns) > 80


def test_a_mail_with_a_value_of_a_wrong_type_is_shown_and_not_sent(path: Path) -> None:
    fill(path, 3)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE mail SET sender = x'ff' WHERE id = 2")
        connection.execute("UPDATE mail SET code = 'x', reply = x'ff' WHERE id = 3")
        connection.commit()
    salvage = check(path, NOON)
    assert salvage is not None
    assert (salvage.mails, salvage.incomplete) == (3, 1)
    with closing(Database(path)) as database:
        outbox = Outbox(database, Spool(path.parent / "spool"))
        states = [item.state for item in outbox.find()]
        assert states == [State.QUEUED, State.FAILED, State.QUEUED]
        assert (outbox.get(3).code, outbox.get(3).reply) == (None, None)


@pytest.mark.parametrize("value", ["x'ff00'", "'odd'", "1e300"])
def test_a_value_of_a_wrong_type_is_listed_before_the_program_has_started(
    whole_database: bytes, in_memory: Path, value: str
) -> None:
    path = in_memory / "outbox.db"
    for table in ("mail", "attempt", "verdict"):
        path.write_bytes(whole_database)
        with closing(sqlite3.connect(path)) as connection:
            columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
        for column in columns:
            path.write_bytes(whole_database)
            with closing(sqlite3.connect(path)) as connection, suppress(sqlite3.Error):
                connection.execute(f"UPDATE {table} SET {column} = {value}")  # noqa: S608 # of a table of ours
                connection.commit()
            with closing(Database(path)) as database:
                outbox = Outbox(database, Spool(in_memory / "spool"))
                for item in outbox.find():
                    tries = try_entries(outbox.attempts(item.id))
                    people = recipient_entries(recipients(item, outbox.verdicts(item.id)))
                    json.dumps([entry(item, translator("en")), tries, people])


@pytest.mark.parametrize(
    "harm",
    [
        "UPDATE mail SET pending = '[1, {}]' WHERE id = 1",
        "UPDATE mail SET pending = '\"ab\"', refused = '[[1, 550, [], \"x\"]]' WHERE id = 1",
        """UPDATE mail SET recipients = '{"to": [[1, 2]], "cc": [], "bcc": []}' WHERE id = 1""",
        "UPDATE mail SET id = 9223372036854775807 WHERE id = 1",
        "UPDATE mail SET id = -9223372036854775808 WHERE id = 1",
        "UPDATE sqlite_sequence SET seq = 9223372036854775807",
    ],
)
def test_what_cannot_be_of_one_mail_keeps_no_other_one_waiting(path: Path, harm: str) -> None:
    fill(path, 2)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(harm)
        connection.commit()
    check(path, NOON)
    assert check(path, NOON) is None
    fill(path, 1)
    with closing(Database(path)) as database:
        outbox = Outbox(database, Spool(path.parent / "spool"))
        sent = []
        while (claimed := outbox.claim("qq", NOON)) is not None:
            assert all(isinstance(box, str) for box in claimed.pending)
            outbox.finish(settled(claimed, State.SENT, NOON))
            sent.append(claimed.id)
        assert len(sent) >= 2
        assert outbox.counts()[State.QUEUED] == 0


@pytest.mark.parametrize(
    "harm",
    [
        "attachment SET size = -1",
        f"attachment SET size = {(1 << 63) - 1}",
        "attachment SET place = -1",
        "attachment SET place = 1000000000",
        # One bit of a row says whether a value is a text or bytes.
        "content SET skeleton = 'text'",
        "content SET skeleton = 1e308",
        "content SET text = x'ff'",
        "content SET html = x'ff'",
        "attachment SET place = 'text'",
        "attachment SET size = x'00'",
        "attachment SET name = x'ff'",
        "attachment SET content = 'text'",
    ],
)
def test_what_cannot_be_in_a_mail_is_a_lost_content(path: Path, harm: str) -> None:
    fill(path, 1)
    with closing(Database(path)) as database:
        outbox = Outbox(database, Spool(path.parent / "spool"))
        with database.transaction() as connection:
            connection.execute(
                "INSERT INTO attachment VALUES (1, 0, 10, 'a', 'text/plain', 1, 'x', x'61', NULL)"
            )
        assert len(outbox.mail(1).placed) == 1
        with database.transaction() as connection:
            connection.execute(f"UPDATE {harm}")  # ours
        with pytest.raises(SourceError):
            outbox.mail(1)


def test_a_damaged_mail_has_failed_and_keeps_no_other_one_waiting(path: Path) -> None:
    fill(path, 3)
    with closing(Database(path)) as database:
        with database.transaction() as connection:
            connection.execute("UPDATE mail SET recipients = '{}' WHERE id < 3")
        outbox = Outbox(database, Spool(path.parent / "spool"))
        claimed = outbox.claim("qq", NOON)
        assert claimed is not None
        assert claimed.id == 3
        assert outbox.counts()[State.FAILED] == 2
        assert {item.reply for item in outbox.find(state=State.FAILED)} == {LOST.msgid}


@pytest.mark.parametrize("kept", ["2026", "soon", "2026-03-04T12:00:00"])
def test_a_pause_that_cannot_be_read_is_one(database: Database, path: Path, kept: str) -> None:
    outbox = Outbox(database, Spool(path.parent / "spool"))
    outbox.set_meta("pause", kept)
    assert KeptPause(outbox).pause(NOON) == (True, None)


_CLOSED_MEANWHILE = """
import sys, threading
from pathlib import Path
from traymail.core.errors import StateError
from traymail.store.database import Database

COUNT = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c LIMIT 3000000)"
database = Database(Path(sys.argv[1]))
busy, told = threading.Barrier(2), []

def work():
    with database.transaction() as connection:
        busy.wait()
        told.append(connection.execute(f"{COUNT} SELECT count(*) FROM c").fetchone()[0])
    try:
        with database.read() as connection:
            connection.execute("SELECT 1")
    except StateError:
        told.append("closed")

thread = threading.Thread(target=work)
thread.start()
busy.wait()
database.close()
thread.join()
print(*told)
"""


def test_a_thread_that_is_using_it_ends_well_when_it_is_closed(path: Path) -> None:
    # What SQLite does with a connection that another thread closes ends the process.
    command = [sys.executable, "-c", _CLOSED_MEANWHILE, str(path)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout) == (0, "3000000 closed\n"), ended.stderr
