"""What stands below the mails that a person writes: plain in their text, Markdown in their HTML."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from traymail.core import shown

# RFC 3676 section 4.3: mail programs know by this line what is no part of the message.
_LINE = "-- \n"


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
        from traymail.core.markdown import fragment_of  # slow to import

        block = f'<div style="margin-top: 1em">\n<div>-- </div>\n{fragment_of(signature)}</div>\n'
        at = _end_of_body(html)
        html = f"{html[:at]}{block}{html[at:]}"
    return f"{ended}\n{mark}" if ended else mark, html


@dataclass(frozen=True, slots=True)
class Written:
    """What a person has written of a mail, in Markdown or not.

    ``pictures``: the Content-ID and the name of each that the body shows, in their order.
    """

    body: str
    markdown: bool = False
    pictures: tuple[tuple[str, str], ...] = ()


def unsigned(words: str, html: str | None) -> Written:
    """Return what was written of a mail, without the signature where there is HTML.

    It is what becomes this very mail again; of another HTML, only the words are written.
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
    return Written(words)


def _parted(words: str) -> Iterator[tuple[str, str]]:
    """Yield the whole text, then each part of it with what may be the signature below."""
    yield words, ""
    for found in re.finditer(f"(?:^|\n){_LINE}", words):
        yield words[: found.start()], words[found.end() :]


def _end_of_body(html: str) -> int:
    lowered = html.lower()
    for tag in ("</body", "</html"):
        if len(lowered) == len(html) and (at := lowered.rfind(tag)) >= 0:
            return at
    return len(html)
