"""What the running program costs while nothing happens: memory, wake-ups, many quiet logs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event

from tests.bench import Row
from tests.support.homes import Home
from tests.support.running import account, running
from tests.support.wait import until

SETTLE_SECONDS = 5.0
WATCH_SECONDS = 20.0
MEMORY_LIMIT = 45.0
SWITCHES_LIMIT = 3.0

RULES = """
[[rules]]
name = "scans"
kind = "folder"
to = ["you@example.com"]
subject = "{{file.name}}"
folder = "{folder}/scans"

[[rules]]
name = "errors"
kind = "log"
to = ["you@example.com"]
subject = "{{rule}}"
paths = ["{folder}/*.log"]
match = ["ERROR"]
"""


def rows() -> Iterator[Row]:
    """Measure one program with a folder rule and a log rule, both at work."""
    never = Event()
    with TemporaryDirectory(prefix="tm-bench-") as name:
        folder = Path(name)
        (folder / "scans").mkdir()
        (folder / "app.log").write_text("a line\n" * 1000)
        home = Home(folder / "home")
        home.configure(account(465, auth="none") + RULES.format(folder=folder))
        with running(home) as program:
            until(
                lambda: all(rule["watching"] for rule in program.status()["rules"].values()),
                what="both rules at work",
            )
            never.wait(SETTLE_SECONDS)
            before = switches(program.process.pid)
            never.wait(WATCH_SECONDS)
            woken = switches(program.process.pid) - before
            memory = resident(program.process.pid)
    yield Row("run --headless idle: RSS", memory, MEMORY_LIMIT, "MB")
    rate = woken / WATCH_SECONDS
    yield Row("run --headless idle: context switches", rate, SWITCHES_LIMIT, "/s")

    yield Row("start with 2,000 logs: processor time", _many_logs(2000)[0], 3.0, "s")
    yield Row("1,000 logs idle: processor time", _many_logs(1000)[1], 0.4, "%")


def _many_logs(count: int) -> tuple[float, float]:
    """Return the processor time to open many logs, and the share of it while they are quiet."""
    never = Event()
    with TemporaryDirectory(prefix="tm-bench-") as name:
        folder = Path(name)
        (folder / "scans").mkdir()
        for number in range(count):
            (folder / f"{number}.log").write_text(f"a line {number}\n" * 1000)
        home = Home(folder / "home")
        home.configure(account(465, auth="none") + RULES.format(folder=folder))
        with running(home) as program:
            until(
                lambda: all(rule["watching"] for rule in program.status()["rules"].values()),
                what="both rules at work",
            )
            opening = processor_seconds(program.process.pid)
            never.wait(SETTLE_SECONDS)
            before = processor_seconds(program.process.pid)
            never.wait(WATCH_SECONDS)
            idle = processor_seconds(program.process.pid) - before
    return opening, idle / WATCH_SECONDS * 100


def processor_seconds(pid: int) -> float:
    """Return the processor time of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident(pid: int) -> float:
    """Return the memory of a process in MB."""
    return _field(Path(f"/proc/{pid}/status"), "VmRSS:") * 1024 / 1e6


def switches(pid: int) -> int:
    """Return the context switches of all threads so far, wanted and unwanted."""
    return sum(
        _field(task / "status", kind)
        for task in Path(f"/proc/{pid}/task").iterdir()
        for kind in ("voluntary_ctxt_switches:", "nonvoluntary_ctxt_switches:")
    )


def _field(file: Path, name: str) -> int:
    return next(
        int(line.split()[1]) for line in file.read_text().splitlines() if line.startswith(name)
    )
