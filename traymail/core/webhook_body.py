"""The message that a webhook is sent: a JSON template, whose values are escaped, never pasted."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType
from typing import Any, NoReturn

from traymail.core.errors import InputError
from traymail.core.robots import CUT
from traymail.core.template import Template, compile_template
from traymail.core.texts import text

NAMES = frozenset({"text", "subject", "body"})
TOPIC = "topic"
NOTHING: Mapping[str, str] = MappingProxyType({})
_ELLIPSIS = "…"


class Measure(Enum):
    """What is counted against a service's limit."""

    BODY = "the bytes of all that is posted"
    TEXT = "the bytes of the text"
    UNITS = "the UTF-16 units of the text"


class Needs(Enum):
    """What of a message may not be empty."""

    NOTHING = "nothing"
    TITLE = "title"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class BodyTemplate:
    """A template: JSON with a `Template` in the place of each text. ``words``: as written."""

    words: str
    tree: Any = field(compare=False)
    names: frozenset[str]

    def filled(self, values: Mapping[str, str], more: Mapping[str, object]) -> bytes:
        """Return the message; ``more`` are keys that stand before all others."""
        tree = _filled(self.tree, values)
        document = {**more, **tree} if more else tree
        return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


@dataclass(frozen=True, slots=True)
class Room:
    """How long a message may be; ``longest_title`` in letters, 0 for any.

    ``most_posted``: the bytes of all that is posted, if that counts besides; 0 for any.
    """

    most: int
    measure: Measure = Measure.BODY
    longest_title: int = 0
    needs: Needs = Needs.NOTHING
    most_posted: int = 0


def compile_body(words: str, known: frozenset[str] = NAMES) -> BodyTemplate:
    """Return the template in ``words``; raises InputError for what is no JSON, or says nothing."""
    try:
        found = json.loads(words, parse_constant=_no_number, object_pairs_hook=_once)
    except (ValueError, RecursionError):
        raise InputError(
            text("is not valid JSON"),
            text("Write it like {example}", example='{"text": "{text}"}'),
        ) from None
    if not isinstance(found, dict):
        raise InputError(
            text("is not an object of JSON"),
            text("Write it like {example}", example='{"text": "{text}"}'),
        )
    names = set[str]()
    tree = _compiled(found, known, names)
    if not names & NAMES:
        raise InputError(
            text("says nothing of the mail"),
            text("Put {name} where its text is to be.", name="{text}"),
        )
    return BodyTemplate(words, tree, frozenset(names))


def message(
    body: BodyTemplate,
    room: Room,
    written: tuple[str, str],
    more: Mapping[str, str],
    topic: str = "",
    *,
    beside: Mapping[str, object] = NOTHING,
) -> tuple[bytes, bool]:
    """Return what is posted for a subject and a body, and whether that is all of it.

    ``more``, a signature's, is not counted; ``beside`` are other keys, which are.
    """
    subject, content = _parts(room, *map(_clean, written))

    def made(subject: str, content: str, more: Mapping[str, str] = NOTHING) -> bytes:
        return body.filled(_values(subject, content, topic), {**more, **beside})

    def fits(subject: str, content: str) -> bool:
        if len(content) > room.most or len(subject) > room.most:
            return False
        if room.most_posted and len(made(subject, content)) > room.most_posted:
            return False
        if room.measure is Measure.BODY:
            return len(made(subject, content)) <= room.most
        said = _joined(subject, content) if "text" in body.names else content
        return _length(said, room.measure) <= room.most

    if fits(subject, content):
        return made(subject, content, more), True
    if fits(subject, CUT):
        content = _longest(content, room.most, lambda words: fits(subject, words))
        return made(subject, content, more), False
    subject = _longest(subject, room.most, lambda words: fits(words, ""))
    return made(subject, "", more), False


def _parts(room: Room, subject: str, content: str) -> tuple[str, str]:
    """Return title and text as the service wants them: what it needs is there, and short enough."""
    subject, content = subject if subject.strip() else "", content.strip("\n")
    title = subject
    if room.needs is Needs.TITLE and not title:
        title = content.strip().split("\n", 1)[0]
    if room.needs is Needs.TEXT and not content.strip():
        title, content = "", subject
    if room.longest_title and len(title) > room.longest_title:
        # All of it is in the text.
        content = _joined(subject, content)
        title = title[: room.longest_title - 1] + _ELLIPSIS
    return title, content


def _values(subject: str, content: str, topic: str) -> dict[str, str]:
    joined = _joined(subject, content)
    return {"text": joined, "subject": subject, "body": content, "topic": topic}


def _joined(subject: str, content: str) -> str:
    return "\n\n".join(part for part in (subject, content) if part)


def _clean(words: str) -> str:
    """Return words that can be encoded."""
    return words.encode("utf-8", "replace").decode()


def _length(words: str, measure: Measure) -> int:
    return len(words.encode("utf-16-le")) // 2 if measure is Measure.UNITS else len(words.encode())


def _longest(words: str, most: int, fits: Callable[[str], bool]) -> str:
    """Return as much of ``words`` as fits, cut at a character, with a word that says so."""
    low, high = 0, min(len(words), most)
    while low < high:
        middle = (low + high + 1) // 2
        if fits(words[:middle] + CUT):
            low = middle
        else:
            high = middle - 1
    return words[:low] + CUT


def _compiled(found: Any, known: frozenset[str], names: set[str]) -> Any:  # noqa: ANN401 # JSON
    match found:
        case dict():
            return {key: _compiled(value, known, names) for key, value in found.items()}
        case list():
            return [_compiled(value, known, names) for value in found]
        case str():
            template = compile_template(found, known)
            names |= template.names
            return template
        case _:
            return found


def _filled(tree: Any, values: Mapping[str, str]) -> Any:  # noqa: ANN401 # a JSON value
    match tree:
        case dict():
            return {key: _filled(value, values) for key, value in tree.items()}
        case list():
            return [_filled(value, values) for value in tree]
        case Template():
            return tree.render(values)
        case _:
            return tree


def _no_number(word: str) -> NoReturn:
    raise ValueError(word)  # NaN and Infinity are Python's, not JSON's


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError
    return found
