"""Accounts, drafts and stored mails for tests of what is kept and sent."""

from datetime import UTC, datetime, timedelta
from typing import Any

from traymail.core.account import Account, Security
from traymail.core.message import Address, Attachment, Composed, Draft, Placed, Stamp
from traymail.core.outbox import OutboxItem, State
from traymail.core.rules.log import LogRule

NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
SKELETON = b"Subject: hello\r\n\r\nhello\r\n"


def an_account(**fields: Any) -> Account:  # noqa: ANN401 # the noun checks its fields
    """Make an account at a provider that does not exist."""
    given: dict[str, Any] = {
        "name": "qq",
        "address": Address("me@mail.example"),
        "host": "smtp.mail.example",
        "port": 465,
        "security": Security.TLS,
        "username": "me@mail.example",
    }
    return Account(**(given | fields))


def a_draft(**fields: Any) -> Draft:  # noqa: ANN401 # the noun checks its fields
    """Make a draft to one recipient."""
    given: dict[str, Any] = {
        "account": "qq",
        "sender": Address("me@mail.example"),
        "to": (Address("you@mail.example", "You"),),
        "subject": "hello",
        "text": "hello",
    }
    return Draft(**(given | fields))


def composed(*files: Attachment) -> Composed:
    """Make a message with the files at its end."""
    return Composed(SKELETON, tuple(Placed(len(SKELETON), file) for file in files))


def a_stamp(name: str = "1") -> Stamp:
    """Make the stamp of a message."""
    return Stamp(f"<{name}@mail.example>", NOON, "=_boundary")


def an_item(**fields: Any) -> OutboxItem:  # noqa: ANN401 # the noun checks its fields
    """Make an entry that is being sent, at its first attempt."""
    given: dict[str, Any] = {
        "id": 1,
        "message_id": "<1@mail.example>",
        "state": State.SENDING,
        "account": "qq",
        "rule": None,
        "sender": "me@mail.example",
        "to": (Address("you@mail.example"),),
        "cc": (),
        "bcc": (),
        "pending": ("you@mail.example",),
        "subject": "hello",
        "size": 100,
        "created_at": NOON - timedelta(minutes=1),
        "updated_at": NOON,
        "attempts": 1,
        "tries": 1,
        "since": NOON,
    }
    return OutboxItem(**(given | fields))


def a_rule(name: str, *, enabled: bool = True) -> LogRule:
    """Make a rule."""
    return LogRule(
        name=name,
        enabled=enabled,
        account="qq",
        to=(Address("you@mail.example"),),
        paths=("/log/app.log",),
        match=("ERROR",),
    )
