"""A row of the table of replies: when it fits, and what it says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import Enum, auto

from traymail.core.errors import Stage
from traymail.core.provider import AuthKind
from traymail.core.texts import Text


class Action(Enum):
    """What a row asks for; the stage decides whose failure NEEDS_USER is."""

    RETRY = auto()
    RETRY_NEW_CONNECTION = auto()
    NEEDS_USER = auto()
    PERMANENT = auto()
    UNKNOWN = auto()


class Trouble(Enum):
    """What ends a session without a reply of the server."""

    NAME = auto()  # no such host
    REFUSED = auto()
    TIMEOUT = auto()
    NETWORK = auto()
    LOST = auto()
    STOPPED = auto()  # broken off by ourselves
    NONSENSE = auto()
    TLS_MODE = auto()  # TLS spoken to a port that does not speak it
    TLS_OLD = auto()
    TLS_FAILED = auto()
    CERT_TIME = auto()  # it has ended
    CERT_NOT_YET = auto()
    CERT_HOST = auto()
    CERT_TRUST = auto()
    CA_FILE = auto()
    NO_TLS = auto()
    INJECTED = auto()  # plain text behind the 220 to STARTTLS (CVE-2011-0411)
    NO_LOGIN = auto()
    OTHER_LOGIN = auto()  # it offers logins, none of them ours
    OAUTH_ONLY = auto()
    NO_OAUTH = auto()  # it takes no access tokens
    TOO_LARGE = auto()
    NO_SMTPUTF8 = auto()
    BAD_ADDRESS = auto()
    FILE = auto()
    NO_SECRET = auto()
    SIGN_IN = auto()  # the service of OAuth2 refuses, in its own words
    SIGN_IN_LATER = auto()  # it cannot be reached, or not now
    KEYRING = auto()  # it cannot be asked just now
    INTERNAL = auto()  # on our own side, whatever it is
    UNSURE = auto()  # no proper answer to the final dot


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyRule:
    """A row: when it fits, and what it says.

    ``advice`` is what to do about it, None where waiting is all; ``fate`` is what becomes of the
    mail, which a diagnosis without a mail leaves out. Advice that names a command may say
    ``{account}``. ``cause`` stands before it, and before the way to mend a secret elsewhere.

    Empty fields fit everything. ``code`` and ``enhanced`` (RFC 3463) are regular expressions for
    the whole code, ``words`` one to be found in the text, whatever its case. ``login_worked``:
    only when this secret has been accepted before. ``auth_kind``: only for a provider of the table
    that wants this kind of secret. ``oauth``: only where the secret is an access token.
    ``about_account``: the account's failure at
    any stage. ``hold``: how long the account is left alone.
    """

    id: str
    action: Action
    title: Text
    advice: Text | None = None
    fate: Text | None = None
    cause: Text | None = None
    trouble: Trouble | None = None
    stages: tuple[Stage, ...] = ()
    family: str = ""
    code: str = ""
    enhanced: str = ""
    words: str = ""
    login_worked: bool = False
    auth_kind: AuthKind | None = None
    oauth: bool = False
    about_account: bool = False
    hold: timedelta = timedelta(0)
