"""Logs that are rotated in every way, on real files: no line is lost, none is matched twice."""

from __future__ import annotations

import bz2
import gzip
import io
import logging
import lzma
import os
import random
import shutil
import zipfile
import zlib
from collections.abc import Callable, Iterator
from logging.handlers import RotatingFileHandler
from pathlib import Path

import pytest

from tests.support.tailing import Following, log_rule
from traymail.core.rules.log import StartAt
from traymail.watch import log_reading


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
def following(log: Log, request: pytest.FixtureRequest) -> Iterator[Following]:
    log.path.touch()
    # Or as with more files than a program may have open.
    following = Following(log_rule(log.path), most_open=None if request.param == "open" else 0)
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


@pytest.mark.parametrize("looks", [1, 4])
def test_copied_over_the_copy_of_before_also_when_there_was_nothing_to_copy(
    log: Log, following: Following, looks: int
) -> None:
    def rotate() -> None:
        shutil.copy(log.path, f"{log.path}.1")
        os.truncate(log.path, 0)

    log.write(3)
    following.look()
    rotate()
    following.look(4)
    rotate()  # the copy is empty now
    following.look(looks)
    log.write(4)
    following.look()
    log.write(3)
    rotate()
    following.rest()
    assert sorted(following.lines()) == sorted(log.all())


def test_late_writes_to_a_log_that_was_emptied_and_renamed(log: Log, following: Following) -> None:
    log.write(3)
    following.look(4)
    before = log.all()
    with log.path.open("a", encoding="utf-8") as writer:
        os.truncate(log.path, 0)
        log.path.rename(f"{log.path}.1")
        log.path.touch()
        following.look(4)
        writer.write("line 99 comes late\n")
    following.rest()
    assert following.lines() == [*before, "line 99 comes late"]


@pytest.mark.parametrize("lines", [3, 9], ids=["to the same size", "past the offset"])
def test_truncated_and_regrown(log: Log, following: Following, lines: int) -> None:
    log.write(3)
    following.look()
    os.truncate(log.path, 0)
    log.write(lines)
    following.rest()
    assert following.lines() == log.all()


@pytest.mark.parametrize("how", ["in place", "replaced", "deleted"])
@pytest.mark.parametrize("lines", [(1, 1, 1, 1), (2, 2, 2, 2), (5, 1, 3, 1)], ids=str)
@pytest.mark.parametrize("size", [300, 3000])
def test_other_lines_of_one_size_and_one_ending(
    log: Log, following: Following, how: str, lines: tuple[int, ...], size: int
) -> None:
    """As JSON has them that always ends with the same long field."""

    def line(number: int) -> str:
        return f"line {number} of the log, by {'a browser ' * (size // 10)}"

    for written, count in enumerate(lines, 10):
        new = log.path.with_name("new") if how == "replaced" else log.path
        if how == "deleted":
            log.path.unlink()
        new.write_text("".join(f"{line(written)}\n" for _ in range(count)))
        new.replace(log.path)
        following.rest(3)
    assert following.lines() == [
        line(written) for written, count in enumerate(lines, 10) for _ in range(count)
    ]


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


