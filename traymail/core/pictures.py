"""Pictures that an HTML text shows: which ones it names, and what they are called in a mail."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from html import escape, unescape
from html.parser import HTMLParser
from urllib.parse import unquote

from traymail.core.markup import bearable, without_endless_numbers

Picture = Callable[[str, int], str | None]
"""Given an address and its line: the Content-ID of the picture there, None: it is elsewhere."""

# RFC 3986 section 3.1; one letter is a drive of Windows.
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):")
_ELSEWHERE = re.compile(r"[\\/]{2}")
_ATTRIBUTE = re.compile(r"""([^\s=>/"']+)(?:(\s*=\s*)("[^"]*"|'[^']*'|[^\s>]*))?""", re.DOTALL)
_NAME = re.compile(r"<\s*[^\s/>]+")


def with_pictures(html: str, picture: Picture) -> str:
    """Return the text with ``cid:`` in place of the addresses that ``picture`` knows.

    Nothing else of it changes.
    """
    pieces: list[str] = []
    done = 0
    for start, tag, line in _images(html):
        changed = _renamed(tag, line, picture)
        if changed is not None:
            pieces += (html[done:start], changed)
            done = start + len(tag)
    return "".join([*pieces, html[done:]])


def cids_in(html: str) -> list[str]:
    """Return the Content-IDs of the pictures that the text shows, in their order."""
    found: list[str] = []

    def note(address: str, _line: int) -> None:
        if address[:4].lower() == "cid:":
            found.append(address[4:])

    with_pictures(html, note)
    return found


def is_local(address: str) -> bool:
    """Tell whether the picture is a file, or a part of the mail, and not on the net."""
    found = _SCHEME.match(address)
    if found is None:
        return bool(address) and not address.startswith(("//", "#"))
    return found[1].lower() in {"file", "cid"}


def paths_of(address: str) -> tuple[str, ...]:
    """Return the paths that a local address may mean, the likeliest first.

    None leads to another computer: to look there, Windows would tell it who asks, and let it try
    the password.
    """
    plain = address
    if address[:5].lower() == "file:":
        plain = re.sub("^//(localhost)?(?=/)", "", address[5:])
        plain = re.sub("^/(?=[A-Za-z]:)", "", plain)
    elif address[:4].lower() == "cid:":
        plain = address[4:]
    bare = re.split("[?#]", plain, maxsplit=1)[0]
    meant = (unquote(plain), plain, unquote(bare))
    here = (one for one in meant if one and "\0" not in one and not _ELSEWHERE.match(one))
    return tuple(dict.fromkeys(here))


def _renamed(tag: str, line: int, picture: Picture) -> str | None:
    """Return an image's tag with its new address, None when that stays."""
    begins = _NAME.match(tag)
    for one in _ATTRIBUTE.finditer(tag, begins.end() if begins else 0):
        if one[1].lower() != "src" or one[3] is None:
            continue
        quoted = one[3][:1] in {'"', "'"}
        value = without_endless_numbers(one[3][1:-1] if quoted else one[3])
        address = unescape(value).strip()
        known = picture(address, line) if is_local(address) else None
        if known is None:
            return None
        return f'{tag[: one.start(3)]}"cid:{escape(known)}"{tag[one.end(3) :]}'
    return None


def _images(html: str) -> Iterator[tuple[int, str, int]]:
    """Yield where each tag of an image begins, the tag, and its line."""
    reader = _Images()
    reader.feed(bearable(html, in_place=True))
    reader.close()
    starts = [0, *(found.end() for found in re.finditer("\n", html))]
    for line, column, tag in reader.found:
        start = starts[line - 1] + column
        yield start, html[start : start + len(tag)], line


class _Images(HTMLParser):
    """Finds the tags of images; none in comments, scripts or styles."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[int, int, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        if tag == "img":
            self.found.append((*self.getpos(), self.get_starttag_text() or ""))
