"""Following logs on real files: what is found, read together, held, left out, and at what pace."""

from __future__ import annotations

import gzip
import lzma
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.tailing import Following, log_rule
from tests.support.wait import until
from traymail.core.lines import LONGEST_LINE
from traymail.core.observations import LinesMatched
from traymail.core.rules.log import LogRule, StartAt
from traymail.core.settings import Settings
from traymail.watch.log_reading import LOOK
from traymail.watch.rereading import logs_of
from traymail.watch.sources import TRUSTED_NS
from traymail.watch.tails import BUSY_SECONDS, IDLE_SECONDS


@contextmanager
def following(
    *rules: LogRule, own: tuple[Path, ...] = (), most_open: int | Callable[[], int] | None = None
) -> Iterator[Following]:
    made = Following(*rules, own=own, most_open=most_open)
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
        one.tails.orders.apply(Settings(rules=one.rules))
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


@pytest.mark.parametrize("shared", [False, True])
def test_what_nobody_foresaw_in_one_rules_log_stops_no_other_rule(
    tmp_path: Path, *, shared: bool
) -> None:
    """Its encoding is none for lines: the configuration refuses it, but here it stands."""
    log = tmp_path / "app.log"
    odd = log if shared else tmp_path / "odd.log"
    log.touch()
    odd.touch()
    bad = log_rule(odd, name="bad", encoding="idna")
    with following(log_rule(log), bad) as one:
        one.look()
        for number in range(3):
            write(log, f"line {number}\n")
            write(odd, b"xn--\xff line\n")
            one.look()
        assert one.lines() == ["line 0", "line 1", "line 2"]
        assert one.sources["log"].problem is None
        assert "went wrong" in str(one.sources["bad"].problem)
        assert one.sources["bad"].following == 0
        one.tails.orders.apply(Settings(rules=(log_rule(log), log_rule(odd, name="bad"))))
        one.look()
        assert one.sources["bad"].problem is None


def test_a_coloured_line_is_read_as_a_terminal_shows_it(tmp_path: Path) -> None:
    log = tmp_path / "app.log"
    log.touch()
    at_start = log_rule(log, name="start", match=(r"^ERROR\b",))
    word = log_rule(log, name="word", match=(r"\bERROR\b",))
    with following(at_start, word) as one:
        one.look()
        write(log, "\x1b[1;31mERROR\x1b[0m disk\n")
        write(log, "\x1b]0;title\x07\x1b[31mERROR\x1b[0m\x1b[K: 磁盘\n")
        write(log, "\x1b[32m12:00\x1b[0m \x1b[31mERROR\x1b[0m later\n")
        one.look()
        assert one.lines("start") == ["ERROR disk", "ERROR: 磁盘"]
        assert one.lines("word") == ["ERROR disk", "ERROR: 磁盘", "12:00 ERROR later"]


def test_a_last_line_without_a_line_break_is_told_once(tmp_path: Path) -> None:
    log = tmp_path / "app.log"
    write(log, "line 1\nline 2, old")
    bad = log_rule(log, name="later", match=("full",))
    with following(log_rule(log), bad) as one:
        one.rest(8)
        assert one.lines() == [], "that was there before the rule"
        write(log, ", ended\nline 3: disk")
        one.look()
        one.rest(4)
        assert one.lines() == ["line 2, old, ended"], "not before it was quiet for 5 s"
        one.rest(2)
        assert one.lines() == ["line 2, old, ended", "line 3: disk"]
        # What matches only in its rest is not lost, and the rest makes no second match.
        write(log, " is full, line 4\nline 5")
        one.rest(6)
        assert one.lines()[2:] == ["line 5"]
        assert one.lines("later") == ["line 3: disk is full, line 4"]
        write(log, " and on\nline 6\n")
        one.look()
        assert one.lines()[3:] == ["line 6"]


