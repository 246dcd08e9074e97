"""Errors as sentences in a window."""

from __future__ import annotations

from traymail.core.errors import TraymailError
from traymail.core.texts import Text, text


def sentence_of(error: TraymailError) -> Text:
    """Return what went wrong and the way out, as one passage."""
    if error.advice is None:
        return error.title
    return text("{what} {way_out}", what=_ended(error.title), way_out=error.advice)


def _ended(title: Text) -> Text:
    """Return a title as a sentence of its own."""
    return title if title.msgid.endswith(".") else text("{sentence}.", sentence=title)
