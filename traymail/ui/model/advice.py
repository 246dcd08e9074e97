"""Advice in words that fit a window: where the usual one names a command, something is nearer."""

from __future__ import annotations

from collections.abc import Mapping

from traymail.core.replies import advice_for
from traymail.core.texts import Text, text

_BY_ID: Mapping[str, Text] = {
    "no-secret": text("Open the settings of the account and enter the code or password."),
    "x-535": text(
        "User name, or password or authorization code, is wrong. Open the settings of the account "
        "and enter it again."
    ),
}
_AGAIN = text("User name, or password or authorization code, is wrong. Enter it again.")
# Advice that comes without its id, by its words; a window of the account is open then.
_BY_WORDS: Mapping[str, Text] = {
    "User name, or password or authorization code, is wrong. Give it again with: "
    "traymail account set-secret NAME": _AGAIN,
    "Give it with: traymail account set-secret NAME": text("Enter the code or password."),
    "Enter it with: traymail account set-secret {name}": _BY_ID["no-secret"],
}


def advice_about(advice_id: str | None) -> Text | None:
    """Return what to do about the failure that has this advice id."""
    return _BY_ID.get(advice_id or "") or advice_for(advice_id)


def nearer(advice: Text | None) -> Text | None:
    """Return the same advice without a command."""
    return None if advice is None else _BY_WORDS.get(advice.msgid, advice)
