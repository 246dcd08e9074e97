"""Seconds to search a log of 48 MB: beside grep -E -f, and the standard library's re by lines."""

from __future__ import annotations

import random
import re
import resource
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from time import process_time

from tests.bench import Row
from tests.support.tailing import START, log_rule
from traymail.core.rules.log import LogRule
from traymail.core.throttle import Throttle, begin, matched, reading_of
from traymail.engine.log_flow import by_group, policy_of
from traymail.watch.rereading import reread

MEGABYTES = 48
SLICE_MEGABYTES = 4  # for re, which is slow
WORDS = ("request", "served", "cache", "user", "session", "order", "page", "token", "retry")
NAMES = ("one pattern", "20 patterns")


def rows() -> Iterator[Row]:
    """Measure quiet logs (0.1 % of lines match) and busy ones (6 %)."""
    with tempfile.TemporaryDirectory(prefix="traymail-bench-") as name:
        folder = Path(name)
        for kind, share in (("quiet", 0.001), ("busy", 0.06)):
            log = folder / f"{kind}.log"
            _write(log, share)
            for words, patterns in zip(NAMES, (_patterns(1), _patterns(20)), strict=True):
                yield from _measure(folder, log, f"{kind} log, {words}", patterns)
            yield from _measure_captures(folder, log, f"{kind} log, 20 patterns that capture")


def _measure_captures(folder: Path, log: Path, name: str) -> Iterator[Row]:
    """Measure patterns that capture by name: matches counted, by group, and in a digest.

    Each is what the program does with them, but for the database: a digest keeps the first and
    the last of them with what they captured, and `group_by` asks each for one part.
    """
    plain = _patterns(20)
    by_grep = _grep(folder, log, plain)
    if by_grep is None:
        return
    rule = log_rule(log, match=tuple(f"(?P<what>{one})" for one in plain))
    by_what = replace(rule, group_by="what")

    def counted() -> int:
        return sum(len(one.matches) for one in reread(rule, str(log), _unwatched))

    def grouped() -> int:
        found = (by_group(by_what, one) for one in reread(by_what, str(log), _unwatched))
        return sum(map(len, found))

    for words, act, limit in (
        ("counted", counted, 2.0),
        # RE2 looks once more at each line that matches, for its part.
        ("by group", grouped, 2.5),
        # Of each reading, the samples are kept with what they captured.
        ("in a digest", partial(_digest, rule, log), 2.5),
        ("in digests by group", partial(_digest, by_what, log), 3.0),
    ):
        yield Row(f"{name}, {words}, beside grep -E -f", _seconds(act), limit, "s", by_grep)


def _digest(rule: LogRule, log: Path) -> int:
    """Hold all matches but the first mail's for a digest; return how many."""
    policy = policy_of(rule)
    state = begin(Throttle(), policy, START)
    for one in reread(rule, str(log), _unwatched):
        for group, found in by_group(rule, one).items():
            state, _ = matched(state, policy, group, reading_of(found, START), START)
    return state.waiting


def _measure(folder: Path, log: Path, name: str, patterns: list[str]) -> Iterator[Row]:
    rule = log_rule(log, match=tuple(patterns))
    ours = _seconds(lambda: sum(len(one.matches) for one in reread(rule, str(log), _unwatched)))
    by_grep = _grep(folder, log, patterns)
    if by_grep is not None:
        # A single word is looked for by the C library alone, and grep keeps nothing of a line.
        limit = 2.0 if len(patterns) > 1 else 60.0
        yield Row(f"{name}, beside grep -E -f", ours, limit, "s", by_grep)
    part = log.read_bytes()[: SLICE_MEGABYTES << 20].splitlines()
    compiled = [re.compile(pattern.encode()) for pattern in patterns]
    by_re = _seconds(lambda: sum(any(one.search(line) for one in compiled) for line in part))
    scaled = by_re * MEGABYTES / SLICE_MEGABYTES
    # re looks for a single word as fast as it gets, and keeps nothing of what it finds.
    limit = 1.0 if len(patterns) > 1 else 4.0
    yield Row(f"{name}, beside re on each line", ours, limit, "s", scaled)


def _grep(folder: Path, log: Path, patterns: list[str]) -> float | None:
    """Return the seconds that grep takes; None where there is none."""
    grep = shutil.which("grep")
    if grep is None:
        return None
    listed = folder / "patterns"
    listed.write_text("\n".join(patterns) + "\n", encoding="ascii")
    command = [grep, "-c", "-E", "-f", str(listed), str(log)]
    return _seconds(lambda: _run(command))


def _run(command: list[str]) -> int:
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, env={"LC_ALL": "C"})
    return int(done.stdout)


def _unwatched(_done: int) -> None:
    """Nobody watches."""


def _seconds(act: Callable[[], int]) -> float:
    """Return the seconds of processor time it takes, with what it starts; the best of five."""
    best = float("inf")
    for _ in range(5):
        begin = process_time() + _of_children()
        act()
        best = min(best, process_time() + _of_children() - begin)
    return best


def _of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _patterns(count: int) -> list[str]:
    kinds = ["ERROR", "FATAL", "timeout after [0-9]+ ms", "denied for [a-z]+"]
    return (kinds + [f"code=E{number:04}[0-9]" for number in range(count)])[:count]


def _write(log: Path, share: float) -> None:
    chance = random.Random(7)  # noqa: S311 # the same log each time
    block = []
    size = 0
    while size < 1 << 20:
        words = " ".join(chance.choices(WORDS, k=14))
        level = "ERROR" if chance.random() < share else "INFO"
        line = f"2026-11-23T08:00:{chance.randrange(60):02}Z {level} {words}"
        block.append(line)
        size += len(line) + 1
    log.write_text(("\n".join(block) + "\n") * MEGABYTES, encoding="ascii")
