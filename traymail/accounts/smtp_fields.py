"""The form of an account with a mail server, and what is remarked on in it."""

from __future__ import annotations

from dataclasses import replace

from traymail.core.account import Auth
from traymail.core.account_kind import Values
from traymail.core.account_table import is_local_name
from traymail.core.fields import Form, Section
from traymail.core.keys import asked_of
from traymail.core.oauth import service_for
from traymail.core.provider import RELAY_PORT, USUAL_ENDPOINTS, Provider, by_id
from traymail.core.tables import SECURITIES, SmtpTable
from traymail.core.texts import Text, text

USUAL_PORTS = frozenset({RELAY_PORT, *(one.port for one in USUAL_ENDPOINTS)})
ASKED = {name: one for name, (one, _after) in asked_of(SmtpTable).items()}
SERVER = tuple(ASKED[name] for name in ("host", "port", "security"))
BY_HAND: Form = (
    Section(
        None,
        (
            *SERVER,
            *(replace(ASKED[name], rare=False) for name in ("username", "auth", "ca_file")),
        ),
    ),
)
"""What is asked of a server that is not known, before there is an account."""
_CLIENT = tuple(name for name in ASKED if name.startswith("oauth."))
"""What an account says of its sign-in."""


def suited(values: Values) -> dict[str, bool]:
    """Tell which fields of a sign-in mean something: what is not known, or is given anyway."""
    signs_in = values["auth"] == Auth.OAUTH2.value and not values["password_command"].strip()
    service = service_for(values["host"].strip())
    asked = {"oauth.client_id"}
    if service is None:
        asked |= {*_CLIENT} - {"oauth.tenant"}
    elif service.has_tenants:
        asked.add("oauth.tenant")
    return {one: signs_in and (one in asked or bool(values[one].strip())) for one in _CLIENT}


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
