"""The program used through its command line, against a sink that wants TLS and a login."""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import DEVNULL, PIPE, CompletedProcess, Popen
from typing import Any

from tests.support.certificates import Certificates, Pair
from tests.support.homes import Home
from tests.support.sink import Security, Sink, serve
from tests.support.wait import until
from traymail.core.errors import NotRunning
from traymail.desktop.instance import Instance

CODE = "abcdefghijklmnop"
USER = "me@desk.example"


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

    def json(self, *arguments: str | Path, status: int = 0) -> Any:  # noqa: ANN401 # a JSON document
        """Run a command and return the document it prints."""
        done = self.run(*arguments, "--json")
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
