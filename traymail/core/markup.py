"""HTML: the document that texts become, and what Python's parser does not bear."""

from __future__ import annotations

import re

DOCUMENT = """\
<!DOCTYPE html>
<html>
<head><meta charset="utf-8"></head>
<body style="font-family: sans-serif; line-height: 1.5">
{body}</body>
</html>
"""
# Comments as browsers have them: one without an end hides the rest. Those of Outlook look like
# marked sections inside, of which the parser knows a few only, and gives up at any other. What
# stands in a script or a style is neither.
_HIDDEN = re.compile(
    r"(?P<kept><(?P<name>script|style)(?=[\s/>]).*?(?:</(?P=name)|\Z))"
    r"|<!--(?:-?>|.*?(?:--!?>|\Z))|<!\[[^>]*>?",
    re.DOTALL | re.IGNORECASE,
)

# More digits than it makes a number of, which is no character's anyway.
_ENDLESS_NUMBER = re.compile("&#[0-9]{1000,};?")


def without_endless_numbers(html: str) -> str:
    """Return the text with a sign for what is no character, so that the rest stays where it is."""
    return _ENDLESS_NUMBER.sub(lambda found: "\ufffd".ljust(len(found[0])), html)


def bearable(html: str, *, in_place: bool = False) -> str:
    """Return the text without comments and marked sections, and no tag in it without its end.

    ``in_place``: spaces stand where they were, so that every tag stays where it is. The parser
    looks for a missing end from each beginning anew, which takes minutes for a file full of them.
    """

    def instead(found: re.Match[str]) -> str:
        if found["kept"]:
            return found[0]
        return re.sub(r"[^\n]", " ", found[0]) if in_place else ""

    html = without_endless_numbers(_HIDDEN.sub(instead, html))
    tags = html.rfind(">") + 1
    return html[:tags] + html[tags:].replace("<", "&lt;")
