"""Pictures in the text that a person writes: a sign for each in the words, and what it becomes."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from html import escape, unescape
from uuid import NAMESPACE_URL, uuid5

from traymail.core.markup import DOCUMENT

PICTURE = "\ufffc"
"""Stands in a text for a picture: Unicode's own sign for an object that is no letter."""

_TAG = re.compile("<[^>]*>")
_PICTURE_TAG = re.compile('<img src="cid:([^"]*)" alt="([^"]*)" style="max-width: 100%">')
_ANY_PICTURE_TAG = re.compile("<img [^<>]*>")
_CID = re.compile('src="cid:([^"]*)"')
_IN_MARKDOWN = re.compile(r"!\[[^\[\]]*\]\((?!\s*https?:)[^()\n]*\)")
_IN_TEXT = re.compile(rf"\[(?:[^\[\]\n]*: )?{PICTURE}\]")
_NUMBERED = re.compile(f"{PICTURE}([0-9]+){PICTURE}")
_SPACES = re.compile(r"^ |(?<= ) ", re.MULTILINE)


def without_pictures(words: str) -> str:
    """Return a text from elsewhere: what would stand for a picture there stands for none here."""
    return words.replace(PICTURE, "")


def filled(words: str, instead: Sequence[str]) -> str:
    """Return a text with other words in place of its pictures, in their order."""
    rest = iter(instead)
    return re.sub(PICTURE, lambda _found: next(rest, ""), words)


def plain(words: str, names: Sequence[str]) -> str:
    """Return a text that says where its pictures were, by their names."""
    return filled(words, [f"[{name}]" for name in names])


def with_signs(words: str, names: Sequence[str]) -> str | None:
    """Return a text in which the pictures are that `plain` has named, in this order; None: not all.

    A name that was written before its picture is taken for it: what is made of the result tells.
    """
    if PICTURE in words:
        return None
    pieces, at = [], 0
    for name in names:
        mark = f"[{name}]"
        found = words.find(mark, at)
        if found < 0:
            return None
        pieces += [words[at:found], PICTURE]
        at = found + len(mark)
    return "".join((*pieces, words[at:]))


def pictures_of(html: str) -> list[tuple[str, str]]:
    """Return the Content-ID and the name of each picture that `to_html`, `from_markdown` put in."""
    return [(unescape(cid), unescape(name)) for cid, name in _PICTURE_TAG.findall(html)]


def in_markdown(words: str) -> str:
    """Return Markdown with signs for what looks like its pictures of this computer."""
    return _IN_MARKDOWN.sub(PICTURE, words)


def in_text(words: str) -> str:
    """Return the text of HTML in which the sign is every picture's name, without what is around."""
    return _IN_TEXT.sub(PICTURE, words)


def bare(html: str) -> str:
    """Return HTML that says of its pictures nothing but which they are."""

    def which(tag: re.Match[str]) -> str:
        found = _CID.search(tag[0])
        return tag[0] if found is None else f"<img {found[1]}>"

    return _ANY_PICTURE_TAG.sub(which, html)


def to_html(words: str, pictures: Sequence[tuple[str, str]]) -> str:
    """Return a text as a whole HTML document, line by line, with its pictures in it.

    ``pictures``: the Content-ID and the name of each.
    """
    safe = _SPACES.sub("&nbsp;", escape(words, quote=False).replace("\t", "    "))
    lines = safe.rstrip("\n").replace("\n", "<br>\n")
    tags = [_tag(*one) for one in pictures]
    return DOCUMENT.format(body=f"<div>{filled(lines, tags)}</div>\n")


def from_markdown(
    words: str, pictures: Sequence[tuple[str, str]], made: Callable[[str], str]
) -> str:
    """Return Markdown as HTML, with its pictures in it; ``made`` makes the HTML.

    ``pictures``: the Content-ID and the name of each.
    """
    numbered = [f"{PICTURE}{number}{PICTURE}" for number in range(len(pictures))]
    html = made(filled(words, numbered))
    # In a tag, such as that of a link with a title, no other can be.
    html = _TAG.sub(lambda tag: _NUMBERED.sub("", tag[0]), html)
    # Written as an entity, the sign comes back without having been a picture.
    tags = {str(number): _tag(*one) for number, one in enumerate(pictures)}
    return _NUMBERED.sub(lambda found: tags.get(found[1], ""), html)


def _tag(cid: str, name: str) -> str:
    return f'<img src="cid:{escape(cid)}" alt="{escape(name)}" style="max-width: 100%">'


def cid_of(path: str, sender: str) -> str:
    """Return the Content-ID of a picture at a path, in the domain of a sender's mailbox."""
    token = uuid5(NAMESPACE_URL, path.encode("utf-8", "replace").hex()).hex
    return f"{token}@{sender.rpartition('@')[2]}"
