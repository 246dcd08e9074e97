"""The running program with its tray and windows: Tk has the main thread until the end."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from typing import Any

from traymail.app import App
from traymail.desktop.activation import ADD_ACCOUNT
from traymail.desktop.ending import Ending
from traymail.desktop.language import translator
from traymail.program import Program
from traymail.program import run as run_program
from traymail.services.services import services_of
from traymail.ui.model.prefill import asked_for
from traymail.ui.shell import Shell, Speech, open_root
from traymail.ui.theme import Root
from traymail.ui.windows import Windows

OnShell = Callable[[Shell], None]
Activation = Callable[[Windows], None]
"""Opens the window that is asked for."""


class ActivationQueue:
    """`traymail.program.Front`: what others ask the windows for waits until there are any."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[Activation] = []
        self._welcome: Callable[[Activation], None] | None = None

    @property
    def ready(self) -> bool:
        """Whether the windows are there."""
        return self._welcome is not None

    def visit(self, request: dict[str, Any]) -> None:
        """Take a request in, on any thread."""
        activation = _activation(request)
        with self._lock:
            if self._welcome is None:
                self._waiting.append(activation)
                return
        self._welcome(activation)

    def open(self, welcome: Callable[[Activation], None]) -> None:
        """Hand what has come and what will come to ``welcome``, which takes it on any thread."""
        with self._lock:
            waiting, self._welcome = self._waiting, welcome
        for activation in waiting:
            welcome(activation)


def _activation(request: dict[str, Any]) -> Activation:
    if request["command"] == ADD_ACCOUNT:
        return Windows.add_account
    asked = asked_for(request)
    return lambda windows: windows.quick_send(asked)


def run(app: App, *, login: bool, on_shell: OnShell | None = None) -> int:
    """Be the running program of a home, with its tray; return the exit status.

    ``on_shell`` is given the windows once they are there. Raises what `traymail.program.run` does,
    and DesktopError.
    """
    door = ActivationQueue()
    # Kept until all threads have ended: Tk ends the process when another one collects it.
    roots: list[Root] = []

    def stay(program: Program, ending: Ending) -> None:
        services = services_of(app, program)
        overview = services.program.overview()
        speech = Speech(app.language, translator)
        root = open_root(overview.settings, speech)
        roots.append(root)
        shell = Shell(root, services, app.clock, speech, overview, login=login)
        try:
            if on_shell is not None:
                on_shell(shell)
            door.open(lambda activation: shell.loop.post(lambda: shell.grant(activation)))
            _end_with(ending, shell)
            root.mainloop()
        finally:
            shell.close()

    return run_program(app, stay, door)


def _end_with(ending: Ending, shell: Shell) -> None:
    """Let the loop end when somebody asks, or has asked."""

    def look() -> None:
        if ending.asked.is_set():
            shell.root.quit()

    def heard() -> None:
        ending.heed()
        look()

    def wait() -> None:
        while not ending.heed():
            # A signal's own handler runs once the main thread gets its turn.
            shell.loop.post(look)
        shell.loop.post(look)

    shell.loop.post(look)
    if sys.platform == "win32":
        # Tk cannot wait for a socket there. The thread ends with the process, or before it.
        threading.Thread(target=wait, name="traymail-ending", daemon=True).start()
    else:
        shell.loop.watch(ending.fileno, heard)
