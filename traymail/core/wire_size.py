"""How large a mail becomes on its way, before it is made: one bound for all who ask."""

from __future__ import annotations

from collections.abc import Iterable

from traymail.core.message import encoded_size

# What a mail needs beyond its words and files: headers and the frame of the parts; each file.
_MAIL_BYTES = 4096
_PART_BYTES = 512
# RFC 2231 writes a byte of a name as %XX, once in each of two headers, with a little around it.
_NAME_FACTOR = 8


def wire_bytes(words: Iterable[str], files: Iterable[tuple[str, int]]) -> int:
    """Return an upper bound of the bytes on the wire of a mail.

    ``words``: its texts, and its recipients if there are many; ``files``: name and size of each.
    """
    # A line ends with two bytes there.
    said = sum(encoded_size(_octets(one) + one.count("\n")) for one in words)
    return _MAIL_BYTES + said + sum(file_bytes(name, size) for name, size in files)


def file_bytes(name: str, size: int) -> int:
    """Return an upper bound for what a file adds: its part, and a line in the body."""
    return encoded_size(size) + _PART_BYTES + _NAME_FACTOR * _octets(name)


def _octets(words: str) -> int:
    return len(words.encode("utf-8", "replace"))
