"""How a kind of rule shows itself beside its form: files or lines, and what fields mean now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath

from traymail.core.fields import Choice
from traymail.core.reports import LeftOut, LineShown, PreviewMail
from traymail.core.texts import Text, text

MOST_LEFT_OUT = 3


@dataclass(frozen=True, slots=True)
class FileShown:
    """A file that would be mailed."""

    icon: str
    name: str
    size: str


@dataclass(frozen=True, slots=True)
class Offer:
    """A link below the headline that puts ``value`` into ``field``."""

    words: Text
    field: str
    value: str


@dataclass(frozen=True, slots=True)
class Sight:
    """A preview. ``below`` are remarks under the files or lines, ``caption`` stands over the mail.

    ``mail`` is the one of the preview's mails that is shown; the kinds leave that to the window.
    """

    headline: Text
    files: tuple[FileShown, ...] = ()
    lines: tuple[LineShown, ...] = ()
    below: tuple[Text, ...] = ()
    offer: Offer | None = None
    caption: Text | None = None
    mail: PreviewMail | None = None
    earlier: bool = False
    later: bool = False


@dataclass(frozen=True, slots=True)
class Suited:
    """What of a form depends on what stands in it, by field.

    ``shown``: whether a field means anything now; ``helps`` and ``choices`` take the place of the
    usual ones.
    """

    shown: Mapping[str, bool] = field(default_factory=dict)
    helps: Mapping[str, Text | None] = field(default_factory=dict)
    choices: Mapping[str, tuple[Choice, ...]] = field(default_factory=dict)


def told_left_out(left_out: Sequence[LeftOut]) -> list[Text]:
    """Return the remark about what is left out, if anything is."""
    if not left_out:
        return []
    named = [
        text("{what} ({reason})", what=PurePath(one.what).name, reason=one.reason)
        for one in left_out[:MOST_LEFT_OUT]
    ]
    listed = named[0]
    for one in named[1:]:
        listed = text("{some}, {more}", some=listed, more=one)
    if len(left_out) > MOST_LEFT_OUT:
        listed = text("{some}, …", some=listed)
    return [text("{n} left out: {list}", n=len(left_out), list=listed)]
