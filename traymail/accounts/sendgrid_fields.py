"""The fields of an account at SendGrid, and how an account fills them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from traymail.accounts.fields import (
    ADDRESS,
    CA_FILE,
    DISPLAY_NAME,
    RARE,
    SIGNATURE,
    USUAL,
    values_of_all,
)
from traymail.accounts.service import api_url_of
from traymail.core.fields import Field, Form, Section
from traymail.core.sendgrid import SENDGRID_HOST, SendgridAccount
from traymail.core.texts import text

UPPER: Form = (Section(None, (ADDRESS, DISPLAY_NAME)),)
"""What stands above the key."""

_API_URL = Field(
    "api_url",
    text("Ser&ver"),
    help=text("Empty for the usual one; https://api.eu.sendgrid.com for an account in the EU."),
    rare=True,
)
FIRST: Form = (*UPPER, Section(None, (_API_URL, replace(CA_FILE, rare=True))))
"""What is asked of an account that is to be."""

_LOWER = (*USUAL, SIGNATURE, _API_URL, replace(CA_FILE, rare=True), *RARE)


def lower_for(usual: Mapping[str, str]) -> Form:
    """Return what stands below the key; what is as ``usual`` is folded away."""
    return (Section(None, tuple(replace(one, default=usual[one.name]) for one in _LOWER)),)


def values_of(account: SendgridAccount) -> dict[str, str]:
    """Return an account as its form shows it."""
    return {
        "address": account.address.mailbox,
        "display_name": account.address.name,
        "api_url": api_url_of(account, SENDGRID_HOST),
        "ca_file": account.ca_file,
        "signature": account.signature,
        **values_of_all(account),
    }
