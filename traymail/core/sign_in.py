"""A sign-in by OAuth2 as it goes on: what its steps show, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

# RFC 8628 section 3.2 and 3.5.
USUAL_INTERVAL = timedelta(seconds=5)
SLOWER_BY = timedelta(seconds=5)
# An access token is renewed so long before its end, or when half of its time is over.
MARGIN = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class BrowserAsked:
    """The user signs in at ``url``. Not ``opened``: no browser could be started here."""

    url: str
    opened: bool


@dataclass(frozen=True, slots=True)
class DeviceAsked:
    """The user opens ``page`` on any device and types ``code``, before ``until``.

    ``whole_page`` has the code in it, for a link or a picture; "" where there is none.
    """

    page: str
    code: str
    whole_page: str
    until: datetime


@dataclass(frozen=True, slots=True)
class SignedIn:
    """It is done and kept; the access token lasts ``until``, and is renewed by itself."""

    until: datetime


SignInStep = BrowserAsked | DeviceAsked | SignedIn


class LoginState(Enum):
    """How an account's sign-in stands."""

    OK = "ok"
    EXPIRED = "expired"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Login:
    """How an account's sign-in stands; ``until``: the end of its access token."""

    state: LoginState
    until: datetime | None = None


def is_fresh(got: datetime, ends: datetime, now: datetime) -> bool:
    """Tell whether an access token need not be renewed yet."""
    # What was kept may be damaged, and have ended long before it was got.
    return now + max(min(MARGIN, (ends - got) / 2), timedelta(0)) < ends
