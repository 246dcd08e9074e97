"""Subjects and bodies with placeholders of a fixed list; nothing in them can run or reach out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from traymail.core.address import excerpt
from traymail.core.errors import InputError
from traymail.core.texts import Text, text

COMMON = frozenset({"rule", "host", "user", "time", "date", "count"})
FOLDER = COMMON | {
    "file.name",
    "file.stem",
    "file.suffix",
    "file.size",
    "file.folder",
    "file.modified",
    "files",
}
# To these come match.NAME, one for each name that the rule's patterns capture.
LOG = COMMON | {"line", "lines", "path", "suppressed"}
CAPTURED = "match."

_TOKEN = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")
_STEP = 1000
_UNITS = ("B", "KB", "MB", "GB", "TB")


@dataclass(frozen=True, slots=True)
class Template:
    """Plain words and placeholders in turn: words, name, words, name, …, words."""

    parts: tuple[str, ...]

    @property
    def names(self) -> frozenset[str]:
        """Return the placeholders that it holds."""
        return frozenset(self.parts[1::2])

    def render(self, values: Mapping[str, str]) -> str:
        """Fill each placeholder in; a value is never parsed again, a missing one is empty.

        (A pattern that did not take part in a match captures nothing.)
        """
        pieces = list(self.parts)
        pieces[1::2] = [values.get(name, "") for name in pieces[1::2]]
        return "".join(pieces)


def compile_template(
    words: str, names: frozenset[str], captures: frozenset[str] | None = None
) -> Template:
    """Return the template in ``words``, where ``{{`` and ``}}`` stand for braces.

    ``names`` are the placeholders it may hold; ``captures`` the names that ``match.NAME`` may
    take, None where there is no match to speak of. Raises InputError that names what is wrong
    and the nearest placeholder that is known.
    """
    known = names | {CAPTURED + name for name in captures or ()}
    parts, plain, done = [], "", 0
    for token in _TOKEN.finditer(words):
        plain += words[done : token.start()]
        done = token.end()
        name = token[1]
        if name is None:
            if len(token[0]) == 1:
                raise _lone_brace(words, token.start())
            plain += token[0][0]
        elif name in known:
            parts += [plain, name]
            plain = ""
        else:
            raise InputError(
                text("There is no placeholder {name}", name=f"{{{excerpt(name)}}}"),
                _way_out(name, known),
            )
    return Template((*parts, plain + words[done:]))


def human_size(size: int) -> str:
    """Return ``size`` bytes in units of 10^3, as mail programs tell it: ``412 KB``, ``1.4 MB``."""
    scaled, place = float(size), 0
    # Rounded, because 999.5 KB would be shown as 1000 KB: it is 1.0 MB.
    while round(scaled) >= _STEP and place < len(_UNITS) - 1:
        scaled /= _STEP
        place += 1
    shown = f"{scaled:.1f}"
    if not place or len(shown) > len("9.9"):
        shown = f"{scaled:.0f}"
    return f"{shown} {_UNITS[place]}"


def _lone_brace(words: str, at: int) -> InputError:
    """Return the error for a brace without its partner."""
    brace = words[at]
    return InputError(
        text(
            "There is a lone {brace} in “{words}”",
            brace=brace,
            words=excerpt(words[max(0, at - 20) : at + 20]),
        ),
        text("Write {doubled} where a brace itself is meant.", doubled=brace * 2),
    )


def _way_out(name: str, known: frozenset[str]) -> Text:
    """Return the nearest placeholder, or all of them."""
    from difflib import get_close_matches

    # What looks like a format or an attribute is a known name with something behind it.
    stem = re.split(r"[:!\[]", name[:80], maxsplit=1)[0].strip().lower()
    near = [stem] if stem in known else get_close_matches(stem, sorted(known), n=1)
    if near:
        return text("Perhaps {name} is meant.", name=f"{{{near[0]}}}")
    names = " ".join(f"{{{one}}}" for one in sorted(known))
    return text("Known placeholders: {names}", names=names)
