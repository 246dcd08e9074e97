"""What Python's parser of HTML does not bear."""

from __future__ import annotations

import re

# The parser knows a few of these only, and gives up at any other; browsers skip them all.
MARKED_SECTION = re.compile(r"<!\[[^>]*>?")


def without_marked_sections(html: str) -> str:
    """Return the text with spaces in their place, so that everything else stays where it is."""
    return MARKED_SECTION.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), html)


def ended(html: str) -> str:
    """Return the text, in which no comment and no tag is without its end now.

    The parser looks for a missing end from each beginning anew, which takes minutes for a file full
    of them. As browsers have it, a comment without an end hides the rest.
    """
    comment = html.find("<!--", html.rfind("-->") + 1)
    html = html[:comment] if comment >= 0 else html
    tags = html.rfind(">") + 1
    return html[:tags] + html[tags:].replace("<", "&lt;")