@pytest.mark.parametrize("ends", ["crash", "restart"])
def test_a_line_told_without_its_end_stays_told(tmp_path: Path, ends: str) -> None:
    log = tmp_path / "app.log"
    log.touch()
    rules = log_rule(log), log_rule(log, name="later", match=("full",))
    with following(*rules) as one:
        one.look()
        write(log, "line 1\nline 2: disk")
        one.rest(8)
        getattr(one, ends)()
        one.rest(8)
        write(log, " is full\nline 3\n")
        one.rest(2)
        assert one.lines() == ["line 1", "line 2: disk", "line 3"]
        assert one.lines("later") == ["line 2: disk is full"]
        # What came while nobody looked is told of, too; what was seen before is not new.
        one.tails.close()
        write(log, "line 4")
        one.restart()
        one.rest(8)
        assert one.lines()[3:] == ["line 4"]
        log.rename(tmp_path / "app.log.1")
        write(log, "line 5\n")
        one.rest(12)
        assert one.lines()[3:] == ["line 4", "line 5"]


def test_a_last_record_and_the_lines_before_it_are_told_without_a_line_break(
    tmp_path: Path,
) -> None:
    log = tmp_path / "app.log"
    log.touch()
    record = log_rule(log, match=("FATAL",), record_start="^>", name="record")
    around = log_rule(log, match=("FATAL",), before=1, after_lines=1, name="around")
    with following(record, around) as one:
        one.look()
        write(log, "> one\n> two\nFATAL: end")
        one.rest(8)
        shown = {name: [match.shown for match in one.matches[name]] for name in one.matches}
        assert shown == {"record": ["> two\nFATAL: end"], "around": ["> two\nFATAL: end"]}
        write(log, " of all\n> three\nFATAL\n> four\n")
        one.rest(2)
        shown = {name: [match.shown for match in one.matches[name]] for name in one.matches}
        assert shown["record"][1:] == ["> three\nFATAL"]
        assert shown["around"][1:] == ["> three\nFATAL\n> four"]


def test_what_exists_as_it_is_written_is_no_pattern(tmp_path: Path) -> None:
    folder = tmp_path / "[2] New"
    folder.mkdir()
    logs = [folder / "app [prod].log", folder / "b.log", tmp_path / "2" / "p.log"]
    logs[2].parent.mkdir()
    for log in logs:
        log.touch()
    one_log = log_rule(logs[0], name="one")
    later = log_rule(folder / "[x] later.log", name="later")
    globbed = log_rule(folder / "*.log", folder.with_name("[12]") / "*.log", name="globbed")
    with following(one_log, later, globbed) as one:
        one.look()
        for number, log in enumerate(logs):
            write(log, f"line {number}\n")
        write(folder / "[x] later.log", "line 3\n")
        one.rest(4)
        assert one.lines("one") == ["line 0"]
        assert one.lines("later") == ["line 3"]
        assert sorted(one.lines("globbed")) == ["line 0", "line 1", "line 2", "line 3"]


def test_a_pattern_that_cannot_be_used_is_its_own_rules_trouble(tmp_path: Path) -> None:
    log = tmp_path / "app.log"
    write(log, "")
    bad = log_rule(log, name="bad", match=("a", r"\Qa.b"))
    with following(log_rule(log), bad) as one:
        one.look()
        write(log, "line 1\n")
        one.look()
        assert one.lines() == ["line 1"]
        assert one.sources["log"].problem is None
        assert one.sources["bad"].following == 0
        assert r"\Qa.b: What \Q begins is not ended" in str(one.sources["bad"].problem)
        one.tails.orders.apply(Settings(rules=(log_rule(log), log_rule(log, name="bad"))))
        one.look()
        assert one.sources["bad"].problem is None


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
        one.has_room = False
        write(log, "line 1\n")
        assert one.tails.sweep() == BUSY_SECONDS
        assert one.lines() == []
        one.has_room = True
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


