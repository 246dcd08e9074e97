"""Where secrets live: systemd's credentials, a command, the system's keyring, this run's memory.

Only keyrings known to keep secrets are used, each made directly: what `keyring` would choose by
itself may be a plain file or keep nothing at all.
"""

from __future__ import annotations

import importlib
import logging
import os
import re
import secrets
import sys
import threading
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import closing
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Protocol, TypeVar

from traymail.core import consent
from traymail.core.account import Account, Auth
from traymail.core.errors import CredentialError, KeyringError, StateError
from traymail.core.replies import remedy_for, way_to_mend
from traymail.core.secret import COMMAND, FILE, Secret, tidy_code
from traymail.core.texts import text
from traymail.disk import session_bus
from traymail.store.secret_sources import (
    credential_file,
    from_command,
    from_credentials_directory,
)

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

    from traymail.store.memory import Memory

T = TypeVar("T")
log = logging.getLogger(__name__)

# People need time to type the password of a locked keyring.
DEADLINE_SECONDS = 60.0
MOST_ASKERS = 8
# Module and class of the trusted backend by platform; KDE's wallet offers the Secret Service too.
# Windows keeps at most 1280 characters, which no password or code comes near; what a sign-in gives
# is cut into pieces.
LONGEST_PIECE = 1200
_LOOKS = 3
# What backends say of an entry that went since they found it.
_GONE = {"ItemNotFoundException", "PasswordDeleteError"}
_TRIES = 5
_NOTE = "pieces"
_LONG = re.compile(r"oauth2 ([0-9a-f]{16}) ([1-9]\d{0,2}) ([!-~ ]*)")
TRUSTED = {
    "darwin": ("keyring.backends.macOS", "Keyring"),
    "win32": ("keyring.backends.Windows", "WinVaultKeyring"),
}
SECRET_SERVICE = ("keyring.backends.SecretService", "Keyring")

_HOST_KEY = "credential host of {account}"
WAYS = text(
    "Unlock or install one (for instance gnome-keyring), or set password_command in the"
    " configuration, or give the secret as a systemd credential."
)


class Hosts(Protocol):
    """Which host the credential file of an account belongs to."""

    def get(self, account: str, /) -> str | None:
        """Return it; None or "" while it is not known."""
        ...

    def __setitem__(self, account: str, host: str, /) -> None:
        """Remember it."""
        ...


class SignIns(Protocol):
    """Where the access tokens of accounts that sign in come from."""

    def get(self, account: Account) -> Secret:
        """Return an access token; raises CredentialError, DeliveryError."""
        ...

    def another(self, account: Account, refused: Secret) -> bool:
        """Tell whether there is another one than a server refused; raises what `get` does."""
        ...


