"""The whole configuration as one frozen value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

from traymail.core import validators as read
from traymail.core.account import Account
from traymail.core.duration import LONGEST
from traymail.core.fields import Choice, Field, FieldKind
from traymail.core.groups import read_groups
from traymail.core.keys import KeyRow, key
from traymail.core.languages import LANGUAGES
from traymail.core.message import Address
from traymail.core.outbox import RETENTION
from traymail.core.texts import Text, text

if TYPE_CHECKING:
    from traymail.core.rule import Rule

R = TypeVar("R", bound="Rule")

_SYSTEM = text("System default")


def _chosen(label: Text, kind: FieldKind, *choices: Choice, width: int = 0) -> dict[str, KeyRow]:
    """Return the row of a key that is one of these values, the first of which is usual."""
    asked = Field("", label, kind, choices=choices, width=width)
    return key(read.one_of(*(one.value for one in choices)), asked)


@dataclass(frozen=True, slots=True, kw_only=True)
class TopKeys:
    """The keys above all tables, each of them a row.

    ``notifications``: what the desktop shows: nothing; what needs the user; also what was sent
    by hand; all. ``retention``: how long sent mail is kept.
    """

    language: str = field(
        default="auto",
        metadata=key(
            read.one_of("auto", *LANGUAGES),
            Field(
                "",
                text("Lan&guage"),
                FieldKind.SEGMENTS,
                choices=(
                    Choice("auto", _SYSTEM),
                    *(Choice(code, one.name) for code, one in reversed(LANGUAGES.items())),
                ),
            ),
        ),
    )
    theme: str = field(
        default="system",
        metadata=_chosen(
            text("A&ppearance"),
            FieldKind.SEGMENTS,
            Choice("system", _SYSTEM),
            Choice("light", text("light")),
            Choice("dark", text("dark")),
        ),
    )
    tray_icon: str = field(
        default="auto",
        metadata=_chosen(
            text("Tra&y icon"),
            FieldKind.SEGMENTS,
            Choice("auto", text("automatic")),
            Choice("light", text("light")),
            Choice("dark", text("dark")),
            Choice("outlined", text("outlined")),
        ),
    )
    notifications: str = field(
        default="usual",
        metadata=_chosen(
            text("&Notifications"),
            FieldKind.CHOICE,
            Choice("off", text("never")),
            Choice("trouble", text("when a mail fails or needs you")),
            Choice("usual", text("also when mail you wrote is sent")),
            Choice("all", text("also when rules send mail")),
            width=1,
        ),
    )
    default_account: str = field(default="", metadata=key(read.words))
    rules_max_per_hour: int = field(
        default=300,
        metadata=key(
            read.whole(1, read.MOST_AN_HOUR),
            Field(
                "",
                text("A&ll rules"),
                FieldKind.NUMBER,
                text("Together they send no more than this. The rest waits, and you are notified."),
                unit=text("mails an hour at most"),
                width=7,
            ),
        ),
    )
    groups: Mapping[str, tuple[Address, ...]] = field(
        default_factory=dict, metadata=key(read_groups)
    )
    retention: timedelta = field(
        default=RETENTION,
        metadata=key(
            read.duration(timedelta(hours=1), LONGEST),
            Field("", text("&Keep sent mail"), FieldKind.CHOICE, width=1),
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(TopKeys):
    """What config.toml says, checked as a whole."""

    accounts: Mapping[str, Account] = field(default_factory=dict)
    rules: tuple[Rule, ...] = ()

    def enabled(self, kind: type[R]) -> tuple[R, ...]:
        """Return the enabled rules of a kind."""
        return tuple(rule for rule in self.rules if isinstance(rule, kind) and rule.enabled)
