"""The fields of a webhook, and how an account fills them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace

from traymail.accounts.fields import CA_FILE, RARE, USUAL, values_of_all
from traymail.accounts.service import api_url_of
from traymail.core.fields import Choice, Field, FieldKind, Form, Section, fields_of
from traymail.core.robots import Overflow
from traymail.core.texts import text
from traymail.core.webhooks import CUSTOM, PRESETS, WebhookAccount

EXAMPLE = """{ body = '{"text": "{text}"}', success = "HTTP == 200" }"""
UPPER: Form = (
    Section(
        None,
        (
            Field(
                "preset",
                text("Serv&ice"),
                FieldKind.CHOICE,
                text("Who shows the messages; what another one is sent stands under “More”."),
                choices=tuple(Choice(one.name, one.title) for one in PRESETS),
                default=PRESETS[0].name,
            ),
            Field(
                "overflow",
                text("Too &long"),
                FieldKind.CHOICE,
                text("What becomes of a message that is longer than the service takes."),
                choices=(
                    Choice(Overflow.CUT.value, text("cut it")),
                    Choice(Overflow.REFUSE.value, text("refuse it")),
                ),
                default=Overflow.CUT.value,
            ),
        ),
    ),
)
"""What stands above the address."""

_API_URL = Field(
    "api_url",
    text("Ser&ver"),
    help=text("Empty for the one in the address; https:// and a host."),
    rare=True,
)
_WEBHOOK = Field(
    "webhook",
    text("&Another one"),
    help=text("What another service is sent and answers: {like}", like=EXAMPLE),
    rare=True,
)
_PRESET, _OVERFLOW = fields_of(UPPER)
_MAY_BE = (replace(_OVERFLOW, rare=True), _WEBHOOK, _API_URL, replace(CA_FILE, rare=True))
FIRST: Form = (Section(None, (_PRESET, *_MAY_BE)),)
"""What is asked of a webhook that is to be; for most, the service and the address are enough."""
_LOWER = (*USUAL, _WEBHOOK, _API_URL, replace(CA_FILE, rare=True), *RARE)


def lower_for(usual: Mapping[str, str]) -> Form:
    """Return what stands below the address; what is as ``usual`` is folded away."""
    return (Section(None, tuple(replace(one, default=usual[one.name]) for one in _LOWER)),)


def values_of(account: WebhookAccount) -> dict[str, str]:
    """Return a webhook as its form shows it."""
    return {
        "preset": account.preset.name,
        "overflow": account.overflow.value,
        "webhook": _own(account),
        "api_url": api_url_of(account, "") if account.elsewhere else "",
        "ca_file": account.ca_file,
        **values_of_all(account),
    }


def _own(account: WebhookAccount) -> str:
    """Return what a webhook of no known service is sent and answers, as it is written."""
    if account.preset.name != CUSTOM:
        return ""
    body, success = map(_quoted, (account.body.words, account.success.words))
    return f"{{ body = {body}, success = {success}, max_bytes = {account.most} }}"


def _quoted(words: str) -> str:
    """Return a text of TOML; JSON is read best without escapes."""
    return (
        f"'{words}'"
        if words.isprintable() and "'" not in words
        else json.dumps(words, ensure_ascii=False)
    )