class CredentialHosts:
    """`Hosts` that outlives the program."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    def get(self, account: str, /) -> str | None:
        """Return what was remembered."""
        return self._memory.meta(_HOST_KEY.format(account=account))

    def __setitem__(self, account: str, host: str, /) -> None:
        """Remember it."""
        self._memory.set_meta(_HOST_KEY.format(account=account), host)


class Keyrings:
    """Where secrets live: all places a secret may be in, in a fixed order."""

    def __init__(
        self,
        environ: Mapping[str, str],
        *,
        hosts: Hosts | None = None,
        waits: Callable[[Account], Collection[str]] = lambda _account: (),
        sign_ins: Callable[[], SignIns] | None = None,
        deadline_seconds: float = DEADLINE_SECONDS,
    ) -> None:
        """``hosts`` remembers which host a credential file was first used for.

        ``sign_ins`` are asked for when an account signs in.

        ``waits`` tells which keys of an account the user has not agreed to yet.
        """
        self._waits = waits
        self._sign_ins = sign_ins
        self._environ = environ
        self._hosts: Hosts = {} if hosts is None else hosts
        self._deadline = deadline_seconds
        self._memory: dict[tuple[str, str], Secret] = {}
        self._lock = threading.Lock()
        # Threads that a keyring does not answer stay until it does: no more than so many.
        self._askers = threading.BoundedSemaphore(MOST_ASKERS)
        self._backend: KeyringBackend | None = None

    def get(self, account: Account) -> Secret:
        """Return the account's secret; raises CredentialError with the way out.

        Where the account signs in by OAuth2 it is an access token, and a DeliveryError may be
        raised as well.

        The order: ``$CREDENTIALS_DIRECTORY/traymail.<account>``, the account's password_command,
        the keyring, what `remember` was given in this run.
        """
        self._require_agreed(account, consent.AUTHORITY)
        self._require_agreed(account, consent.PORT)
        given = from_credentials_directory(account.name, self._environ)
        if given is not None:
            self._require_agreed(account, consent.HOST)
            self._require_same_host(account)
            return given
        if account.password_command:
            self._require_agreed(account, consent.COMMAND)
            return from_command(account, self._deadline)
        if account.auth is Auth.OAUTH2 and self._sign_ins is not None:
            self._require_agreed(account, consent.SIGN_IN)
            return self._sign_ins().get(account)
        remembered = self._memory.get(_entry(account))
        try:
            kept = self._ask(account.name, lambda keyring: keyring.get_password(*_entry(account)))
        except CredentialError as error:
            if remembered is not None:
                return remembered
            raise (self._given_to_the_service(account) or error) from error
        if kept and not _LONG.fullmatch(kept):
            return Secret(tidy_code(kept))
        if remembered is None:
            raise self._given_to_the_service(account) or CredentialError(
                text("There is no secret for account {name}.", name=account.name),
                remedy_for("no-secret", account.name),
            )
        return remembered

    def another(self, account: Account, refused: Secret) -> bool:
        """Tell whether `get` now returns another access token than a server refused."""
        by_us = not self.has_file(account.name) and account.signs_in
        return by_us and self._sign_ins is not None and self._sign_ins().another(account, refused)

    def _require_agreed(self, account: Account, key: str) -> None:
        """Raise CredentialError while an edit of this key waits for the user."""
        if key in self._waits(account):
            raise CredentialError(
                text("An edit could give the secret of account {name} away.", name=account.name),
                remedy_for("command-waits", account.name),
                advice_id="command-waits",
            )

    def _given_to_the_service(self, account: Account) -> CredentialError | None:
        """Return the error where a service is given the credential file, and this process not."""
        if not self._hosts.get(account.name) or credential_file(account.name, self._environ):
            return None
        return CredentialError(
            text(
                "The credential file of account {name} is given to its service only.",
                name=account.name,
            ),
            text(
                "While the service runs, it delivers. To log in from here, name the folder of the "
                "file traymail.{name} in CREDENTIALS_DIRECTORY.",
                name=account.name,
            ),
        )

    def _require_same_host(self, account: Account) -> None:
        """Bind a credential file to the first host it is for; raises CredentialError for others."""
        bound = self._hosts.get(account.name)
        if not bound:
            try:
                self._hosts[account.name] = account.host
            except StateError as error:  # a full disk: the next use remembers it
                log.warning("the host of a credential file is not remembered: %s", error)
        elif bound != account.host:
            raise CredentialError(
                text(
                    "The credential file of account {name} is for {bound}, not for {host}.",
                    name=account.name,
                    bound=bound,
                    host=account.host,
                ),
                remedy_for("file-of-another-host", account.name),
                advice_id="file-of-another-host",
                detail=bound,
            )

    def set(self, account: Account, secret: Secret) -> None:
        """Keep it in the keyring and read it back; raises CredentialError.

        Also when another place counts before the keyring: it would change nothing.
        """
        self.require_keyring(account)
        self._keep(account, secret.reveal(), {})
        self._memory.pop(_entry(account), None)

    def _keep(self, account: Account, words: str, pieces: Mapping[str, str]) -> None:
        """Keep the entry of an account, and its further pieces by their number.

        Those come first: whatever ends us, the entry is a whole one, the old or the new. What is
        left then is noted, and forgotten the next time.
        """
        service, username = _entry(account)

        def keep(keyring: KeyringBackend) -> bool:
            before = keyring.get_password(service, username)
            _note_pieces(keyring, service, username, before, words)
            for number, piece in pieces.items():
                keyring.set_password(service, _piece(username, number), piece)
            keyring.set_password(service, username, words)
            kept = [keyring.get_password(service, _piece(username, one)) for one in pieces]
            whole = kept == list(pieces.values())
            whole = whole and keyring.get_password(service, username) == words
            if whole:
                _forget_noted(keyring, service, username, words)
            return whole

        if not self._ask(account.name, keep):
            raise CredentialError(
                text("The keyring did not keep the secret of account {name}.", name=account.name),
                WAYS,
            )

    def keep_long(self, account: Account, words: str) -> None:
        """Keep what a sign-in gives, whatever its length; raises CredentialError."""
        room = LONGEST_PIECE - len("oauth2 ") - 16 - len(" 999 ")
        first, rest = words[:room], words[room:]
        cuts = range(0, len(rest), LONGEST_PIECE)
        key = secrets.token_hex(8)
        pieces = {
            f"{key}.{number}": rest[at : at + LONGEST_PIECE] for number, at in enumerate(cuts, 2)
        }
        self._keep(account, f"oauth2 {key} {len(pieces) + 1} {first}", pieces)

    def long(self, account: Account, *, unlocked_only: bool = False) -> str | None:
        """Return what a sign-in gave, None when there is none; raises CredentialError.

        ``unlocked_only``: rather than let the keyring ask for its password, raise.
        """
        service, username = _entry(account)

        def read(keyring: KeyringBackend) -> str | None:
            # Another process may be at it: then its pieces are those of the entry before.
            for _ in range(_LOOKS):
                entry = _LONG.fullmatch(keyring.get_password(service, username) or "")
                if entry is None:
                    return None
                key, count, first = entry.groups()
                more = [
                    keyring.get_password(service, _piece(username, f"{key}.{number}"))
                    for number in range(2, int(count) + 1)
                ]
                found = [one for one in more if one is not None]
                if len(found) == len(more):
                    return "".join((first, *found))
            return None

        return self._ask(account.name, read, unlocked_only=unlocked_only)

    def has_file(self, name: str) -> bool:
        """Tell whether systemd hands the account's secret over."""
        file = credential_file(name, self._environ)
        return file is not None and file.exists()

    def require_some_keyring(self, name: str) -> None:
        """Raise CredentialError when there is no keyring that could keep a secret."""
        self._ask(name, lambda _keyring: None)

    def require_keyring(self, account: Account) -> None:
        """Raise CredentialError when a secret in the keyring would not count, or be given away."""
        self._require_agreed(account, consent.SIGN_IN)
        file = credential_file(account.name, self._environ)
        if self.has_file(account.name):
            raise CredentialError(
                text("The credential file {path} counts before the keyring.", path=file),
                way_to_mend(FILE, account.name),
            )
        if account.password_command:
            raise CredentialError(
                text(
                    "The password_command of account {name} counts before the keyring.",
                    name=account.name,
                ),
                way_to_mend(COMMAND, account.name),
            )

    def standing(self, account: Account) -> str:
        """Return "ready", "no secret" or "locked", without asking anybody for anything.

        What a command would print is not looked at, nor a keyring that has to be unlocked first.
        """
        # A credential file that was used is given to the service, if not to this process.
        file = self.has_file(account.name) or self._hosts.get(account.name)
        elsewhere = bool(account.password_command) or bool(file)
        if account.auth is Auth.NONE or elsewhere or _entry(account) in self._memory:
            return "ready"
        signs_in = account.auth is Auth.OAUTH2
        try:
            found = self._ask_unlocked(account)
        except KeyringError:
            return "locked"
        except CredentialError as error:
            return "locked" if error.advice_id == "keyring-locked" else "no secret"
        return "ready" if found and bool(_LONG.fullmatch(found)) is signs_in else "no secret"

    def is_in_keyring(self, account: Account) -> bool:
        """Tell whether the keyring is open and has the secret, without asking anybody."""
        try:
            return bool(self._ask_unlocked(account))
        except CredentialError:
            return False

    def _ask_unlocked(self, account: Account) -> str | None:
        return self._ask(
            account.name,
            lambda keyring: keyring.get_password(*_entry(account)),
            unlocked_only=True,
        )

    def remember(self, account: Account, secret: Secret) -> None:
        """Keep it for this run only, where there is no keyring."""
        self._memory[_entry(account)] = secret

    def delete(self, account: Account) -> bool:
        """Forget it; False when there was none. Raises CredentialError."""
        service, username = _entry(account)
        remembered = self._memory.pop((service, username), None) is not None

        def forget(keyring: KeyringBackend) -> bool:
            before = keyring.get_password(service, username)
            _note_pieces(keyring, service, username, before)
            if before is not None:
                keyring.delete_password(service, username)
            _forget_noted(keyring, service, username, None)
            return before is not None

        return self._ask(account.name, forget) or remembered

    def drop(self, account: Account, left: Iterable[Account]) -> bool:
        """Forget it, unless one of the accounts that are ``left`` has the same login.

        False when there is no keyring that could have it. Raises CredentialError.
        """
        if _entry(account) not in map(_entry, left):
            try:
                self.delete(account)
            except CredentialError as error:
                if error.advice_id != "no-keyring":
                    raise
                return False
        return True

    def _ask(
        self,
        name: str,
        question: Callable[[KeyringBackend], T],
        *,
        unlocked_only: bool = False,
    ) -> T:
        """Ask the keyring in a thread of its own: a prompt may block it for ever.

        ``unlocked_only``: rather than let it ask for its password, raise CredentialError.
        """
        if not self._askers.acquire(timeout=self._deadline):
            raise _silent()
        answers: SimpleQueue[T | CredentialError] = SimpleQueue()

        def work() -> None:
            try:
                answers.put(
                    _although_others_write(
                        lambda: question(self._keyring(name, unlocked_only=unlocked_only))
                    )
                )
            except CredentialError as error:
                log.info("the keyring failed: %s", error.title)
                answers.put(error)
            except Exception as error:  # noqa: BLE001 # backends let anything through
                # The kind of error only: its words may hold what was sent to the keyring.
                kind = type(error)
                log.warning("the keyring failed: %s.%s", kind.__module__, kind.__qualname__)
                answers.put(KeyringError(text("The keyring does not work just now."), WAYS))
            finally:
                self._askers.release()

        try:
            threading.Thread(target=work, name="keyring", daemon=True).start()
        except RuntimeError:  # the system has no more of them just now
            self._askers.release()
            raise
        try:
            answer = answers.get(timeout=self._deadline)
        except Empty:
            raise _silent() from None
        if isinstance(answer, CredentialError):
            raise answer
        return answer

    def _keyring(self, name: str, *, unlocked_only: bool) -> KeyringBackend:
        with self._lock:
            if self._backend is None:
                self._backend = _make_backend(name)
        if sys.platform not in TRUSTED:
            self._require_unlocked(name, may_ask=not unlocked_only)
        return self._backend

    def _require_unlocked(self, name: str, *, may_ask: bool) -> None:
        """Let the Secret Service ask for its password; refuse where it has no display to ask on.

        `keyring` would ask by itself, but leaves its connection open when nobody answers.
        """
        import secretstorage

        display = may_ask and (self._environ.get("DISPLAY") or self._environ.get("WAYLAND_DISPLAY"))
        with closing(secretstorage.dbus_init()) as bus:
            try:
                collection = secretstorage.Collection(bus)
                if not collection.is_locked():
                    return
                if display and not collection.unlock():
                    return
            except secretstorage.ItemNotFoundException:
                if not may_ask:
                    raise CredentialError(text("The keyring is empty.")) from None
                if display:
                    return  # making the first one asks for its password
        if display:
            raise KeyringError(
                text("The keyring is locked."),
                text("Try again and type the password of the keyring when you are asked for it."),
            )
        if not may_ask:
            raise CredentialError(text("The keyring is locked."), advice_id="keyring-locked")
        raise CredentialError(
            text("The keyring is locked, and there is no display to ask on."),
            remedy_for("keyring-locked", name),
            advice_id="keyring-locked",
        )


