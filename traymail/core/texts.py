"""Words for the user, translated where they are shown: a catalogue entry and its values."""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Callable
from dataclasses import dataclass

Translate = Callable[[str], str]
# So much of a name is shown: who may write a folder, or a log, chooses names of thousands.
MOST_SHOWN = 600
# And so much of a line, in a terminal or a log.
MOST_LINE = 1000
_READ_BY_SHELLS = re.compile(r"""[\s!"#$%&'()*;<>?\[\\\]^`{|}~]""")


@dataclass(frozen=True, slots=True)
class Text:
    """A sentence of the catalogue (English, with ``{name}`` fields) and what fills its fields."""

    msgid: str
    values: tuple[tuple[str, object], ...] = ()

    def translated(self, translate: Translate, *, whole: bool = False) -> str:
        """Return the sentence in the language of ``translate``; values that are Texts too.

        It is for people, and values without a bound lose their middle; ``whole``: none does, for
        programs and mails.
        """
        sentence = translate(self.msgid)
        if not self.values:
            return sentence
        filled: dict[str, object] = {}
        for name, value in self.values:
            if isinstance(value, Text):
                filled[name] = value.translated(translate, whole=whole)
            else:
                filled[name] = value if whole or isinstance(value, int) else elided(str(value))
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


def elided(words: str, most: int = MOST_SHOWN) -> str:
    """Return words without their middle where they are longer than ``most``; its length is told."""
    if len(words) <= most:
        return words
    half = (most - len(f" …[{len(words)}]… ")) // 2
    return f"{words[:half]} …[{len(words) - 2 * half}]… {words[-half:]}"


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
