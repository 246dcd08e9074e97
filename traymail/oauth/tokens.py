"""The access tokens of accounts that sign in: kept, renewed in time, by one process at a time."""

from __future__ import annotations

import hashlib
import json
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from traymail.core.answers import json_table
from traymail.core.duration import in_calendar
from traymail.core.errors import CredentialError, DeliveryError, Reply, Stage, TransientFailure
from traymail.core.replies import as_error, diagnose, remedy_for
from traymail.core.reply_rules import Trouble
from traymail.core.reply_rules.details import TIMED_OUT
from traymail.core.secret import Secret
from traymail.core.sign_in import Login, LoginState, is_fresh
from traymail.core.texts import text
from traymail.desktop.instance import FileLock

if TYPE_CHECKING:
    from traymail.core.account import Account
    from traymail.core.ports import Clock
    from traymail.oauth.exchange import Granted

log = logging.getLogger(__name__)

# Beyond the time that the other process may wait for the service.
LOCK_SECONDS = 30.0
# A token that was just got and is refused all the same is not renewed once more.
NEW = timedelta(minutes=1)
_ENDED = "invalid_grant"


class LongSecrets(Protocol):
    """The keyring, as it keeps what a sign-in gives."""

    def long(self, account: Account, *, unlocked_only: bool = False) -> str | None:
        """Return what is kept for the account; raises CredentialError."""
        ...

    def keep_long(self, account: Account, words: str) -> None:
        """Keep it; raises CredentialError."""
        ...

    def require_keyring(self, account: Account) -> None:
        """Raise CredentialError when what is in the keyring would not count."""
        ...

    def require_some_keyring(self, name: str) -> None:
        """Raise CredentialError when there is no keyring."""
        ...


class AccessTokens:
    """Access tokens of one home's accounts. Used from any thread.

    The lock files are in ``folder``: two that renewed the same token at once would make its
    service believe that it was stolen.
    """

    def __init__(self, keyring: LongSecrets, clock: Clock, folder: Path) -> None:
        self._keyring = keyring
        self._clock = clock
        self._folder = folder
        self._known: dict[tuple[str, ...], StoredTokens] = {}
        # What was got and could not be kept: the token in the keyring is of no more use.
        self._unkept: dict[tuple[str, ...], StoredTokens] = {}

    def get(self, account: Account) -> Secret:
        """Return an access token; raises CredentialError, DeliveryError."""
        known = self._known.get(_key(account))
        if known is not None and known.fresh(self._clock.now()):
            return known.access
        kept = None if _key(account) in self._unkept else self._kept(account)
        if kept is None or not kept.fresh(self._clock.now()):
            with self._alone(account):
                kept = self._renewed(account, self._kept(account))
        self._known[_key(account)] = kept
        return kept.access

    def another(self, account: Account, refused: Secret) -> bool:
        """Renew an access token that its server refused, unless somebody has, or it is new.

        False: there is no other. Raises CredentialError, DeliveryError.
        """
        self._known.pop(_key(account), None)
        with self._alone(account):
            kept, now = self._kept(account), self._clock.now()
            if kept is None or kept.access != refused:
                return kept is not None
            if kept.got <= now < kept.got + NEW or kept.refresh is None:
                return False
            kept = self._renewed(account, replace(kept, ends=min(kept.ends, now)))
        self._known[_key(account)] = kept
        return True

    def keep(
        self, account: Account, granted: Granted, client_secret: Secret | None
    ) -> StoredTokens:
        """Keep what a sign-in came to; raises CredentialError."""
        with self._alone(account):
            kept = self._of(granted, None, client_secret)
            self._keyring.keep_long(account, as_text(kept, account))
            self._unkept.pop(_key(account), None)
        self._known[_key(account)] = kept
        return kept

    def client_secret(self, account: Account) -> Secret | None:
        """Return the secret of the program that was given at the last sign-in."""
        kept = self._kept(account)
        return kept.client_secret if kept else None

    def require_place(self, account: Account) -> None:
        """Raise CredentialError when tokens could be kept nowhere: then nobody signs in."""
        self._keyring.require_keyring(account)
        try:
            self._keyring.require_some_keyring(account.name)
        except CredentialError as error:
            if error.advice_id != "no-keyring":
                raise
            raise CredentialError(
                error.title,
                text(
                    "Tokens are kept in a keyring only. Install one, gnome-keyring for one, or let "
                    "password_command print an access token."
                ),
                advice_id=error.advice_id,
            ) from error

    def login(self, account: Account) -> Login | None:
        """Tell how the sign-in stands, asking nobody; None while the keyring is locked."""
        try:
            words = self._keyring.long(account, unlocked_only=True)
        except CredentialError as error:
            locked = error.advice_id in {"keyring-locked", "keyring"}
            return None if locked else Login(LoginState.NEVER)
        kept = None if words is None else from_text(words, account)
        if kept is None:
            return Login(LoginState.NEVER)
        lasts = kept.refresh is not None or kept.valid(self._clock.now())
        works = lasts and not kept.refused
        return Login(LoginState.OK if works else LoginState.EXPIRED, kept.ends)

    def _renewed(self, account: Account, kept: StoredTokens | None) -> StoredTokens:
        """Return tokens with time left; the lock is ours."""
        if kept is None:
            raise CredentialError(
                text("Account {name} is not signed in.", name=account.name),
                remedy_for("not-signed-in", account.name),
                advice_id="not-signed-in",
            )
        now = self._clock.now()
        if kept.fresh(now):
            return kept
        # HTTP is slow to import, and asked for once an hour.
        from traymail.oauth.exchange import Refused, Service, refusal

        if kept.refused or kept.refresh is None:
            if kept.valid(now):
                return kept
            raise refusal(account, kept.refused or _ENDED)
        try:
            granted = Service(account, kept.client_secret).refresh(kept.refresh, kept.access)
        except Refused as refused:
            self._store(account, replace(kept, refused=refused.said or _ENDED))
            raise refusal(account, refused.said) from refused
        except DeliveryError as error:
            # It is renewed before its end: it may still do for this mail.
            if isinstance(error, TransientFailure) and kept.valid(now):
                log.info("account %s: its token is renewed later: %s", account.name, error)
                return kept
            raise
        renewed = self._of(granted, kept.refresh, kept.client_secret)
        self._store(account, renewed)
        log.info("account %s: its access token is renewed", account.name)
        return renewed

    def _of(
        self, granted: Granted, before: Secret | None, client_secret: Secret | None
    ) -> StoredTokens:
        now = self._clock.now()
        refresh = granted.refresh or before
        return StoredTokens(granted.access, now, now + granted.life, refresh, client_secret)

    def _kept(self, account: Account) -> StoredTokens | None:
        unkept = self._unkept.get(_key(account))
        if unkept is not None:
            self._store(account, unkept)
            return unkept
        words = self._keyring.long(account)
        return None if words is None else from_text(words, account)

    def _store(self, account: Account, kept: StoredTokens) -> None:
        """Keep new tokens; where the keyring does not take them just now, for this run at least."""
        try:
            self._keyring.keep_long(account, as_text(kept, account))
        except CredentialError as error:
            log.warning("account %s: its tokens are not kept yet: %s", account.name, error)
            self._unkept[_key(account)] = kept
        else:
            self._unkept.pop(_key(account), None)

    @contextmanager
    def _alone(self, account: Account) -> Iterator[None]:
        """Let no other thread or process renew the tokens of the same login meanwhile."""
        lock = FileLock(self._folder / f"sign-in-{_digest(account)}.lock")
        seconds = LOCK_SECONDS + account.timeout.total_seconds()
        if not lock.wait(threading.Event(), seconds):
            reply = Reply(None, TIMED_OUT.msgid, Stage.CONNECT)
            raise as_error(diagnose(reply, "", trouble=Trouble.SIGN_IN_LATER), reply)
        try:
            yield
        finally:
            lock.release()


