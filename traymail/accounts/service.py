"""Services that are reached by HTTP: where one is, as the configuration and the form have it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from traymail.core import fields
from traymail.core import validators as read
from traymail.core.account import HTTP_PORTS, Account, AccountTable, Security
from traymail.core.fields import Choice, Field, FieldKind, Section
from traymail.core.keys import asked_of
from traymail.core.robots import Overflow
from traymail.core.texts import text
from traymail.core.validators import is_loopback

_LIKE = text("Write it like https://qyapi.example.com, without anything behind it.")

API_URL = Field("", text("Ser&ver"), rare=True)
OVERFLOW = Field(
    "",
    text("Too &long"),
    FieldKind.CHOICE,
    choices=(
        Choice(Overflow.CUT.value, text("cut it")),
        Choice(Overflow.REFUSE.value, text("refuse it")),
    ),
)


@dataclass(frozen=True, slots=True)
class ServicePlace:
    """Where a service is."""

    host: str
    port: int = HTTP_PORTS["https"]
    security: Security = Security.TLS


def service_place(value: object) -> ServicePlace | None:
    """Read the address of a service, scheme and host alone; empty: the usual one."""
    given = read.words(value)
    if not given:
        return None
    from urllib.parse import urlsplit  # seldom needed, and slow to import

    try:
        parts = urlsplit(given)
        port = parts.port
    except ValueError:
        raise read.invalid(text("is not an address"), _LIKE) from None
    host = read.filled_host(parts.hostname or "")
    if (
        parts.scheme not in HTTP_PORTS
        or parts.path not in {"", "/"}
        or parts.query
        or parts.fragment
    ):
        raise read.invalid(text("is not an address"), _LIKE)
    if "@" in parts.netloc:
        raise read.invalid(text("must not contain a user name or a password"), _LIKE)
    if parts.scheme == "http" and not is_loopback(host):
        raise read.invalid(text("http:// is only for a server on this computer"), _LIKE)
    security = Security.NONE if parts.scheme == "http" else Security.TLS
    return ServicePlace(host, port or HTTP_PORTS[parts.scheme], security)


def where(account: Account) -> str:
    """Return the service, and its port where that is another than usual."""
    usual = account.port == HTTP_PORTS["https"]
    return account.host if usual else f"{account.host}:{account.port}"


def api_url_of(account: Account, usual_host: str) -> str:
    """Return the address of an account's service as it is written, "" for the usual one."""
    if account.host in {"", usual_host}:
        return ""
    scheme = "http" if account.security is Security.NONE else "https"
    host = f"[{account.host}]" if ":" in account.host else account.host
    return f"{scheme}://{host}" + ("" if account.port == HTTP_PORTS[scheme] else f":{account.port}")


def may_be_asked(
    table: type[AccountTable], names: Sequence[str], usual: Mapping[str, str]
) -> fields.Form:
    """Return what may be told of an account that is to be, folded away where that is ``usual``."""
    asked = asked_of(table)
    return (
        Section(
            None,
            tuple(replace(asked[one][0], rare=True, default=usual.get(one, "")) for one in names),
        ),
    )
