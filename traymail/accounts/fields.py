"""The fields that accounts of all kinds have, how an account fills them, and what is written."""

from __future__ import annotations

import shlex
from typing import Any

from traymail.core.account import Account, WhenUnsure
from traymail.core.duration import format_duration
from traymail.core.fields import Choice, Field, FieldKind, Form, fields_of
from traymail.core.texts import text

ADDRESS = Field("address", text("&Address"))
DISPLAY_NAME = Field("display_name", text("Disp&lay name"), help=text("What the recipient sees."))
SIGNATURE = Field(
    "signature",
    text("Signature &below"),
    FieldKind.LINES,
    text("Below mails that you write, not those of rules. Markdown, where a mail is HTML."),
)
CA_FILE = Field(
    "ca_file",
    text("Certi&ficate"),
    FieldKind.FILE,
    text("The file of a company's own authority; empty for all others."),
)
USUAL = (
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
)
RARE = (
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
)


def values_of_all(account: Account) -> dict[str, str]:
    """Return what these fields show of an account."""
    limits = account.limits
    return {
        "max_per_minute": _number(limits.per_minute),
        "max_per_hour": _number(limits.per_hour),
        "max_per_day": _number(limits.per_day),
        "undo_seconds": _number(account.undo.total_seconds()),
        "password_command": shlex.join(account.password_command),
        "max_message_mb": _number(account.max_message_bytes / 10**6),
        "timeout_seconds": _number(account.timeout.total_seconds()),
        "retry_for": format_duration(account.retry_for),
        "when_unsure": account.when_unsure.value,
    }


def as_written(form: Form, name: str, value: str) -> Any:  # noqa: ANN401 - what TOML may hold
    """Return what stands in a field as config.toml holds it; what is no number stays as it is."""
    value = value.strip()
    if not value:
        return None
    if name in _READ:
        return _READ[name](value)
    if name not in {one.name for one in fields_of(form) if one.kind is FieldKind.NUMBER}:
        return value
    try:
        return int(value)
    except ValueError:
        pass
    try:
        return float(value)
    except ValueError:
        return value


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:g}" if value < 10**6 else str(int(value))


def _table(value: str) -> Any:  # noqa: ANN401 - a table, or the text that is none
    import tomllib

    try:
        return tomllib.loads(f"table = {value}")["table"]
    except tomllib.TOMLDecodeError:
        return value


def _words(value: str) -> Any:  # noqa: ANN401 - a list, or the text that cannot be one
    try:
        return shlex.split(value)
    except ValueError:
        return value


_READ = {"password_command": _words, "webhook": _table}
