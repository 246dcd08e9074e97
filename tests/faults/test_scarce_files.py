"""A process may open only so many files: what that keeps from working is told in a line."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest

from tests.support.certificates import Certificates
from tests.support.cli import Desk, desk
from tests.support.wait import until

pytest.importorskip("resource", reason="no such limits here")

RULES = """\
[[rules]]
name = "Scans"
kind = "folder"
folder = "{folder}"
to = ["boss@example.com"]
settle_seconds = 1

[[rules]]
name = "Errors"
kind = "log"
paths = ["{folder}/*.log"]
match = ["ERROR"]
to = ["boss@example.com"]
"""


@pytest.mark.parametrize("most", [16, 17, 18, 20, 24])
def test_the_running_program(tmp_path: Path, certificates: Certificates, most: int) -> None:
    with desk(tmp_path, certificates) as one:
        one.configure(RULES.format(folder=tmp_path))
        one.quick("send", "--to", "b@c.example", "--body", "x", "--queue")
        output, log = tmp_path / "output", one.home.path / "log" / "traymail.log"
        command = ["sh", "-c", f'ulimit -n {most}; exec "$0" "$@"']
        address = one.home.path / "state" / "ipc.json"

        def is_at_work() -> bool:
            # Among so few, its log may be one of those that cannot be opened.
            told = "engine.event_log" in _words(log) or "the engine waits" in _words(log)
            return address.exists() and (told or not log.exists())

        with (
            output.open("wb") as sink,
            subprocess.Popen(
                [*command, *one.home.command("run", "--headless")],
                env=_environment(one),
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=sink,
            ) as program,
        ):
            try:
                until(
                    lambda: program.poll() is not None or is_at_work(), what="its end, or its work"
                )
            finally:
                program.terminate()
        told = _words(output) + _words(log)
    # The signal may come while it is about to end by itself.
    assert program.returncode in {0, 73, -signal.SIGTERM}, told
    assert "Traceback" not in told
    assert "inside traymail" not in told
    if program.returncode == 73:
        assert "open files" in told or "files are open" in told or "cannot be opened" in told


def _environment(one: Desk) -> dict[str, str]:
    return {**os.environ, **one.env}


def _words(file: Path) -> str:
    return file.read_text("utf-8") if file.exists() else ""
