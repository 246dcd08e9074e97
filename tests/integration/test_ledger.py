from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from traymail.core.errors import InputError
from traymail.core.ledger import Begun, FileState, Goal, LedgerFile, MovedFile
from traymail.core.message import FileIdentity
from traymail.core.observations import FoundFile, Place
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


@pytest.mark.parametrize("inode", [7, 8])
def test_what_was_skipped_is_the_same_with_another_inode(database: Database, inode: int) -> None:
    ledger = FolderLedger(database, "Scans", "/scans")
    ledger.start([FoundFile("old", identity())], NOW)
    assert ledger.handled([FoundFile("old", identity(inode=inode))]) == {"old"}
    assert ledger.handled([FoundFile("old", identity(inode=inode, size=4))]) == set()


DISK, SHARE = Place("/scans", "ext4 1 /scans"), Place("/scans", "nfs4 server:/x /")


def test_each_place_has_a_ledger_of_its_own(database: Database) -> None:
    ledger = FolderLedger(database, "Scans", "/scans")
    old = FoundFile("old", identity())
    assert ledger.begun() is None
    assert not ledger.stand_at(DISK)
    ledger.start([old], NOW)
    ledger.save(LedgerFile("a", identity(), FileState.POSTED, "abc", 5))
    assert ledger.stand_at(DISK)
    assert not ledger.stand_at(SHARE)
    assert not ledger.started()
    assert ledger.handled([old]) == set()
    ledger.start([], NOW + timedelta(hours=1))
    assert ledger.begun() == Begun("/scans", (DISK.medium, SHARE.medium))
    assert ledger.find("a") is None
    # What is under way is known wherever it lies, and is noted where it belongs.
    [posted] = ledger.of_mail(5)
    assert (posted.path, ledger.is_here(posted)) == ("a", False)
    ledger.save(replace(posted, state=FileState.AWAY))
    ledger.mailed.add(posted.path, "abc", 5, posted.root)
    assert [file.state for file in ledger.unfinished()] == [FileState.AWAY]
    # But what was mailed under a name is not mailed once more from elsewhere.
    assert ledger.mailed.knows("a", "abc")
    assert not ledger.mailed.knows("a", "abd")
    assert ledger.met([old, FoundFile("a", identity(inode=9))]) == {DISK.medium: 2}
    ledger.stand_at(DISK)
    assert ledger.mailed.knows("a", "abc")
    assert ledger.is_here(posted)
    assert ledger.handled([old]) == {"old"}


def test_a_place_gets_another_name(database: Database) -> None:
    ledger = FolderLedger(database, "Scans", "/scans")
    ledger.start([FoundFile("old", identity())], NOW)  # as before places were kept
    assert ledger.begun() == Begun("", ("",))
    odd = Place("/sc\udce9ns", "ext4 1 /scans")
    ledger.rename_place("", odd)
    assert ledger.begun() == Begun("/sc\udce9ns", (odd.medium,))
    assert ledger.started()
    ledger.rename_place(odd.medium, SHARE)
    assert ledger.begun() == Begun("/sc\udce9ns", (SHARE.medium,))
    assert ledger.handled([FoundFile("old", identity())]) == {"old"}


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


@pytest.mark.parametrize("harm", ["size = x'ff'", "mtime_ns = x''", "goal = 'odd'"])
def test_a_damaged_row_keeps_no_other_one_waiting(
    database: Database, ledger: FolderLedger, harm: str
) -> None:
    ledger.save(LedgerFile("a", identity(), FileState.AWAY, "abc", 5, Goal.SENT))
    ledger.save(LedgerFile("b", identity(), FileState.AWAY, "abc", 6, Goal.SENT))
    with database.transaction() as connection:
        connection.execute(f"UPDATE ledger_file SET {harm} WHERE path = ?", (b"a",))  # noqa: S608 # of a table of ours
    damaged, whole = ledger.unfinished()
    assert whole.identity == identity()
    assert damaged.identity != identity() or damaged.goal is Goal.FAILED


def test_contents_are_forgotten_with_a_mail_that_failed(ledger: FolderLedger) -> None:
    ledger.mailed.add("a", "one", 1)
    ledger.mailed.add("a", "two", 2)
    assert ledger.mailed.knows("a", "one")
    assert not ledger.mailed.knows("b", "one")
    ledger.mailed.forget(1)
    assert not ledger.mailed.knows("a", "one")
    assert ledger.mailed.knows("a", "two")


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


@pytest.mark.parametrize("mtime_ns", [0, -(10**30), 10**30])
def test_what_was_moved_is_kept_by_rule_place_and_folder(
    database: Database, ledger: FolderLedger, mtime_ns: int
) -> None:
    moved = [
        MovedFile(f"/sent/{number}/{ODD}", identity(mtime_ns=mtime_ns), "/sent", after)
        for number, after in enumerate((timedelta(days=2), timedelta(0), timedelta(days=1)))
    ]
    for one in moved:
        ledger.moved.add(one)
    ledger.moved.add(replace(moved[0], path="/done/a", folder="/done"))
    assert ledger.moved.until("/sent", timedelta(days=1), 9) == (moved[1], moved[2])
    assert ledger.moved.until("/sent", timedelta(days=9), 1) == (moved[1],)
    assert ledger.moved.first("/sent") == timedelta(0)
    assert ledger.moved.first("/elsewhere") is None
    for rule, folder in (("Other", "/scans"), ("Scans", "/elsewhere")):
        other = FolderLedger(database, rule, folder)
        assert other.moved.until("/sent", timedelta(days=9), 9) == ()
        other.start((), NOW)
        assert other.moved.until("/sent", timedelta(days=9), 9) == ()
    ledger.moved.forget(moved[1])
    ledger.moved.add(replace(moved[2], passed=timedelta(days=5)))  # moved there once more
    assert ledger.moved.first("/sent") == timedelta(days=2)


def test_what_was_moved_from_another_medium_waits_for_it(database: Database) -> None:
    ledger = FolderLedger(database, "Scans", "/scans")
    for place in (DISK, SHARE):
        ledger.stand_at(place)
        ledger.start((), NOW)
    ledger.moved.add(MovedFile("/scans/sent/a", identity(), "/scans/sent", timedelta(0)))
    assert len(ledger.moved.until("/scans/sent", timedelta(0), 9)) == 1
    ledger.stand_at(DISK)
    assert ledger.moved.until("/scans/sent", timedelta(0), 9) == ()
