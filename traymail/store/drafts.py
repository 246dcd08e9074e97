"""The draft of the quick-send window: it survives closing, and a crash."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

from traymail.core.errors import UnsafePath
from traymail.disk import open_folder, write_whole
from traymail.store.spool import writing

FILE = "draft.json"
PICTURES = "pictures"
FILES = "draft-files"
# What no file system takes in a name; "/" and "\\" would lead elsewhere.
_FORBIDDEN = dict.fromkeys(map(ord, '/\\:*?"<>|\0'), "_")
_LONGEST_NAME = 120


def load(state: Path) -> dict[str, Any]:
    """Return the kept draft's fields; none when there is no draft, or it cannot be read."""
    with contextlib.suppress(OSError, UnsafePath, ValueError, RecursionError):
        with open_folder(str(state), own_links=True) as folder:
            file = os.fdopen(folder.open(FILE), encoding="utf-8")
        with file:
            kept = json.load(file)
        if isinstance(kept, dict):
            return kept
    return {}


def save(state: Path, draft: Mapping[str, Any]) -> None:
    """Keep a draft; an empty one forgets it, with its pictures and files. Raises StateError."""
    if draft:
        with writing(state / FILE):
            open_folder(str(state), make=True, own_links=True).close()
        # In ASCII: a file's name need not be made of characters.
        write_whole(state / FILE, json.dumps(draft).encode())
        return
    with writing(state / FILE):
        (state / FILE).unlink(missing_ok=True)
        _forget_pictures(state)
    shutil.rmtree(state / FILES, ignore_errors=True)


def _forget_pictures(state: Path) -> None:
    with contextlib.suppress(FileNotFoundError):
        with open_folder(str(state), own_links=True) as folder:
            pictures = folder.enter(PICTURES)
        with pictures:
            for name in [entry.name for entry in pictures.entries()]:
                if name.endswith(".png"):
                    pictures.remove(name)


def keep_picture(state: Path, name: str, png: bytes) -> Path:
    """Keep a pasted picture for as long as the draft; return where. Raises StateError.

    ``name``: how it is called without its ending; a number is added to that of another one.
    """
    folder, number = state / PICTURES, 1
    with writing(folder):
        open_folder(str(state), make=True, own_links=True).descend((PICTURES,), make=True).close()
    path = folder / f"{name}.png"
    while os.path.lexists(path):
        number += 1
        path = folder / f"{name}-{number}.png"
    write_whole(path, png)
    return path


def keep_file(state: Path, token: str, name: str, content: BinaryIO) -> Path:
    """Keep what a mail had attached for as long as the draft; return where. Raises StateError.

    ``token`` keeps files of one name apart.
    """
    path = state / FILES / token / _file_name(name)
    with (
        writing(path),
        open_folder(str(state), own_links=True).descend((FILES, token), make=True) as place,
        place.create(path.name) as target,
    ):
        shutil.copyfileobj(content, target)
    return path


def _file_name(name: str) -> str:
    """Return a name that stays in its folder, as near to ``name`` as can be."""
    safe = name.translate(_FORBIDDEN).strip(" .")
    while len(safe.encode()) > _LONGEST_NAME:
        stem, dot, suffix = safe.rpartition(".")
        safe = f"{stem[:-1]}{dot}{suffix}" if stem else safe[:-1]
    return safe or "attachment"
