"""A text to read as a value: passages, each in one tone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from traymail.core.texts import Text

Tone = Literal["plain", "head", "name", "value", "muted", "mono", "code"]


@dataclass(frozen=True, slots=True)
class Passage:
    """Words in one tone; a ``name`` stands in a column of its own, before what it names.

    ``code`` is what is typed as it stands, within a ``value``. ``url``: the page they lead to.
    """

    words: Text | str
    tone: Tone = "plain"
    url: str = ""
