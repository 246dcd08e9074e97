"""The program used through its command line, against a sink that wants TLS and a login."""

import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass, field
from io import BytesIO, TextIOWrapper
from pathlib import Path
from subprocess import DEVNULL, PIPE, CompletedProcess, Popen
from typing import Any
from unittest.mock import patch

from tests.support.certificates import Certificates, Pair
from tests.support.homes import Home
from tests.support.sink import Security, Sink, serve
from tests.support.wait import until
from traymail.cli.main import main
from traymail.core.errors import NotRunning
from traymail.desktop.instance import Instance
from traymail.running.kind import GetRunningKinds

CODE = "abcdefghijklmnop"
USER = "me@desk.example"


def in_process(
    home: Home,
    *arguments: str | Path,
    given: str = "",
    env: Mapping[str, str] | None = None,
    rule_kinds: GetRunningKinds | None = None,
) -> CompletedProcess[str]:
    """Run a command in this process, as `Home.run` does in one of its own: quicker, for tables."""
    command = home.command(*arguments)
    out, err = (TextIOWrapper(BytesIO(), "utf-8") for _ in range(2))
    stdin = TextIOWrapper(BytesIO(given.encode()), "utf-8")
    with (
        patch.dict(os.environ, env or {}),
        patch.object(sys, "stdin", stdin),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        status = main(command[3:], rule_kinds)
    return CompletedProcess(command, status, *(_read(stream) for stream in (out, err)))


def watched(
    command: list[str],
    env: Mapping[str, str],
    seen: Callable[[bytes], object] = lambda _shown: None,
) -> tuple[bytes, bytes]:
    """Run a command to its end; return its output, and what a terminal showed meanwhile.

    ``seen`` is called with all that it shows so far, whenever that is more.
    """
    screen, terminal = os.openpty()
    with Popen(command, env={**os.environ, **env}, stdout=PIPE, stderr=terminal) as running:
        os.close(terminal)
        shown = b""
        # The end of the other side is an error on a pseudo-terminal.
        with suppress(OSError), os.fdopen(screen, "rb", buffering=0) as stream:
            while block := stream.read(4096):
                shown += block
                seen(shown)
        assert running.stdout is not None
        return running.stdout.read(), shown


def _read(stream: TextIOWrapper) -> str:
    stream.seek(0)
    return stream.read()


@dataclass
class Desk:
    """A home with the account "desk" at a sink; its secret is a systemd credential."""

    home: Home
    sink: Sink
    folder: Path
    ca_file: Path
    env: dict[str, str] = field(default_factory=dict)

    def run(
        self,
        *arguments: str | Path,
        given: str | None = None,
        env: Mapping[str, str] | None = None,
    ) -> CompletedProcess[str]:
        """Run a command to its end."""
        return self.home.run(*arguments, given=given, env={**self.env, **(env or {})})

    def quick(self, *arguments: str | Path, given: str = "") -> CompletedProcess[str]:
        """Run a command in this process."""
        return in_process(self.home, *arguments, given=given, env=self.env)

    def json(self, *arguments: str | Path, status: int = 0) -> Any:  # noqa: ANN401 # a JSON document
        """Run a command in this process and return the document it prints."""
        done = self.quick(*arguments, "--json")
        assert done.returncode == status, done.stderr
        return json.loads(done.stdout)

    def configure(self, more: str = "", **changes: object) -> None:
        """Write the configuration: the account, with `changes`, and `more` tables."""
        keys: dict[str, object] = {
            "address": USER,
            "host": self.sink.host,
            "port": self.sink.port,
            "security": self.sink.security,
            "ca_file": str(self.ca_file),
            **changes,
        }
        lines = "\n".join(f"{key} = {json.dumps(value)}" for key, value in keys.items())
        self.home.configure(f"version = 1\n\n[accounts.desk]\n{lines}\n\n{more}")

    def give_secret(self, secret: str = CODE) -> None:
        """Put the secret where systemd would."""
        credentials = self.folder / "credentials"
        credentials.mkdir(mode=0o700, exist_ok=True)
        file = credentials / "traymail.desk"
        file.write_text(f"{secret}\n")
        file.chmod(0o600)
        self.env["CREDENTIALS_DIRECTORY"] = str(credentials)

    def states(self) -> dict[int, str]:
        """Return where each mail of the outbox stands."""
        return {entry["id"]: entry["state"] for entry in self.json("outbox", "list")}

    @contextmanager
    def running(self) -> Iterator[Popen[bytes]]:
        """Let the program run in this home until the block ends."""
        instance = Instance(self.home.path / "state")
        command = self.home.command("run", "--headless")
        with Popen(command, env={**os.environ, **self.env}, stdin=DEVNULL, stderr=PIPE) as one:

            def answers() -> bool:
                assert one.poll() is None, one.communicate()[1].decode()
                try:
                    return "pid" in instance.ask({"command": "status"})
                except NotRunning:
                    return False

            try:
                until(answers, what="the running program's answer")
                yield one
            finally:
                one.terminate()


@contextmanager
def desk(
    folder: Path,
    certificates: Certificates,
    *,
    security: Security = "tls",
    shown: Pair | None = None,
) -> Iterator[Desk]:
    """Set a desk up in `folder`; the sink shows the good certificate, or another one."""
    context = (shown or certificates.good).server_context() if security != "none" else None
    with serve(context, security=security, user=USER, password=CODE) as sink:
        one = Desk(Home(folder / "home"), sink, folder, certificates.ca_file)
        one.configure()
        one.give_secret()
        yield one
