"""What stands below the mails that a person writes: plain in their text, Markdown in their HTML."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from traymail.core import shown
from traymail.core.pictures import cids_in

# RFC 3676 section 4.3: mail programs know by this line what is no part of the message.
_LINE = "-- \n"
_MOST_LINES = 8


def signed(words: str, html: str | None, signature: str) -> tuple[str, str | None]:
    """Return a text and its HTML twin with the signature below, unless they have it already."""
    signature = signature.strip("\n")
    if not signature.strip():
        return words, html
    mark = f"{_LINE}{signature}\n"
    ended = words if not words or words.endswith("\n") else f"{words}\n"
    if f"\n{ended}".endswith(f"\n{mark}"):
        return words, html
    if html is not None:
        at = _end_of_body(html)
        html = f"{html[:at]}{_block(signature)}{html[at:]}"
    return f"{ended}\n{mark}" if ended else mark, html


def _block(signature: str) -> str:
    """Return what a signature is in HTML."""
    from traymail.core.markdown import fragment_of  # slow to import

    return f'<div style="margin-top: 1em">\n<div>-- </div>\n{fragment_of(signature)}</div>\n'


@dataclass(frozen=True, slots=True)
class Written:
    """What a person has written of a mail, in Markdown or not.

    ``pictures``: the Content-ID and the name of each that the body shows, in their order.
    """

    body: str
    markdown: bool = False
    pictures: tuple[tuple[str, str], ...] = ()


def unsigned(words: str, html: str | None, names: Sequence[str] = ()) -> Written:
    """Return what was written of a mail, without the signature where there is HTML.

    It is what becomes this very mail again; of another HTML, only the words are written, with its
    pictures. ``names``: those of the mail's files, the pictures of its HTML first.
    """
    from traymail.core.markdown import to_html

    if html is None:
        return Written(words)
    pictures = shown.pictures_of(html)
    for body, signature in _parted(words):
        signs = shown.with_signs(body, [name for _cid, name in pictures]) if pictures else body
        if signs is None:
            continue
        made = to_html(signs) if not pictures else shown.from_markdown(signs, pictures, to_html)
        if signed(body, made, signature) == (words, html):
            return Written(signs, markdown=True, pictures=tuple(pictures))
        if pictures and signed(body, shown.to_html(signs, pictures), signature) == (words, html):
            return Written(signs, pictures=tuple(pictures))
    return _from_a_file(words, html, names)


def _from_a_file(words: str, html: str, names: Sequence[str]) -> Written:
    """Return what was written of a mail whose pictures were named where they are to be.

    In Markdown it comes back as Markdown, in HTML as the text that was made of it.
    """
    from traymail.core.markdown import text_of, to_html

    cids = cids_in(html)
    known = dict(zip(dict.fromkeys(cids), names, strict=False))
    if not known or set(cids) != known.keys() or shown.PICTURE in words:
        return Written(words)
    pictures = tuple((cid, known[cid]) for cid in cids)
    for body, signature in _parted(words):
        signs = shown.in_markdown(body)
        if signs.count(shown.PICTURE) == len(pictures):
            made = shown.from_markdown(signs, pictures, to_html)
            again = signed(body, made, signature)[1] or ""
            if shown.bare(again) == shown.bare(html):
                return Written(signs, markdown=True, pictures=pictures)
        page = _without(html, signature)
        ended = body.rstrip("\n")
        if text_of(page, known).rstrip("\n") == ended:
            signs = shown.in_text(text_of(page, dict.fromkeys(known, shown.PICTURE)))
            if signs.count(shown.PICTURE) == len(pictures):
                return Written(signs.rstrip("\n") + words[len(ended) :], pictures=pictures)
    return Written(words)


def _without(html: str, signature: str) -> str:
    """Return HTML without this signature where it has it."""
    if not signature:
        return html
    before, _block_there, after = html.rpartition(_block(signature.strip("\n")))
    return f"{before}{after}"


def _parted(words: str) -> Iterator[tuple[str, str]]:
    """Yield the whole text, then each part of it with what may be the signature below."""
    yield words, ""
    # Each is tried with all that the mail has; a signature stands at its end.
    for found in deque(re.finditer(f"(?:^|\n){_LINE}", words), _MOST_LINES):
        yield words[: found.start()], words[found.end() :]


def _end_of_body(html: str) -> int:
    lowered = html.lower()
    for tag in ("</body", "</html"):
        if len(lowered) == len(html) and (at := lowered.rfind(tag)) >= 0:
            return at
    return len(html)
