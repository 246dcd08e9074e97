"""An account: through whom, and how fast, mail leaves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from datetime import timedelta
from enum import Enum
from typing import Any

from traymail.core import validators as read
from traymail.core.fields import Choice, Field, FieldKind
from traymail.core.keys import KeyRow, key
from traymail.core.message import Address
from traymail.core.texts import Text, text


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
    """How many mails may leave in such a time; None where nothing is said."""

    per_minute: int | None = None
    per_hour: int | None = None
    per_day: int | None = None
    per_second: int | None = None

    @property
    def spans(self) -> tuple[tuple[int, timedelta], ...]:
        """The limits that there are, each with the time in which so many may leave."""
        all_of_them = (
            (self.per_second, timedelta(seconds=1)),
            (self.per_minute, timedelta(minutes=1)),
            (self.per_hour, timedelta(hours=1)),
            (self.per_day, timedelta(days=1)),
        )
        return tuple((most, span) for most, span in all_of_them if most is not None)

    def least_time(self, count: int) -> timedelta:
        """Return in which time so many mails can leave at the earliest."""
        waits = (max(count - 1, 0) // most * span for most, span in self.spans)
        return max(waits, default=timedelta(0))


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


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceAccount(Account):
    """An account of a service that takes mails by HTTP."""

    def key_of(self, field: str) -> str:
        """Return the key of the configuration: an address tells where the service is."""
        return "api_url" if field in {"host", "port", "security"} else field


def _limit(
    unit: Text,
    width: int,
    of: Callable[[Account], object],
    told: Text | None = None,
) -> dict[str, KeyRow]:
    """Return the row of a limit; the first one has something ``told``, and begins a line."""
    asked = Field(
        "",
        text("At most"),
        FieldKind.NUMBER,
        told,
        unit=unit,
        width=width,
        joined=told is None,
    )
    return key(read.whole(1, 1_000_000), asked, of=of)


def _argument(value: object) -> str:
    given = read.words(value)
    if "\0" in given:
        raise read.invalid(text("must not contain control characters"))
    return given


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountTable:
    """The keys of accounts of all kinds, each of them a row; None where something knows better.

    One that is not None becomes what has its name in an `Account`.
    """

    kind: str = field(default=DEFAULT_KIND, metadata=key(read.words))
    display_name: str = field(
        default="",
        metadata=key(
            read.words,
            Field("", text("Disp&lay name"), help=text("What the recipient sees.")),
            of=lambda account: account.address.name,
        ),
    )
    max_per_minute: int | None = field(
        default=None,
        metadata=_limit(
            text("/ min"),
            4,
            lambda account: account.limits.per_minute,
            text("More mails wait in the outbox; none is lost."),
        ),
    )
    max_per_hour: int | None = field(
        default=None,
        metadata=_limit(text("/ hour"), 5, lambda one: one.limits.per_hour),
    )
    max_per_day: int | None = field(
        default=None,
        metadata=_limit(text("/ day"), 6, lambda one: one.limits.per_day),
    )
    undo: timedelta | None = field(
        default=None,
        metadata=key(
            read.seconds(0, 3600),
            Field("", text("&Quick send"), FieldKind.NUMBER, unit=text("seconds to undo"), width=4),
            called="undo_seconds",
        ),
    )
    password_command: tuple[str, ...] | None = field(
        default=None,
        metadata=key(
            read.many(_argument),
            Field(
                "",
                text("C&ommand"),
                help=text("A program that prints the code, such as: pass mail/qq"),
                rare=True,
            ),
        ),
    )
    max_message_bytes: int | None = field(
        default=None,
        metadata=key(
            read.megabytes,
            Field(
                "",
                text("Larg&est mail"),
                FieldKind.NUMBER,
                text("The size as sent: files grow by a third."),
                unit=text("MB"),
                width=6,
                rare=True,
            ),
            called="max_message_mb",
            of=lambda account: account.max_message_bytes / 10**6,
        ),
    )
    timeout: timedelta | None = field(
        default=None,
        metadata=key(
            read.seconds(1, 3600),
            Field(
                "",
                text("Sto&p after"),
                FieldKind.NUMBER,
                text("How long to wait for an answer from the server."),
                unit=text("seconds"),
                width=6,
                rare=True,
            ),
            called="timeout_seconds",
        ),
    )
    retry_for: timedelta | None = field(
        default=None,
        metadata=key(
            read.duration(timedelta(0), read.YEAR),
            Field(
                "",
                text("Tr&y again for"),
                FieldKind.DURATION,
                help=text("After that, a mail has failed. For example 12 h or 3 d."),
                width=8,
                rare=True,
            ),
        ),
    )
    when_unsure: WhenUnsure | None = field(
        default=None,
        metadata=key(
            read.choice(WhenUnsure),
            Field(
                "",
                text("&When unsure"),
                FieldKind.CHOICE,
                text("When the server may have a mail, but its answer did not come."),
                choices=(
                    Choice(WhenUnsure.ASK.value, text("ask me")),
                    Choice(WhenUnsure.RESEND.value, text("send it again")),
                ),
                rare=True,
            ),
        ),
    )

    def given(self) -> dict[str, Any]:
        """Return what is told of what an `Account` itself has."""
        own = {one.name for one in fields(Account)} - {"kind"}
        told = {one.name: getattr(self, one.name) for one in fields(AccountTable)}
        return {name: one for name, one in told.items() if name in own and one is not None}
