"""How an account signs in by OAuth2, for windows and for the command line."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from traymail.core.sign_in import SignedIn, SignInStep
from traymail.desktop.opening import open_in_browser
from traymail.oauth.login import BrowserSignIn, DeviceSignIn, SignInContext, require_sign_in

if TYPE_CHECKING:
    from traymail.app import App
    from traymail.core.account import Account
    from traymail.core.secret import Secret


@dataclass(frozen=True, slots=True)
class SignInWish:
    """How somebody wants to sign in.

    ``client_secret`` None: the one given at the sign-in before, if there was one. ``seconds``: how
    long the user is waited for; None: as long as is usual.
    """

    device: bool = False
    client_secret: Secret | None = None
    seconds: float | None = None


def require_account(account: Account, app: App) -> None:
    """Raise InputError or CredentialError for an account that cannot sign in whatever is given."""
    require_sign_in(account, app.access_tokens)


class SigningIn:
    """One sign-in as it goes on; `traymail.services.accounts.AccountService.login` makes it."""

    def __init__(
        self,
        account: Account,
        app: App,
        done: Callable[[], object],
        *,
        language: str,
        wish: SignInWish,
    ) -> None:
        """``done`` is called once the tokens are kept."""
        self._done = done
        around = SignInContext(
            app.access_tokens,
            app.clock,
            partial(open_in_browser, environ=app.environ),
            app.translate(language),
            app.language(language),
        )
        kind = DeviceSignIn if wish.device else BrowserSignIn
        self._sign_in = kind(account, around, wish.client_secret, wish.seconds)

    def steps(self) -> Generator[SignInStep, None, None]:
        """Sign in, and yield what the user is to see; see `traymail.oauth.login.SignIn.steps`."""
        with closing(self._sign_in.steps()) as steps:
            for step in steps:
                if isinstance(step, SignedIn):
                    self._done()
                yield step

    def cancel(self) -> None:
        """Break it off, from any thread: `steps` ends with SignInLater within a second."""
        self._sign_in.cancel()
