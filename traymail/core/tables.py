"""config.toml but for its rules: every key, what it may hold, and which field it becomes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from traymail.core import validators as read
from traymail.core.account import AccountTable, Auth, Security
from traymail.core.address import clean
from traymail.core.fields import Choice, Field, FieldKind
from traymail.core.keys import key, table_form
from traymail.core.message import Address
from traymail.core.oauth import OAUTH, OAuthTable, service_for, written
from traymail.core.settings import TopKeys
from traymail.core.texts import Text, text

LONGEST_SIGNATURE = 10_000


def _no_name(value: object) -> str:
    if read.words(value):
        raise read.invalid(
            text("is not for robots"), text("A robot has the name that its group gave it.")
        )
    return ""


def _no_api_url(value: object) -> str:
    if read.words(value):
        raise read.invalid(
            text("is not for accounts that send by SMTP"),
            text("It belongs to accounts of kind “wecom” or “sendgrid”."),
        )
    return ""


def _signature(value: object) -> str:
    given = read.words(value).replace("\r\n", "\n")
    if len(given) > LONGEST_SIGNATURE:
        raise read.invalid(text("must have at most {count} characters", count=LONGEST_SIGNATURE))
    plain = given.replace("\n", " ").replace("\t", " ")
    if clean(plain) != plain:
        raise read.invalid(text("must not contain control characters"))
    return given


def _login(value: object) -> str:
    given = read.words(value)
    if clean(given) != given:
        raise read.invalid(text("must be a single line without control characters"))
    return given


def _version(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and value > 1:
        raise read.invalid(
            text("was written for a newer traymail"), text("Install the newest version.")
        )
    if value is True or value != 1:
        raise read.expected(text("the number 1"))
    return 1


@dataclass(frozen=True, slots=True, kw_only=True)
class TopTable(TopKeys):
    """What stands above all tables; the tables themselves are read one by one."""

    version: int = field(default=1, metadata=key(_version))
    accounts: dict[str, Any] = field(default_factory=dict, metadata=key(read.table))
    rules: tuple[Any, ...] = field(default=(), metadata=key(read.many(lambda value: value)))


@dataclass(frozen=True, slots=True, kw_only=True)
class RobotTable(AccountTable):
    """What robots have; their messages bear the name that they have in their group."""

    display_name: str = field(default="", metadata=key(_no_name))


ADDRESS = key(
    read.address,
    Field("", text("&Address")),
    stand_in="nobody@localhost",
    of=lambda account: account.address.mailbox,
)
SIGNATURE = key(
    _signature,
    Field(
        "",
        text("Signature &below"),
        FieldKind.LINES,
        text("Below mails that you write, not those of rules. Markdown, where a mail is HTML."),
    ),
    after="undo_seconds",
)
CA_FILE = Field(
    "",
    text("Certi&ficate"),
    FieldKind.FILE,
    text("The file of a company's own authority; empty for all others."),
    rare=True,
)
SECURITIES: Mapping[Security, Text | str] = {
    Security.TLS: "SSL/TLS",
    Security.STARTTLS: "STARTTLS",
    Security.NONE: text("none"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpTable(AccountTable):
    """An account with a mail server as written; None where the provider table knows better."""

    address: Address = field(metadata=ADDRESS)
    host: str = field(default="", metadata=key(read.host, Field("", text("Ser&ver, port"))))
    port: int | None = field(
        default=None,
        metadata=key(
            read.whole(1, 65_535),
            Field("", text("Port"), FieldKind.NUMBER, width=5, joined=True),
        ),
    )
    security: Security | None = field(
        default=None,
        metadata=key(
            read.choice(Security),
            Field(
                "",
                text("Protect&ion"),
                FieldKind.CHOICE,
                choices=tuple(Choice(kind.value, words) for kind, words in SECURITIES.items()),
                default=Security.TLS.value,
                width=9,
                joined=True,
            ),
        ),
    )
    signature: str = field(default="", metadata=SIGNATURE)
    username: str = field(
        default="",
        metadata=key(
            _login,
            Field("", text("&User name"), help=text("Usually the address."), rare=True),
            after="signature",
        ),
    )
    auth: Auth | None = field(
        default=None,
        metadata=key(
            read.choice(Auth),
            Field(
                "",
                text("Lo&gin"),
                FieldKind.CHOICE,
                choices=(
                    Choice(Auth.PASSWORD.value, text("with a password or code")),
                    Choice(Auth.OAUTH2.value, text("by signing in (OAuth2)")),
                    Choice(Auth.NONE.value, text("none")),
                ),
                default=Auth.PASSWORD.value,
                rare=True,
            ),
            after="username",
        ),
    )
    ca_file: str = field(default="", metadata=key(read.path_or_empty, CA_FILE, after="auth"))
    oauth: OAuthTable | None = field(
        default=None,
        metadata=key(OAUTH, of=lambda account: written(account.oauth, service_for(account.host))),
    )
    api_url: str = field(default="", metadata=key(_no_api_url))


TOP = table_form(TopTable, text("It belongs at the top of the file, above all tables."))
ACCOUNT = table_form(SmtpTable, text("It belongs to accounts: the tables [accounts.NAME]."))
