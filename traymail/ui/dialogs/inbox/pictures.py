"""The pictures of a mail, made small enough to be shown. Takes a while: not on Tk's thread."""

from __future__ import annotations

import io
from collections.abc import Mapping

from PIL import Image, UnidentifiedImageError

from traymail.ui.model.inbox import Received

_LARGEST = 50_000_000  # bytes
_UNREADABLE = (
    OSError,
    UnidentifiedImageError,
    ValueError,
    SyntaxError,
    Image.DecompressionBombError,
)


def small_pictures(mail: Received, most: tuple[int, int]) -> Mapping[int, Image.Image]:
    """Return what can be drawn of a mail's attachments, by their place."""
    found = {}
    for place, part in enumerate(mail.parts):
        if part.picture and len(part.content) <= _LARGEST:
            picture = _small(part.content, most)
            if picture is not None:
                found[place] = picture
    return found


def _small(content: bytes, most: tuple[int, int]) -> Image.Image | None:
    try:
        with Image.open(io.BytesIO(content)) as picture:
            picture.draft("RGB", most)  # a JPEG is decoded no larger than needed
            small = picture.convert("RGBA")
            small.thumbnail(most)
            return small
    except _UNREADABLE:
        return None  # not the picture it says to be: shown as any other file
