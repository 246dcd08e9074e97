"""An account: through whom, and how fast, mail leaves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import Enum

from traymail.core.message import Address


class Security(Enum):
    """How a connection is protected; ``NONE`` only ever to a loopback host."""

    TLS = "tls"
    STARTTLS = "starttls"
    NONE = "none"


HTTP_PORTS = {"https": 443, "http": 80}
"""Where services listen, by the scheme of their address."""


class Auth(Enum):
    """How an account logs in."""

    PASSWORD = "password"  # noqa: S105 # the word of the configuration, not a secret
    OAUTH2 = "oauth2"
    NONE = "none"


class WhenUnsure(Enum):
    """What to do with a mail the server may already have."""

    ASK = "ask"
    RESEND = "resend"


@dataclass(frozen=True, slots=True)
class Limits:
    """How many mails may leave in a minute, an hour, a day; None where nothing is said."""

    per_minute: int | None = None
    per_hour: int | None = None
    per_day: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OAuth:
    """Where an account signs in and as which program, everything left out filled in.

    ``redirect_host`` is what the browser is led back to, ``redirect_port`` where (0: any port that
    is free); ``more`` goes into the address that the browser opens. ``tenant`` is the
    organisation as given; the addresses have it in them.
    """

    client_id: str = ""
    tenant: str = ""
    authorize_url: str = ""
    token_url: str = ""
    device_url: str = ""
    scope: str = ""
    redirect_host: str = "127.0.0.1"
    redirect_port: int = 0
    more: tuple[tuple[str, str], ...] = ()

    @property
    def parts(self) -> tuple[str, ...]:
        """Return all that decides what a sign-in is worth."""
        return (
            self.client_id,
            self.authorize_url,
            self.token_url,
            self.device_url,
            self.scope,
        )


DEFAULT_KIND = "smtp"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One account as configured, everything left out filled in from the provider table.

    ``host`` is who gets the secret, ``username`` as whom: what it is bound to, whatever the kind.
    A kind with keys of its own has a class of its own, and its ``kind``; one whose mail leaves
    for no server has no host. ``oauth`` counts where it signs in. ``max_message_bytes`` is the size
    on the wire; ``provider`` the id of the table's row, or "".
    """

    name: str
    address: Address
    host: str = ""
    port: int = 0
    security: Security = Security.TLS
    username: str = ""
    auth: Auth = Auth.PASSWORD
    kind: str = DEFAULT_KIND
    provider: str = ""
    ca_file: str = ""
    max_message_bytes: int = 25_000_000
    limits: Limits = Limits()
    timeout: timedelta = timedelta(seconds=30)
    password_command: tuple[str, ...] = ()
    oauth: OAuth = OAuth()
    retry_for: timedelta = timedelta(days=3)
    when_unsure: WhenUnsure = WhenUnsure.ASK
    undo: timedelta = timedelta(seconds=5)
    signature: str = ""

    @property
    def connection(self) -> str:
        """Return what a login depends on, as one string: when it changes, a refusal is void."""
        parts = (self.kind, self.host, str(self.port), self.security.value, self.auth.value)
        own = (self.username, self.address.mailbox, self.ca_file, *self.password_command)
        signs_in = self.oauth.parts if self.auth is Auth.OAUTH2 else ()
        return "\n".join((*parts, *own, *signs_in, *self.way))

    @property
    def signs_in(self) -> bool:
        """Tell whether traymail itself gets its tokens: no command of the user's prints them."""
        return self.auth is Auth.OAUTH2 and not self.password_command

    @property
    def way(self) -> tuple[str, ...]:
        """Return what else decides, in an account of this kind, where mail goes."""
        return ()

    def key_of(self, field: str) -> str:
        """Return the key of the configuration that a field comes from."""
        return field
