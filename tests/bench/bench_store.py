"""What the outbox costs, against SQLite alone with the same promise, and against itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

from tests.bench import Row
from tests.support.cli import in_process
from tests.support.homes import Home
from tests.support.mails import NOON, a_draft, a_stamp, composed
from traymail.store.database import Database, connect
from traymail.store.outbox import Outbox
from traymail.store.spool import Spool

MAILS = 500
ROUNDS = 5
WAITING = 50_000
ADD_LIMIT = 5.0
CLAIM_LIMIT = 2.0
BODY = "x" * 2048
# At least 500 rows a second.
ROWS = 10_000
ROW_LIMIT = 2.0
CONFIG = """\
version = 1

[accounts.desk]
address = "me@desk.example"
host = "127.0.0.1"
port = 1
security = "none"
auth = "none"
"""


def rows() -> Iterator[Row]:
    """Measure in turns, so that a busy machine slows all alike."""
    with TemporaryDirectory(prefix="tm-bench-") as name:
        folder = Path(name)
        taken = [(_seconds(_adds(folder)), _seconds(_plain(folder))) for _ in range(ROUNDS)]
        ours, peer = (median(column) * 1000 / MAILS for column in zip(*taken, strict=True))
        yield Row("store a mail of 2 KB / a row in SQLite, synced", ours, ADD_LIMIT, "ms", peer)
        each = median(_seconds(_batch(folder / "batch")) for _ in range(ROUNDS)) * 1000 / ROWS
        yield Row(f"check and store each of {ROWS} rows of a table", each, ROW_LIMIT, "ms")
        few, many = _outbox(folder / "few", 1_000), _outbox(folder / "many", WAITING)
        claims = [(_seconds(_claims(many)), _seconds(_claims(few))) for _ in range(ROUNDS)]
        ours, peer = (median(column) * 1000 / 100 for column in zip(*claims, strict=True))
        yield Row(f"claim of {WAITING} / of 1000 waiting", ours, CLAIM_LIMIT, "ms", peer)


def _seconds(work: Callable[[], None]) -> float:
    began = perf_counter()
    work()
    return perf_counter() - began


def _adds(folder: Path) -> Callable[[], None]:
    outbox = _outbox(folder / "adds", 0)

    def work() -> None:
        for number in range(MAILS):
            stamp = a_stamp(str(number))
            outbox.add(a_draft(text=BODY), composed(), stamp, NOON, due=NOON)

    return work


def _plain(folder: Path) -> Callable[[], None]:
    path = folder / "plain.db"

    def work() -> None:
        with closing(connect(path)) as connection:
            connection.execute("CREATE TABLE IF NOT EXISTS t (id INTEGER PRIMARY KEY, b TEXT)")
            for _ in range(MAILS):
                connection.execute("INSERT INTO t (b) VALUES (?)", (BODY,))

    return work


def _batch(folder: Path) -> Callable[[], None]:
    """Return the command of a user, all of it but the start of Python."""
    home = Home(folder)
    home.configure(CONFIG)
    rows = "".join(f"Name {number},to{number}@x.example\n" for number in range(ROWS))
    table = folder / "people.csv"
    table.write_text(f"name,mail\n{rows}", "utf-8")
    words = ("--to", "{csv.mail}", "--subject", "Hi {csv.name}", "--body", BODY)

    def work() -> None:
        done = in_process(home, "send", "--queue", "--csv", table, *words)
        assert done.returncode == 0, done.stderr

    return work


def _claims(outbox: Outbox) -> Callable[[], None]:
    def work() -> None:
        for _ in range(100):
            outbox.claim("qq", NOON)

    return work


def _outbox(folder: Path, waiting: int) -> Outbox:
    database = Database(folder / "outbox.db")
    outbox = Outbox(database, Spool(folder / "spool"))
    with database.transaction():
        for number in range(waiting):
            outbox.add(a_draft(rule=f"rule {number % 5}"), composed(), a_stamp(), NOON, due=NOON)
    return outbox
