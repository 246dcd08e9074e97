"""The longest pause of Tk's loop while the program does what takes long, its windows open."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.bench import Row
from tests.support.certificates import Certificates, make_certificates
from tests.support.display import display, entered
from tests.support.heartbeat import Scene, scene, silent_keyring
from tests.support.running import CANARY, account
from tests.support.session import KeyringSession, unlocked_keyring
from traymail.core.outbox import State
from traymail.core.secret import Secret
from traymail.desktop.language import translator
from traymail.ui.model.add_account import AddSaving
from traymail.ui.theme import Root

STALL_LIMIT = 100.0
FILE_BYTES = 33_000_000  # 45 MB as a mail
BEATS = 200
MORE = "undo_seconds = 0\nmax_message_mb = 60"


def rows() -> Iterator[Row]:
    """Play the three, one after the other, each on a home of its own."""
    with ExitStack() as ending:
        folder = Path(ending.enter_context(TemporaryDirectory(prefix="tm-")))
        screen = ending.enter_context(display(folder))
        keyring = ending.enter_context(unlocked_keyring(screen.env))
        ending.enter_context(entered(screen))
        root = Root("light", "en", translator("en"))
        ending.callback(root.destroy)
        certificates = make_certificates(folder)
        stalls = {
            "a 45 MB mail is sent": _large_mail(root, folder / "1", certificates),
            "the keyring is locked": _keyring(root, folder / "2", certificates, keyring),
            "the server hangs": _hanging(root, folder / "3", certificates),
        }
    for what, seconds in stalls.items():
        yield Row(f"longest pause of the windows while {what}", seconds * 1000, STALL_LIMIT, "ms")


def _large_mail(root: Root, folder: Path, certificates: Certificates) -> float:
    folder.mkdir()
    file = folder / "drawings.bin"
    file.write_bytes(os.urandom(FILE_BYTES))
    with _server(certificates) as port:
        config = account(port, ca_file=certificates.ca_file, more=MORE)
        with scene(root, folder, config, folder / "secrets") as here:
            here.heart.worst = 0.0
            here.send(file)
            _until(here, State.SENT)
            return here.heart.worst


def _keyring(
    root: Root, folder: Path, certificates: Certificates, keyring: KeyringSession
) -> float:
    folder.mkdir()
    with _server(certificates) as port:
        config = account(port, ca_file=certificates.ca_file, more=MORE)
        with scene(root, folder, config) as here:
            kept = here.live.services.program.overview().settings.accounts["main"]
            here.live.app.credentials.set(kept, Secret(CANARY))
            here.heart.worst = 0.0
            with silent_keyring(keyring.address):
                here.send()
                here.try_account(port, certificates.ca_file, CANARY)
                here.heart.go_on(BEATS)
            here.heart.until(
                lambda: here.adding.screen.state.saving is AddSaving.DONE, "the account"
            )
            _until(here, State.SENT)
            return here.heart.worst


def _hanging(root: Root, folder: Path, certificates: Certificates) -> float:
    folder.mkdir()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        config = account(port, ca_file=certificates.ca_file, more=MORE)
        with scene(root, folder, config, folder / "secrets") as here:
            here.heart.worst = 0.0
            here.send()
            here.try_account(port, certificates.ca_file, CANARY)
            here.heart.go_on(BEATS)
            silent.close()
            _until(here, State.QUEUED)
            return here.heart.worst


def _until(here: Scene, state: State) -> None:
    def reached() -> bool:
        return [item.state for item in here.live.services.mail.find()] == [state]

    here.heart.until(reached, f"the mail to be {state.value}")


@contextmanager
def _server(certificates: Certificates) -> Iterator[int]:
    """Run a server in a process of its own; yields its port."""
    pair = certificates.good
    command = [sys.executable, "-m", "tests.bench.quick_sink", str(pair.chain), str(pair.key), "1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as server:
        try:
            assert server.stdout is not None
            yield int(server.stdout.readline())
        finally:
            server.kill()
