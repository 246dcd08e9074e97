"""Files before they are attached: name, size, a small picture. Reads the disk, so it blocks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from stat import S_ISDIR, S_ISREG
from urllib.parse import unquote, urlsplit

from PIL import Image, UnidentifiedImageError

from traymail.core.texts import Text, text

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


_PICTURES = frozenset({".png", ".jpg", ".jpeg", ".gif", ".webp", ".bmp", ".tif", ".tiff"})
_THUMBNAIL = (96, 96)


@dataclass(frozen=True, slots=True)
class CheckedFile:
    """A file that was looked at; ``trouble`` is why it cannot be attached."""

    path: str
    name: str
    size: int = 0
    thumbnail: Image.Image | None = None
    trouble: Text | None = None


def look_at(paths: Iterable[str]) -> tuple[CheckedFile, ...]:
    """Return what is at these paths, links followed."""
    return tuple(_look(path) for path in dict.fromkeys(paths))


def _look(given: str) -> CheckedFile:
    name = Path(given).name
    try:
        path = Path(given).resolve()
        state = path.stat()
    except (OSError, RuntimeError, ValueError):
        return CheckedFile(given, name, trouble=text("It is not there any more."))
    if S_ISDIR(state.st_mode):
        return CheckedFile(given, name, trouble=text("A folder cannot be attached: zip it first."))
    if not S_ISREG(state.st_mode):
        return CheckedFile(given, name, trouble=text("Only regular files can be attached."))
    try:
        path.open("rb").close()
    except OSError:
        return CheckedFile(str(path), name, state.st_size, trouble=text("It cannot be read."))
    return CheckedFile(str(path), name, state.st_size, _thumbnail(path, state.st_size))


def _thumbnail(path: Path, size: int) -> Image.Image | None:
    if path.suffix.lower() not in _PICTURES or size > LARGEST:
        return None
    return thumbnail(path, _THUMBNAIL)


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
