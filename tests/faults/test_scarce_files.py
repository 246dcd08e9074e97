"""A process may open only so many files: what that keeps from working is told in a line."""

from __future__ import annotations

import os
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
                    lambda: (
                        program.poll() is not None
                        or ("runs, pid" in _words(log) and "engine.diary" in _words(log))
                    ),
                    what="its end, or what it did",
                )
            finally:
                program.terminate()
        told = _words(output) + _words(log)
    assert program.returncode in {0, 73}, told
    assert "Traceback" not in told
    assert "inside traymail" not in told
    if program.returncode:
        assert "open files" in told or "files are open" in told or "cannot be opened" in told


def _environment(one: Desk) -> dict[str, str]:
    return {**os.environ, **one.env}


def _words(file: Path) -> str:
    return file.read_text("utf-8") if file.exists() else ""
