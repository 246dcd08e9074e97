"""Whatever happens to a log, between any two looks: what was there to be read is told, once."""

from __future__ import annotations

import gzip
import os
import random
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.tailing import Following, log_rule

NUMBERS = range(1, 9)


class Fates:
    """A log, its rotated files, and the lines that lie on the disk and are owed."""

    def __init__(self, log: Path, following: Following, seed: int, *, alike: bool) -> None:
        """``alike``: lines differ in their first bytes alone."""
        self.log = log
        self.following = following
        self.runs = True
        self.chance = random.Random(seed)  # noqa: S311 # a test's, repeatable
        self.alike = alike
        self.count = 0
        # Not looked for at rest yet, so that what happens next may take them away; and since.
        self.unread: set[str] = set()
        self.owed: set[str] = set()
        log.touch()
        following.look()

    def rest(self) -> None:
        if self.runs:
            self.following.rest()
            self.owed |= self.unread
            self.unread.clear()

    def look(self) -> None:
        if self.runs:
            self.following.look(1, 0.4)

    def stop(self) -> None:
        if self.chance.random() < 0.5:
            self.rest()
        self.following.tails.close()
        self.runs = False

    def start(self) -> None:
        if not self.runs:
            self.following.restart()
            self.runs = True

    def crash(self) -> None:
        if self.runs:
            self.following.crash()

    def write(self, path: Path | None = None, lines: tuple[int, ...] = (1, 2, 5, 40)) -> None:
        with (path or self.log).open("a") as file:
            for _ in range(self.chance.choice(lines)):
                self.count += 1
                end = "" if self.alike else f" {self.count}"
                file.write(f"line {self.count} {'x' * self.chance.choice([3, 30, 300])}{end}\n")
                self.unread.add(f"line {self.count}")

    def rename(self) -> None:
        self._shift()
        if self.log.exists():
            self.log.rename(f"{self.log}.1")
        if self.chance.random() < 0.5:
            self.log.touch()

    def copy_and_truncate(self) -> None:
        if self.log.exists():
            self._shift()
            copy = self.chance.choice([shutil.copy, shutil.copy2])
            copy(self.log, f"{self.log}.1")
            os.truncate(self.log, 0)

    def delete(self) -> None:
        self.log.unlink(missing_ok=True)

    def overwrite(self) -> None:
        self.log.write_text("")
        self.write(lines=(1, 3, 20))

    def replace(self) -> None:
        new = self.log.with_name("new")
        self.write(new, (1, 3, 20))
        new.rename(self.log)

    def pack(self) -> None:
        rotated = Path(f"{self.log}.1")
        if rotated.exists():
            packed = Path(f"{rotated}.gz")
            packed.write_bytes(gzip.compress(rotated.read_bytes()))
            shutil.copystat(rotated, packed)
            rotated.unlink()

    def lose_what_is_gone(self) -> None:
        """Nobody can tell what was taken away before anybody could look."""
        there = set[str]()
        for file in self.log.parent.iterdir():
            content = file.read_bytes()
            text = gzip.decompress(content) if file.suffix == ".gz" else content
            there |= {_name(line) for line in text.decode().splitlines()}
        self.unread &= there

    def _shift(self) -> None:
        for number in reversed(NUMBERS):
            for ending in ("", ".gz"):
                old = Path(f"{self.log}.{number}{ending}")
                if old.exists():
                    old.rename(f"{self.log}.{number + 1}{ending}")


def _name(line: str) -> str:
    return " ".join(line.split()[:2])


@pytest.mark.parametrize("alike", [False, True])
@pytest.mark.parametrize("glob", ["app.log", "app.log*", "*"])
@pytest.mark.parametrize("seed", range(16))
def test_any_fate(tmp_path: Path, seed: int, glob: str, *, alike: bool) -> None:
    following = Following(log_rule(tmp_path / glob), most_open=None if seed % 3 else 0)
    fates = Fates(tmp_path / "app.log", following, seed, alike=alike)
    happen: list[tuple[int, Callable[[], None]]] = [
        *((5, fates.write), (3, fates.rest), (2, fates.look)),
        *((1, act) for act in (fates.rename, fates.copy_and_truncate, fates.delete, fates.pack)),
        *((1, act) for act in (fates.overwrite, fates.replace)),
        *((1, act) for act in (fates.stop, fates.start, fates.crash)),
    ]
    weights, acts = zip(*happen, strict=True)
    for act in fates.chance.choices(acts, weights, k=fates.chance.randint(10, 40)):
        act()
        fates.lose_what_is_gone()
    fates.start()
    fates.rest()
    fates.write(lines=(1,))
    fates.rest()
    following.tails.close()
    told = Counter(map(_name, following.lines()))
    assert [line for line, times in told.items() if times > 1] == []
    assert fates.owed - set(told) == set()
