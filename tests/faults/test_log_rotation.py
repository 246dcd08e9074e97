"""Logs that are rotated in every way, on real files: no line is lost, none is matched twice."""

from __future__ import annotations

import gzip
import os
import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.tailing import Following, log_rule
from traymail.core.rules.log import StartAt
from traymail.watch import tails


class Log:
    """A log that is written to by number."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.count = 0

    def write(self, lines: int, path: Path | None = None, end: str = "\n") -> None:
        with (path or self.path).open("a", encoding="utf-8", newline="") as file:
            for _ in range(lines):
                self.count += 1
                file.write(f"at some time line {self.count} of the log{end}")

    def all(self) -> list[str]:
        return [f"at some time line {number} of the log" for number in range(1, self.count + 1)]


@pytest.fixture
def log(tmp_path: Path) -> Log:
    return Log(tmp_path / "app.log")


@pytest.fixture(params=["open", "resting"])
def following(
    log: Log, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Following]:
    if request.param == "resting":
        # As with more files than a program should have open.
        monkeypatch.setattr(tails, "MOST_OPEN", 0)
    log.path.touch()
    following = Following(log_rule(log.path))
    following.look()
    yield following
    following.tails.close()


def test_what_is_added_is_matched(log: Log, following: Following) -> None:
    log.write(3)
    following.look()
    log.write(2)
    following.look()
    assert following.lines() == log.all()


def test_rename_and_create_with_late_writes(log: Log, following: Following) -> None:
    log.write(3)
    following.look()
    log.write(2)
    log.path.rename(f"{log.path}.1")
    old = Path(f"{log.path}.1")
    log.write(2, old)
    log.write(2)
    following.look()
    log.write(3, old)
    following.look()
    log.write(1)
    following.rest()
    assert sorted(following.lines()) == sorted(log.all())
    log.write(1)
    following.look()
    assert sorted(following.lines()) == sorted(log.all())


def test_two_rotations_between_looks(log: Log, following: Following) -> None:
    log.write(2)
    following.look()
    for _ in range(3):
        log.write(2)
        for number in (3, 2, 1):
            older = Path(f"{log.path}.{number}")
            if older.exists():
                older.rename(f"{log.path}.{number + 1}")
        log.path.rename(f"{log.path}.1")
    log.write(2)
    following.rest()
    assert sorted(following.lines()) == sorted(log.all())


def test_copytruncate_with_an_unread_tail(log: Log, following: Following) -> None:
    log.write(3)
    following.look()
    log.write(4)
    shutil.copy(log.path, f"{log.path}.1")
    os.truncate(log.path, 0)
    log.write(2)
    following.rest()
    assert sorted(following.lines()) == sorted(log.all())


def test_two_copytruncates_between_looks(log: Log, following: Following) -> None:
    log.write(3)
    following.look()
    for turn in range(2):
        log.write(2)
        if turn:
            Path(f"{log.path}.1").rename(f"{log.path}.2")
        shutil.copy(log.path, f"{log.path}.1")
        os.truncate(log.path, 0)
    log.write(2)
    following.rest()
    assert sorted(following.lines()) == sorted(log.all())


@pytest.mark.parametrize("lines", [3, 9], ids=["to the same size", "past the offset"])
def test_truncated_and_regrown(log: Log, following: Following, lines: int) -> None:
    log.write(3)
    following.look()
    os.truncate(log.path, 0)
    log.write(lines)
    following.rest()
    assert following.lines() == log.all()


def test_deleted_and_created_again(log: Log, following: Following) -> None:
    log.write(3)
    following.look()
    log.path.unlink()
    log.write(2)
    following.look()
    log.path.unlink()
    following.look()
    log.write(2)
    following.rest()
    assert following.lines() == log.all()


def test_the_same_lines_after_a_rotation_are_new_ones(log: Log, following: Following) -> None:
    log.write(1)
    following.look()
    log.path.rename(f"{log.path}.1")
    log.count = 0
    log.write(1)
    following.rest()
    assert following.lines() == log.all() * 2


@pytest.mark.parametrize("late", [False, True])
def test_a_switched_symlink(tmp_path: Path, late: bool) -> None:
    log = Log(tmp_path / "one")
    link = tmp_path / "current"
    log.write(1)
    link.symlink_to(tmp_path / "one")
    following = Following(log_rule(link, start_at=StartAt.BEGINNING))
    following.look()
    link.unlink()
    link.symlink_to(tmp_path / "two")
    log.write(2)
    log.write(2, tmp_path / "two")
    following.look()
    if late:
        log.write(2)
    following.rest()
    following.tails.close()
    assert sorted(following.lines()) == sorted(log.all())


@pytest.mark.parametrize("ending", ["crash", "restart"])
class TestWhileStopped:
    def test_nothing(self, log: Log, following: Following, ending: str) -> None:
        log.write(3)
        following.look()
        getattr(following, ending)()
        log.write(2)
        following.rest()
        assert following.lines() == log.all()

    def test_renamed(self, log: Log, following: Following, ending: str) -> None:
        log.write(3)
        following.look()
        getattr(following, ending)()
        log.write(2)
        log.path.rename(f"{log.path}.1")
        log.write(2)
        following.rest()
        assert sorted(following.lines()) == sorted(log.all())

    def test_renamed_twice(self, log: Log, following: Following, ending: str) -> None:
        log.write(3)
        following.look()
        getattr(following, ending)()
        log.write(2)
        log.path.rename(f"{log.path}.2")
        log.write(2)
        log.path.rename(f"{log.path}.1")
        following.rest()
        log.write(2)
        following.rest()
        assert sorted(following.lines()) == sorted(log.all())

    def test_truncated(self, log: Log, following: Following, ending: str) -> None:
        log.write(3)
        following.look()
        getattr(following, ending)()
        os.truncate(log.path, 0)
        log.write(4)
        following.rest()
        assert following.lines() == log.all()

    def test_copied_and_truncated(self, log: Log, following: Following, ending: str) -> None:
        log.write(3)
        following.look()
        getattr(following, ending)()
        log.write(2)
        shutil.copy(log.path, f"{log.path}.1")
        os.truncate(log.path, 0)
        log.write(4)
        following.rest()
        assert sorted(following.lines()) == sorted(log.all())

    def test_gzipped(self, log: Log, following: Following, ending: str) -> None:
        log.write(3)
        following.look()
        getattr(following, ending)()
        log.write(2)
        stat = log.path.stat()
        packed = Path(f"{log.path}.1.gz")
        with gzip.open(packed, "wb") as file:
            file.write(log.path.read_bytes())
        os.utime(packed, ns=(stat.st_atime_ns, stat.st_mtime_ns))
        log.path.unlink()
        log.write(2)
        following.rest()
        assert sorted(following.lines()) == sorted(log.all())
        getattr(following, ending)()
        packed.rename(f"{log.path}.2.gz")
        log.write(1)
        log.path.rename(f"{log.path}.1")
        log.write(1)
        following.rest()
        assert sorted(following.lines()) == sorted(log.all())

    def test_deleted_and_created_again(self, log: Log, following: Following, ending: str) -> None:
        log.write(3)
        following.look()
        getattr(following, ending)()
        log.path.unlink()
        log.write(3)
        following.rest()
        assert following.lines() == log.all()

    def test_half_a_line(self, log: Log, following: Following, ending: str) -> None:
        log.write(2)
        log.write(1, end="")
        following.look()
        getattr(following, ending)()
        following.look()
        assert len(following.lines()) == 2
        with log.path.open("a", encoding="utf-8") as file:
            file.write("\n")
        following.rest()
        assert following.lines() == log.all()

    def test_while_a_rotated_file_was_still_read(
        self, log: Log, following: Following, ending: str
    ) -> None:
        log.write(3)
        following.look()
        log.path.rename(f"{log.path}.1")
        log.write(2)
        following.look(1)
        getattr(following, ending)()
        log.write(2, Path(f"{log.path}.1"))
        following.rest()
        assert sorted(following.lines()) == sorted(log.all())

    def test_replaced_by_its_own_content(self, log: Log, following: Following, ending: str) -> None:
        log.write(100)
        following.look()
        getattr(following, ending)()
        copy = log.path.with_name("written-by-rsync")
        shutil.copy(log.path, copy)
        copy.rename(log.path)
        log.write(1)
        following.rest()
        assert following.lines() == log.all()

    def test_a_new_file(self, log: Log, following: Following, ending: str) -> None:
        log.path.unlink()
        following.rest()
        getattr(following, ending)()
        log.write(2)
        following.rest()
        assert following.lines() == log.all()


def test_a_hole_of_nuls_and_carriage_returns(log: Log, following: Following) -> None:
    log.write(2, end="\r\n")
    following.look()
    os.truncate(log.path, 0)
    os.truncate(log.path, 100_000)
    log.write(2, end="\r\n")
    following.rest()
    assert following.lines() == log.all()


@pytest.mark.parametrize("how", ["rename", "copytruncate"])
def test_rotated_files_that_the_glob_takes_too(tmp_path: Path, how: str) -> None:
    log = Log(tmp_path / "app.log")
    log.write(1)
    following = Following(log_rule(tmp_path / "app.log*"))
    following.look()
    log.count = 0
    for _ in range(3):
        log.write(2)
        following.rest(3)
        log.write(1)
        if Path(f"{log.path}.1").exists():
            Path(f"{log.path}.1").rename(f"{log.path}.2")
        if how == "rename":
            log.path.rename(f"{log.path}.1")
            log.write(1, Path(f"{log.path}.1"))
        else:
            shutil.copy(log.path, f"{log.path}.1")
            os.truncate(log.path, 0)
        log.write(1)
        following.rest()
    following.crash()
    following.rest()
    following.tails.close()
    assert sorted(following.lines()) == sorted(log.all())


def rotate(log: Log, turn: int) -> None:
    """As logrotate does, by one of its ways."""
    for number in (4, 3, 2, 1):
        older = Path(f"{log.path}.{number}")
        if older.exists():
            older.rename(f"{log.path}.{number + 1}")
    if turn % 2:
        shutil.copy(log.path, f"{log.path}.1")
        os.truncate(log.path, 0)
    else:
        log.path.rename(f"{log.path}.1")


@pytest.mark.parametrize("seed", range(6))
def test_anything_in_any_order(log: Log, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 # a test's, repeatable
    log.path.touch()
    following = Following(log_rule(log.path))
    following.look()
    for turn in range(60):
        act = chance.choice(["write", "write", "look", "rotate", "crash", "restart"])
        if act == "write":
            log.write(chance.randint(1, 30))
        elif act == "look":
            following.look(chance.randint(1, 3))
        elif act == "rotate":
            log.write(1)
            rotate(log, turn)
            following.look(chance.randint(2, 30))
        else:
            getattr(following, act)()
    following.rest()
    following.tails.close()
    assert sorted(following.lines()) == sorted(log.all())


def test_rotated_files_of_before_are_left_alone(log: Log) -> None:
    for suffix in (".2", ".1", ""):
        log.write(2, Path(f"{log.path}{suffix}"))
    os.utime(f"{log.path}.1")
    log.count = 0
    following = Following(log_rule(log.path))
    following.look()
    log.write(1)
    rotate(log, 0)
    log.write(1)
    following.rest()
    os.truncate(log.path, 0)
    following.rest()
    rotate(log, 1)
    log.write(1)
    following.rest()
    following.tails.close()
    assert sorted(following.lines()) == sorted(log.all())


def test_rotated_files_of_before_that_are_wanted(log: Log) -> None:
    log.write(2, Path(f"{log.path}.1"))
    log.write(2)
    following = Following(log_rule(f"{log.path}*", start_at=StartAt.BEGINNING))
    following.rest()
    following.tails.close()
    assert sorted(following.lines()) == sorted(log.all())
