"""From the rehearsal into the program of the user's own home."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass

from traymail.core.errors import DesktopError, NotRunning
from traymail.core.texts import text
from traymail.desktop.activation import ADD_ACCOUNT, activate_running
from traymail.desktop.instance import Instance
from traymail.desktop.language import speaking

# As long as `traymail` itself waits for its windows, and a little.
START_SECONDS = 25.0


@dataclass(frozen=True, slots=True)
class RealProgram:
    """The program of the user's own home: ``command`` starts it as the user does."""

    instance: Instance
    command: Sequence[str]

    def add_account(self, language: str) -> None:
        """Open its window that adds an account; start it when none runs. Raises DesktopError.

        ``language`` is what it speaks when it is started and nobody has chosen another one for it;
        "" for the one it finds itself.
        """
        try:
            activate_running(self.instance, ADD_ACCOUNT)
        except NotRunning:
            self._start(language)
            activate_running(self.instance, ADD_ACCOUNT)

    def _start(self, language: str) -> None:
        """Start traymail, and wait until it is there."""
        failed = text("traymail could not be started.")
        try:
            ended = subprocess.run(  # noqa: S603 - our own program
                list(self.command),
                env=speaking(language, os.environ) if language else None,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=START_SECONDS,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise DesktopError(failed) from error
        if ended.returncode != 0:
            told = ended.stderr.strip().partition("\n")[0]
            raise DesktopError(failed, text("It says: {told}", told=told) if told else None)
