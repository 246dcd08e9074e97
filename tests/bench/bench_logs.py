"""Seconds to search a log of 48 MB: beside grep -E -f, and the standard library's re by lines."""

from __future__ import annotations

import os
import random
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.bench import Row
from tests.support.tailing import log_rule
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


def _measure(folder: Path, log: Path, name: str, patterns: list[str]) -> Iterator[Row]:
    rule = log_rule(log, match=tuple(patterns))
    ours = _seconds(lambda: sum(1 for _ in reread(rule, str(log), _unwatched)))
    grep = shutil.which("grep")
    if grep is not None:
        listed = folder / "patterns"
        listed.write_text("\n".join(patterns) + "\n", encoding="ascii")
        command = [grep, "-c", "-E", "-f", str(listed), str(log)]
        by_grep = _seconds(lambda: _run(command))
        yield Row(f"{name}, beside grep -E -f", ours, 60.0, "s", by_grep)
    part = log.read_bytes()[: SLICE_MEGABYTES << 20].splitlines()
    compiled = [re.compile(pattern.encode()) for pattern in patterns]
    by_re = _seconds(lambda: sum(any(one.search(line) for one in compiled) for line in part))
    scaled = by_re * MEGABYTES / SLICE_MEGABYTES
    # re looks for a single word as fast as it gets, and keeps nothing of what it finds.
    limit = 1.0 if len(patterns) > 1 else 4.0
    yield Row(f"{name}, beside re on each line", ours, limit, "s", scaled)


def _run(command: list[str]) -> int:
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, env={"LC_ALL": "C"})
    return int(done.stdout)


def _unwatched(_done: int) -> None:
    """Nobody watches."""


def _seconds(act: Callable[[], int]) -> float:
    """Return the seconds of processor time it takes, the best of three turns."""
    best = float("inf")
    for _ in range(3):
        begin = os.times()
        act()
        best = min(best, sum(os.times()[:4]) - sum(begin[:4]))
    return max(best, 0.01)  # the grain of that clock


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