@pytest.mark.skipif(os.name != "posix", reason="links and pipes of POSIX")
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


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="makes files of another user")
@pytest.mark.parametrize("linked", ["file", "folder", "way"])
@pytest.mark.parametrize("mode", [0o755, 0o777, 0o1777])
def test_a_link_of_a_strangers_shows_nothing_but_what_is_theirs(
    tmp_path: Path, linked: str, mode: int
) -> None:
    stranger, shared = 65534, tmp_path / "shared"
    shared.mkdir()
    shared.chmod(mode)
    if mode == 0o755:
        os.chown(shared, stranger, stranger)
    for place in ("private/in", "theirs/in"):
        (tmp_path / place).mkdir(parents=True)
        write(tmp_path / place / "app.log", f"line 1 of {place}\n")
    for path in (tmp_path / "theirs", *(tmp_path / "theirs").rglob("*")):
        os.chown(path, stranger, stranger)
    logs = {"file": shared, "folder": shared / "in", "way": shared / "on" / "in"}[linked]
    link, inside = {
        "file": (shared / "app.log", "in/app.log"),
        "folder": (shared / "in", "in"),
        "way": (shared / "on", ""),
    }[linked]

    def lead_to(place: str, owner: int) -> None:
        link.unlink(missing_ok=True)
        link.symlink_to(tmp_path / place / inside)
        os.lchown(link, owner, owner)

    lead_to("private", stranger)
    with following(log_rule(logs / "*.log", start_at=StartAt.BEGINNING)) as one:
        one.rest(3)
        assert one.lines() == []
        # In places like /tmp the kernel may refuse it first.
        assert mode == 0o1777 or "of another user's" in str(one.sources["log"].problem)
        lead_to("theirs", stranger)
        one.rest(3)
        write(tmp_path / "theirs/in/app.log", "line 2 of theirs\n")
        one.rest(3)
        assert one.lines()[-1] == "line 2 of theirs"
        lead_to("private", os.geteuid())
        one.rest(3)
        write(tmp_path / "private/in/app.log", "line 2 of ours\n")
        one.rest(3)
        assert one.lines()[-1] == "line 2 of ours"


def test_a_log_becomes_readable(tmp_path: Path) -> None:
    log = tmp_path / "app.log"
    with following(log_rule(log)) as one:
        one.look()
        assert "no file" in str(one.sources["log"].problem)
        write(log, "line 1\n")
        one.look()
        assert one.sources["log"].problem is None
        assert one.lines() == ["line 1"]


def test_a_rule_that_is_gone_is_released(tmp_path: Path) -> None:
    log = tmp_path / "app.log"
    log.touch()
    with following(log_rule(log, name="a"), log_rule(log, name="b")) as one:
        one.look()
        one.tails.orders.apply(Settings(rules=one.rules[1:]))
        write(log, "line 1\n")
        one.look()
        assert (one.lines("a"), one.lines("b")) == ([], ["line 1"])
        one.tails.orders.apply(Settings())
        one.look()
        assert not one.tails.followed.all()


