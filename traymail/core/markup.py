"""What Python's parser of HTML does not bear."""

from __future__ import annotations

import re

# The parser knows a few of these only, and gives up at any other; browsers skip them all.
MARKED_SECTION = re.compile(r"<!\[[^>]*>?")


def without_marked_sections(html: str) -> str:
    """Return the text with spaces in their place, so that everything else stays where it is."""
    return MARKED_SECTION.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), html)
