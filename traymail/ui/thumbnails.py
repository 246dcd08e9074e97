"""Pictures made small enough to be shown. Takes a while: not on Tk's thread."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

from PIL import Image, UnidentifiedImageError

LARGEST = 50_000_000
"""Bytes; a larger file is shown without its picture."""
_UNREADABLE = (
    OSError,
    UnidentifiedImageError,
    ValueError,
    SyntaxError,
    Image.DecompressionBombError,
)


def thumbnail(source: Path | BytesIO, most: tuple[int, int]) -> Image.Image | None:
    """Return a picture no larger than ``most``; None when it is none, whatever it says to be."""
    try:
        with Image.open(source) as picture:
            picture.draft("RGB", most)  # a JPEG is decoded no larger than needed
            small = picture.convert("RGBA")
            small.thumbnail(most)
            return small
    except _UNREADABLE:
        return None
