"""Following logs on real files: what is found, read together, held, left out, and at what pace."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.tailing import Following, log_rule
from traymail.core.lines import LONGEST_LINE
from traymail.core.observations import LinesMatched
from traymail.core.rules.log import LogRule, StartAt
from traymail.core.settings import Settings
from traymail.watch.tails import BUSY_SECONDS, IDLE_SECONDS, LOOK


@contextmanager
def following(*rules: LogRule, own: tuple[Path, ...] = ()) -> Iterator[Following]:
    made = Following(*rules, own=own)
    try:
        yield made
    finally:
        made.tails.close()


def write(path: Path, words: str | bytes) -> None:
    with path.open("ab") as file:
        file.write(words if isinstance(words, bytes) else words.encode())


@pytest.mark.parametrize(
    ("start_at", "expected"),
    [
        (StartAt.END, ["line 2 whole", "line 3"]),
        (StartAt.BEGINNING, ["line 1", "line 2 whole", "line 3"]),
    ],
)
def test_where_to_start(tmp_path: Path, start_at: StartAt, expected: list[str]) -> None:
    log = tmp_path / "app.log"
    write(log, "line 1\nline 2")
    with following(log_rule(log, start_at=start_at)) as one:
        one.look()
        write(log, " whole\nline 3\n")
        one.look()
        assert one.lines() == expected


def test_files_and_folders_that_appear_later_are_read_whole(tmp_path: Path) -> None:
    write(tmp_path / "a.log", "line 1\n")
    with following(log_rule(tmp_path / "**" / "*.log")) as one:
        one.look()
        (tmp_path / "sub").mkdir()
        write(tmp_path / "sub" / "b.log", "line 2\n")
        write(tmp_path / "c.txt", "line 3\n")
        one.rest(4)
        assert one.lines() == ["line 2"]
        assert one.sources["log"].following == 2


def test_another_glob_of_a_known_rule_starts_at_the_end(tmp_path: Path) -> None:
    write(tmp_path / "a.log", "line 1\n")
    write(tmp_path / "b.log", "line 2\n")
    with following(log_rule(tmp_path / "a.log")) as one:
        one.look()
        one.rules = (log_rule(tmp_path / "a.log", tmp_path / "b.log"),)
        one.tails.apply(Settings(rules=one.rules))
        one.look()
        write(tmp_path / "b.log", "line 3\n")
        one.look()
        assert one.lines() == ["line 3"]


def test_rules_share_one_file_each_with_its_own_wishes(tmp_path: Path) -> None:
    log = tmp_path / "app.log"
    log.touch()
    rules = (
        log_rule(log, name="all"),
        log_rule(log, name="odd", match=("[13579]$",), ignore=("7",)),
        log_rule(log, name="around", match=("line 3",), before=1, after_lines=1),
        log_rule(log, name="late", start_at=StartAt.BEGINNING, encoding="utf-8"),
    )
    with following(*rules) as one:
        one.look()
        write(log, "".join(f"line {number}\n" for number in range(1, 8)))
        one.look(8)
        assert len(one.lines("all")) == 7
        assert one.lines("odd") == ["line 1", "line 3", "line 5"]
        assert [match.shown for match in one.matches["around"]] == ["line 2\nline 3\nline 4"]
        assert one.lines("late") == one.lines("all")


def test_a_record_waits_for_its_end_and_is_read_again_after_a_crash(tmp_path: Path) -> None:
    log = tmp_path / "app.log"
    log.touch()
    rule = log_rule(log, match=("Error",), record_start="^>")
    with following(rule) as one:
        one.look()
        write(log, "> 0\nquiet\n> 1\nTrace\n")
        one.look(1)
        write(log, "Error: one\n")
        one.look(1)
        assert one.lines() == []
        one.crash()
        one.look(1)
        write(log, "  and more\n> 2\nError: two\n")
        one.look(1)
        assert [match.shown for match in one.matches["log"]] == [
            "> 1\nTrace\nError: one\n  and more"
        ]
        one.look(8)
        assert one.lines() == ["Error: one", "Error: two"]
        one.crash()
        one.rest()
        assert one.lines() == ["Error: one", "Error: two"]


@pytest.mark.parametrize("codec", ["utf-16", "gb18030", "utf-8-sig"])
def test_encodings_across_a_restart(tmp_path: Path, codec: str) -> None:
    log = tmp_path / "app.log"
    write(log, "第零行 line 0\r\n".encode(codec))
    plain = {"utf-16": "utf-16-le", "utf-8-sig": "utf-8"}.get(codec, codec)
    with following(log_rule(log, start_at=StartAt.BEGINNING, before=1)) as one:
        one.look()
        for number in range(1, 4):
            write(log, f"第{number}行 line {number}\r\n上".encode(plain))
            one.look()
            one.crash()
        assert one.lines() == ["第零行 line 0", "第1行 line 1", "上第2行 line 2", "上第3行 line 3"]


def test_an_endless_line_is_cut_and_its_rest_passed_over(tmp_path: Path) -> None:
    log = tmp_path / "app.log"
    log.touch()
    with following(log_rule(log)) as one:
        one.look()
        write(log, b"line 1 " + b"x" * (3 * LONGEST_LINE))
        one.look()
        assert len(one.lines()) == 1
        assert one.lines()[0].endswith(" […]")
        one.crash()
        write(log, b" line 2\nline 3\n")
        one.look()
        assert one.lines()[1:] == ["line 3"]


def test_a_burst_is_read_in_slices(tmp_path: Path) -> None:
    log = tmp_path / "app.log"
    log.touch()
    with following(log_rule(log)) as one:
        one.look()
        line = b"quiet and long enough to be like a line of a real log, more or less so\n"
        write(log, (line * 1000 + b"line 1\n") * (3 * LOOK // len(line) // 1000))
        lines = 3 * LOOK // len(line) // 1000
        looks = 1
        while one.tails.sweep() == 0.0:
            looks += 1
        assert looks >= 3
        assert len(one.lines()) == lines
        biggest = max(len(o.matches) for o in one.observations if isinstance(o, LinesMatched))
        assert biggest < lines


def test_nothing_is_read_while_there_is_no_room(tmp_path: Path) -> None:
    log = tmp_path / "app.log"
    log.touch()
    with following(log_rule(log)) as one:
        one.look()
        one.tails._room = lambda: False
        write(log, "line 1\n")
        assert one.tails.sweep() == BUSY_SECONDS
        assert one.lines() == []
        one.tails._room = lambda: True
        one.look()
        assert one.lines() == ["line 1"]


def test_the_pace(tmp_path: Path) -> None:
    log = tmp_path / "app.log"
    log.touch()
    with following(log_rule(log)) as one:
        one.rest()
        assert one.tails.sweep() == IDLE_SECONDS
        told = len(one.observations)
        one.rest(30)
        assert len(one.observations) == told
        write(log, "line 1\n")
        one.look(1)
        assert one.tails.sweep() == BUSY_SECONDS
        one.rest()
        assert one.tails.sweep() == IDLE_SECONDS


def test_quiet_growth_is_told_from_time_to_time(tmp_path: Path) -> None:
    log = tmp_path / "app.log"
    log.touch()
    with following(log_rule(log)) as one:
        one.look()
        told = len(one.observations)
        for _ in range(50):
            write(log, "quiet\n")
            one.look(1, 0.2)
        assert told < len(one.observations) < told + 5
        (position,) = one.kept["log"].positions.values()
        one.restart()
        (after,) = one.kept["log"].positions.values()
        assert position.offset < after.offset == log.stat().st_size


def test_what_cannot_be_followed_is_told(tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    write(own / "traymail.log", "line 1\n")
    (tmp_path / "folder.log").mkdir()
    os.mkfifo(tmp_path / "fifo.log")
    (tmp_path / "loop.log").symlink_to("loop.log")
    write(tmp_path / "old.log.gz", b"\x1f\x8b")
    write(tmp_path / "good.log", "")
    rule = log_rule(tmp_path / "*.log*", tmp_path / "own" / "*.log", start_at=StartAt.BEGINNING)
    with following(rule, own=(own,)) as one:
        one.rest(3)
        sources = one.sources["log"]
        assert sources.following == 1
        assert "not a regular file" in str(sources.problem)
        assert {Path(path).name for path, _ in sources.left_out} == {"old.log.gz", "traymail.log"}
        assert one.lines() == []


def test_a_log_becomes_readable(tmp_path: Path) -> None:
    log = tmp_path / "app.log"
    with following(log_rule(log)) as one:
        one.look()
        assert "no file" in str(one.sources["log"].problem)
        write(log, "line 1\n")
        one.look()
        assert one.sources["log"].problem is None
        assert one.lines() == ["line 1"]


def test_a_rule_that_is_gone_is_let_go(tmp_path: Path) -> None:
    log = tmp_path / "app.log"
    log.touch()
    with following(log_rule(log, name="a"), log_rule(log, name="b")) as one:
        one.look()
        one.tails.apply(Settings(rules=one.rules[1:]))
        write(log, "line 1\n")
        one.look()
        assert (one.lines("a"), one.lines("b")) == ([], ["line 1"])
        one.tails.apply(Settings())
        one.look()
        assert not one.tails._all()


def test_more_files_than_may_be_open_at_once(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    for number in range(150):
        (tmp_path / f"{number:03}.log").touch()
    used = len(list(Path("/proc/self/fd").iterdir())) if Path("/proc/self/fd").exists() else 40
    with following(log_rule(tmp_path / "*.log")) as one:
        resource.setrlimit(resource.RLIMIT_NOFILE, (used + 100, hard))
        try:
            one.look()
            for number in range(150):
                write(tmp_path / f"{number:03}.log", f"line {number}\n")
            one.look(6)
            assert sorted(one.lines()) == sorted(f"line {number}" for number in range(150))
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
