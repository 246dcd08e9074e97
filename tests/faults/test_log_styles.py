"""One log after the other's manner: every way of rotating, saving and cutting, in any order."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import random
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.tailing import Following, log_rule

PACKERS: dict[str, Callable[[bytes], bytes]] = {
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
}
STEPS = 40
# Many people give one glob for a log and for what it is rotated to.
GLOBS = {
    "the log": ("app.log",),
    "its numbers": ("app.log*",),
    "its dates": ("*.log",),
    "both": ("app.log*", "app-*"),
    "the packed": ("app*.log", "app*.gz"),
    "what begins so": ("app*",),
    "all": ("*",),
}


class Machine:
    """A log, its writer, and all that may befall it; chance decides, repeatably.

    What a style destroys has been read before: what nobody could know is not asked for.
    """

    def __init__(self, folder: Path, seed: int, globs: tuple[str, ...] = GLOBS["the log"]) -> None:
        self.chance = random.Random(seed)  # noqa: S311 # a test's, repeatable
        self.folder = folder
        self.log = folder / "app.log"
        self.log.touch()
        self.count = 0
        self.rotated = 0
        self.unread = 0
        self.done: list[str] = []
        # Half of them as with more files than may be open.
        rule = log_rule(*(folder / one for one in globs))
        self.following = Following(rule, most_open=0 if seed % 2 else None)
        self.following.look()

    def write(self, path: Path | None = None, lines: int | None = None) -> None:
        with (path or self.log).open("a", encoding="utf-8") as file:
            for _ in range(lines or self.chance.choice([1, 2, 5, 30, 400])):
                self.count += 1
                self.unread += 1
                file.write(f"at {self.count * 7919 % 100_000:05} o'clock line {self.count}.\n")

    def look(self) -> None:
        """Read all there is: what is destroyed after this is nobody's loss."""
        self.following.look(4)
        self.unread = 0

    def stop(self) -> None:
        getattr(self.following, self.chance.choice(["crash", "restart"]))()

    def perhaps(self, *acts: Callable[[], None]) -> None:
        for act in acts:
            if self.chance.random() < 0.4:
                act()

    def older(self) -> Path:
        """A new name for the rotated log, of the many that there are."""
        self.rotated += 1
        number = self.rotated + 20
        return self.folder / self.chance.choice(
            [f"app.log.{number}", f"app.log-202611{number:03}", f"app-2026-11-{number:03}.log"]
        )

    # --- styles ---------------------------------------------------------------------------------

    def rename(self) -> None:
        if not self.log.stat().st_size:
            self.write()
        old = self.older()
        self.log.rename(old)
        self.perhaps(lambda: self.write(old), self.stop)
        self.write()
        if self.chance.random() < 0.5:
            self.look()
            self.write(old)
            self.look()

    def rename_without_create(self) -> None:
        self.log.rename(self.older())
        self.perhaps(self.stop, self.look)
        self.write()

    def shift(self) -> None:
        """As Python's handlers do: app.log.1, .2, .3, several times between two looks."""
        for _ in range(self.chance.randint(1, 3)):
            for number in range(20, 0, -1):
                older = Path(f"{self.log}.{number}")
                if older.exists():
                    older.rename(f"{self.log}.{number + 1}")
            self.log.rename(f"{self.log}.1")
            self.write()

    def pack(self) -> None:
        """Rename and compress at once; its writer goes on for a moment, and is read."""
        old = self.older()
        self.log.rename(old)
        self.write()
        content = old.read_bytes()
        if self.chance.random() < 0.5:
            self.write(old)
            self.look()
            self.following.rest(self.chance.choice([1, 8]))
        self.perhaps(self.stop)
        self._packed(old, content)

    def _packed(self, old: Path, content: bytes) -> None:
        ending = self.chance.choice(list(PACKERS))
        found = old.stat()
        packed = old.with_name(old.name + ending)
        packed.write_bytes(PACKERS[ending](content))
        os.utime(packed, ns=(found.st_mtime_ns, found.st_mtime_ns))
        old.unlink()

    def pack_later(self) -> None:
        for old in sorted(self.folder.glob("app*")):
            if old != self.log and old.is_file() and old.suffix not in {*PACKERS, ".log~"}:
                self.perhaps(self.stop)
                self._packed(old, old.read_bytes())
                return

    def copytruncate(self) -> None:
        old = self.older()
        shutil.copy(self.log, old)
        if self.chance.random() < 0.3:
            self.write()
            self.look()
        self.perhaps(self.stop)
        os.truncate(self.log, 0)
        self.perhaps(self.write)

    def copytruncate_slowly(self) -> None:
        """As with a large log: the copy is seen while it is made, and the log written to."""
        self.write()
        old = self.older()
        content = self.log.read_bytes()
        with old.open("wb", buffering=0) as copy:
            for at in sorted(self.chance.randrange(len(content)) for _ in range(2)):
                self.following.rest(self.chance.choice([1, 3]))
                self.perhaps(lambda: self.write(lines=1), self.stop)
                copy.write(content[copy.tell() : at])
            self.look()
            content = self.log.read_bytes()
            copy.write(content[copy.tell() :])
        self.perhaps(self.look)
        os.truncate(self.log, 0)
        self.perhaps(self.write)

    def put_elsewhere(self) -> None:
        if str(self.log) not in self.following.tails.followed.current:
            return  # what an empty file came to hold unseen has nothing to be known by
        place = self.folder / self.chance.choice(["app.log-old", "archive"])
        place.mkdir(exist_ok=True)
        self.rotated += 1
        self.perhaps(self.stop)
        self.log.rename(place / f"{self.rotated}-app.txt")
        self.write()

    def replaced(self) -> None:
        """As rsync does, by a copy that may have more."""
        temporary = self.folder / ".app.log.a1B2c3"
        shutil.copy(self.log, temporary)
        self.perhaps(self.stop, lambda: self.write(temporary))
        temporary.rename(self.log)

    def saved(self) -> None:
        content = self.log.read_bytes() + b"somebody's remark no. %d\n" % len(self.done)
        self.perhaps(self.stop)
        if self.chance.random() < 0.5:
            self.log.rename(f"{self.log}~")
        self.log.write_bytes(content)

    def cut(self) -> None:
        """Keep the last lines, in place or by rename; those that are unread among them."""
        lines = self.log.read_bytes().splitlines(keepends=True)
        keep = self.unread + self.chance.randint(2, 50)
        if len(lines) <= keep or self.following.tails.followed.leaving:
            return
        self.perhaps(self.stop)
        temporary = self.folder / "t"
        temporary.write_bytes(b"".join(lines[-keep:]))
        if self.chance.random() < 0.5:
            self.log.write_bytes(temporary.read_bytes())
            temporary.unlink()
        else:
            temporary.rename(self.log)

    def emptied(self) -> None:
        self.look()
        self.perhaps(self.stop)
        os.truncate(self.log, 0)
        self.perhaps(self.look, self.write)

    def linked(self) -> None:
        """Rotate by a second name: ln, then a new file over the first."""
        old = self.older()
        old.hardlink_to(self.log)
        self.perhaps(self.write, self.stop)
        temporary = self.folder / "new"
        self.write(temporary)
        temporary.rename(self.log)

    STYLES = (
        *(rename, rename_without_create, shift, pack, pack_later, copytruncate),
        *(copytruncate_slowly, put_elsewhere, replaced, saved, cut, emptied, linked),
    )

    def step(self) -> None:
        act = self.chance.choice([*self.STYLES, Machine.write, Machine.write, Machine.look])
        self.done.append(act.__name__)
        if act not in {Machine.write, Machine.look, Machine.shift}:
            # Twice between two looks is asked of Python's handlers; the others are looked at.
            self.look()
            self.perhaps(lambda: self.write(lines=3))
        act(self)
        if act not in {Machine.write, Machine.look}:
            self.following.rest(self.chance.choice([1, 3, 12]))
            self.unread = 0
        self.perhaps(self.stop)


@pytest.mark.parametrize("globs", GLOBS)
@pytest.mark.parametrize("seed", range(4))
def test_every_line_once(tmp_path: Path, seed: int, globs: str) -> None:
    machine = Machine(tmp_path, seed, GLOBS[globs])
    for _ in range(STEPS):
        machine.step()
    machine.following.rest()
    machine.following.tails.close()
    told = Counter(line.rpartition(" o'clock ")[2] for line in machine.following.lines())
    written = Counter(f"line {number}." for number in range(1, machine.count + 1))
    assert told == written, machine.done
