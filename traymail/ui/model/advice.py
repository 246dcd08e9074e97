"""Advice in words that fit a window: where the usual one names a command, something is nearer."""

from __future__ import annotations

from traymail.core.replies import advice_for
from traymail.core.texts import ByCommand, Text


def advice_about(advice_id: str | None) -> Text | None:
    """Return what to do about the failure that has this advice id."""
    return in_window(advice_for(advice_id))


def in_window(advice: Text | None) -> Text | None:
    """Return the same advice without a command."""
    return advice.in_window if isinstance(advice, ByCommand) else advice


def at_hand(advice: Text | None) -> Text | None:
    """Return the same advice for the window of the account it is about."""
    return advice.at_hand if isinstance(advice, ByCommand) else advice
