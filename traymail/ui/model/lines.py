"""Where lines of Chinese end: between any two characters, but for the punctuation.

Tk breaks at spaces only, and would put a comma at the beginning of a line.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

_HAN = "\u3400-\u9fff\uf900-\ufaff"
_OPENING = "（《〈「『“‘"
_CLOSING = "，。、；：？！）》〉」』”’…"
_ANY_HAN = re.compile(f"[{_HAN}]")


def broken(words: str, width: int, measure: Callable[[str], int]) -> str:
    """Return words with line ends so that no line is wider, where there is Chinese among them.

    A single Latin word that is wider stays whole, and so does a text without Chinese.
    """
    if not _ANY_HAN.search(words):
        return words
    return "\n".join(_broken(line, width, measure) for line in words.split("\n"))


def _broken(line: str, width: int, measure: Callable[[str], int]) -> str:
    lines = [""]
    for unit in filter(None, _units().findall(line)):
        if lines[-1] and measure((lines[-1] + unit).rstrip()) > width:
            lines[-1] = lines[-1].rstrip()
            lines.append("")
        if lines[-1] or not unit.isspace() or len(lines) == 1:
            lines[-1] += unit
    return "\n".join(lines)


@cache  # compiled only where there is Chinese: it takes longer than a window
def _units() -> re.Pattern[str]:
    # Spaces; or a character or a Latin word, with the punctuation that clings to it.
    return re.compile(
        rf"\s+|[{_OPENING}]*(?:[{_HAN}]|[^\s{_HAN}{_OPENING}{_CLOSING}]+)?[{_CLOSING}]*"
    )
