"""An account with a mail server, from its table: what is left out comes from the provider."""

from __future__ import annotations

from dataclasses import replace

from traymail.core import validators as read
from traymail.core.account import Account, Auth, Security
from traymail.core.account_kind import with_given
from traymail.core.errors import Problem
from traymail.core.message import Address
from traymail.core.oauth import OAuthService, OAuthTable, filled_in, service_for
from traymail.core.provider import (
    IMPLICIT_TLS,
    RELAY_PORT,
    SUBMISSION,
    USUAL_ENDPOINTS,
    AuthKind,
    Endpoint,
    Provider,
    for_address,
    for_host,
)
from traymail.core.table_reader import Read
from traymail.core.tables import SmtpTable
from traymail.core.texts import Text, by_command, text
from traymail.core.validators import place_of

_USUAL = {one.port: one.security for one in USUAL_ENDPOINTS}
_PORT_OF = {one.security: one.port for one in (IMPLICIT_TLS, SUBMISSION)}


def smtp_account(name: str, table: Read[SmtpTable], where: str, found: list[Problem]) -> Account:
    """Return the account of a table; what is wrong beyond single keys, and hints, are added."""
    provider = _provider(table)
    endpoint = _endpoint(table.value, provider)
    found += _host_problems(table, provider, where)
    if not table.bad & {"host", "port", "security"}:
        found += _endpoint_problems(table.value, endpoint, provider, where)
    account = _filled_in(name, table.value, provider, endpoint)
    if not table.bad & {"auth", "oauth"}:
        found += _auth_problems(account, provider, where)
    if not table.bad & {"auth", "oauth", "host", "address"}:
        found += _oauth_problems(account, table.value.oauth or OAuthTable(), where)
    return account


def unknown_account(where: str, name: str, known: tuple[str, ...]) -> Problem:
    """Return the problem that ``where`` names an account that is not among those ``known``."""
    advice = read.nearest(name, known) or by_command(
        text("Add it with: traymail account add ADDRESS"),
        in_window=text("Add it on the page “Accounts” of the settings."),
    )
    return Problem(where, text("there is no account {name}", name=name), advice=advice)


def _provider(table: Read[SmtpTable]) -> Provider | None:
    """Return the row of the table: that of the host where one is given, else of the address."""
    if "host" in table.bad:
        return None
    if table.value.host:
        return for_host(table.value.host)
    return None if "address" in table.bad else for_address(table.value.address.mailbox)


def _endpoint(table: SmtpTable, provider: Provider | None) -> Endpoint:
    """Return port and security: as given, the missing one after the other, else the provider's."""
    if table.port is not None and table.security is not None:
        return Endpoint(table.port, table.security)
    known = (*(provider.endpoints if provider else ()), IMPLICIT_TLS)
    if table.port is not None:
        fitting = (end.security for end in known if end.port == table.port)
        return Endpoint(table.port, next(fitting, _USUAL.get(table.port, Security.TLS)))
    if table.security is not None:
        ports = (end.port for end in known if end.security is table.security)
        return Endpoint(next(ports, _PORT_OF.get(table.security, RELAY_PORT)), table.security)
    return known[0]


def _host_problems(table: Read[SmtpTable], provider: Provider | None, where: str) -> list[Problem]:
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
    return bool(host) and "." not in host and ":" not in host and not read.is_loopback(host)


def _domain(mailbox: str) -> str:
    return mailbox.rpartition("@")[2]


def _endpoint_problems(
    table: SmtpTable, endpoint: Endpoint, provider: Provider | None, where: str
) -> list[Problem]:
    """Return why port, security and host do not go together: one reason at most."""
    if provider and endpoint in provider.endpoints:
        return []
    port, security, local = endpoint.port, endpoint.security, read.is_loopback(table.host)
    usual = _USUAL.get(port)
    key, what = "security", None
    if security is Security.NONE:
        if not local:
            what = text('"none" is only for a server on this computer')
        elif table.port is None:
            key, what = "port", text('is missing: "none" has no usual port')
    elif port == RELAY_PORT and not local:
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
            advice=by_command(
                text(
                    'Set auth = "oauth2"; README leads under “Outlook and Microsoft 365” to the '
                    "client id."
                ),
                in_window=text("Choose “by signing in (OAuth2)” as the login."),
            ),
        )
    ]


