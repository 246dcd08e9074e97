"""The running program as a process, and the pieces of a configuration to run it with."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.support.homes import Home
from tests.support.wait import PATIENCE_SECONDS, until
from traymail.core.errors import NotRunning
from traymail.desktop.instance import Instance

CANARY = "canary-secret-42"
ADDRESS = "me@example.com"


def account(
    port: int,
    *,
    security: str = "tls",
    ca_file: Path | str = "",
    auth: str = "password",
    more: str = "",
) -> str:
    """A configuration with the account "main" at a server on 127.0.0.1, and caps out of the way."""
    return f"""\
version = 1

[accounts.main]
address = "{ADDRESS}"
host = "127.0.0.1"
port = {port}
security = "{security}"
auth = "{auth}"
ca_file = {json.dumps(str(ca_file))}
max_per_minute = 100000
max_per_hour = 100000
max_per_day = 100000
{more}
"""


def credentials(folder: Path, secret: str = CANARY) -> dict[str, str]:
    """Give the account "main" its secret as systemd does; return the environment for it."""
    folder.mkdir(mode=0o700, exist_ok=True)
    (folder / "traymail.main").write_text(secret + "\n")
    return {"CREDENTIALS_DIRECTORY": str(folder)}


class Running:
    """`run --headless` in a home. What it writes goes to a file: nobody needs to read a pipe."""

    def __init__(self, home: Home, env: Mapping[str, str]) -> None:
        self.home = home
        self._instance = Instance(home.path / "state")
        self._output = home.path / "output"
        with self._output.open("ab") as output:
            self.process = subprocess.Popen(
                home.command("run", "--headless"),
                env={**os.environ, **env},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )

    @property
    def output(self) -> str:
        """What the program and those before it in this home have written."""
        return self._output.read_text("utf-8")

    def ready(self) -> Running:
        """Wait until it answers, and return it."""
        until(self._answers, what="the running program to answer")
        return self

    def status(self) -> dict[str, Any]:
        """Return what `status --json` shows, without starting Python for it."""
        return self._instance.ask({"command": "status", "language": "en"})

    def end(self, number: int = signal.SIGTERM, seconds: float = PATIENCE_SECONDS) -> int:
        """Send a signal and return the exit status."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(seconds)

    def kill(self) -> None:
        """End it as a power cut would."""
        self.process.kill()
        self.process.wait()

    def _answers(self) -> bool:
        assert self.process.poll() is None, f"the program has ended: {self.output}"
        try:
            return "pid" in self.status()
        except NotRunning:
            return False


@contextmanager
def running(
    home: Home, env: Mapping[str, str] | None = None, *, ready: bool = True
) -> Iterator[Running]:
    """Run the program in a home until the block ends; it may have ended before.

    Not `ready`: the block begins as soon as the process does.
    """
    program = Running(home, env or {})
    try:
        yield program.ready() if ready else program
    finally:
        if program.process.poll() is None:
            program.process.terminate()
            try:
                program.process.wait(PATIENCE_SECONDS)
            except subprocess.TimeoutExpired:
                program.kill()


def outbox(home: Home, *arguments: str) -> list[dict[str, Any]]:
    """Return what `outbox list --json` shows, oldest first."""
    listed = home.run("outbox", "list", "--json", *arguments)
    assert listed.returncode == 0, listed.stderr
    found: list[dict[str, Any]] = json.loads(listed.stdout)
    return found[::-1]
