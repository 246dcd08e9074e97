"""Fonts of Windows that Wine lacks: under their names, the letters of Wine's own Tahoma.

Its letters are about as wide as those of Segoe UI.
"""

from __future__ import annotations

import importlib
import struct
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

LETTERS = Path("Z:/usr/share/wine/fonts/tahoma.ttf")
_PRIVATE = 0x10  # for this process alone
_WINDOWS, _UNICODE, _ENGLISH = 3, 1, 0x409
_FAMILY, _STYLE, _UNIQUE, _FULL = 1, 2, 3, 4


@contextmanager
def installed(folder: Path, *families: str) -> Iterator[None]:
    """Have fonts of these names in this process until the block ends."""
    gdi = importlib.import_module("ctypes").WinDLL("gdi32")
    with ExitStack() as ending:
        for family in families:
            file = folder / f"{family}.ttf"
            file.write_bytes(_renamed(LETTERS.read_bytes(), family))
            assert gdi.AddFontResourceExW(str(file), _PRIVATE, None), family
            ending.callback(gdi.RemoveFontResourceExW, str(file), _PRIVATE, None)
        yield


def _renamed(font: bytes, family: str) -> bytes:
    """Return a font (OpenType) under another name: with a new table `name`, at its end."""
    words = {_FAMILY: family, _STYLE: "Regular", _UNIQUE: family, _FULL: family}
    records, strings = b"", b""
    for number, said in words.items():
        coded = said.encode("utf-16-be")
        where = len(coded), len(strings)
        records += struct.pack(">6H", _WINDOWS, _UNICODE, _ENGLISH, number, *where)
        strings += coded
    table = struct.pack(">3H", 0, len(words), 6 + len(records)) + records + strings
    made = bytearray(font + bytes(-len(font) % 4))
    for number in range(struct.unpack_from(">H", font, 4)[0]):
        entry = 12 + 16 * number
        if font[entry : entry + 4] == b"name":
            struct.pack_into(">II", made, entry + 8, len(made), len(table))
    return bytes(made) + table
