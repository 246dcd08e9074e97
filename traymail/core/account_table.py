"""An account from its table: what is left out comes from the provider; then the cross checks."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_address
from typing import Any

from traymail.core import readers as read
from traymail.core.account import Account, Auth, Limits, Security
from traymail.core.errors import Problem
from traymail.core.message import Address
from traymail.core.places import full_path
from traymail.core.provider import AuthKind, Endpoint, Provider, for_address, for_host
from traymail.core.settings import place_of
from traymail.core.table_reader import Read, read_table
from traymail.core.tables import ACCOUNT, LATER, AccountTable
from traymail.core.texts import Text, by_command, text

DEFAULT_LIMITS = Limits(per_minute=20, per_hour=200, per_day=500)
# RFC 8314 section 3.3: submission by implicit TLS is preferred.
DEFAULT_ENDPOINT = Endpoint(465, Security.TLS)
_USUAL = {465: Security.TLS, 994: Security.TLS, 587: Security.STARTTLS, 2525: Security.STARTTLS}
_PORT_OF = {Security.TLS: 465, Security.STARTTLS: 587}
_RELAY_PORT = 25
_LONGEST_NAME = 64


def read_account(
    name: str, written: object, user_home: str, problems: list[Problem]
) -> Account | None:
    """Return the account ``name``, None when it cannot be used.

    Adds what is wrong with it to ``problems``, and hints.
    """
    where = place_of("accounts", name)
    try:
        fields = read.table(written)
    except read.Wrong as error:
        problems += [Problem(where, f.what, advice=f.advice) for f in error.findings]
        return None
    found: list[Problem] = []
    if what := _wrong_name(name):
        found.append(Problem(where, what))
    table = read_table(ACCOUNT, fields, where, found)
    provider = _provider(table)
    endpoint = _endpoint(table.value, provider)
    found += _host_problems(table, provider, where)
    if not table.bad & {"host", "port", "security"}:
        found += _endpoint_problems(table.value, endpoint, provider, where)
    account = _filled_in(name, table.value, provider, endpoint)
    account = replace(account, ca_file=full_path(account.ca_file, user_home))
    if not table.bad & {"auth", "oauth"}:
        found += _auth_problems(account, provider, where)
    problems += found
    return account if all(one.hint for one in found) else None


def unknown_account(where: str, name: str, known: tuple[str, ...]) -> Problem:
    """Return the problem that ``where`` names an account that is not among those ``known``."""
    advice = read.nearest(name, known) or by_command(
        text("Add it with: traymail account add ADDRESS"),
        in_window=text("Add it on the page “Accounts” of the settings."),
    )
    return Problem(where, text("there is no account {name}", name=name), advice=advice)


def _wrong_name(name: str) -> Text | None:
    """Return why an account cannot be called so: its name is part of a file name (credentials)."""
    if not name.strip() or len(name) > _LONGEST_NAME:
        return text("an account's name has 1 to {count} characters", count=_LONGEST_NAME)
    if not name.isprintable() or name != name.strip() or name[0] == "." or set(name) & set("/\\:"):
        return text("an account's name may contain letters, digits, spaces, @, dots and dashes")
    return None


def _provider(table: Read[AccountTable]) -> Provider | None:
    """Return the row of the table: that of the host where one is given, else of the address."""
    if "host" in table.bad:
        return None
    if table.value.host:
        return for_host(table.value.host)
    return None if "address" in table.bad else for_address(table.value.address.mailbox)


def _endpoint(table: AccountTable, provider: Provider | None) -> Endpoint:
    """Return port and security: as given, the missing one after the other, else the provider's."""
    if table.port is not None and table.security is not None:
        return Endpoint(table.port, table.security)
    known = (*(provider.endpoints if provider else ()), DEFAULT_ENDPOINT)
    if table.port is not None:
        fitting = (end.security for end in known if end.port == table.port)
        return Endpoint(table.port, next(fitting, _USUAL.get(table.port, Security.TLS)))
    if table.security is not None:
        ports = (end.port for end in known if end.security is table.security)
        return Endpoint(next(ports, _PORT_OF.get(table.security, _RELAY_PORT)), table.security)
    return known[0]


