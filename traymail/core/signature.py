"""What stands below the mails that a person writes: plain in their text, Markdown in their HTML."""

from __future__ import annotations

import re

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


def unsigned(words: str, html: str | None) -> tuple[str, bool]:
    """Return what was written of a mail, and whether as Markdown; then without the signature."""
    from traymail.core.markdown import to_html

    if html is None:
        return words, False
    if html == to_html(words):
        return words, True
    for found in re.finditer(f"(?:^|\n){_LINE}", words):
        body, signature = words[: found.start()], words[found.end() :]
        if signed(body, to_html(body), signature) == (words, html):
            return body, True
    return words, False


def _end_of_body(html: str) -> int:
    lowered = html.lower()
    for tag in ("</body", "</html"):
        if len(lowered) == len(html) and (at := lowered.rfind(tag)) >= 0:
            return at
    return len(html)
