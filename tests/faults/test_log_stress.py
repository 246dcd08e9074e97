"""A log that is written to and rotated without pause while it is followed: every line once."""

from __future__ import annotations

import gzip
import os
import random
import shutil
import threading
from collections import Counter
from pathlib import Path

import pytest

from tests.support.tailing import Following, log_rule
from tests.support.wait import until
from traymail.desktop.clock import SystemClock

ROTATIONS = 12
PIECE = 500
SLOW_SECONDS = 0.1


class Writer(threading.Thread):
    """Writes numbered lines, now and then into a file that was renamed just now."""

    def __init__(self, log: Path, how: str, seed: int) -> None:
        super().__init__()
        self.log, self.how = log, how
        self.chance = random.Random(seed)  # noqa: S311 # a test's, repeatable
        self.count = 0
        self.pause = threading.Event()

    def run(self) -> None:
        for _ in range(ROTATIONS):
            with self.log.open("ab", buffering=0) as file:
                self._write(file.fileno())
                self._shift()
                if "rename" in self.how:
                    self.log.rename(f"{self.log}.1")
                    self._write(file.fileno())
                else:
                    shutil.copy(self.log, f"{self.log}.1")
                    os.truncate(self.log, 0)
            if "packed" in self.how:
                self._pack(Path(f"{self.log}.1"))
        with self.log.open("ab", buffering=0) as file:
            self._write(file.fileno())

    def _write(self, target: int) -> None:
        for _ in range(self.chance.randint(1, 6)):
            lines = ""
            for _ in range(self.chance.randint(1, 200)):
                self.count += 1
                lines += f"noise\nline {self.count}\n"
            os.write(target, lines.encode())
            self.pause.wait(self.chance.random() * 0.03)

    def _shift(self) -> None:
        for number in range(ROTATIONS, 0, -1):
            for ending in ("", ".gz"):
                older = Path(f"{self.log}.{number}{ending}")
                if older.exists():
                    older.rename(f"{self.log}.{number + 1}{ending}")

    def _pack(self, older: Path) -> None:
        content = gzip.compress(older.read_bytes())
        with Path(f"{older}.gz").open("wb", buffering=0) as packed:
            for begin in range(0, len(content), PIECE):
                packed.write(content[begin : begin + PIECE])
                self.pause.wait(self.chance.random() * 0.005)
        older.unlink()


@pytest.mark.parametrize("slow", [False, True], ids=["at once", "slowly"])
@pytest.mark.parametrize(
    "how", ["rename", "copytruncate", "rename, packed", "copytruncate, packed"]
)
def test_nothing_is_lost_or_told_twice(tmp_path: Path, how: str, slow: bool) -> None:
    log = tmp_path / "app.log"
    log.touch()
    following = Following(log_rule(log))
    following.clock = SystemClock()  # type: ignore[assignment] # life's own pace
    following.tails = following.new_tails()
    following.tails.sweep()
    writer = Writer(log, how, seed=len(how))
    pace = random.Random(len(how))  # noqa: S311 # a test's, repeatable
    writer.start()

    def done() -> bool:
        if slow:  # as on a busy machine
            writer.pause.wait(pace.random() * SLOW_SECONDS)
        following.tails.sweep()
        return not writer.is_alive() and len(following.lines()) >= writer.count

    try:
        until(done, what="every line")
        for _ in range(20):
            following.tails.sweep()
    finally:
        writer.join()
        following.tails.close()
    told = Counter(following.lines())
    assert told == Counter(f"line {number}" for number in range(1, writer.count + 1))


class Renamer(threading.Thread):
    """Gives rotated logs their next names without pause, the highest first, as logrotate does."""

    def __init__(self, log: Path, generations: int) -> None:
        super().__init__()
        self.log, self.generations = log, generations
        self.begun = threading.Event()
        self.done = threading.Event()

    def run(self) -> None:
        first = 1
        while not self.done.is_set():
            self.begun.set()
            for number in range(first + self.generations - 1, first - 1, -1):
                Path(f"{self.log}.{number}").rename(f"{self.log}.{number + 1}")
            first += 1


@pytest.mark.parametrize("generations", range(2, 42, 4))
def test_what_is_renamed_while_it_is_looked_for_is_told_once(
    tmp_path: Path, generations: int
) -> None:
    log = tmp_path / "app.log"
    log.touch()
    following = Following(log_rule(log))
    following.look()
    following.crash()
    for number in range(generations, 0, -1):
        log.write_text(f"line {generations - number}\n", encoding="utf-8")
        log.rename(f"{log}.{number}")
    log.touch()
    renamer = Renamer(log, generations)
    renamer.start()
    renamer.begun.wait()
    try:
        following.look()
    finally:
        renamer.done.set()
        renamer.join()
    following.rest()
    following.tails.close()
    assert Counter(following.lines()) == Counter(f"line {number}" for number in range(generations))
