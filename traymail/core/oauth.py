"""OAuth2: where an account signs in, and the services that are known."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from traymail.core import validators as read
from traymail.core.account import OAuth
from traymail.core.fields import Field, FieldKind
from traymail.core.keys import key, table_form
from traymail.core.texts import text

ANY_TENANT = "common"
_TENANTS = (ANY_TENANT, "consumers", "organizations")
_GUID = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_DOMAIN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9-]+)+")
_VISIBLE = re.compile(r"[!-~]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class OAuthService:
    """A row of the table: the mail servers it is for, and the addresses of its sign-in.

    ``{tenant}`` in an address is the organisation.
    """

    id: str
    hosts: tuple[str, ...]
    authorize_url: str
    token_url: str
    device_url: str = ""
    scope: str
    redirect_host: str = "127.0.0.1"
    more: tuple[tuple[str, str], ...] = ()

    @property
    def has_tenants(self) -> bool:
        """Tell whether an organisation can be named."""
        return "{tenant}" in self.token_url


_MICROSOFT = "https://login.microsoftonline.com/{tenant}/oauth2/v2.0"
_MICROSOFT_CHINA = "https://login.partner.microsoftonline.cn/{tenant}/oauth2/v2.0"

SERVICES: tuple[OAuthService, ...] = (
    # Takes http://localhost of its portal with any port, and http://127.0.0.1 by a manifest only.
    OAuthService(
        id="microsoft",
        hosts=("smtp.office365.com", "smtp-mail.outlook.com"),
        authorize_url=f"{_MICROSOFT}/authorize",
        token_url=f"{_MICROSOFT}/token",
        device_url=f"{_MICROSOFT}/devicecode",
        scope="https://outlook.office.com/SMTP.Send offline_access",
        redirect_host="localhost",
    ),
    # https://learn.microsoft.com/entra/identity-platform/authentication-national-cloud
    OAuthService(
        id="microsoft-cn",
        hosts=("smtp.partner.outlook.cn",),
        authorize_url=f"{_MICROSOFT_CHINA}/authorize",
        token_url=f"{_MICROSOFT_CHINA}/token",
        device_url=f"{_MICROSOFT_CHINA}/devicecode",
        scope="https://partner.outlook.cn/SMTP.Send offline_access",
        redirect_host="localhost",
    ),
    # Without these two, only the very first sign-in gives a token to renew it with. Its devices
    # may not ask for mail.
    OAuthService(
        id="google",
        hosts=("smtp.gmail.com",),
        authorize_url="https://accounts.google.com/o/oauth2/v2/auth",
        token_url="https://oauth2.googleapis.com/token",  # noqa: S106 # an address
        scope="https://mail.google.com/",
        more=(("access_type", "offline"), ("prompt", "consent")),
    ),
    OAuthService(
        id="yandex",
        hosts=("smtp.yandex.com",),
        authorize_url="https://oauth.yandex.com/authorize",
        token_url="https://oauth.yandex.com/token",  # noqa: S106 # an address
        scope="mail:smtp",
    ),
    OAuthService(
        id="mail.ru",
        hosts=("smtp.mail.ru",),
        authorize_url="https://oauth.mail.ru/login",
        token_url="https://oauth.mail.ru/token",  # noqa: S106 # an address
        scope="userinfo mail.imap",
    ),
    OAuthService(
        id="fastmail",
        hosts=("smtp.fastmail.com",),
        authorize_url="https://api.fastmail.com/oauth/authorize",
        token_url="https://api.fastmail.com/oauth/refresh",  # noqa: S106 # an address
        scope="https://www.fastmail.com/dev/protocol-smtp",
    ),
)


def service_for(host: str) -> OAuthService | None:
    """Return where one signs in for a mail server; None for one that is not in the table."""
    host = host.lower().rstrip(".")
    return next((row for row in SERVICES if host in row.hosts), None)


def is_usual(oauth: OAuth, host: str) -> bool:
    """Tell whether one signs in just where the service of the mail server has it."""
    service = service_for(host)
    known = {} if service is None else _known(service, oauth.tenant)
    return all(getattr(oauth, key) == known.get(key) for key in _PAGES)


def filled_in(table: OAuthTable, service: OAuthService | None) -> OAuth:
    """Return where an account signs in; what its table leaves out comes from the service."""
    given = {
        "client_id": table.client_id,
        "authorize_url": table.authorize_url,
        "token_url": table.token_url,
        "device_url": table.device_url,
        "scope": table.scope,
    }
    base = OAuth(tenant=table.tenant, redirect_port=table.redirect_port)
    if service is None:
        return _of(base, given)
    known = {"client_id": "", **_known(service, table.tenant)}
    filled = _of(base, known | {key: value for key, value in given.items() if value})
    if table.authorize_url:
        return filled
    return replace(filled, redirect_host=service.redirect_host, more=service.more)


def written(oauth: OAuth, service: OAuthService | None) -> OAuthTable:
    """Return the table that such a sign-in is filled in from: what `filled_in` begins with."""
    known = {} if service is None else _known(service, oauth.tenant)
    given = {key: getattr(oauth, key) for key in _ADDRESSES}
    return OAuthTable(
        client_id=oauth.client_id,
        tenant=oauth.tenant,
        redirect_port=oauth.redirect_port,
        **{key: value for key, value in given.items() if value != known.get(key)},
    )


_PAGES = ("authorize_url", "token_url", "device_url")
_ADDRESSES = (*_PAGES, "scope")


def _known(service: OAuthService, tenant: str) -> dict[str, str]:
    """Return the addresses of a service, and the permission that it wants."""
    return {
        key: getattr(service, key).replace("{tenant}", tenant or ANY_TENANT) for key in _ADDRESSES
    }


def _of(base: OAuth, values: dict[str, str]) -> OAuth:
    return replace(
        base,
        client_id=values["client_id"],
        authorize_url=values["authorize_url"],
        token_url=values["token_url"],
        device_url=values["device_url"],
        scope=values["scope"],
    )


def address(value: object) -> str:
    """Read an address of OAuth2: https, or http on this computer; it may be left empty."""
    given = read.words(value)
    if not given:
        return ""
    from urllib.parse import urlsplit  # seldom needed, and slow to import

    like = text("Write it like https://login.example.com/token.")
    try:
        parts = urlsplit(given)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise read.invalid(text("is not an address"), like) from None
    if parts.scheme not in {"https", "http"} or not _VISIBLE.fullmatch(given):
        raise read.invalid(text("is not an address"), like)
    read.filled_host(host)
    if "@" in parts.netloc:
        raise read.invalid(text("must not contain a user name or a password"), like)
    if parts.fragment:
        raise read.invalid(text("must not contain a #"), like)
    if parts.scheme == "http" and not read.is_loopback(host):
        raise read.invalid(
            text("http:// is only for a server on this computer"),
            text("Write it with https://: a sign-in over http:// can be read on its way."),
        )
    return given


def _tenant(value: object) -> str:
    given = read.words(value)
    if not given or given in _TENANTS or _GUID.fullmatch(given) or _DOMAIN.fullmatch(given):
        return given
    raise read.invalid(
        text("must be common, consumers, organizations, or the id or domain of an organisation"),
        read.nearest(given, _TENANTS),
    )


def _visible(value: object) -> str:
    given = read.words(value)
    if not _VISIBLE.fullmatch(given):
        raise read.invalid(text("must be letters, digits and signs of ASCII, without blanks"))
    return given


def _scope(value: object) -> str:
    given = read.words(value)
    if not all(_VISIBLE.fullmatch(one) for one in given.split(" ")):
        raise read.invalid(text("must be words of ASCII with a blank between two"))
    return given


@dataclass(frozen=True, slots=True, kw_only=True)
class OAuthTable:
    """``oauth`` of an account as written, a row each; "" where the service knows better."""

    client_id: str = field(
        default="",
        metadata=key(
            _visible,
            Field(
                "",
                text("Cl&ient id"),
                help=text("Of your own: traymail brings none, and nobody else sees your mail."),
            ),
        ),
    )
    tenant: str = field(
        default="",
        metadata=key(
            _tenant,
            Field(
                "",
                text("Tenant"),
                help=text(
                    "common, consumers, organizations, or the id or domain of your organisation."
                ),
            ),
        ),
    )
    authorize_url: str = field(
        default="",
        metadata=key(
            address,
            Field("", text("Page to sign in"), help=text("Your provider tells it.")),
        ),
    )
    token_url: str = field(default="", metadata=key(address, Field("", text("Tokens from"))))
    device_url: str = field(default="", metadata=key(address, Field("", text("Codes from"))))
    scope: str = field(default="", metadata=key(_scope, Field("", text("Scope"))))
    redirect_port: int = field(
        default=0,
        metadata=key(
            read.whole(0, 65_535),
            Field(
                "",
                text("Redirect port"),
                FieldKind.NUMBER,
                text("Only where the provider wants a fixed one: the browser comes back to it."),
                width=6,
            ),
            of=lambda table: table.redirect_port or None,
        ),
    )


OAUTH = table_form(OAuthTable, text("It belongs into the table oauth of an account."))
