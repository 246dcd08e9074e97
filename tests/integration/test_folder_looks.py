"""Looks at a folder: they go into what has changed, and see each change; a first look is packed."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.folders import NOW, folder_rule
from traymail.core.ledger import FileState, LedgerFile
from traymail.core.message import FileIdentity
from traymail.core.observations import (
    FileLeftOut,
    FileSettled,
    FirstScan,
    FolderBack,
    FoundFile,
    ManyFiles,
    NoLongerLeftOut,
    Observation,
)
from traymail.core.rules.folder import Existing, FolderRule
from traymail.core.selection import MOST_DEEP
from traymail.store.database import Database
from traymail.store.ledger import FolderLedger
from traymail.watch.root import WatchRoot


class AskedLedger(FolderLedger):
    """A ledger that remembers what it was asked for."""

    def __init__(self, database: Database, rule: FolderRule) -> None:
        super().__init__(database, rule.name, rule.folder)
        self.asked: list[str] = []

    def handled(self, files: Sequence[FoundFile]) -> set[str]:
        self.asked += [file.path for file in files]
        return super().handled(files)


class Desk:
    """A folder with two folders in it, a root that looks, and a ledger kept as a flow would."""

    def __init__(self, folder: Path, database: Database, **fields: object) -> None:
        self.folder = folder
        fields = {"recursive": True, "settle": timedelta(0)} | fields
        self.rule = folder_rule(folder, **fields)
        self.ledger = AskedLedger(database, self.rule)
        self.told: list[Observation] = []
        self.keeps = True
        self.now = 0.0
        self.root = WatchRoot(self.rule, (), self.ledger, self._take)
        spot = self.root.look_at_spot()
        assert spot is not None
        self.root.found(spot, None)

    def _take(self, observation: Observation) -> None:
        self.told.append(observation)
        match observation:
            case FirstScan(place=place, files=files) if self.keeps:
                self.ledger.stand_at(place)
                self.ledger.start(files if self.rule.existing is Existing.SKIP else (), NOW)
            case FileSettled(file=file):
                self.ledger.save(LedgerFile(file.path, file.identity, FileState.DONE))
            case _:
                pass

    def look(self, times: int = 2) -> set[str]:
        """Theme, settle, and return what the ledger was asked about by the last look."""
        asked: set[str] = set()
        for _ in range(times):
            self.now += 60.0
            self.ledger.asked.clear()
            self.root.scan(self.now)
            asked = set(self.ledger.asked)
            self.root.settle(self.now)
        return asked

    def settled(self) -> list[str]:
        return [one.file.path for one in self.told if isinstance(one, FileSettled)]

    def write(self, path: str, words: str = "x") -> Path:
        file = self.folder / path
        file.parent.mkdir(exist_ok=True)
        file.write_text(words)
        return file


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    database = Database(tmp_path / "ledger.db")
    (tmp_path / "box" / "a").mkdir(parents=True)
    for name in ("0", "a/1", "b/2"):
        (tmp_path / "box" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "box" / name).write_text("old")
    yield Desk(tmp_path / "box", database)
    database.close()


def test_what_has_not_changed_is_not_looked_up(desk: Desk) -> None:
    assert desk.look(1) == set()
    assert desk.look(1) == set(), "what a first look told of is kept"
    desk.write("a/new")
    assert desk.look(1) == {"a/1", "a/new"}
    assert desk.look(1) == {"a/1", "a/new"}, "once more, now that it is handled"
    assert desk.look(1) == set()
    assert desk.settled() == ["a/new"]


def test_every_change_is_seen(desk: Desk) -> None:
    desk.look(3)
    file = desk.write("a/1", "longer than before")
    desk.look()
    assert desk.settled() == ["a/1"]
    # As long as before, and only its time is another one.
    file.write_text("longer than beforE")
    os.utime(file, ns=(1, 10**18))
    desk.look()
    assert desk.settled() == ["a/1"] * 2
    # Replaced by a file that differs in nothing but being another one.
    other = desk.write("a/other", "longer than BEFORE")
    os.utime(other, ns=(1, 10**18))
    other.replace(file)
    desk.look()
    assert desk.settled() == ["a/1"] * 3
    file.rename(desk.folder / "b" / "moved")
    desk.write("c/3")
    desk.look()
    assert sorted(desk.settled()[3:]) == ["b/moved", "c/3"]
    assert desk.look(1) == set()


def test_what_is_left_out_stays_told_while_it_is_there(desk: Desk) -> None:
    desk.look()
    (desk.folder / "a" / "link").symlink_to(desk.folder / "0")
    empty = desk.write("b/empty", "")
    desk.look(3)
    told = {one.what: str(one.reason) for one in desk.told if isinstance(one, FileLeftOut)}
    assert set(told) == {"a/link", "b/empty"}
    assert desk.look(1) == set(), "nothing is asked of a folder that holds only such"
    assert not [one for one in desk.told if isinstance(one, NoLongerLeftOut)]
    (desk.folder / "a" / "link").unlink()
    empty.write_text("no longer")
    desk.look()
    gone = {one.what for one in desk.told if isinstance(one, NoLongerLeftOut)}
    assert gone == {"a/link", "b/empty"}
    assert desk.settled() == ["b/empty"]


def test_a_tree_without_a_bottom_is_left_out_from_a_depth_on(desk: Desk) -> None:
    desk.look()
    deepest = "/".join(["n"] * MOST_DEEP)
    (desk.folder / deepest / "n" / "n").mkdir(parents=True)
    for path in (f"{deepest}/in", f"{deepest}/n/beyond", f"{deepest}/n/n/far beyond"):
        desk.write(path)
        desk.root.hint(str(desk.folder / path), desk.now)
    desk.look(3)
    assert desk.settled() == [f"{deepest}/in"]
    told = {one.what: str(one.reason) for one in desk.told if isinstance(one, FileLeftOut)}
    assert told == {f"{deepest}/n": "it lies more than 100 folders deep"}


def test_a_first_look_tells_of_what_is_left_out(desk: Desk) -> None:
    desk.write("a/.hidden")
    desk.write("a/half.part")
    (desk.folder / "b" / "link").symlink_to(desk.folder / "0")
    desk.look(1)
    told = {one.what for one in desk.told if isinstance(one, FileLeftOut)}
    assert told == {"a/.hidden", "a/half.part", "b/link"}
    assert desk.look(1) == set()
    assert not [one for one in desk.told if isinstance(one, NoLongerLeftOut)]


def test_who_else_may_write_is_seen_too(desk: Desk) -> None:
    desk.look(3)
    os.link(desk.folder / "0", desk.folder / "a" / "second")
    desk.look()
    assert desk.settled() == ["a/second"]
    assert desk.look(1) == set()
    os.link(desk.folder / "a" / "1", desk.folder.parent / "elsewhere")
    (desk.folder / "a").chmod(0o777)
    desk.look()
    told = {one.what for one in desk.told if isinstance(one, FileLeftOut)}
    assert told == {"a/1", "a/second"}


def test_until_a_first_look_is_kept_nothing_is_new(desk: Desk) -> None:
    desk.keeps = False
    desk.look(1)
    assert [type(one) for one in desk.told] == [FirstScan, FolderBack]
    assert desk.root.next_scan < desk.now + 1.0
    desk.write("a/meanwhile")
    desk.keeps = True
    desk.look(1)
    # It was told once more, with what came meanwhile: that is not taken for known.
    (first, second) = [one for one in desk.told if isinstance(one, FirstScan)]
    assert {file.path for file in first.files} == {"0", "a/1", "b/2"}
    assert {file.path for file in second.files} == {"0", "a/1", "b/2", "a/meanwhile"}
    assert desk.look(1) == {"0", "a/1", "b/2", "a/meanwhile"}
    assert desk.settled() == []


def test_a_first_look_waits_for_the_first_to_be_kept(desk: Desk) -> None:
    desk.keeps = False
    desk.look(1)
    desk.root.scan(desk.now + 1.0)
    assert len([one for one in desk.told if isinstance(one, FirstScan)]) == 1
    (first,) = [one for one in desk.told if isinstance(one, FirstScan)]
    desk.write("a/new")
    desk.ledger.start(first.files, NOW)
    desk.look()
    assert desk.settled() == ["a/new"]


def test_many_files_are_packed() -> None:
    odd = os.fsdecode(b"odd \xff \xe9\x94 name")
    files = [
        FoundFile(f"{n}/{odd}", FileIdentity(1, 2**63 + n, n, n * 10**20)) for n in range(2500)
    ]
    packed = ManyFiles(iter(files))
    assert len(packed) == 2500
    assert list(packed) == files
    assert list(packed) == files, "they may be taken out again"
    assert files[7] in packed
    assert FoundFile("x", files[7].identity) not in packed
