"""What every rule has: who is mailed what, through which account, how often at most."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from traymail.core import validators as read
from traymail.core.account import WhenUnsure
from traymail.core.fields import Choice, Field, FieldKind
from traymail.core.keys import key
from traymail.core.message import Address
from traymail.core.texts import text

COMMON_PLACES = (
    Choice("{rule}", text("the name of the rule")),
    Choice("{host}", text("the name of this computer")),
    Choice("{user}", text("your name on this computer")),
    Choice("{date}", text("the date")),
    Choice("{time}", text("date and time")),
)
ACCOUNT = Field("", text("&Account"), FieldKind.CHOICE)
SUBJECT = Field("", text("Sub&ject"))
BODY = Field("", text("Te&xt"), FieldKind.LINES, rare=True)
RESEND = Choice(WhenUnsure.RESEND.value, text("send it again"))
ASK = Choice(WhenUnsure.ASK.value, text("ask me"))
UNSURE = Field(
    "",
    text("W&hen unsure"),
    FieldKind.CHOICE,
    text("When the server may have a mail, but its answer did not come."),
    choices=(RESEND, ASK),
    rare=True,
)
CAP = Field("", text("At most"), FieldKind.NUMBER, unit=text("mails an hour"), width=6, rare=True)
_MANY = read.many(read.address, most=read.MOST_ADDRESSES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """The part of a rule that does not depend on its kind. ``account`` is a configured name."""

    kind: ClassVar[str]
    name: str = field(metadata=key(read.name, Field("", text("Name")), stand_in="?"))
    enabled: bool = field(
        default=True,
        metadata=key(read.flag, Field("", text("On"), FieldKind.SWITCH, default="true")),
    )
    account: str = field(metadata=key(read.words, ACCOUNT, stand_in=""))
    to: tuple[Address, ...] = field(
        metadata=key(
            read.many(read.address, least=1, most=read.MOST_ADDRESSES),
            Field("", text("&To"), FieldKind.ADDRESSES),
            stand_in=["nobody@localhost"],
        )
    )
    cc: tuple[Address, ...] = field(
        default=(), metadata=key(_MANY, Field("", text("Cc"), FieldKind.ADDRESSES, rare=True))
    )
    bcc: tuple[Address, ...] = field(
        default=(), metadata=key(_MANY, Field("", text("Bcc"), FieldKind.ADDRESSES, rare=True))
    )
    subject: str = field(metadata=key(read.words, SUBJECT))
    body: str = field(metadata=key(read.words, BODY))
    when_unsure: WhenUnsure = field(
        default=WhenUnsure.ASK, metadata=key(read.choice(WhenUnsure), UNSURE)
    )
    max_per_hour: int = field(metadata=key(read.whole(1, read.MOST_AN_HOUR), CAP))

    @property
    def sources(self) -> tuple[str, ...]:
        """What it watches; each kind says it."""
        raise NotImplementedError

    @property
    def place(self) -> str:
        """Where it watches, to be compared only."""
        return "\n".join(self.sources)
