"""Files before they are attached: name, size, a small picture. Reads the disk, so it blocks."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from stat import S_ISDIR, S_ISREG
from typing import Any, BinaryIO
from urllib.parse import unquote, urlsplit

from PIL import Image, ImageOps, UnidentifiedImageError

from traymail.core.errors import UnsafePath
from traymail.core.texts import Text, text
from traymail.disk import behind_links, opened_file

LARGEST = 50_000_000
"""Bytes; a larger file is shown without its picture."""
# A small file may hold a picture that fills the memory.
_MOST_PIXELS = 64_000_000
_UNREADABLE = (
    OSError,
    UnidentifiedImageError,
    ValueError,
    SyntaxError,
    Image.DecompressionBombError,
)


def thumbnail(source: BinaryIO, most: tuple[int, int]) -> Image.Image | None:
    """Return a picture no larger than ``most``; None when it is none, whatever it says to be."""
    try:
        with Image.open(source) as picture:
            picture.draft("RGB", most)  # a JPEG is decoded no larger than needed
            if picture.width * picture.height > _MOST_PIXELS:
                return None
            small = picture.convert("RGBA")
            small.thumbnail(most)
            return small
    except _UNREADABLE:
        return None


_PICTURES = frozenset({".png", ".jpg", ".jpeg", ".gif", ".webp", ".bmp", ".tif", ".tiff"})
THUMBNAIL = (96, 96)
# How a smaller one is written. Others stay as they are: most of them are no photographs.
_SHRINKABLE: dict[str, dict[str, Any]] = {
    "JPEG": {"quality": 85, "optimize": True},
    "PNG": {"optimize": True},
    "WEBP": {"quality": 85},
}


@dataclass(frozen=True, slots=True)
class CheckedFile:
    """A file that was looked at; ``trouble`` is why it cannot be attached.

    ``longest``: the longer side of a picture that could be made smaller, in pixels; else 0.
    """

    path: str
    name: str
    size: int = 0
    thumbnail: Image.Image | None = None
    trouble: Text | None = None
    longest: int = 0


def look_at(paths: Iterable[str], most: tuple[int, int] = THUMBNAIL) -> tuple[CheckedFile, ...]:
    """Return what is at these paths, links followed; its pictures are no larger than ``most``."""
    return tuple(_look(path, most) for path in dict.fromkeys(paths))


def _look(given: str, most: tuple[int, int]) -> CheckedFile:
    name = Path(given).name
    try:
        path = Path(behind_links(given))
        state = path.stat()
    except UnsafePath as error:
        return CheckedFile(given, name, trouble=error.title)
    except (OSError, RuntimeError, ValueError):
        return CheckedFile(given, name, trouble=text("It is not there any more."))
    if not S_ISREG(state.st_mode):
        trouble = (
            text("A folder cannot be attached: zip it first.")
            if S_ISDIR(state.st_mode)
            else text("Only regular files can be attached.")
        )
        return CheckedFile(given, name, trouble=trouble)
    try:
        # Since it was looked at, somebody may have put a link or a pipe in its place.
        with opened_file(str(path), strangers=True, last=False) as file:
            if path.suffix.lower() not in _PICTURES or state.st_size > LARGEST:
                return CheckedFile(str(path), name, state.st_size)
            small = thumbnail(file, most)
            longest = _longest(file)
    except (OSError, UnsafePath):
        return CheckedFile(str(path), name, state.st_size, trouble=text("It cannot be read."))
    return CheckedFile(str(path), name, state.st_size, small, longest=longest)


def _longest(file: BinaryIO) -> int:
    try:
        with Image.open(file) as picture:
            still = getattr(picture, "n_frames", 1) == 1
            return max(picture.size) if still and picture.format in _SHRINKABLE else 0
    except _UNREADABLE:
        return 0


def smaller(path: Path, most: int) -> bytes | None:
    """Return a picture with no side above ``most`` pixels; None where that saves nothing.

    It stays upright, and keeps its format and colours; of what a camera wrote into it, such as
    where it was taken, nothing is left.
    """
    try:
        # Since it was looked at, somebody may have put a link in its place.
        given = opened_file(str(path), strangers=True, last=False)
        with given as file, Image.open(file) as picture:
            format = picture.format
            if format not in _SHRINKABLE:
                return None
            profile = picture.info.get("icc_profile")
            upright = ImageOps.exif_transpose(picture)
            upright.thumbnail((most, most), Image.Resampling.LANCZOS)
            made = BytesIO()
            upright.info = {}
            upright.save(made, format, icc_profile=profile, **_SHRINKABLE[format])
            content = made.getvalue()
            return content if len(content) < os.fstat(file.fileno()).st_size else None
    except (*_UNREADABLE, UnsafePath):
        return None


def paths_of(items: Iterable[str]) -> tuple[str, ...]:
    """Return the paths among paths and file: URLs; other URLs are passed over."""
    return tuple(path for path in map(_path, items) if path)


def _path(item: str) -> str:
    item = item.strip()
    if "://" not in item:
        return item if Path(item).is_absolute() else ""
    parts = urlsplit(item)
    if parts.scheme != "file" or parts.netloc not in {"", "localhost"}:
        return ""
    return unquote(parts.path)
