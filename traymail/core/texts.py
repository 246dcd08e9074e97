"""Words for the user, translated where they are shown: a catalogue entry and its values."""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Callable
from dataclasses import dataclass

Translate = Callable[[str], str]
_READ_BY_SHELLS = re.compile(r"""[\s!"#$%&'()*;<>?\[\\\]^`{|}~]""")


@dataclass(frozen=True, slots=True)
class Text:
    """A sentence of the catalogue (English, with ``{name}`` fields) and what fills its fields."""

    msgid: str
    values: tuple[tuple[str, object], ...] = ()

    def translated(self, translate: Translate) -> str:
        """Return the sentence in the language of ``translate``; values that are Texts too."""
        sentence = translate(self.msgid)
        if not self.values:
            return sentence
        filled = {
            name: value.translated(translate) if isinstance(value, Text) else value
            for name, value in self.values
        }
        return sentence.format_map(filled)

    def __str__(self) -> str:
        return self.translated(str)


@dataclass(frozen=True, slots=True, kw_only=True)
class ByCommand(Text):
    """Advice that names a command, for a terminal; who has a window is told ``in_window``.

    ``at_hand`` is for the window in which it is done.
    """

    in_window: Text
    at_hand: Text


def text(msgid: str, /, **values: object) -> Text:
    """Make a Text; the catalogue is extracted from the calls of this function.

    Only ``msgid`` is a format string, and it is always a literal of ours: values are never parsed.
    A Text without values is shown as it is, so braces in it need no doubling.
    """
    return Text(msgid, tuple(values.items()))


def in_command(name: str) -> str:
    """Return a name as it is typed in a command that is told: what shells would read is quoted.

    People paste such commands, and names may come from somebody else's configuration.
    """
    if not (found := set(_READ_BY_SHELLS.findall(name))):
        return name
    # (Blanks alone are quoted alike by all shells.)
    return f'"{name}"' if found == {" "} or sys.platform == "win32" else shlex.quote(name)


def by_command(words: Text, *, in_window: Text, at_hand: Text | None = None) -> ByCommand:
    """Make advice of words that name a command, and of those that say the same in a window."""
    return ByCommand(words.msgid, words.values, in_window=in_window, at_hand=at_hand or in_window)
