"""The draft of the quick-send window: it survives closing, and a crash."""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

from traymail.core.errors import StateError
from traymail.core.texts import text
from traymail.store.whole_file import write_whole

FILE = "draft.json"
PICTURES = "pictures"
FILES = "draft-files"
# What no file system takes in a name; "/" and "\\" would lead elsewhere.
_FORBIDDEN = dict.fromkeys(map(ord, '/\\:*?"<>|\0'), "_")
_LONGEST_NAME = 120


def load(state: Path) -> dict[str, Any]:
    """Return the kept draft's fields; none when there is no draft, or it cannot be read."""
    with contextlib.suppress(OSError, ValueError, RecursionError):
        kept = json.loads((state / FILE).read_text(encoding="utf-8"))
        if isinstance(kept, dict):
            return kept
    return {}


def save(state: Path, draft: Mapping[str, Any]) -> None:
    """Keep a draft; an empty one forgets it, with its pictures and files. Raises StateError."""
    if draft:
        write_whole(state / FILE, json.dumps(draft, ensure_ascii=False).encode())
        return
    with _writing(state / FILE):
        (state / FILE).unlink(missing_ok=True)
        for picture in (state / PICTURES).glob("*.png"):
            picture.unlink(missing_ok=True)
    shutil.rmtree(state / FILES, ignore_errors=True)


def keep_picture(state: Path, name: str, png: bytes) -> Path:
    """Keep a pasted picture for as long as the draft; return where. Raises StateError.

    ``name``: how it is called without its ending; a number is added to that of another one.
    """
    folder, number = state / PICTURES, 1
    path = folder / f"{name}.png"
    while path.exists():
        number += 1
        path = folder / f"{name}-{number}.png"
    write_whole(path, png)
    return path


def keep_file(state: Path, token: str, name: str, content: BinaryIO) -> Path:
    """Keep what a mail had attached for as long as the draft; return where. Raises StateError.

    ``token`` keeps files of one name apart.
    """
    folder = state / FILES / token
    path = folder / _file_name(name)
    with _writing(path):
        folder.parent.mkdir(mode=0o700, exist_ok=True)
        folder.mkdir(mode=0o700)
        path.touch(mode=0o600, exist_ok=False)
        with path.open("wb") as target:
            shutil.copyfileobj(content, target)
    return path


@contextlib.contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StateError(
            text("{path} cannot be written: {reason}", path=path, reason=error.strerror),
            text("Free some space on that disk, or mend the permissions of that place."),
        ) from error


def _file_name(name: str) -> str:
    """Return a name that stays in its folder, as near to ``name`` as can be."""
    safe = name.translate(_FORBIDDEN).strip(" .")
    while len(safe.encode()) > _LONGEST_NAME:
        stem, dot, suffix = safe.rpartition(".")
        safe = f"{stem[:-1]}{dot}{suffix}" if stem else safe[:-1]
    return safe or "attachment"
