"""Signing in: the browser is led to the service and back, or a code is typed on another device."""

from __future__ import annotations

import base64
import hashlib
import secrets
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from datetime import timedelta
from time import monotonic
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from traymail.core.errors import (
    DeliveryError,
    InputError,
    SignInError,
    SignInLater,
    TransientFailure,
)
from traymail.core.replies import remedy_for, what_failed
from traymail.core.secret import Secret
from traymail.core.sign_in import (
    SLOWER_BY,
    BrowserAsked,
    DeviceAsked,
    SignedIn,
    SignInStep,
)
from traymail.core.texts import ByCommand, Text, by_command, text
from traymail.oauth.exchange import DeviceCode, Granted, Refused, Service, refusal
from traymail.oauth.redirect import Doorstep, Visit

if TYPE_CHECKING:
    from traymail.core.account import Account
    from traymail.core.ports import Clock
    from traymail.core.texts import Translate
    from traymail.oauth.tokens import AccessTokens

# How long a browser is waited for: people look for their telephone meanwhile.
BROWSER_SECONDS = 600.0
_NOT_YET, _SLOW_DOWN = "authorization_pending", "slow_down"
_TOO_LATE = {"expired_token", "code_expired"}

OpenPage = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class SignInContext:
    """What a sign-in works with. ``open_page``: False where no browser can be started."""

    tokens: AccessTokens
    clock: Clock
    open_page: OpenPage
    translate: Translate
    language: str


def require_sign_in(account: Account, tokens: AccessTokens) -> None:
    """Raise InputError for an account that does not sign in, CredentialError without a keyring."""
    if not account.signs_in:
        raise _not_by_oauth(account)
    tokens.require_place(account)


class SignIn(ABC):
    """One sign-in. `steps` is walked through once; `cancel` ends it from any thread."""

    def __init__(
        self,
        account: Account,
        around: SignInContext,
        client_secret: Secret | None = None,
        seconds: float | None = None,
    ) -> None:
        """``client_secret`` None: the one given at the sign-in before, if there was one.

        ``seconds``: how long the user is waited for; None: as long as is usual.
        """
        self._account = account
        self._around = around
        self._client_secret = client_secret
        self._seconds = seconds
        self._cancelled = threading.Event()

    def cancel(self) -> None:
        """Make `steps` end with SignInLater within a second, unless a server is being asked."""
        self._cancelled.set()

    def steps(self) -> Generator[SignInStep, None, None]:
        """Sign in, and yield what the user is to see: last of all, that it is done.

        Raises SignInError (denied, refused), SignInLater (too late, cancelled, no network),
        CredentialError (no keyring), DeliveryError (a certificate), each with the way out.
        Closed early, it is over.
        """
        account, tokens = self._account, self._around.tokens
        require_sign_in(account, tokens)
        secret = self._client_secret or tokens.client_secret(account)
        try:
            yield from self._walk(Service(account, secret), secret)
        except Refused as refused:
            raise self._refused(refused) from refused
        except DeliveryError as error:
            raise _unreachable(error) from error

    @abstractmethod
    def _walk(
        self, service: Service, secret: Secret | None
    ) -> Generator[SignInStep, None, None]: ...

    def _kept(self, granted: Granted, secret: Secret | None) -> SignedIn:
        return SignedIn(self._around.tokens.keep(self._account, granted, secret).ends)

    def _refused(self, refused: Refused) -> SignInError:
        error = refusal(self._account, refused.said)
        title = what_failed(error.title, None, error.reply.text)
        return SignInError(title, remedy_for(error.advice_id, self._account.name))

    def _check(self) -> None:
        if self._cancelled.is_set():
            raise SignInLater(text("The sign-in was broken off."), self._again())

    def _again(self) -> Text:
        """Return the way out for who has not ended it: in its own window, to begin it anew."""
        way_out = remedy_for("not-signed-in", self._account.name)
        if isinstance(way_out, ByCommand):
            return replace(way_out, at_hand=text("Try again."))
        return way_out


