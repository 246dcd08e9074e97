"""A full disk: nothing is said to be stored that is not, and it goes on once there is room."""

import resource
import signal
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.support.mails import NOON, a_draft, a_stamp, composed
from traymail.core.errors import StateError
from traymail.core.message import DraftFile
from traymail.core.outbox import Phase, State
from traymail.store.database import Database
from traymail.store.outbox import Outbox
from traymail.store.salvage import check
from traymail.store.spool import Spool


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with closing(Database(tmp_path / "outbox.db")) as database:
        yield database


@contextmanager
def files_at_most(size: int) -> Iterator[None]:
    """No file of this process may grow beyond that: writes fail as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)


def test_a_full_database_stores_all_of_a_mail_or_nothing(
    database: Database, tmp_path: Path
) -> None:
    outbox = Outbox(database, Spool(tmp_path / "spool"))
    with database.read() as connection:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages + 20}")
    stored = 0
    with pytest.raises(StateError, match="is full") as caught:  # noqa: PT012 # until it is full
        for number in range(1000):
            text = "x" * 20_000
            outbox.add(a_draft(text=text), composed(), a_stamp(str(number)), NOON, due=NOON)
            stored += 1
    assert caught.value.advice is not None
    assert 0 < stored == len(outbox.find())
    with database.read() as connection:
        connection.execute("PRAGMA max_page_count = 100000")
    outbox.add(a_draft(), composed(), a_stamp("room"), NOON, due=NOON)
    assert check(tmp_path / "outbox.db", NOON) is None


def test_when_the_final_phase_cannot_be_stored_the_sender_is_told(
    database: Database, tmp_path: Path
) -> None:
    """So the dot stays here: after a crash, the mail is due, not unknown."""
    outbox = Outbox(database, Spool(tmp_path / "spool"))
    for number in range(20):
        outbox.add(a_draft(), composed(), a_stamp(str(number)), NOON, due=NOON)
    item = outbox.claim("qq", NOON)
    assert item is not None
    with files_at_most(4096), pytest.raises(StateError):
        outbox.enter_final(item.id, NOON)
    assert outbox.get(item.id).phase is Phase.PRE
    outbox.recover(NOON)
    assert outbox.get(item.id).state is State.QUEUED


def test_a_spool_on_a_full_disk_keeps_no_half_of_a_file(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool")
    with files_at_most(1_000_000), pytest.raises(StateError, match="cannot be written"):
        spool.take(DraftFile("a", content=b"x" * 3_000_000))
    assert list(spool.folder.iterdir()) == []
