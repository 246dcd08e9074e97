"""Markdown to HTML for a mail, and the plain text that goes with an HTML mail."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from html.parser import HTMLParser
from types import MappingProxyType
from typing import TYPE_CHECKING
from urllib.parse import unquote

from traymail.core.address import whole_characters
from traymail.core.markup import DOCUMENT, bearable
from traymail.core.pictures import Picture, is_local

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_inline import StateInline
    from markdown_it.token import Token

_FILES = "traymail: pictures may be files"
_CELL = "border: 1px solid #bbb; padding: 3px 8px"
_STYLES: dict[str, str] = {
    "table_open": "border-collapse: collapse",
    "th_open": _CELL,
    "td_open": _CELL,
    "blockquote_open": "border-left: 3px solid #bbb; margin-left: 0; padding-left: 12px",
}
_LINK = re.compile(r"(?:https?://|mailto:)[^\s]", re.IGNORECASE)
_SPACE = re.compile(r"[ \t\r\n\f]+")
# Not the whole head: its end may be left out.
_HIDDEN = frozenset({"script", "style", "template", "title"})
_LINES = frozenset({"dd", "div", "dt", "li", "tr"})
_PARAGRAPHS = frozenset(
    {"article", "blockquote", "dl", "footer", "form", "header", "hr", "ol", "p", "pre", "section"}
    | {"h1", "h2", "h3", "h4", "h5", "h6", "table", "ul"}
)


def to_html(markdown: str, picture: Picture | None = None) -> str:
    """Return a whole HTML document: CommonMark, tables and strikethrough, line ends kept.

    HTML in it is shown, not obeyed; only http, https and mailto become links. ``picture`` tells
    what pictures that are files are called in the mail; without it they are shown as written.
    """
    return DOCUMENT.format(body=fragment_of(markdown, picture))


def fragment_of(markdown: str, picture: Picture | None = None) -> str:
    """Return the same, as a part of a document."""
    parser = _parser()
    tokens = parser.parse(whole_characters(markdown), {_FILES: picture is not None})
    _add_styles(tokens)
    if picture is not None:
        for token, line in _pictures(tokens):
            address = str(token.attrGet("src") or "")
            known = picture(unquote(address), line) if is_local(address) else None
            if known is not None:
                token.attrSet("src", f"cid:{known}")
    return str(parser.renderer.render(tokens, parser.options, {}))


def text_of(html: str, names: Mapping[str, str] = MappingProxyType({})) -> str:
    """Return the text of an HTML document: paragraphs apart, links as ``text (address)``.

    ``names``: what the files of pictures are called, by their Content-ID.
    """
    reader = _TextReader(names)
    reader.feed(bearable(html))
    reader.close()
    return reader.text()


@cache
def _parser() -> MarkdownIt:
    """Return the parser, made once; its library is only loaded by who writes Markdown."""
    from markdown_it import MarkdownIt
    from markdown_it.rules_inline import image

    class OnlyMailLinks(MarkdownIt):
        """Refuses every address that a mail has no use for, javascript: for one."""

        files = False

        def validateLink(self, url: str) -> bool:  # noqa: N802 # the library's name
            return _LINK.match(url) is not None or (self.files and is_local(url))

    parser = OnlyMailLinks("commonmark", {"html": False, "breaks": True})
    parser.enable(["table", "strikethrough"])

    def with_files(state: StateInline, silent: bool) -> bool:  # noqa: FBT001 # the library's way
        parser.files = bool(state.env.get(_FILES))
        try:
            return image(state, silent)
        finally:
            parser.files = False

    parser.inline.ruler.at("image", with_files)
    return parser


def _pictures(tokens: Iterable[Token]) -> Iterator[tuple[Token, int]]:
    """Yield the pictures, each with its line."""
    line = 0
    for token in tokens:
        if token.map:
            line = token.map[0]
        at = line
        for child in token.children or ():
            if child.type in {"softbreak", "hardbreak"}:
                at += 1
            elif child.type == "image":
                yield child, at + 1


def _add_styles(tokens: list[Token]) -> None:
    """Write styles into the tags: many mail programs read no style sheet."""
    for token in tokens:
        if style := _STYLES.get(token.type):
            own = token.attrGet("style")
            token.attrSet("style", f"{own}; {style}" if own else style)


class _TextReader(HTMLParser):
    """Collects text; an unknown or unclosed tag changes nothing but the line ends."""

    def __init__(self, names: Mapping[str, str]) -> None:
        super().__init__(convert_charrefs=True)
        self._names = names
        self._pieces: list[str] = []
        self._hidden = ""
        self._pre = 0
        self._links: list[tuple[str, int]] = []

    def text(self) -> str:
        """Return what was read, without outer and doubled empty lines."""
        lines = [line.rstrip() for line in "".join(self._pieces).split("\n")]
        joined = re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")
        return f"{joined}\n" if joined else ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._hidden:
            return
        if tag in _HIDDEN:
            self._hidden = tag
        self._break_line(tag)
        self._pre += tag == "pre"
        known = dict(attrs)
        if tag == "a":
            self._links.append((known.get("href") or "", len(self._pieces)))
        elif tag == "li":
            self._pieces.append("- ")
        elif tag == "img" and (words := self._instead(known)):
            self.handle_data(words)
        elif tag in {"td", "th"} and not self._at_line_start():
            self._pieces.append("\t")

    def _instead(self, known: Mapping[str, str | None]) -> str:
        """Return what stands for a picture: its words, and the name of its file in the mail."""
        alternative = known.get("alt") or ""
        name = self._names.get((known.get("src") or "").removeprefix("cid:"), "")
        if not name:
            return alternative
        return f"[{alternative}: {name}]" if alternative else f"[{name}]"

    def handle_endtag(self, tag: str) -> None:
        if self._hidden:
            self._hidden = "" if tag == self._hidden else self._hidden
            return
        if tag == "a" and self._links:
            self._end_link()
        if tag == "pre":
            self._pre = max(0, self._pre - 1)
        if tag != "br":
            self._break_line(tag)

    def handle_data(self, data: str) -> None:
        if self._hidden:
            return
        if not self._pre:
            data = _SPACE.sub(" ", data)
            if self._at_line_start() or self._pieces[-1].endswith((" ", "\t")):
                data = data.lstrip(" ")
        if data:
            self._pieces.append(data)

    def _at_line_start(self) -> bool:
        return not self._pieces or self._pieces[-1].endswith("\n")

    def _break_line(self, tag: str) -> None:
        if tag in _PARAGRAPHS:
            self._pieces.append("\n" if self._at_line_start() else "\n\n")
        elif tag == "br" or (tag in _LINES and not self._at_line_start()):
            self._pieces.append("\n")

    def _end_link(self) -> None:
        """Add the address behind a link's words, unless they already say it."""
        address, start = self._links.pop()
        words = "".join(self._pieces[start:]).strip()
        if _LINK.match(address) and words not in {address, address.removeprefix("mailto:")}:
            self._pieces.append(f" ({address})" if words else address)
