"""The fields of an account, and how an account and its table in config.toml fill them."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from traymail.core.account import Account, Auth, Security, WhenUnsure
from traymail.core.account_table import is_local_name
from traymail.core.duration import format_duration
from traymail.core.fields import Choice, Field, FieldKind, Form, Section, fields_of
from traymail.core.provider import Provider, by_id
from traymail.core.texts import Text, text

Values = Mapping[str, str]

USUAL_PORTS = frozenset({25, 465, 587, 994, 2525})
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
        Choice(Auth.NONE.value, text("none")),
    ),
    default=Auth.PASSWORD.value,
)
CA_FILE = Field(
    "ca_file",
    text("Certi&ficate"),
    FieldKind.FILE,
    text("The file of a company's own authority; empty for all others."),
)

UPPER: Form = (
    Section(
        None,
        (
            Field("address", text("&Address")),
            Field("display_name", text("Disp&lay name"), help=text("What the recipient sees.")),
            *SERVER,
        ),
    ),
)
"""What stands above the code."""

LOWER: Form = (
    Section(
        None,
        (
            Field(
                "max_per_minute",
                text("At most"),
                FieldKind.NUMBER,
                text("More mails wait in the outbox; none is lost."),
                unit=text("/ min"),
                width=4,
            ),
            Field(
                "max_per_hour",
                text("At most"),
                FieldKind.NUMBER,
                unit=text("/ hour"),
                width=5,
                joined=True,
            ),
            Field(
                "max_per_day",
                text("At most"),
                FieldKind.NUMBER,
                unit=text("/ day"),
                width=6,
                joined=True,
            ),
            Field(
                "undo_seconds",
                text("&Quick send"),
                FieldKind.NUMBER,
                unit=text("seconds to undo"),
                width=4,
            ),
            replace(USERNAME, rare=True),
            replace(AUTH, rare=True),
            replace(CA_FILE, rare=True),
            Field(
                "password_command",
                text("C&ommand"),
                help=text("A program that prints the code, such as: pass mail/qq"),
                rare=True,
            ),
            Field(
                "max_message_mb",
                text("Larg&est mail"),
                FieldKind.NUMBER,
                text("The size as sent: files grow by a third."),
                unit=text("MB"),
                width=6,
                rare=True,
            ),
            Field(
                "timeout_seconds",
                text("Sto&p after"),
                FieldKind.NUMBER,
                text("How long to wait for an answer from the server."),
                unit=text("seconds"),
                width=6,
                rare=True,
            ),
            Field(
                "retry_for",
                text("Tr&y again for"),
                FieldKind.DURATION,
                help=text("After that, a mail has failed. For example 12 h or 3 d."),
                width=8,
                rare=True,
            ),
            Field(
                "when_unsure",
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


_NUMBERS = {one.name for one in fields_of((*UPPER, *LOWER)) if one.kind is FieldKind.NUMBER}


def values_of(account: Account) -> dict[str, str]:
    """Return an account as its form shows it."""
    limits = account.limits
    return {
        "address": account.address.mailbox,
        "display_name": account.address.name,
        "host": account.host,
        "port": str(account.port),
        "security": account.security.value,
        "max_per_minute": _number(limits.per_minute),
        "max_per_hour": _number(limits.per_hour),
        "max_per_day": _number(limits.per_day),
        "undo_seconds": _number(account.undo.total_seconds()),
        "username": account.username,
        "auth": account.auth.value,
        "ca_file": account.ca_file,
        "password_command": shlex.join(account.password_command),
        "max_message_mb": _number(account.max_message_bytes / 10**6),
        "timeout_seconds": _number(account.timeout.total_seconds()),
        "retry_for": format_duration(account.retry_for),
        "when_unsure": account.when_unsure.value,
    }


def as_written(name: str, value: str) -> Any:  # noqa: ANN401 - what TOML may hold
    """Return what stands in a field as config.toml holds it; what is no number stays as it is."""
    value = value.strip()
    if not value:
        return None
    if name == "password_command":
        return _words(value)
    if name not in _NUMBERS:
        return value
    try:
        return int(value)
    except ValueError:
        pass
    try:
        return float(value)
    except ValueError:
        return value


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


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:g}" if value < 10**6 else str(int(value))


def _words(value: str) -> Any:  # noqa: ANN401 - a list, or the text that cannot be one
    try:
        return shlex.split(value)
    except ValueError:
        return value
