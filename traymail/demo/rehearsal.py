"""The demo with a display: tray, windows, and an inbox on the server inside this program."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from pathlib import Path
from queue import Empty, SimpleQueue

from traymail.core.errors import DesktopError, NotRunning, StateError
from traymail.core.reasons import reason_of
from traymail.core.texts import Text, text
from traymail.demo.stage import DemoStage, Say, append, sample_picture, stage
from traymail.desktop.activation import ADD_ACCOUNT, activate_running
from traymail.desktop.instance import Instance
from traymail.desktop.language import speaking
from traymail.desktop.opening import open_path
from traymail.desktop.starting import REHEARSAL_RUNS
from traymail.ui.dialogs.inbox import InboxNavigation, InboxWindow
from traymail.ui.model.inbox import Delivered
from traymail.ui.model.menu import Do
from traymail.ui.shell import Shell
from traymail.windowed import run

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


PICTURE = (320, 200)


class Mailbag:
    """Hands mails from the sink's thread to the window; what comes before it is there waits."""

    def __init__(self) -> None:
        self._waiting: SimpleQueue[Delivered] = SimpleQueue()
        self._wake: Callable[[], object] = lambda: None

    def put(self, delivered: Delivered) -> None:
        """Take a mail, on any thread."""
        self._waiting.put(delivered)
        self._wake()

    def give(self, post: Callable[[Callable[[], object]], object], window: InboxWindow) -> None:
        """Give all that came and will come to the window, on the thread that ``post`` leads to."""

        def empty() -> None:
            while True:
                try:
                    window.arrived(self._waiting.get_nowait())
                except Empty:
                    return

        self._wake = lambda: post(empty)
        empty()


class RehearsalHandlers:
    """What the row "Try it" does. All of it may block."""

    def __init__(self, here: DemoStage, now: Callable[[], datetime]) -> None:
        self._here, self._now = here, now
        self._pictures, self._errors = count(1), count(1)

    def drop(self) -> Text:
        """Put a picture into the watched folder."""
        number = next(self._pictures)
        name = f"picture {number}.png"
        target = self._here.folder / name
        _written(target, lambda: target.write_bytes(sample_picture(*PICTURE, tint=40 * number)))
        return text("{name} lies in the folder; it is mailed in a moment.", name=name)

    def folder(self) -> None:
        """Show the watched folder in the file manager."""
        open_path(self._here.folder)

    def error(self) -> Text:
        """Write an error into the log."""
        log = self._here.log
        time = self._now().astimezone().strftime("%Y-%m-%d %H:%M:%S")
        line = f"{time} ERROR payment {next(self._errors)} failed: the bank does not answer"
        _written(log, lambda: append(log, line))
        return text("The error is in the log; the mail comes in a moment.")


def rehearse(environ: Mapping[str, str], language: str, say: Say, real_program: RealProgram) -> int:
    """Run until the user ends it; return the exit status. Raises DesktopError without a display."""
    mailbag = Mailbag()
    with stage(environ, language, say, mailbag.put) as here:

        def open_inbox(shell: Shell) -> None:

            def take_over() -> None:
                spoken = shell.root.theme.language
                # In the language it was started in, the real program is at home by itself.
                real_program.add_account("" if spoken == language else spoken)

            _open_inbox(here, shell, mailbag, take_over)
            say(REHEARSAL_RUNS)

        return run(here.app, login=False, on_shell=open_inbox)


def _open_inbox(
    here: DemoStage, shell: Shell, mailbag: Mailbag, take_over: Callable[[], object]
) -> None:
    clock = here.app.clock
    acts = RehearsalHandlers(here, clock.now)

    def end() -> None:
        shell.choices.choose(Do.QUIT)

    def real() -> None:
        take_over()
        shell.loop.post(end)

    navigation = InboxNavigation(
        write=shell.windows.quick_send,
        drop=acts.drop,
        folder=acts.folder,
        error=acts.error,
        real=real,
        end=end,
    )
    window = InboxWindow(shell.root, shell.background, navigation, here.server, clock.now)
    window.know(here.kinds)
    mailbag.give(shell.loop.post, window)
    window.reveal()


def _written(path: Path, write: Callable[[], object]) -> None:
    try:
        write()
    except OSError as error:
        raise StateError(
            text("{path} cannot be written: {reason}", path=path, reason=reason_of(error))
        ) from error