def _host_problems(
    table: Read[AccountTable], provider: Provider | None, where: str
) -> list[Problem]:
    host = table.value.host
    if "host" in table.bad:
        return []
    if not host:
        if provider is not None or "address" in table.bad:
            return []
        mailbox = table.value.address.mailbox
        return [
            Problem(
                place_of(where, "host"),
                text(
                    "is missing: the mail server of {domain} is not known", domain=_domain(mailbox)
                ),
                advice=by_command(
                    text("traymail detect {address} looks for it.", address=mailbox),
                    in_window=text("“Add account…” in the settings looks for it."),
                ),
            )
        ]
    if not is_local_name(host):
        return []
    what = text("has no dot: {host} may be another computer in every network", host=host)
    return [Problem(place_of(where, "host"), what, hint=True)]


def is_local_name(host: str) -> bool:
    """Tell whether a name may mean another computer in every network."""
    return bool(host) and "." not in host and ":" not in host and not is_loopback(host)


def _domain(mailbox: str) -> str:
    return mailbox.rpartition("@")[2]


def is_loopback(host: str) -> bool:
    """Tell whether a host is this computer: localhost, 127.0.0.0/8 or ::1."""
    if host.lower().rstrip(".") == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _endpoint_problems(
    table: AccountTable, endpoint: Endpoint, provider: Provider | None, where: str
) -> list[Problem]:
    """Return why port, security and host do not go together: one reason at most."""
    if provider and endpoint in provider.endpoints:
        return []
    port, security, local = endpoint.port, endpoint.security, is_loopback(table.host)
    usual = _USUAL.get(port)
    key, what = "security", None
    if security is Security.NONE:
        if not local:
            what = text('"none" is only for a server on this computer')
        elif table.port is None:
            key, what = "port", text('is missing: "none" has no usual port')
    elif port == _RELAY_PORT and not local:
        key = "port"
        what = text("25 is for mail between servers, never for sending from a program")
    elif usual is None and table.port is not None and table.security is None:
        what = text("is missing: {port} is not a usual port", port=port)
    elif usual is not None and usual is not security:
        what = text('does not fit: port {port} uses "{usual}"', port=port, usual=usual.value)
    if what is None:
        return []
    advice = text('Use port 465 with security "tls", or port 587 with "starttls".')
    return [Problem(place_of(where, key), what, advice=advice)]


def _auth_problems(account: Account, provider: Provider | None, where: str) -> list[Problem]:
    if provider is None or provider.auth_kind is not AuthKind.OAUTH2:
        return []
    if account.auth is not Auth.PASSWORD:
        return []
    return [
        Problem(
            place_of(where, "auth"),
            text(
                "{provider} takes no passwords from programs, only OAuth2", provider=provider.name
            ),
            advice=LATER,
        )
    ]


def _filled_in(
    name: str, table: AccountTable, provider: Provider | None, endpoint: Endpoint
) -> Account:
    """Return the account with what its table left out."""
    mailbox = table.address.mailbox
    known = provider.limits if provider else Limits()
    limits = Limits(
        per_minute=table.max_per_minute or known.per_minute or DEFAULT_LIMITS.per_minute,
        per_hour=table.max_per_hour or known.per_hour or DEFAULT_LIMITS.per_hour,
        per_day=table.max_per_day or known.per_day or DEFAULT_LIMITS.per_day,
    )
    account = Account(
        name=name,
        address=Address(mailbox, table.display_name or table.address.name),
        host=table.host or (provider.host if provider else ""),
        port=endpoint.port,
        security=endpoint.security,
        username=table.username or (provider.username_for(mailbox) if provider else mailbox),
        kind=table.kind,
        provider=provider.id if provider else "",
        ca_file=table.ca_file,
        limits=limits,
    )
    size = table.max_message_bytes or (provider.max_message_bytes if provider else None)
    given: dict[str, Any] = {
        "auth": table.auth,
        "max_message_bytes": size,
        "timeout": table.timeout,
        "password_command": table.password_command,
        "retry_for": table.retry_for,
        "when_unsure": table.when_unsure,
        "undo": table.undo,
    }
    return replace(account, **{key: value for key, value in given.items() if value is not None})
