"""Signing in without a keyring and a browser: what tests and measurements of tokens work with."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from threading import Thread
from urllib.request import urlopen

from tests.support.mails import an_account
from tests.support.oauth import CLIENT, SCOPE, USER, Provider
from traymail.core.account import Account, Auth, OAuth
from traymail.core.errors import CredentialError
from traymail.core.sign_in import BrowserAsked, SignedIn
from traymail.core.texts import text
from traymail.desktop.clock import SystemClock
from traymail.oauth.login import BrowserSignIn, SignInContext
from traymail.oauth.tokens import AccessTokens


class Shelf:
    """`traymail.oauth.tokens.LongSecrets` in memory; ``full``: it keeps nothing just now."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}
        self.full = False

    def long(self, account: Account, *, unlocked_only: bool = False) -> str | None:
        del unlocked_only
        return self.kept.get(account.username)

    def keep_long(self, account: Account, words: str) -> None:
        if self.full:
            raise CredentialError(text("The keyring does not work just now."))
        self.kept[account.username] = words

    def require_keyring(self, account: Account) -> None:
        del account

    def require_some_keyring(self, name: str) -> None:
        del name


class Watch(SystemClock):
    """A clock that is set."""

    def __init__(self) -> None:
        super().__init__()
        self.ahead = timedelta(0)

    def now(self) -> datetime:
        return super().now() + self.ahead


def account_of(service: Provider) -> Account:
    """Return an account that signs in at a service."""
    oauth = OAuth(
        client_id=CLIENT,
        authorize_url=f"{service.url}/authorize",
        token_url=f"{service.url}/token",
        device_url=f"{service.url}/device",
        scope=SCOPE,
    )
    return an_account(auth=Auth.OAUTH2, oauth=oauth, username=USER)


class Rooms:
    """What a sign-in works with."""

    def __init__(self, folder: Path, open_page: Callable[[str], bool] = lambda _url: False) -> None:
        self.shelf, self.clock = Shelf(), Watch()
        self.tokens = AccessTokens(self.shelf, self.clock, folder)
        self.around = SignInContext(self.tokens, self.clock, open_page, str, "en")

    def sign_in(self, account: Account) -> None:
        def visit(url: str) -> bool:
            Thread(target=lambda: urlopen(url).read(), name="visit").start()  # noqa: S310 # ours
            return True

        around = SignInContext(self.tokens, self.clock, visit, str, "en")
        asked, done = BrowserSignIn(account, around).steps()
        assert isinstance(asked, BrowserAsked)
        assert isinstance(done, SignedIn)