def test_more_files_than_may_be_open_at_once(tmp_path: Path) -> None:
    for number in range(150):
        (tmp_path / f"{number:03}.log").touch()
    with following(log_rule(tmp_path / "*.log"), most_open=20) as one:
        one.look()
        opened = len(list(Path("/proc/self/fd").iterdir())) if Path("/proc/self/fd").exists() else 0
        for number in range(150):
            write(tmp_path / f"{number:03}.log", f"line {number}\n")
        one.look(6)
        assert sorted(one.lines()) == sorted(f"line {number}" for number in range(150))
        assert opened < 120


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")
def test_as_many_are_open_as_the_system_allows() -> None:
    code = (
        "import resource\n"
        "from traymail.watch.sources import most_open\n"
        "hard = min(resource.getrlimit(resource.RLIMIT_NOFILE)[1], 4000)\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (100, hard))\n"
        "print(hard, most_open(), resource.getrlimit(resource.RLIMIT_NOFILE)[0])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    hard, logs, soft = map(int, done.stdout.split())
    assert soft == hard > 100
    assert hard / 2 <= logs < hard


@pytest.mark.parametrize("most_open", [None, 20])
@pytest.mark.parametrize("how", ["rename", "gzip", "gzip elsewhere", "xz under no known name"])
@pytest.mark.parametrize("created", [True, False])
def test_what_rotates_between_looks_is_read_however_many_are_followed(
    tmp_path: Path, most_open: int | None, how: str, created: bool
) -> None:
    logs = [tmp_path / f"{number:03}.log" for number in range(70)]
    for log in logs:
        write(log, f"{log.name} begins\n")
    (tmp_path / "older").mkdir()
    with following(log_rule(tmp_path / "*.log"), most_open=most_open) as one:
        one.look()
        for number, log in enumerate(logs):
            write(log, f"line {number}\n")
            content = log.read_bytes()
            if how == "rename":
                log.rename(f"{log}.1")
            elif how == "gzip":
                log.with_name(f"{log.name}.1.gz").write_bytes(gzip.compress(content))
            elif how == "gzip elsewhere":
                (tmp_path / "older" / f"{log.name}.gz").write_bytes(gzip.compress(content))
            else:
                (tmp_path / f"kept-{number}.xz").write_bytes(lzma.compress(content))
            log.unlink(missing_ok=True)
            if created:
                write(log, "nothing\n")
        one.rest()
        assert sorted(one.lines()) == sorted(f"line {number}" for number in range(70))
        assert one.sources["log"].left_out == ()


def test_what_is_written_while_many_are_opened_is_not_from_before(tmp_path: Path) -> None:
    logs = [tmp_path / f"{number:03}.log" for number in range(20)]
    for log in logs:
        write(log, "line 0, from before\n")

    def write_meanwhile() -> int:  # it is asked for when all were found and none is open yet
        assert one.sources == {}, "nothing is watched yet"
        for number, log in enumerate(logs, 1):
            write(log, f"line {number}\n")
        return 100

    with following(log_rule(tmp_path / "*.log"), most_open=write_meanwhile) as one:
        one.look()
        assert sorted(one.lines()) == sorted(f"line {number}" for number in range(1, 21))
        assert one.sources["log"].following == 20


@pytest.mark.parametrize("when", ["at the start", "later", "rotated", "gone"])
def test_opening_twice_as_many_is_twice_the_work(tmp_path: Path, when: str) -> None:
    def work(count: int) -> int:
        folder = tmp_path / str(count)
        folder.mkdir()
        if when != "later":
            make_logs(folder, count)
        with following(log_rule(folder / "*.log")) as one:
            if when != "at the start":
                one.look()
            if when == "later":
                make_logs(folder, count)
            elif when == "rotated":
                make_logs(folder, count, ".1")
            elif when == "gone":
                one.restart()
                make_logs(folder, count, ".gone")
            one.clock.seconds += 3
            # A folder that was changed this moment is looked at again and again.
            until(lambda: time.time_ns() - folder.stat().st_mtime_ns > TRUSTED_NS, what="rest")
            return calls(one.tails.sweep)

    assert work(160) < 2.5 * work(80)


def make_logs(folder: Path, count: int, ending: str = "") -> None:
    """Make many logs; with an ending, in place of those that get it, or are gone."""
    for number in range(count):
        log = folder / f"{number:04}.log"
        if ending:
            log.rename(f"{log}{ending}")
        if ending != ".gone":
            write(log, f"{number} begins here\n" * 30)


def calls(act: Callable[[], object]) -> int:
    """Count the functions that are called."""
    counted = 0

    def count(_frame: object, event: str, _argument: object) -> None:
        nonlocal counted
        counted += event in {"call", "c_call"}

    sys.setprofile(count)
    try:
        act()
    finally:
        sys.setprofile(None)
    return counted


@pytest.mark.skipif(os.name != "posix", reason="links and pipes of POSIX")
def test_a_dry_run_reads_a_file_of_two_names_once(tmp_path: Path) -> None:
    log = tmp_path / "app.log"
    write(log, "line 1\n")
    (tmp_path / "link.log").symlink_to(log)
    (tmp_path / "hard.log").hardlink_to(log)
    (tmp_path / "gone.log").symlink_to("nowhere")
    plain, left_out = logs_of(log_rule(tmp_path / "*.log"))
    assert plain == (str(log),)
    assert [path for path, _ in left_out] == [str(tmp_path / "gone.log")]
