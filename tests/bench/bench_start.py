"""How long commands take that a person or a script waits for, against Python's own start."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

from tests.bench import Row
from tests.support.homes import Home
from tests.support.running import account

ROUNDS = 21
VERSION_LIMIT = 7.0
QUEUE_LIMIT = 15.0
NOTHING = (sys.executable, "-c", "pass")


def rows() -> Iterator[Row]:
    """Measure in turns, so that a busy machine slows all alike."""
    with TemporaryDirectory(prefix="tm-bench-") as folder:
        home = Home(Path(folder) / "home")
        home.configure(account(465, auth="none"))
        queue = home.command(
            "send", "--queue", "--to", "you@example.com", "--subject", "short", "--body", "a line"
        )
        commands = (NOTHING, home.command("--version"), queue)
        for command in commands:
            _seconds(command)  # the first start writes byte code, the first mail the database
        taken = [[_seconds(command) for command in commands] for _ in range(ROUNDS)]
    nothing, version, queued = (median(column) * 1000 for column in zip(*taken, strict=True))
    yield Row("traymail --version / python -c pass", version, VERSION_LIMIT, "ms", nothing)
    yield Row("send --queue / python -c pass", queued, QUEUE_LIMIT, "ms", nothing)


def _seconds(command: Sequence[str]) -> float:
    began = perf_counter()
    subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=os.environ,
        check=True,
    )
    return perf_counter() - began
