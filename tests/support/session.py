"""A private D-Bus session with a real, unlocked gnome-keyring daemon of its own."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

from tests.support.wait import PATIENCE_SECONDS, until
from traymail.core.errors import CredentialError

NEEDED = ("dbus-daemon", "gnome-keyring-daemon")
if sys.platform == "linux":
    from jeepney import DBusAddress, Properties, new_method_call
    from jeepney.io.blocking import open_dbus_connection

    _SECRETS = "org.freedesktop.secrets"
    _DEFAULT = DBusAddress(
        "/org/freedesktop/secrets/aliases/default", _SECRETS, "org.freedesktop.Secret.Collection"
    )
    _SERVICE = DBusAddress("/org/freedesktop/secrets", _SECRETS, "org.freedesktop.Secret.Service")
    _BUS = DBusAddress("/org/freedesktop/DBus", "org.freedesktop.DBus", "org.freedesktop.DBus")


@dataclass(frozen=True)
class KeyringSession:
    """A running session: give `env` to a subprocess, or `address` to this process."""

    env: Mapping[str, str]
    """A whole environment, without a display."""

    @property
    def address(self) -> str:
        """The value for DBUS_SESSION_BUS_ADDRESS."""
        return self.env["DBUS_SESSION_BUS_ADDRESS"]

    def is_unlocked(self) -> bool:
        """Tell whether the session has a keyring, and it is unlocked."""
        with open_dbus_connection(bus=self.address, auth_timeout=PATIENCE_SECONDS) as bus:
            owned = bus.send_and_get_reply(new_method_call(_BUS, "NameHasOwner", "s", (_SECRETS,)))
            if not owned.body[0]:
                return False
            locked = bus.send_and_get_reply(Properties(_DEFAULT).get("Locked"))
            return locked.header.message_type.name == "method_return" and not locked.body[0][1]

    def lock(self) -> None:
        """Lock the default collection, as an idle session does; there is no way to unlock it."""
        with open_dbus_connection(bus=self.address, auth_timeout=PATIENCE_SECONDS) as bus:
            call = new_method_call(_SERVICE, "Lock", "ao", ([_DEFAULT.object_path],))
            bus.send_and_get_reply(call)
            until(
                lambda: bus.send_and_get_reply(Properties(_DEFAULT).get("Locked")).body[0][1],
                what="the keyring locked",
            )


def missing_programs() -> list[str]:
    """Name the programs a session needs and this machine lacks."""
    return [name for name in NEEDED if shutil.which(name) is None]


@contextmanager
def keyring_session(folder: Path) -> Iterator[KeyringSession]:
    """Run a session whose every file is below `folder`; its processes end with the block."""
    with empty_session(folder) as env, unlocked_keyring(env) as session:
        yield session


@contextmanager
def empty_session(folder: Path) -> Iterator[dict[str, str]]:
    """Run a session without a keyring; yield its environment."""
    env = _environment(folder)
    bus = _start(["dbus-daemon", "--session", "--nofork", "--print-address=1"], env)
    try:
        assert bus.stdout is not None
        env["DBUS_SESSION_BUS_ADDRESS"] = bus.stdout.readline().decode().strip()
        yield env
    finally:
        _end(bus)


@contextmanager
def unlocked_keyring(env: dict[str, str]) -> Iterator[KeyringSession]:
    """Run a keyring daemon on the bus of an environment until the block ends.

    It takes the place of one that the bus has started, which nobody unlocks.
    """
    daemon = _start(
        ["gnome-keyring-daemon", "--replace", "--foreground", "--unlock", "--components=secrets"],
        env,
    )
    try:
        assert daemon.stdin is not None
        daemon.stdin.write(b"the password of a throw-away keyring")
        daemon.stdin.close()
        session = KeyringSession(env)
        until(session.is_unlocked, what="an unlocked keyring")
        yield session
    finally:
        _end(daemon)


def with_keyring_of_its_own(work: Callable[[], object]) -> None:
    """Do what gnome-keyring does not always survive where it reaches no other test.

    When the daemon itself fell meanwhile, that tells nothing of us: it is done again with another.
    """
    with (
        TemporaryDirectory(prefix="tm-") as folder,
        empty_session(Path(folder)) as env,
        patch.dict(os.environ, env),
    ):
        for left in reversed(range(10)):
            with unlocked_keyring(env) as session:
                try:
                    work()
                except (AssertionError, CredentialError):
                    if not left or session.is_unlocked():
                        raise
                else:
                    return


def _environment(folder: Path) -> dict[str, str]:
    env = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8"}
    folders = {"HOME": "home", "XDG_DATA_HOME": "data", "XDG_RUNTIME_DIR": "run"}
    for variable, name in folders.items():
        path = folder / name
        path.mkdir(mode=0o700)
        env[variable] = str(path)
    return env


def _start(command: list[str], env: dict[str, str]) -> subprocess.Popen[bytes]:
    # Each leads a process group, so that what the bus starts by itself ends with the bus.
    return subprocess.Popen(
        command,
        env=env,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def _end(process: subprocess.Popen[bytes]) -> None:
    with process:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