def _oauth_problems(account: Account, table: OAuthTable, where: str) -> list[Problem]:
    """Return what is missing to sign in, or (a hint) that it counts for nothing."""
    place, service = place_of(where, "oauth"), service_for(account.host)
    if not account.signs_in:
        if table == OAuthTable():
            return []
        what = (
            text("does nothing: password_command prints the access token")
            if account.auth is Auth.OAUTH2
            else text('does nothing: auth is "{auth}"', auth=account.auth.value)
        )
        return [Problem(place, what, hint=True)]
    if table.tenant and (service is None or not service.has_tenants):
        what = text("is only for the addresses of Microsoft")
        return [Problem(place_of(place, "tenant"), what, advice=_LEAVE_OUT)]
    return _missing_for_sign_in(account, service, place)


_LEAVE_OUT = text("Leave it out.")


def _missing_for_sign_in(
    account: Account, service: OAuthService | None, place: str
) -> list[Problem]:
    oauth, found = account.oauth, list[Problem]()
    if not oauth.client_id:
        found.append(
            Problem(
                place_of(place, "client_id"),
                text("is missing: OAuth2 wants a client id of your own"),
                advice=_of_your_own(service),
            )
        )
    if not account.host:
        return found
    missing = "" if oauth.token_url else "token_url"
    if not missing and not oauth.authorize_url and not oauth.device_url:
        missing = "authorize_url"
    if missing:
        found.append(
            Problem(
                place_of(place, missing),
                text("is missing: the sign-in of {host} is not known", host=account.host),
                advice=text(
                    "Its provider tells the addresses for OAuth2; README leads under “Outlook and "
                    "Microsoft 365” to the guide that shows how."
                ),
            )
        )
    return found


def _of_your_own(service: OAuthService | None) -> Text:
    """Return how one gets a client id: what users stumble over first."""
    if service is not None and service.has_tenants:
        return text(
            "Register one in Azure, as the guide shows to which README leads under “Outlook and "
            "Microsoft 365”. A personal Outlook.com account needs an Azure directory for that, "
            "which a free Azure account brings along. Or let password_command print an access "
            "token."
        )
    return text(
        "Register one with the provider, as the guide shows to which README leads under “Outlook "
        "and Microsoft 365”, or let password_command print an access token."
    )


def usual_auth(provider: Provider | None) -> Auth:
    """Return how an account of a provider logs in unless it says so itself."""
    only_oauth = provider is not None and provider.auth_kind is AuthKind.OAUTH2
    return Auth.OAUTH2 if only_oauth else Auth.PASSWORD


def _filled_in(
    name: str, table: SmtpTable, provider: Provider | None, endpoint: Endpoint
) -> Account:
    """Return the account with what its table left out."""
    mailbox = table.address.mailbox
    host = table.host or (provider.host if provider else "")
    account = Account(
        name=name,
        address=Address(mailbox, table.display_name or table.address.name),
        host=host,
        port=endpoint.port,
        security=endpoint.security,
        username=table.username or (provider.username_for(mailbox) if provider else mailbox),
        auth=table.auth or usual_auth(provider),
        provider=provider.id if provider else "",
        ca_file=table.ca_file,
        signature=table.signature,
    )
    if account.auth is Auth.OAUTH2:
        oauth = filled_in(table.oauth or OAuthTable(), service_for(host))
        account = replace(account, oauth=oauth)
    if provider is None:
        return with_given(account, table)
    if provider.max_message_bytes is not None:
        account = replace(account, max_message_bytes=provider.max_message_bytes)
    return with_given(account, table, provider.limits)
