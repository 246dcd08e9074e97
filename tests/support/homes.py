"""A traymail home of a test's own, and the program run in it as a user does."""

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_LONGEST_RUN_SECONDS = 300  # for what hangs: under Wine, beside other work, a start takes long


@dataclass(frozen=True)
class Home:
    """What `--home` names."""

    path: Path

    @property
    def config(self) -> Path:
        """The configuration file."""
        return self.path / "config.toml"

    def configure(self, toml: str) -> None:
        """Write the whole configuration."""
        self.path.mkdir(mode=0o700, exist_ok=True)
        self.config.write_text(toml, "utf-8")
        self.config.chmod(0o600)

    def command(self, *arguments: str | Path) -> list[str]:
        """The command line that runs traymail in this home."""
        return [
            *(sys.executable, "-m", "traymail", "--home", str(self.path)),
            *(str(argument) for argument in arguments),
        ]

    def run(
        self,
        *arguments: str | Path,
        given: str | None = None,
        env: Mapping[str, str] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Run a command to its end; `given` is its standard input, `env` adds to the test's own."""
        return subprocess.run(
            self.command(*arguments),
            input=given,
            stdin=subprocess.DEVNULL if given is None else None,
            capture_output=True,
            encoding="utf-8",
            env={**os.environ, **(env or {})},
            timeout=_LONGEST_RUN_SECONDS,
            check=False,
        )
