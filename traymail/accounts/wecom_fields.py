"""The fields of a WeCom robot, and how an account fills them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from traymail.accounts.fields import CA_FILE, RARE, USUAL, values_of_all
from traymail.accounts.service import api_url_of
from traymail.core.fields import Choice, Field, FieldKind, Form, Section, fields_of
from traymail.core.robots import WECOM_HOST, MessageFormat, Overflow, WecomAccount
from traymail.core.texts import text

UPPER: Form = (
    Section(
        None,
        (
            Field(
                "format",
                text("Form&at"),
                FieldKind.CHOICE,
                text("Text is shown as it is; Markdown has bold type and links."),
                choices=(
                    Choice(MessageFormat.MARKDOWN.value, "Markdown"),
                    Choice(MessageFormat.TEXT.value, text("text")),
                ),
            ),
            Field(
                "overflow",
                text("Too &long"),
                FieldKind.CHOICE,
                text("What becomes of a message that is longer than the robot takes."),
                choices=(
                    Choice(Overflow.CUT.value, text("cut it")),
                    Choice(Overflow.REFUSE.value, text("refuse it")),
                ),
            ),
        ),
    ),
)
"""What stands above the key."""

_API_URL = Field(
    "api_url", text("Ser&ver"), help=text("Empty for WeCom's own; https:// and a host."), rare=True
)
_LOWER = (*USUAL, _API_URL, replace(CA_FILE, rare=True), *RARE)
_USUAL_VALUES = {"format": MessageFormat.MARKDOWN.value, "overflow": Overflow.CUT.value}
FIRST: Form = (
    Section(
        None,
        tuple(
            replace(one, rare=True, default=_USUAL_VALUES.get(one.name, ""))
            for one in (*fields_of(UPPER), _API_URL, CA_FILE)
        ),
    ),
)
"""What may be set for a robot that is to be; for most, the key is enough."""


def lower_for(usual: Mapping[str, str]) -> Form:
    """Return what stands below the key; what is as ``usual`` is folded away."""
    return (Section(None, tuple(replace(one, default=usual[one.name]) for one in _LOWER)),)


def values_of(account: WecomAccount) -> dict[str, str]:
    """Return a robot as its form shows it."""
    return {
        "format": account.format.value,
        "overflow": account.overflow.value,
        "api_url": api_url_of(account, WECOM_HOST),
        "ca_file": account.ca_file,
        **values_of_all(account),
    }
