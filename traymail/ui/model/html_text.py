"""HTML as plain text: what is written, without how it looks."""

from __future__ import annotations

import re
from html.parser import HTMLParser

_BLOCKS = frozenset(
    {
        *("address", "article", "blockquote", "div", "dl", "dt", "fieldset", "footer", "form"),
        *("h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "ol", "p", "pre"),
        *("section", "table", "tr", "ul"),
    }
)
_HIDDEN = frozenset({"head", "script", "style", "template", "title"})
_SPACE = re.compile(r"[ \t\r\n\f]+")


def text_of_html(html: str) -> str:
    """Return the words of an HTML document, a line a block."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    lines = (line.strip() for line in "".join(reader.words).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, _attrs: object) -> None:
        if tag in _HIDDEN:
            self._hidden += 1
        elif tag == "body":
            self._hidden = 0  # the end of the head may be left out
        elif tag == "br":
            self.words.append("\n")
        elif tag in _BLOCKS:
            self._end_line()
            if tag == "li":
                self.words.append("• ")

    def handle_endtag(self, tag: str) -> None:
        if tag in _HIDDEN:
            self._hidden = max(0, self._hidden - 1)
        elif tag in _BLOCKS:
            self._end_line()
            if tag == "p":
                self.words.append("\n")
        elif tag in {"td", "th"}:
            self.words.append("  ")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.words.append(_SPACE.sub(" ", data))

    def _end_line(self) -> None:
        if self.words and not self.words[-1].endswith(("\n", "• ")):
            self.words.append("\n")