def test_large_rotated_files_are_read_to_their_end_however_long_it_takes(
    log: Log, following: Following
) -> None:
    following.restart()
    noise = (
        b"a line of noise that nobody looks for, a hundred bytes long or so, as many are\n" * 1000
    )
    for number in (4, 3, 2, 1):
        with Path(f"{log.path}.{number}").open("wb") as file:
            for _ in range(2 * log_reading.SLICE // len(noise)):
                file.write(noise)
        log.write(1, Path(f"{log.path}.{number}"))
        os.utime(f"{log.path}.{number}", (2e9 - number, 2e9 - number))
    log.path.unlink()
    log.write(1)
    for _ in range(40):  # a slow computer: each look takes longer than what is quiet is left alone
        following.tails.sweep()
        following.clock.seconds += log_reading.LEAVING_SECONDS + 1
    assert following.lines() == log.all()


def test_reading_again_loses_nothing_that_is_open(log: Log, following: Following) -> None:
    log.write(3)
    following.look()
    rotated = log.path.rename(f"{log.path}.1")
    log.write(2, rotated)
    log.write(2)
    following.has_room = False
    following.look(1)
    rotated.unlink()
    # As when what was read could not be kept: the disk was full.
    following.tails.orders.rewind("log")
    following.has_room = True
    following.rest()
    assert sorted(following.lines()) == log.all()


def test_a_rotated_file_waits_until_there_is_room(log: Log, following: Following) -> None:
    log.write(1)
    following.look()
    log.path.rename(f"{log.path}.1")
    log.write(1)
    following.look(1)
    log.write(1, Path(f"{log.path}.1"))
    following.has_room = False
    following.rest()
    following.has_room = True
    following.rest()
    assert sorted(following.lines()) == log.all()


def test_a_hole_of_nuls_and_carriage_returns(log: Log, following: Following) -> None:
    log.write(2, end="\r\n")
    following.look()
    os.truncate(log.path, 0)
    os.truncate(log.path, 100_000)
    log.write(2, end="\r\n")
    following.rest()
    assert following.lines() == log.all()


@pytest.mark.parametrize("codec", ["utf-8", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("size", [5_000, 300_000])
@pytest.mark.parametrize("seen", [True, False])
@pytest.mark.parametrize("ending", ["none", "crash", "restart"])
def test_half_a_line_and_a_hole_as_a_power_cut_leaves_them(
    log: Log, codec: str, size: int, seen: bool, ending: str
) -> None:
    log.path.touch()
    following = Following(log_rule(log.path, encoding=codec, match=(r"^at some time l",)))
    following.look()
    with log.path.open("ab") as file:
        file.write("at some time line 1\nat some time li".encode(codec))
        file.write(b"\0" * size)
    if seen:
        following.look()
        end(following, ending)
    with log.path.open("ab") as file:
        file.write("at some time line 2\nat some time line 3\n".encode(codec))
    following.look()
    end(following, ending)
    with log.path.open("ab") as file:
        file.write("at some time line 4\n".encode(codec))
    following.rest()
    following.tails.close()
    numbers = ("ne 1", "", "ne 2", "ne 3", "ne 4")
    assert following.lines() == [f"at some time li{number}" for number in numbers]


@pytest.mark.parametrize("room", [700, 65_536, 300_000])
@pytest.mark.parametrize("codec", ["utf-8", "utf-16-le"])
@pytest.mark.parametrize("start_at", [StartAt.END, StartAt.BEGINNING])
@pytest.mark.parametrize("ending", ["none", "crash", "restart"])
def test_a_program_that_makes_room_in_its_log(
    log: Log, room: int, codec: str, start_at: StartAt, ending: str
) -> None:
    lines = [f"line {number} of the log" for number in range(1, 61)]
    content = "".join(f"{line}\n" for line in lines).encode(codec)
    begun = len("".join(f"{line}\n" for line in lines[:2]).encode(codec))
    log.path.write_bytes(content[:begun] + bytes(room))
    following = Following(
        log_rule(log.path, encoding=codec, start_at=start_at, match=(r"^line \d+ of the log$",))
    )
    following.look()
    with log.path.open("r+b") as file:
        file.seek(begun)
        for at in range(begun, len(content), 150):
            file.write(content[at : at + 150])
            file.flush()
            if room < len(content):
                os.truncate(log.path, max(log.path.stat().st_size, file.tell() + 100))
            following.look(1)
            end(following, ending)
    following.rest()
    following.tails.close()
    assert following.lines() == lines[2 if start_at is StartAt.END else 0 :]


def test_the_hole_of_a_sparse_file_is_not_read(log: Log, following: Following) -> None:
    log.write(2)
    following.look()
    os.truncate(log.path, 0)
    os.truncate(log.path, 1 << 30)
    log.write(2)
    looks = 0
    while len(following.lines()) < log.count:
        looks += 1
        assert looks < (1 << 30) // log_reading.LOOK / 4
        following.look(1)
    following.rest(3)
    following.crash()
    log.write(1)
    following.rest()
    assert following.lines() == log.all()


def test_a_mark_of_utf_8_within_a_log(log: Log) -> None:
    log.path.touch()
    following = Following(log_rule(log.path, match=("^at some",)))
    following.look()
    for _ in range(3):
        with log.path.open("ab") as file:
            file.write(b"\xef\xbb\xbf")
        log.write(2)
        following.look()
    following.tails.close()
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


# --- what appears and is rotated before it is looked at ----------------------------------------


@pytest.mark.parametrize("glob", ["app.log", "*.log"])
@pytest.mark.parametrize("packed", [False, True])
def test_a_log_that_appears_and_rotates_before_the_first_look(
    tmp_path: Path, glob: str, packed: bool
) -> None:
    old = Path(tmp_path / "app.log.1")
    old.write_text("an old line 0\n")
    os.utime(old, (1e9, 1e9))
    following = Following(log_rule(tmp_path / glob))
    following.look()
    old.rename(tmp_path / "app.log.9")
    handler = RotatingFileHandler(tmp_path / "app.log", maxBytes=1000, backupCount=8)
    for number in range(1, 301):
        handler.emit(logging.makeLogRecord({"msg": f"line {number} of the log"}))
    handler.close()
    assert (tmp_path / "app.log.3").exists()
    if packed:
        pack(tmp_path / "app.log.2", "gz")
    following.rest()
    following.tails.close()
    assert [line for line in following.lines() if "old" in line] == []
    assert sorted(following.lines()) == sorted(f"line {n} of the log" for n in range(1, 301))


# --- copies: content decides -------------------------------------------------------------------


def pack(path: Path, ending: str) -> Path:
    """Compress a file as gzip, bzip2 and xz do: with its time, and the file itself goes."""
    packed = path.with_name(f"{path.name}.{ending}")
    content = path.read_bytes()
    if ending == "gz":
        packed.write_bytes(gzip.compress(content))
    elif ending == "zip":
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(path.name, content)
    else:
        packed.write_bytes((bz2 if ending == "bz2" else lzma).compress(content))
    grain = 10**9 if ending == "bz2" else 1
    mtime_ns = path.stat().st_mtime_ns // grain * grain
    os.utime(packed, ns=(mtime_ns, mtime_ns))
    path.unlink()
    return packed


SIZES = pytest.mark.parametrize("lines", [3, 40, 3000])
ENDINGS = pytest.mark.parametrize("ending", ["none", "crash", "restart"])


def end(following: Following, ending: str) -> None:
    if ending != "none":
        getattr(following, ending)()


@SIZES
@ENDINGS
@pytest.mark.parametrize("packed", ["gz", "bz2", "xz", "zip", "copy"])
def test_a_rotated_copy_without_the_last_lines(
    log: Log, following: Following, lines: int, ending: str, packed: str
) -> None:
    log.write(lines)
    following.look()
    rotated = log.path.rename(f"{log.path}.1")
    copy = shutil.copy(rotated, f"{log.path}.2")
    log.write(lines, rotated)
    log.write(1)
    following.look()
    log.write(2, rotated)
    following.rest()
    rotated.unlink()
    if packed != "copy":
        pack(Path(copy), packed)
    end(following, ending)
    log.path.rename(f"{log.path}.1")
    log.write(1)
    following.rest()
    assert sorted(following.lines()) == sorted(log.all())


@SIZES
@ENDINGS
def test_copytruncate_while_the_writer_goes_on(
    log: Log, following: Following, lines: int, ending: str
) -> None:
    log.write(lines)
    following.look()
    shutil.copy(log.path, f"{log.path}.1")
    log.write(2)
    following.look()
    end(following, ending)
    os.truncate(log.path, 0)
    log.write(2)
    following.rest()
    assert sorted(following.lines()) == sorted(log.all())


@pytest.mark.parametrize("lines", [1, 3, 40])
@ENDINGS
def test_replaced_by_a_growing_copy(
    log: Log, following: Following, lines: int, ending: str
) -> None:
    origin = log.path.with_name("elsewhere.txt")
    for _ in range(6):
        log.write(lines, origin)
        temporary = log.path.with_name(".app.log.x8Gh2K")
        shutil.copy(origin, temporary)
        temporary.rename(log.path)
        following.look(1)
        end(following, ending)
        following.look(2, 0.4)
    following.rest()
    assert following.lines() == log.all()


@pytest.mark.parametrize("how", ["rename", "in place", "backup"])
@SIZES
@ENDINGS
def test_saved_by_an_editor(
    log: Log, following: Following, how: str, lines: int, ending: str
) -> None:
    log.write(lines)
    following.look()
    end(following, ending)
    for _ in range(2):
        content = log.path.read_bytes() + b"a remark of somebody\n"
        if how == "rename":
            log.path.with_name("saved").write_bytes(content)
            log.path.with_name("saved").rename(log.path)
        elif how == "backup":
            log.path.rename(f"{log.path}~")
            log.path.write_bytes(content)
        else:
            log.path.write_bytes(b"")
            following.look()
            with log.path.open("ab") as file:
                for at in range(0, len(content), 1500):
                    file.write(content[at : at + 1500])
                    file.flush()
                    following.look(1)
        following.rest()
        log.write(1)
        following.rest()
    assert following.lines() == log.all()


@ENDINGS
@pytest.mark.parametrize("kept", ["rename", "gz"])
def test_the_same_lines_every_night(log: Log, following: Following, ending: str, kept: str) -> None:
    for _ in range(3):
        following.rest()
        end(following, ending)
        older = log.path.rename(f"{log.path}.{len(following.lines())}")
        log.count = 0
        log.write(100)
        if kept == "gz":
            pack(older, "gz")
    following.rest()
    assert len(following.lines()) == 300


@pytest.mark.parametrize("lines", [1, 3, 40, 3000])
@pytest.mark.parametrize("unread", [0, 3])
@pytest.mark.parametrize("cut", [True, False])
@pytest.mark.parametrize("name", ["app.log.1", "app.log-20261123", "app.log.old"])
def test_a_copy_that_is_followed_itself(
    tmp_path: Path, lines: int, unread: int, cut: bool, name: str
) -> None:
    log = Log(tmp_path / "app.log")
    log.path.touch()
    following = Following(log_rule(tmp_path / "app.log*"))
    following.look()
    log.write(lines)
    following.look()
    log.write(unread)
    shutil.copy(log.path, tmp_path / name)
    log.write(2)
    following.look()
    if cut:
        os.truncate(log.path, 0)
    log.write(2)
    following.rest()
    log.write(1)
    following.rest()
    following.tails.close()
    assert sorted(following.lines()) == sorted(log.all())


TAKES_ROTATED = pytest.mark.parametrize("glob", ["app.log*", "app*", "*"])


@TAKES_ROTATED
@pytest.mark.parametrize("lines", [0, 1, 3, 40])
@ENDINGS
def test_an_editors_copy_that_the_glob_takes(
    tmp_path: Path, glob: str, lines: int, ending: str
) -> None:
    log = Log(tmp_path / "app.log")
    log.path.touch()
    following = Following(log_rule(tmp_path / glob))
    following.look()
    log.write(lines)
    following.look()
    for _ in range(2):
        log.write(3)
        content = log.path.read_bytes()
        end(following, ending)
        log.path.rename(f"{log.path}~")
        following.look(1)
        log.path.write_bytes(content[:30])
        following.look(1)
        log.path.write_bytes(content + b"a remark of somebody\n")
        following.rest()
    log.write(1)
    following.rest()
    following.tails.close()
    assert following.lines() == log.all()
    ((path, reason),) = following.sources["log"].left_out
    assert path == f"{log.path}~"
    assert "editor" in str(reason)


@TAKES_ROTATED
@ENDINGS
def test_a_copy_of_a_log_that_was_replaced_by_copies_before(
    tmp_path: Path, glob: str, ending: str
) -> None:
    log = Log(tmp_path / "app.log")
    log.path.touch()
    following = Following(log_rule(tmp_path / glob))
    following.look()
    log.write(1)
    following.look()
    shutil.copy(log.path, tmp_path / ".written-by-rsync")
    (tmp_path / ".written-by-rsync").rename(log.path)
    following.rest()
    log.write(4)
    following.look()
    shutil.copy(log.path, tmp_path / "app.log.1")
    log.write(1)
    following.look()
    os.truncate(log.path, 0)
    log.write(1)
    following.rest(3)
    end(following, ending)
    log.write(1)
    following.rest()
    following.tails.close()
    assert following.lines() == log.all()


@TAKES_ROTATED
@pytest.mark.parametrize("emptied", [True, False])
@ENDINGS
def test_a_copy_of_what_an_empty_log_came_to_hold(
    tmp_path: Path, glob: str, emptied: bool, ending: str
) -> None:
    log = Log(tmp_path / "app.log")
    log.path.touch()
    following = Following(log_rule(tmp_path / glob))
    following.look()
    log.write(3)
    shutil.copy(log.path, tmp_path / "app.log.1")
    log.write(2)
    following.look()
    end(following, ending)
    if emptied:
        os.truncate(log.path, 0)
    log.write(1)
    following.rest()
    following.tails.close()
    assert sorted(following.lines()) == log.all()


@TAKES_ROTATED
@ENDINGS
def test_a_copy_that_is_seen_while_it_is_made(tmp_path: Path, glob: str, ending: str) -> None:
    log = Log(tmp_path / "app.log")
    log.path.touch()
    following = Following(log_rule(tmp_path / glob))
    following.look()
    log.write(20)
    following.look()
    with (tmp_path / "app.log.1").open("wb", buffering=0) as copy:
        content = b""
        for size in (0, 100, 250, 600):
            copy.write(content[:size])
            following.rest(3)
            end(following, ending)
            log.write(1)
            content = log.path.read_bytes()[copy.tell() :]
        following.look()
        copy.write(content)
    os.truncate(log.path, 0)
    log.write(1)
    following.rest()
    following.tails.close()
    assert following.lines() == log.all()


@pytest.mark.parametrize("glob", ["app.log*", "*.log"])
def test_a_copy_that_is_packed_while_an_emptied_log_waits(tmp_path: Path, glob: str) -> None:
    log = Log(tmp_path / "app.log")
    log.path.touch()
    following = Following(log_rule(tmp_path / glob))
    following.look()
    log.write(1)
    following.look()
    log.write(3)
    name = "app.log.1" if glob == "app.log*" else "app-20261123.log"
    copy = Path(shutil.copy(log.path, tmp_path / name))
    following.crash()
    os.truncate(log.path, 0)
    following.rest(3)
    following.crash()
    pack(copy, "xz")
    log.write(3)
    following.rest()
    following.tails.close()
    assert sorted(following.lines()) == sorted(log.all())


# --- cut at the top -----------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["in place", "at once", "rename"])
@pytest.mark.parametrize("keep", [2, 5, 50])
@pytest.mark.parametrize("unread", [0, 3])
@ENDINGS
def test_cut_at_its_top(  # a table
    log: Log, following: Following, how: str, keep: int, unread: int, ending: str
) -> None:
    log.write(100)
    following.look()
    end(following, ending)
    log.write(min(unread, keep - 2))
    content = b"".join(log.path.read_bytes().splitlines(keepends=True)[-keep:])
    if how == "in place":
        os.truncate(log.path, 0)
        following.look()
        log.path.write_bytes(content)
    elif how == "at once":
        log.path.write_bytes(content)
    else:
        log.path.with_name("t").write_bytes(content)
        log.path.with_name("t").rename(log.path)
    following.look()
    log.write(2)
    following.rest()
    assert following.lines() == log.all()


# --- rotated while stopped under a name nobody knows --------------------------------------------


@pytest.mark.parametrize("ending", ["crash", "restart"])
@pytest.mark.parametrize(
    "name",
    [
        *("001-app.log", "app.log-old/app.log", "old/2026.txt", "app.log.1.xz", "app.log.bz2"),
        *("app-20261123.log.xz", "archive/app.log.gz", "app_log_of_monday", "001-app.log.gz"),
        *("app.log.1.zip", "app-20261123.log.zip", "app-monday.zip"),
    ],
)
@pytest.mark.parametrize("created", [True, False])
def test_rotated_while_stopped(
    log: Log, following: Following, ending: str, name: str, created: bool
) -> None:
    log.write(20)
    following.look()
    getattr(following, ending)()
    log.write(3)
    target = log.path.with_name("x").parent / name
    target.parent.mkdir(exist_ok=True)
    if target.suffix in {".xz", ".bz2", ".gz", ".zip"}:
        log.path.rename(target.with_suffix(""))
        pack(target.with_suffix(""), target.suffix[1:])
    else:
        log.path.rename(target)
    if created:
        log.write(2)
    following.rest()
    assert sorted(following.lines()) == sorted(log.all())
    assert following.sources["log"].left_out == ()
    getattr(following, ending)()
    log.write(1)
    following.rest()
    assert sorted(following.lines()) == sorted(log.all())


@pytest.mark.parametrize("how", ["deleted", "emptied"])
def test_what_cannot_be_found_again_is_told(log: Log, following: Following, how: str) -> None:
    log.write(20)
    following.look()
    following.restart()
    log.write(3)
    if how == "deleted":
        log.path.unlink()
        following.rest()
    else:
        os.truncate(log.path, 0)
    log.write(2)
    following.rest()
    assert len(following.lines()) == 22
    ((path, reason),) = following.sources["log"].left_out
    assert path == str(log.path)
    assert "cannot be found" in str(reason)


def _broken(ending: str, content: bytes) -> bytes:
    if ending == "zip":  # of two files: which is the log?
        with zipfile.ZipFile(packed := io.BytesIO(), "w") as archive:
            archive.writestr("app.log", content)
            archive.writestr("other.log", content)
        return packed.getvalue()
    whole: dict[str, Callable[[bytes], bytes]] = {
        "gz": gzip.compress,
        "xz": lzma.compress,
        "bz2": bz2.compress,
    }
    return whole.get(ending, zlib.compress)(content)[:-30]


@pytest.mark.parametrize("ending", ["zst", "lz4", "7z", "zip", "gz", "bz2", "xz"])
def test_a_packed_copy_that_cannot_be_read_is_told(
    log: Log, following: Following, ending: str
) -> None:
    log.write(20)
    following.look()
    following.restart()
    log.write(3)
    packed = Path(f"{log.path}.1.{ending}")
    packed.write_bytes(_broken(ending, log.path.read_bytes()))
    log.path.unlink()
    log.write(2)
    following.rest()
    assert len(set(following.lines())) == len(following.lines())
    assert set(following.lines()) >= {*log.all()[:20], *log.all()[-2:]}
    assert [path for path, _ in following.sources["log"].left_out] == [str(log.path)]


# --- several names of one file ------------------------------------------------------------------


@pytest.mark.parametrize("how", ["link", "hard link", "link from elsewhere", "two globs"])
@pytest.mark.parametrize("second", ["aaa.log", "zzz.log"])
@pytest.mark.parametrize("start_at", [StartAt.END, StartAt.BEGINNING])
@ENDINGS
def test_two_names_of_one_file(
    tmp_path: Path, how: str, second: str, start_at: StartAt, ending: str
) -> None:
    log = Log(tmp_path / "app.log")
    if start_at is StartAt.BEGINNING:
        log.write(2)
    log.path.touch()
    other = tmp_path / second
    globs = [tmp_path / "*.log"]
    if how == "hard link":
        other.hardlink_to(log.path)
    elif how == "link":
        other.symlink_to("app.log")
    else:
        (tmp_path / "inner").mkdir()
        other = tmp_path / "inner" / second
        other.symlink_to(log.path)
        globs.append(tmp_path / "inner" / "*.log")
    if how == "two globs":
        globs.append(tmp_path / "app.*")
    following = Following(log_rule(*globs, start_at=start_at))
    following.look()
    log.write(2)
    following.look()
    end(following, ending)
    log.write(1, other)
    following.rest()
    assert following.lines() == log.all()
    log.path.unlink() if how == "hard link" else other.unlink()
    following.rest(3)
    end(following, ending)
    log.write(2, other if how == "hard link" else log.path)
    following.rest()
    following.tails.close()
    assert following.lines() == log.all()


@ENDINGS
@pytest.mark.parametrize("name", ["aaa.log", "zzz.log"])
def test_a_link_to_the_newest_of_dated_logs(tmp_path: Path, ending: str, name: str) -> None:
    log = Log(tmp_path / "app-1.log")
    log.path.touch()
    link = tmp_path / name
    link.symlink_to("app-1.log")
    following = Following(log_rule(tmp_path / "*.log"))
    following.look()
    for day in range(2, 6):
        log.write(3)
        following.look()
        end(following, ending)
        log.write(1)
        old, log.path = log.path, tmp_path / f"app-{day}.log"
        log.write(2)
        link.unlink()
        link.symlink_to(log.path.name)
        log.write(1, old)
        following.rest(8)
    following.tails.close()
    assert sorted(following.lines()) == sorted(log.all())


@ENDINGS
def test_a_log_that_is_reached_by_a_link_and_rotated_at_its_place(
    tmp_path: Path, ending: str
) -> None:
    place = tmp_path / "place"
    place.mkdir()
    log = Log(place / "app.log")
    log.path.touch()
    link = tmp_path / "seen.log"
    link.symlink_to(log.path)
    following = Following(log_rule(link))
    following.look()
    for turn in range(4):
        log.write(2)
        following.look()
        end(following, ending)
        log.write(1)
        rotate(log, turn)
        log.write(1)
        following.rest()
    following.tails.close()
    assert sorted(following.lines()) == sorted(log.all())


@pytest.mark.parametrize("twin", ["link", "gz", "bz2", "xz", "linked and gz"])
def test_a_rotated_file_that_nobody_has_read_and_that_is_there_twice(
    log: Log, following: Following, twin: str
) -> None:
    log.write(2)
    following.look()
    following.crash()
    log.path.rename(f"{log.path}.2")
    log.write(3)
    older = log.path.rename(f"{log.path}.1")
    log.write(1)
    if (ending := twin.rpartition(" ")[2]) != "link":
        content = older.read_bytes()
        packed = pack(older, ending)
        older.write_bytes(content)
        os.utime(older, ns=(packed.stat().st_atime_ns, packed.stat().st_mtime_ns))
    if "link" in twin:
        Path(f"{log.path}.old").hardlink_to(older)
    following.rest()
    assert following.lines() == log.all()


@pytest.mark.parametrize("packer", [gzip.compress, bz2.compress, lzma.compress])
@pytest.mark.parametrize("part", [0.0, 0.02, 0.5, 0.9, 1.0])
@pytest.mark.parametrize("begun", [False, True], ids=["unread", "partly read"])
@pytest.mark.parametrize("ending", ["none", "crash"])
def test_what_is_seen_while_it_is_packed(
    log: Log,
    following: Following,
    packer: Callable[[bytes], bytes],
    part: float,
    begun: bool,
    ending: str,
) -> None:
    if begun:
        log.write(3)
        following.look()
    end(following, ending)
    log.write(2000)
    older = log.path.rename(f"{log.path}.1")
    log.path.touch()
    packed = packer(older.read_bytes())
    name = {gzip.compress: "gz", bz2.compress: "bz2", lzma.compress: "xz"}[packer]
    with Path(f"{older}.{name}").open("wb", buffering=0) as file:
        file.write(packed[: int(part * len(packed))])
        following.look(1)
        file.write(packed[int(part * len(packed)) :])
    following.look(1)
    older.unlink()
    following.rest()
    assert sorted(following.lines()) == sorted(log.all())


@pytest.mark.parametrize("read", [0, 3])
def test_emptied_written_and_rotated_before_it_is_read(
    log: Log, following: Following, read: int
) -> None:
    log.write(read)
    following.look()
    following.has_room = False
    log.path.rename(f"{log.path}.3")
    log.write(4)
    following.look(1)
    shutil.copy(log.path, f"{log.path}.1")
    os.truncate(log.path, 0)
    log.write(5)
    Path(f"{log.path}.1").rename(f"{log.path}.2")
    log.path.rename(f"{log.path}.1")
    log.write(2)
    following.look(1)
    following.has_room = True
    following.rest()
    assert sorted(following.lines()) == sorted(log.all())


@pytest.mark.parametrize("shown", ["app.log", "app.log.1"])
def test_packed_before_it_is_read_under_its_own_name(tmp_path: Path, shown: str) -> None:
    log = Log(tmp_path / "app.log")
    log.path.touch()
    following = Following(log_rule(tmp_path / "app.log*"))
    following.look()
    log.path.unlink()
    following.look()
    following.has_room = False
    log.write(60)
    if shown == "app.log":
        following.look(1)
    older = log.path.rename(f"{log.path}.1")
    log.write(3)
    following.look(3, 2.0)
    pack(older, "gz")
    log.path.rename(older)
    log.write(3)
    following.look(1)
    following.has_room = True
    following.rest()
    following.tails.close()
    assert sorted(following.lines()) == sorted(log.all())
