"""config.toml but for its rules: every key, what it may hold, and which field it becomes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from traymail.core import validators as read
from traymail.core.account import DEFAULT_KIND, Auth, Security, WhenUnsure
from traymail.core.address import clean
from traymail.core.keys import key, table_form
from traymail.core.message import Address
from traymail.core.oauth import OAUTH, OAuthTable
from traymail.core.settings import TopKeys
from traymail.core.texts import text
from traymail.core.validators import Form, Key

ZERO = timedelta(0)
LONGEST_SIGNATURE = 10_000
YEAR = read.YEAR


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountTable:
    """What accounts of all kinds have, as written; None where something else knows better."""

    kind: str = DEFAULT_KIND
    display_name: str = ""
    max_message_bytes: int | None = None
    max_per_minute: int | None = None
    max_per_hour: int | None = None
    max_per_day: int | None = None
    timeout: timedelta | None = None
    password_command: tuple[str, ...] | None = None
    retry_for: timedelta | None = None
    when_unsure: WhenUnsure | None = None
    undo: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpTable(AccountTable):
    """An account with a mail server as written; None where the provider table knows better."""

    address: Address
    host: str = ""
    port: int | None = None
    security: Security | None = None
    username: str = ""
    auth: Auth | None = None
    oauth: OAuthTable | None = None
    api_url: str = ""
    ca_file: str = ""
    signature: str = ""


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


def _argument(value: object) -> str:
    given = read.words(value)
    if "\0" in given:
        raise read.invalid(text("must not contain control characters"))
    return given


def read_signature(value: object) -> str:
    """Read what stands below mails: several lines, no control characters."""
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


ACCOUNT_KEYS: dict[str, Key] = {
    "kind": Key(read.words),
    "display_name": Key(read.words),
    "max_message_mb": Key(read.megabytes, "max_message_bytes"),
    "max_per_minute": Key(read.whole(1, 1_000_000)),
    "max_per_hour": Key(read.whole(1, 1_000_000)),
    "max_per_day": Key(read.whole(1, 1_000_000)),
    "timeout_seconds": Key(read.seconds(1, 3600), "timeout"),
    "password_command": Key(read.many(_argument)),
    "retry_for": Key(read.duration(ZERO, YEAR)),
    "when_unsure": Key(read.choice(WhenUnsure)),
    "undo_seconds": Key(read.seconds(0, 3600), "undo"),
}

# A robot's messages bear the name that it has in its group.
ROBOT_KEYS = ACCOUNT_KEYS | {"display_name": Key(_no_name)}

_SMTP: dict[str, Key] = ACCOUNT_KEYS | {
    "address": Key(read.address),
    "host": Key(read.host),
    "port": Key(read.whole(1, 65_535)),
    "security": Key(read.choice(Security)),
    "username": Key(_login),
    "auth": Key(read.choice(Auth)),
    "oauth": Key(OAUTH),
    "ca_file": Key(read.path_or_empty),
    "api_url": Key(_no_api_url),
    "signature": Key(read_signature),
}

TOP = table_form(TopTable, text("It belongs at the top of the file, above all tables."))
ACCOUNT = Form(
    SmtpTable,
    _SMTP,
    text("It belongs to accounts: the tables [accounts.NAME]."),
    {"address": "nobody@localhost"},
)