def _although_others_write(ask: Callable[[], T]) -> T:
    """Ask again when what was found is gone a moment later: others write the keyring, too."""
    for _ in range(_TRIES - 1):
        try:
            return ask()
        except Exception as error:
            if type(error).__name__ not in _GONE:
                raise
    return ask()


def _silent() -> KeyringError:
    return KeyringError(
        text("The keyring does not answer."),
        text("Unlock it (a prompt may be hidden behind other windows), then try again."),
    )


def _entry(account: Account) -> tuple[str, str]:
    # The host is part of it: a secret is never offered to another host than its own.
    return f"traymail:{account.host}", account.username


def _piece(username: str, number: str) -> str:
    return f"{username}#{number}"


def _note_pieces(
    keyring: KeyringBackend, service: str, username: str, before: str | None, *new: str
) -> None:
    """Note whose further pieces there are from now on: that of an entry, and of a ``new`` one."""
    _forget_noted(keyring, service, username, before)
    known = (_LONG.fullmatch(words or "") for words in (before, *new))
    heads = [one[0][: one.start(3)] for one in known if one is not None and one[2] != "1"]
    if heads:
        keyring.set_password(service, _piece(username, _NOTE), "\n".join(heads))


def _forget_noted(keyring: KeyringBackend, service: str, username: str, entry: str | None) -> None:
    """Remove what is noted, but for the pieces of this entry; whoever noted it may be dead."""
    note = keyring.get_password(service, _piece(username, _NOTE))
    if note is None:
        return
    for head in note.split("\n"):
        known = _LONG.fullmatch(head)
        if known is None or (entry or "").startswith(head):
            continue
        for number in range(2, int(known[2]) + 1):
            name = _piece(username, f"{known[1]}.{number}")
            if keyring.get_password(service, name) is not None:
                keyring.delete_password(service, name)
    keyring.delete_password(service, _piece(username, _NOTE))


