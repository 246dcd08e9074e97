"""The fields that every kind of rule has in its form."""

from __future__ import annotations

from traymail.core.account import WhenUnsure
from traymail.core.fields import Choice, Field, FieldKind, Form, Section
from traymail.core.texts import text

COMMON_PLACES = (
    Choice("{rule}", text("the name of the rule")),
    Choice("{host}", text("the name of this computer")),
    Choice("{user}", text("your name on this computer")),
    Choice("{date}", text("the date")),
    Choice("{time}", text("date and time")),
)

TO = Field("to", text("&To"), FieldKind.ADDRESSES)
SUBJECT = Field("subject", text("Sub&ject"))
ACCOUNT = Field("account", text("&Account"), FieldKind.CHOICE)
CC = Field("cc", text("Cc"), FieldKind.ADDRESSES, rare=True)
BCC = Field("bcc", text("Bcc"), FieldKind.ADDRESSES, rare=True)
BODY = Field("body", text("Te&xt"), FieldKind.LINES, rare=True)
CAP = Field(
    "max_per_hour",
    text("At most"),
    FieldKind.NUMBER,
    unit=text("mails an hour"),
    width=6,
    rare=True,
)
RESEND = Choice(WhenUnsure.RESEND.value, text("send it again"))
ASK = Choice(WhenUnsure.ASK.value, text("ask me"))
UNSURE = Field(
    "when_unsure",
    text("W&hen unsure"),
    FieldKind.CHOICE,
    text("When the server may have a mail, but its answer did not come."),
    choices=(RESEND, ASK),
    rare=True,
)

HEAD: Form = (
    Section(
        None,
        (
            Field("name", text("Name")),
            Field("enabled", text("On"), FieldKind.SWITCH, default="true"),
        ),
    ),
)
"""What stands above the form: the name as the title, and the switch."""
