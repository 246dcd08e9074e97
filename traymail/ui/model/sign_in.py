"""A sign-in by OAuth2 as a window shows it: the browser that is waited for, the code to type."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import Self

from traymail.core.errors import TraymailError
from traymail.core.sign_in import BrowserAsked, DeviceAsked, SignedIn, SignInStep
from traymail.core.texts import text
from traymail.ui.model.sentences import at_hand
from traymail.ui.model.trial import Advice, Headline, Tested


class SignInStage(Enum):
    """How far it is."""

    BEGINNING = "beginning"
    BROWSER = "the browser is waited for"
    DEVICE = "another device is waited for"
    DONE = "done"
    FAILED = "failed"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class SignInState:
    """All of it. ``url`` is the page of this computer's browser, ``page`` that of the device."""

    device: bool = False
    stage: SignInStage = SignInStage.BEGINNING
    url: str = ""
    opened: bool = True
    page: str = ""
    code: str = ""
    advice: Advice | None = None

    @property
    def waiting(self) -> bool:
        """Whether somebody is waited for."""
        return self.stage in _WAITING

    def heard(self, step: SignInStep) -> SignInState:
        """Take in what is to be shown next."""
        match step:
            case BrowserAsked(url, opened):
                return replace(self, stage=SignInStage.BROWSER, url=url, opened=opened)
            case DeviceAsked(page, code):
                return replace(self, stage=SignInStage.DEVICE, page=page, code=code)
            case SignedIn():
                return SignInState(self.device, SignInStage.DONE)

    def failed(self, error: TraymailError) -> SignInState:
        """Take in why nothing came of it."""
        advice = Advice(error.title, at_hand(error.advice))
        return SignInState(self.device, SignInStage.FAILED, advice=advice)

    def stopped(self) -> SignInState:
        """Note that the user has broken it off."""
        return SignInState(self.device, SignInStage.STOPPED) if self.waiting else self


@dataclass(frozen=True, slots=True)
class AccountTried(Tested):
    """The state of a screen that signs in as well; ``sign_in`` None: it does not."""

    sign_in: SignInState | None = None

    def sign_in_heard(self, step: SignInStep) -> Self:
        """Take in what is to be shown of the sign-in."""
        return self if self.sign_in is None else replace(self, sign_in=self.sign_in.heard(step))

    def not_signed_in(self, error: TraymailError) -> Self:
        """Take in why nothing came of it."""
        return self if self.sign_in is None else replace(self, sign_in=self.sign_in.failed(error))


_WAITING = {SignInStage.BEGINNING, SignInStage.BROWSER, SignInStage.DEVICE}


def headline(state: SignInState) -> Headline:
    """Return how it stands in words."""
    if state.stage is SignInStage.BROWSER and not state.opened:
        return _NO_BROWSER
    return _HEADLINES[state.stage]


_NO_BROWSER = Headline(
    text("Open this page in your browser"),
    text("No browser can be started here. Sign in there; traymail waits for it."),
)
_HEADLINES = {
    SignInStage.BEGINNING: Headline(text("Signing in…"), text("This takes a few seconds.")),
    SignInStage.BROWSER: Headline(
        text("Sign in in your browser"),
        text("It is open now; traymail waits for it. If you closed it, open the page again."),
    ),
    SignInStage.DEVICE: Headline(
        text("Type this code on any device"), text("Open the page there; traymail waits for it.")
    ),
    SignInStage.DONE: Headline(text("You are signed in"), text("It is renewed by itself.")),
    SignInStage.FAILED: Headline(text("The sign-in did not work"), text("Nothing of it is kept.")),
    SignInStage.STOPPED: Headline(text("The sign-in was stopped"), text("Nothing of it is kept.")),
}