class BrowserSignIn(SignIn):
    """In the browser of this computer, with a code that is worth something for us only (PKCE)."""

    def _walk(self, service: Service, secret: Secret | None) -> Generator[SignInStep, None, None]:
        if not self._account.oauth.authorize_url:
            raise InputError(
                text("The service of account {name} has no page to sign in at.", name=self._name),
                by_command(
                    text("Give authorize_url, or sign in with --device."),
                    in_window=text("Fill in “Page to sign in”, or sign in on another device."),
                ),
            )
        door = Doorstep(self._account.oauth.redirect_port)
        try:
            verifier, state = Secret(secrets.token_urlsafe(64)), secrets.token_urlsafe(32)
            back = f"http://{self._account.oauth.redirect_host}:{door.port}"
            url = self._url(back, verifier, state)
            yield BrowserAsked(url, self._around.open_page(url))
            visit = self._back(door, state)
            try:
                code = self._code(visit)
                done = self._kept(service.redeem(code, verifier, back), secret)
            except BaseException:
                self._show(visit, _NOT_SIGNED_IN, _LOOK_THERE)
                raise
            self._show(visit, _SIGNED_IN, _CLOSE)
        finally:
            door.close()
        yield done

    @property
    def _name(self) -> str:
        return self._account.name

    def _url(self, back: str, verifier: Secret, state: str) -> str:
        oauth = self._account.oauth
        digest = hashlib.sha256(verifier.reveal().encode()).digest()
        values = {
            "client_id": oauth.client_id,
            "response_type": "code",
            "redirect_uri": back,
            "scope": oauth.scope,
            "state": state,
            "code_challenge": base64.urlsafe_b64encode(digest).decode().rstrip("="),
            "code_challenge_method": "S256",
            "login_hint": self._account.username,
            **dict(oauth.more),
        }
        query = urlencode({key: value for key, value in values.items() if value})
        joint = "&" if "?" in oauth.authorize_url else "?"
        return f"{oauth.authorize_url}{joint}{query}"

    def _back(self, door: Doorstep, state: str) -> Visit:
        """Return the browser with the answer to this very sign-in.

        Whoever else connects (a page of an earlier one, any page of the web, another user) neither
        gets in nor ends it.
        """
        until = monotonic() + (BROWSER_SECONDS if self._seconds is None else self._seconds)
        while True:
            visit = door.wait(until, self._cancelled)
            self._check()
            if visit is None:
                raise SignInLater(
                    text("The browser did not come back in time, or its window was closed."),
                    self._again(),
                )
            if secrets.compare_digest(visit.values.get("state", "").encode(), state.encode()):
                return visit
            self._show(visit, _ANOTHER, _LATEST)

    def _code(self, visit: Visit) -> Secret:
        error = visit.values.get("error")
        if error is not None:
            description = visit.values.get("error_description", "")
            said = f"{error}: {description}" if description else error
            raise Refused(error, " ".join(said.split())[:500])
        code = visit.values.get("code", "")
        if not code:
            raise Refused("", "no code")
        return Secret(code)

    def _show(self, visit: Visit, title: Text, words: Text) -> None:
        visit.answer(title, words, self._around.translate, self._around.language)


class DeviceSignIn(SignIn):
    """On another device: the user types a code there, and we ask until it is done."""

    def _walk(self, service: Service, secret: Secret | None) -> Generator[SignInStep, None, None]:
        if not self._account.oauth.device_url:
            raise InputError(
                text(
                    "Of account {name}, no address is known for a sign-in on another device.",
                    name=self._account.name,
                ),
                by_command(
                    text(
                        "Give device_url if its provider has one, or sign in in the browser of "
                        "this computer, without --device."
                    ),
                    in_window=text(
                        "Fill in “Codes from” if its provider has such an address, or sign in in "
                        "the browser of this computer."
                    ),
                ),
            )
        device = service.device_code()
        if self._seconds is not None:
            device = replace(device, life=min(device.life, timedelta(seconds=self._seconds)))
        until = self._around.clock.now() + device.life
        yield DeviceAsked(device.page, device.user_code, device.whole_page, until)
        yield self._kept(self._granted(service, device), secret)

    def _granted(self, service: Service, device: DeviceCode) -> Granted:
        ends = monotonic() + device.life.total_seconds()
        pause = device.interval
        while True:
            self._cancelled.wait(min(pause.total_seconds(), max(ends - monotonic(), 0.0)))
            self._check()
            if monotonic() >= ends:
                raise self._too_late()
            try:
                return service.poll(device)
            except Refused as refused:
                if refused.error in _TOO_LATE:
                    raise self._too_late() from refused
                if refused.error not in {_NOT_YET, _SLOW_DOWN}:
                    raise
                if refused.error == _SLOW_DOWN:
                    pause += SLOWER_BY
            except TransientFailure:
                # RFC 8628 section 3.5: ask less often; the network may come back.
                pause = min(pause * 2, timedelta(minutes=1))

    def _too_late(self) -> SignInLater:
        return SignInLater(text("The code was not typed in time."), self._again())


def _unreachable(error: DeliveryError) -> SignInError | DeliveryError:
    if not isinstance(error, TransientFailure):
        return error
    title = text("The service of the sign-in cannot be reached")
    return SignInLater(
        what_failed(title, None, error.reply.text),
        text("Look at the network and the addresses of OAuth2, then try again."),
    )


def _not_by_oauth(account: Account) -> InputError:
    if account.password_command:
        return InputError(
            text("The access token of account {name} comes from its command.", name=account.name),
            text("Without password_command in the configuration, you sign in here."),
        )
    return InputError(
        text("Account {name} does not sign in by OAuth2.", name=account.name),
        text('Set auth = "oauth2" in the configuration, if its provider offers that.'),
    )


_SIGNED_IN = text("You are signed in.")
_CLOSE = text("traymail can send now. You may close this page.")
_ANOTHER = text("This page does not belong to the sign-in that waits.")
_LATEST = text("Go on in the page that traymail opened last. You may close this one.")
_NOT_SIGNED_IN = text("You are not signed in.")
_LOOK_THERE = text("traymail shows why, and what to do. You may close this page.")