def _closing(secret_service: type[KeyringBackend]) -> type[KeyringBackend]:
    """Return the backend that leaves no connection open when its collection cannot be had."""
    import secretstorage

    class Closing(secret_service):  # type: ignore[valid-type, misc] # which module is a row above
        def get_preferred_collection(self) -> secretstorage.Collection:
            bus = secretstorage.dbus_init()
            try:
                return secretstorage.get_default_collection(bus)
            except BaseException:
                bus.close()
                raise

    return Closing


def _make_backend(account: str) -> KeyringBackend:
    """Make the trusted backend of this platform; raises CredentialError when it cannot work."""
    module, name = TRUSTED.get(sys.platform, SECRET_SERVICE)
    try:
        backend: type[KeyringBackend] = getattr(importlib.import_module(module), name)
        if sys.platform not in TRUSTED:
            backend = _closing(backend)
            if (bus := session_bus(os.environ)) is not None:
                os.environ["DBUS_SESSION_BUS_ADDRESS"] = bus  # the library looks nowhere else
        # By the contract of keyring, asking for it raises where the backend is not usable.
        _ = backend.priority
        return backend()
    except Exception as error:
        raise CredentialError(
            text("There is no keyring on this system."),
            remedy_for("no-keyring", account),
            advice_id="no-keyring",
        ) from error
