"""Starting traymail as a process that goes on by itself."""

from __future__ import annotations

import locale
import subprocess
import threading
from collections.abc import Mapping, Sequence
from typing import IO

from traymail.core.errors import DesktopError
from traymail.core.languages import LANGUAGES
from traymail.core.texts import text
from traymail.desktop.language import translator
from traymail.disk import start_folder

# Windows' DETACHED_PROCESS; elsewhere there are no such flags.
WITHOUT_CONSOLE = getattr(subprocess, "DETACHED_PROCESS", 0)
# As long as `traymail` itself waits for its windows, and a little.
START_SECONDS = 65.0
# What the rehearsal prints once its windows are there.
REHEARSAL_RUNS = text("The rehearsal runs; its window, the tray or Ctrl+C end it.")


def start_rehearsal(command: Sequence[str], environ: Mapping[str, str]) -> None:
    """Start ``command``, which is ``traymail demo``, and wait until its windows are there.

    Raises DesktopError when it ends before that.
    """
    failed = text("traymail could not be started.")
    try:
        process = subprocess.Popen(  # noqa: S603 - our own program; it goes on when this one ends
            list(command),
            # Python that came with the set-up for Windows heeds no environment.
            env={**environ, "PYTHONIOENCODING": "utf-8"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=start_folder(),
            start_new_session=True,
            creationflags=WITHOUT_CONSOLE,
        )
    except OSError as error:
        raise DesktopError(failed) from error
    output = process.stdout
    if output is None:  # it was asked for
        raise LookupError("stdout")
    told: list[str] = []
    heard = threading.Event()
    reader = threading.Thread(
        target=_read, args=(output, told, heard), name="traymail-rehearsal", daemon=True
    )
    reader.start()
    heard.wait(START_SECONDS)
    runs = heard.is_set() and _says_so(told[-1:])
    if not runs and heard.is_set():  # its output has ended, and so has it
        process.wait()
        last = told[-1] if told else ""
        raise DesktopError(failed, text("It says: {told}", told=last) if last else None)
    process.returncode = 0  # nobody is to wait for it


def _read(output: IO[bytes], told: list[str], heard: threading.Event) -> None:
    """Take in what it says until its windows are there, or it ends; then read no more."""
    with output:
        for line in output:
            told.append(_decoded(line).strip())
            if _says_so(told[-1:]):
                break
    heard.set()


def _decoded(line: bytes) -> str:
    """Return a line of Python, which writes UTF-8 or, on Windows, what the system has."""
    try:
        return line.decode()
    except UnicodeDecodeError:
        return line.decode(locale.getencoding(), "replace")


def _says_so(lines: Sequence[str]) -> bool:
    system = locale.getencoding()
    known = {REHEARSAL_RUNS.translated(translator(language)) for language in LANGUAGES}
    # What the system's encoding lacks, it writes escaped.
    known |= {words.encode(system, "backslashreplace").decode(system) for words in known}
    return any(line in known for line in lines)
