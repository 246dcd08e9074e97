from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from traymail.core.errors import InputError
from traymail.core.ledger import FileState, Goal, LedgerFile
from traymail.core.message import FileIdentity
from traymail.core.observations import FoundFile
from traymail.core.texts import text
from traymail.store.database import Database
from traymail.store.ledger import FolderLedger

NOW = datetime(2024, 5, 1, 12, 0, tzinfo=UTC)
ODD = "sub/caf\udce9 发票.pdf"


def identity(
    inode: int = 7, size: int = 3, mtime_ns: int = 1_700_000_000_123_456_789
) -> FileIdentity:
    return FileIdentity(device=1, inode=inode, size=size, mtime_ns=mtime_ns)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(tmp_path / "state" / "outbox.db")
    yield database
    database.close()


@pytest.fixture
def ledger(database: Database) -> FolderLedger:
    ledger = FolderLedger(database, "Scans", "/scans")
    ledger.start((), NOW)
    return ledger


def test_a_rule_starts_once_in_each_folder(database: Database) -> None:
    ledger = FolderLedger(database, "Scans", "/scans")
    assert not ledger.started()
    ledger.start([FoundFile("old.pdf", identity())], NOW)
    assert ledger.started()
    assert FolderLedger(database, "Scans", "/scans").handled(
        [FoundFile("old.pdf", identity()), FoundFile("new.pdf", identity())]
    ) == {"old.pdf"}
    assert not FolderLedger(database, "Scans", "/elsewhere").started()
    assert not FolderLedger(database, "Other", "/scans").started()


@pytest.mark.parametrize(
    ("seen", "same"),
    [
        (identity(), True),
        (replace(identity(), device=99), True),
        (identity(inode=8), False),
        (identity(size=4), False),
        (identity(mtime_ns=1), False),
    ],
)
def test_a_file_is_the_same_by_size_time_and_inode(
    ledger: FolderLedger, seen: FileIdentity, same: bool
) -> None:
    ledger.save(LedgerFile(ODD, identity(), FileState.DONE, "abc", 1))
    assert ledger.handled([FoundFile(ODD, seen)]) == ({ODD} if same else set())


def test_what_is_kept_comes_back(ledger: FolderLedger) -> None:
    huge = FileIdentity(device=2**64 - 1, inode=2**64 - 2, size=2**40, mtime_ns=-1)
    file = LedgerFile(ODD, identity(), FileState.AWAY, "abc", 5, Goal.FAILED)
    ledger.save(file)
    ledger.save(LedgerFile("huge", huge, FileState.SKIPPED))
    assert ledger.find(ODD) == file
    assert ledger.find("nobody") is None
    assert ledger.handled([FoundFile("huge", huge)]) == {"huge"}
    assert ledger.of_mail(5) == (file,)
    assert ledger.unfinished() == (file,)


def test_contents_are_forgotten_with_a_mail_that_failed(ledger: FolderLedger) -> None:
    ledger.add_content("a", "one", 1)
    ledger.add_content("a", "two", 2)
    assert ledger.mailed("a", "one")
    assert not ledger.mailed("b", "one")
    ledger.forget_contents(1)
    assert not ledger.mailed("a", "one")
    assert ledger.mailed("a", "two")


def test_many_files_are_asked_for_at_once(ledger: FolderLedger) -> None:
    with ledger.transaction():
        for number in range(1500):
            ledger.save(LedgerFile(f"{number}", identity(inode=number), FileState.DONE))
    files = [FoundFile(f"{number}", identity(inode=number)) for number in range(2000)]
    assert ledger.handled(files) == {f"{number}" for number in range(1500)}


def test_a_start_that_was_undone_is_not_remembered(database: Database) -> None:
    ledger = FolderLedger(database, "Scans", "/scans")

    def start_and_fail() -> None:
        with ledger.transaction():
            ledger.start([FoundFile("a", identity())], NOW)
            assert ledger.started()
            raise InputError(text("no"))

    with pytest.raises(InputError):
        start_and_fail()
    assert not ledger.started()