def _key(account: Account) -> tuple[str, ...]:
    return (account.host, account.username, account.oauth.token_url, account.oauth.client_id)


def _digest(account: Account) -> str:
    words = f"{account.host}\0{account.username}".encode("utf-8", "surrogatepass")
    return hashlib.sha256(words).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class StoredTokens:
    """The tokens of one sign-in.

    ``refused``: what the service said when it would not renew them; nobody asks it again.
    """

    access: Secret
    got: datetime
    ends: datetime
    refresh: Secret | None
    client_secret: Secret | None
    refused: str = ""

    def fresh(self, now: datetime) -> bool:
        """Tell whether the access token need not be renewed yet."""
        return not self.refused and is_fresh(self.got, self.ends, now)

    def valid(self, now: datetime) -> bool:
        """Tell whether it has not ended."""
        return not self.refused and now < self.ends


def as_text(kept: StoredTokens, account: Account) -> str:
    """Return the text, which is worth something for the same service and program only."""
    return json.dumps(
        {
            "token_url": account.oauth.token_url,
            "client_id": account.oauth.client_id,
            "access_token": kept.access.reveal(),
            "got": kept.got.timestamp(),
            "ends": kept.ends.timestamp(),
            "refresh_token": kept.refresh.reveal() if kept.refresh else None,
            "client_secret": kept.client_secret.reveal() if kept.client_secret else None,
            "refused": kept.refused,
        },
        separators=(",", ":"),
    )


def from_text(words: str, account: Account) -> StoredTokens | None:
    """Return what was kept; None for what is damaged, or from another service or program."""
    document = json_table(words)
    with suppress(KeyError, TypeError, ValueError, OverflowError, OSError):
        made_for = (document["token_url"], document["client_id"])
        if made_for == (account.oauth.token_url, account.oauth.client_id):
            return StoredTokens(
                Secret(str(document["access_token"])),
                _time(document["got"]),
                _time(document["ends"]),
                _secret(document["refresh_token"]),
                _secret(document["client_secret"]),
                str(document["refused"]),
            )
    return None


def _time(seconds: float) -> datetime:
    """Return a time that can be calculated with; OSError is of systems that know no such year."""
    return in_calendar(datetime.fromtimestamp(seconds, UTC))


def _secret(value: object) -> Secret | None:
    return Secret(value) if isinstance(value, str) and value else None
