"""A folder rule with 100,000 handled files in 100 folders: its first start, looks and idling."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event
from time import process_time

from tests.bench import Row
from tests.bench.bench_idle import resident
from tests.support.folders import NOW, folder_rule
from tests.support.homes import Home
from tests.support.running import Running, account, running
from tests.support.wait import until
from traymail.core.observations import FirstScan, Observation
from traymail.store.database import Database
from traymail.store.ledger import FolderLedger
from traymail.watch.root import WatchRoot

FOLDERS, FILES = 100, 1000
SETTLE_SECONDS = 8.0
# At least one look lies in it.
IDLE_SECONDS = 120.0
PATIENCE_SECONDS = 120.0
RULE = """
[[rules]]
name = "scans"
kind = "folder"
to = ["you@example.com"]
subject = "{{file.name}}"
folder = "{folder}"
recursive = true
"""


def rows() -> Iterator[Row]:
    """Measure a look beside a walk, and a program from its first start on."""
    with TemporaryDirectory(prefix="tm-bench-") as name:
        box = Path(name) / "box"
        for number in range(FOLDERS):
            folder = box / f"{number:03}"
            folder.mkdir(parents=True)
            for file in range(FILES):
                (folder / f"{file:04} scanned page.pdf").write_bytes(b"x")
        yield _look(box, Path(name) / "ledger.db")
        home = Home(Path(name) / "home")
        home.configure(account(465, auth="none") + RULE.format(folder=box))
        with running(home) as program:
            until(lambda: _watching(program), PATIENCE_SECONDS, "the first look")
            pid = program.process.pid
            Event().wait(SETTLE_SECONDS)
            before = used(pid)
            yield Row("100,000 files: first start", before, 4.0, "s")
            Event().wait(IDLE_SECONDS)
            share = (used(pid) - before) / IDLE_SECONDS * 100
            yield Row("100,000 files: idle, of a core", share, 0.6, "%")
            yield Row("100,000 files: RSS", resident(pid), 50.0, "MB")


def _look(box: Path, ledger: Path) -> Row:
    """Measure a look that finds nothing new."""
    rule = folder_rule(box, recursive=True)
    database = Database(ledger)
    known = FolderLedger(database, rule.name, rule.folder)

    def take(observation: Observation) -> None:
        if isinstance(observation, FirstScan):
            known.stand_at(observation.place)
            known.start(observation.files, NOW)

    root = WatchRoot(rule, (), known, take)
    spot = root.look_at_spot()
    assert spot is not None
    root.found(spot, None)
    root.scan(0.0)
    ours = _seconds(lambda: root.scan(0.0))
    walk = _seconds(lambda: _walk(str(box)))
    database.close()
    return Row("100,000 files: a look, beside a walk with stat", ours, 1.5, "s", walk)


def _walk(folder: str) -> None:
    with os.scandir(folder) as entries:
        for entry in entries:
            entry.stat(follow_symlinks=False)
            if entry.is_dir(follow_symlinks=False):
                _walk(entry.path)


def _watching(program: Running) -> bool:
    return bool(program.status()["rules"]["scans"]["watching"])


def _seconds(act: Callable[[], object]) -> float:
    """Return the seconds of processor time it takes, the best of five turns."""
    best = float("inf")
    for _ in range(5):
        begin = process_time()
        act()
        best = min(best, process_time() - begin)
    return best


def used(pid: int) -> float:
    """Return the seconds of processor time a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
