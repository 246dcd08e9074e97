"""Where secrets live: systemd's credentials, a command, the system's keyring, this run's memory.

Only keyrings known to keep secrets are used, each made directly: what `keyring` would choose by
itself may be a plain file or keep nothing at all.
"""

from __future__ import annotations

import importlib
import logging
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import closing
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, TypeVar

from traymail.core.account import Account
from traymail.core.errors import CredentialError, KeyringError
from traymail.core.secret import Secret
from traymail.core.texts import by_command, text
from traymail.store.secret_sources import from_command, from_credentials_directory

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

T = TypeVar("T")
log = logging.getLogger(__name__)

# People need time to type the password of a locked keyring.
DEADLINE_SECONDS = 60.0
# Module and class of the trusted backend by platform; KDE's wallet offers the Secret Service too.
# Windows keeps at most 1280 characters, which no password or code comes near.
TRUSTED = {
    "darwin": ("keyring.backends.macOS", "Keyring"),
    "win32": ("keyring.backends.Windows", "WinVaultKeyring"),
}
SECRET_SERVICE = ("keyring.backends.SecretService", "Keyring")

WAYS = text(
    "Unlock or install one (for instance gnome-keyring), or set password_command in the"
    " configuration, or give the secret as a systemd credential."
)


class Keyrings:
    """`traymail.core.ports.Credentials` over all places a secret may be in, in a fixed order."""

    def __init__(
        self, environ: Mapping[str, str], *, deadline_seconds: float = DEADLINE_SECONDS
    ) -> None:
        self._environ = environ
        self._deadline = deadline_seconds
        self._memory: dict[tuple[str, str], Secret] = {}
        self._lock = threading.Lock()
        self._backend: KeyringBackend | None = None

    def get(self, account: Account) -> Secret:
        """Return the account's secret; raises CredentialError with the way out.

        The order: ``$CREDENTIALS_DIRECTORY/traymail.<account>``, the account's password_command,
        the keyring, what `remember` was given in this run.
        """
        given = from_credentials_directory(account.name, self._environ)
        if given is not None:
            return given
        if account.password_command:
            return from_command(account.password_command, self._deadline)
        remembered = self._memory.get(_entry(account))
        try:
            kept = self._ask(lambda keyring: keyring.get_password(*_entry(account)))
        except CredentialError:
            if remembered is None:
                raise
            return remembered
        if kept:
            return Secret(kept)
        if remembered is None:
            raise CredentialError(
                text("There is no secret for account {name}.", name=account.name),
                by_command(
                    text("Enter it with: traymail account set-secret {name}", name=account.name),
                    in_window=text(
                        "Open the settings of the account and enter the code or password."
                    ),
                    at_hand=text("Enter the code or password."),
                ),
            )
        return remembered

    def set(self, account: Account, secret: Secret) -> None:
        """Keep it in the keyring and read it back; raises CredentialError."""
        service, username = _entry(account)

        def keep(keyring: KeyringBackend) -> bool:
            keyring.set_password(service, username, secret.reveal())
            return keyring.get_password(service, username) == secret.reveal()

        if not self._ask(keep):
            raise CredentialError(
                text("The keyring did not keep the secret of account {name}.", name=account.name),
                WAYS,
            )
        self._memory.pop((service, username), None)

    def remember(self, account: Account, secret: Secret) -> None:
        """Keep it for this run only, where there is no keyring."""
        self._memory[_entry(account)] = secret

    def delete(self, account: Account) -> bool:
        """Forget it; False when there was none. Raises CredentialError."""
        service, username = _entry(account)
        remembered = self._memory.pop((service, username), None) is not None

        def forget(keyring: KeyringBackend) -> bool:
            if keyring.get_password(service, username) is None:
                return False
            keyring.delete_password(service, username)
            return True

        return self._ask(forget) or remembered

    def _ask(self, question: Callable[[KeyringBackend], T]) -> T:
        """Ask the keyring in a thread of its own: a prompt may block it for ever."""
        answers: SimpleQueue[T | CredentialError] = SimpleQueue()

        def work() -> None:
            try:
                answers.put(question(self._keyring()))
            except CredentialError as error:
                answers.put(error)
            except Exception as error:  # noqa: BLE001 # backends let anything through
                # The kind of error only: its words may hold what was sent to the keyring.
                log.warning("the keyring failed: %s", type(error).__name__)
                answers.put(KeyringError(text("The keyring does not work just now."), WAYS))

        threading.Thread(target=work, name="keyring", daemon=True).start()
        try:
            answer = answers.get(timeout=self._deadline)
        except Empty:
            raise KeyringError(
                text("The keyring does not answer."),
                text("Unlock it (a prompt may be hidden behind other windows), then try again."),
            ) from None
        if isinstance(answer, CredentialError):
            raise answer
        return answer

    def _keyring(self) -> KeyringBackend:
        with self._lock:
            if self._backend is None:
                self._backend = _make_backend()
        if sys.platform not in TRUSTED:
            self._require_unlocked()
        return self._backend

    def _require_unlocked(self) -> None:
        """Let the Secret Service ask for its password; refuse where it has no display to ask on.

        `keyring` would ask by itself, but leaves its connection open when nobody answers.
        """
        import secretstorage

        display = self._environ.get("DISPLAY") or self._environ.get("WAYLAND_DISPLAY")
        with closing(secretstorage.dbus_init()) as bus:
            try:
                collection = secretstorage.Collection(bus)
                if not collection.is_locked():
                    return
                if display and not collection.unlock():
                    return
            except secretstorage.ItemNotFoundException:
                if display:
                    return  # making the first one asks for its password
        if display:
            raise KeyringError(
                text("The keyring is locked."),
                text("Try again and type the password of the keyring when you are asked for it."),
            )
        raise CredentialError(
            text("The keyring is locked, and there is no display to ask on."), WAYS
        )


def _entry(account: Account) -> tuple[str, str]:
    # The host is part of it: a secret is never offered to another host than its own.
    return f"traymail:{account.host}", account.username


def _make_backend() -> KeyringBackend:
    """Make the trusted backend of this platform; raises CredentialError when it cannot work."""
    module, name = TRUSTED.get(sys.platform, SECRET_SERVICE)
    try:
        backend: type[KeyringBackend] = getattr(importlib.import_module(module), name)
        # By the contract of keyring, asking for it raises where the backend is not usable.
        _ = backend.priority
        return backend()
    except Exception as error:
        raise CredentialError(text("There is no keyring on this system."), WAYS) from error
