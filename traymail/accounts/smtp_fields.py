"""The fields of an account with a mail server, and how an account fills them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from traymail.accounts.fields import (
    ADDRESS,
    CA_FILE,
    DISPLAY_NAME,
    RARE,
    SIGNATURE,
    USUAL,
    values_of_all,
)
from traymail.core.account import Account, Auth, Security
from traymail.core.account_kind import Values
from traymail.core.account_table import is_local_name
from traymail.core.fields import Choice, Field, FieldKind, Form, Section
from traymail.core.oauth import service_for, written
from traymail.core.provider import RELAY_PORT, USUAL_ENDPOINTS, Provider, by_id
from traymail.core.texts import Text, text

USUAL_PORTS = frozenset({RELAY_PORT, *(one.port for one in USUAL_ENDPOINTS)})
SECURITIES: Mapping[Security, Text | str] = {
    Security.TLS: "SSL/TLS",
    Security.STARTTLS: "STARTTLS",
    Security.NONE: text("none"),
}
SERVER = (
    Field("host", text("Ser&ver, port")),
    Field("port", text("Port"), FieldKind.NUMBER, width=5, joined=True),
    Field(
        "security",
        text("Protect&ion"),
        FieldKind.CHOICE,
        choices=tuple(Choice(kind.value, words) for kind, words in SECURITIES.items()),
        default=Security.TLS.value,
        width=9,
        joined=True,
    ),
)
USERNAME = Field("username", text("&User name"), help=text("Usually the address."))
AUTH = Field(
    "auth",
    text("Lo&gin"),
    FieldKind.CHOICE,
    choices=(
        Choice(Auth.PASSWORD.value, text("with a password or code")),
        Choice(Auth.OAUTH2.value, text("by signing in (OAuth2)")),
        Choice(Auth.NONE.value, text("none")),
    ),
    default=Auth.PASSWORD.value,
)
_OF = "oauth."
CLIENT_ID = Field(
    f"{_OF}client_id",
    text("&Client id"),
    help=text("Of your own: traymail brings none, and nobody else sees your mail."),
)
TENANT = Field(
    f"{_OF}tenant",
    text("Tenant"),
    help=text("common, consumers, organizations, or the id or domain of your organisation."),
)
AUTHORIZE_URL = Field(
    f"{_OF}authorize_url", text("Page to sign in"), help=text("Your provider tells it.")
)
TOKEN_URL = Field(f"{_OF}token_url", text("Tokens from"))
DEVICE_URL = Field(f"{_OF}device_url", text("Codes from"))
SCOPE = Field(f"{_OF}scope", text("Scope"))
REDIRECT_PORT = Field(
    f"{_OF}redirect_port",
    text("Redirect port"),
    FieldKind.NUMBER,
    text("Only where the provider wants a fixed one: the browser comes back to it."),
    width=6,
)
CLIENT = (CLIENT_ID, TENANT, AUTHORIZE_URL, TOKEN_URL, DEVICE_URL, SCOPE, REDIRECT_PORT)
"""What an account says of its sign-in."""

UPPER: Form = (Section(None, (ADDRESS, DISPLAY_NAME, *SERVER)),)
"""What stands above the code."""

LOWER: Form = (
    Section(
        None,
        (
            *CLIENT,
            *USUAL,
            SIGNATURE,
            replace(USERNAME, rare=True),
            replace(AUTH, rare=True),
            replace(CA_FILE, rare=True),
            *RARE,
        ),
    ),
)
"""What stands below it."""


def lower_for(account: Account) -> Form:
    """Return what stands below the code of an account; its defaults are what is usual there.

    So a rare field is folded away unless there is something unusual in it.
    """
    row = by_id(account.provider)
    mailbox = account.address.mailbox
    usual = Account(
        name=account.name,
        address=account.address,
        host=account.host,
        port=account.port,
        security=account.security,
        username=row.username_for(mailbox) if row else mailbox,
    )
    if row is not None and row.max_message_bytes is not None:
        usual = replace(usual, max_message_bytes=row.max_message_bytes)
    values = values_of(usual)
    return tuple(
        Section(
            section.title, tuple(replace(one, default=values[one.name]) for one in section.fields)
        )
        for section in LOWER
    )


def values_of(account: Account) -> dict[str, str]:
    """Return an account as its form shows it."""
    return {
        "address": account.address.mailbox,
        "display_name": account.address.name,
        "host": account.host,
        "port": str(account.port),
        "security": account.security.value,
        "username": account.username,
        "auth": account.auth.value,
        "ca_file": account.ca_file,
        "signature": account.signature,
        **_client_of(account),
        **values_of_all(account),
    }


def _client_of(account: Account) -> dict[str, str]:
    table = written(account.oauth, service_for(account.host))
    values = {one.name: getattr(table, one.name.removeprefix(_OF)) for one in CLIENT}
    return {name: str(value) if value else "" for name, value in values.items()}


def suited(values: Values) -> dict[str, bool]:
    """Tell which fields of a sign-in mean something: what is not known, or is given anyway."""
    signs_in = values["auth"] == Auth.OAUTH2.value and not values["password_command"].strip()
    service = service_for(values["host"].strip())
    asked = {CLIENT_ID}
    if service is None:
        asked |= {*CLIENT} - {TENANT}
    elif service.has_tenants:
        asked.add(TENANT)
    return {
        one.name: signs_in and (one in asked or bool(values[one.name].strip())) for one in CLIENT
    }


def remark_on_server(values: Values, provider: str) -> Text | None:
    """Return a warning about a server or a port that can be, but hardly is."""
    host = values.get("host", "").strip()
    if is_local_name(host):
        return text("“{host}” has no dot: it may be another computer in every network.", host=host)
    port = values["port"].strip()
    if not port.isdecimal() or port in map(str, USUAL_PORTS):
        return None
    row = by_id(provider)
    if row is None or not row.endpoints:
        return text(
            "Port {p} is unusual. Most servers listen on 465 (SSL/TLS) and 587 (STARTTLS).", p=port
        )
    return text(
        "Port {p} is unusual. {provider} listens on {ports}.",
        p=port,
        provider=row.name,
        ports=_endpoints(row),
    )


def _endpoints(row: Provider) -> Text:
    first, *others = (
        text("{port} ({security})", port=end.port, security=SECURITIES[end.security])
        for end in row.endpoints
    )
    for other in others:
        first = text("{ports} and {port}", ports=first, port=other)
    return first
