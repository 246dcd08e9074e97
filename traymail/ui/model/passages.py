"""A text to read as a value: passages, each in one tone.

The guide to a client id for OAuth2 is made of its Markdown.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

from traymail.core.oauth import service_for
from traymail.core.texts import Text

if TYPE_CHECKING:
    from markdown_it.token import Token

Tone = Literal["plain", "head", "name", "value", "muted", "mono", "code"]

_PAGES = ("https://", "http://")
# What the sections of the guide are about, the first head being its title.
_SECTIONS = {"microsoft": 1, "microsoft-cn": 1, "google": 2}
_OTHERS = 3


@dataclass(frozen=True, slots=True)
class Passage:
    """Words in one tone; a ``name`` stands in a column of its own, before what it names.

    ``code`` is what is typed as it stands, within a ``value``. ``url``: the page they lead to.
    """

    words: Text | str
    tone: Tone = "plain"
    url: str = ""


def section_for(host: str) -> int:
    """Return the number of the head below which it says how to get one for a mail server."""
    service = service_for(host)
    return _OTHERS if service is None else _SECTIONS.get(service.id, _OTHERS)


def passages_of(markdown: str) -> tuple[Passage, ...]:
    """Return a guide as passages: heads, paragraphs, numbered steps, tables, what is typed."""
    from markdown_it import MarkdownIt  # slow to import, and seldom needed

    tokens = MarkdownIt("commonmark").enable("table").parse(markdown)
    return tuple(one for pair in pairwise(tokens) for one in _block(*pair))


def _block(before: Token, token: Token) -> Iterator[Passage]:
    """Yield what a block is; ``before`` says what an inline one stands in."""
    match token.type, before.type:
        case "list_item_open", _:
            yield Passage(f"{token.info}.\t", "value")
        case "fence", _:
            yield Passage(f"{token.content}\n", "mono")
        case "inline", "heading_open":
            yield Passage(token.content, "head")
            yield Passage("\n")
        case "inline", "paragraph_open" if before.level:
            yield from _line(token, "value")
        case "inline", "paragraph_open" if not _leads_away(token):
            yield from _line(token, "plain")
            yield Passage("\n")
        case "inline", "td_open":
            yield from _line(token, "plain")
        case ("tr_close", "td_close") | ("ordered_list_close", _):
            yield Passage("\n")
        case _:
            pass


def _leads_away(token: Token) -> bool:
    """Tell whether it is no more than a link to another file, which is not here."""
    link = (token.children or [token])[0]
    return link.type == "link_open" and not _page(link)


def _page(link: Token) -> str:
    url = str(link.attrGet("href") or "")
    return url if url.startswith(_PAGES) else ""


def _line(token: Token, tone: Tone) -> Iterator[Passage]:
    code: Tone = "code" if tone == "value" else "mono"
    url = ""
    for child in token.children or ():
        match child.type:
            case "link_open":
                url = _page(child)
            case "link_close":
                url = ""
            case "code_inline":
                yield Passage(child.content, code, url)
            case "softbreak":
                yield Passage(" ", tone)
            case "text":
                yield Passage(child.content, tone, url)
            case _:
                pass
    yield Passage("\n", tone)
