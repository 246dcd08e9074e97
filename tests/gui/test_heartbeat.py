"""The windows live while the program does what takes long: its loop beats on all the while.

How long the longest pause is, `python3 bootstrap.py bench heartbeat` tells.
"""

import socket
from pathlib import Path
from threading import Event

from tests.support.certificates import Certificates
from tests.support.heartbeat import Scene, scene, silent_keyring
from tests.support.live import at_sink
from tests.support.running import CANARY, account
from tests.support.session import KeyringSession
from tests.support.sink import Sink
from traymail.core.outbox import State
from traymail.core.secret import Secret
from traymail.ui.model.add_account import AddSaving
from traymail.ui.model.trial import Verdict
from traymail.ui.theme import Root

BEATS = 30
FILE_BYTES = 33_000_000  # 45 MB as a mail
MORE = "undo_seconds = 0\nmax_message_mb = 60"
CODE = "right-Code-7"


def test_while_a_large_mail_is_sent(
    root: Root, sink: Sink, certificates: Certificates, tmp_path: Path
) -> None:
    file = tmp_path / "drawings.bin"
    file.write_bytes(bytes(range(256)) * (FILE_BYTES // 256))
    release = Event()
    sink.hold("final", release)
    config = at_sink(sink, certificates.ca_file, MORE)
    with scene(root, tmp_path, config, tmp_path / "secrets") as here:
        here.send(file)
        here.heart.until(lambda: states(here) == [State.SENDING], "the mail on its way")
        here.heart.go_on(BEATS)
        assert states(here) == [State.SENDING]
        release.set()
        here.heart.until(lambda: states(here) == [State.SENT], "the mail at the server")
    (mail,) = sink.arrivals
    assert len(mail.content) > 45_000_000


def test_while_the_server_hangs(root: Root, certificates: Certificates, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        config = account(port, ca_file=certificates.ca_file, more=MORE)
        with scene(root, tmp_path, config, tmp_path / "secrets") as here:
            here.send()
            here.try_account(port, certificates.ca_file, CODE)
            here.heart.until(lambda: states(here) == [State.SENDING], "the mail on its way")
            here.heart.go_on(BEATS)
            assert states(here) == [State.SENDING]
            assert verdict(here) is Verdict.RUNNING
            silent.close()
            here.heart.until(lambda: verdict(here) is Verdict.FAILED, "the end of the test")
            here.heart.until(lambda: states(here) == [State.QUEUED], "the mail to wait again")


def test_while_the_keyring_waits(
    root: Root,
    keyring_env: KeyringSession,
    sink: Sink,
    certificates: Certificates,
    tmp_path: Path,
) -> None:
    # An account is saved, and a mail is sent whose secret is in the keyring too.
    config = at_sink(sink, certificates.ca_file, MORE)
    with scene(root, tmp_path, config) as here:
        kept = here.live.services.program.overview().settings.accounts["main"]
        here.live.app.credentials.set(kept, Secret(CANARY))
        with silent_keyring(keyring_env.address):
            here.send()
            here.try_account(sink.port, certificates.ca_file, CANARY)
            here.heart.until(
                lambda: here.adding.screen.state.saving is AddSaving.RUNNING, "the keyring"
            )
            here.heart.go_on(BEATS)
            assert here.adding.screen.state.saving is AddSaving.RUNNING
            assert State.SENT not in states(here)
        here.heart.until(lambda: here.adding.screen.state.saving is AddSaving.DONE, "the account")
        here.heart.until(lambda: states(here) == [State.SENT], "the mail at the server")


def states(here: Scene) -> list[State]:
    return [item.state for item in here.live.services.mail.find()]


def verdict(here: Scene) -> Verdict | None:
    return here.adding.screen.state.trial.verdict if here.adding.screen.state.trial else None
