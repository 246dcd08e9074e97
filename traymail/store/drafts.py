"""The draft of the quick-send window: it survives closing, and a crash."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from traymail.store.whole_file import write_whole

FILE = "draft.json"
PICTURES = "pictures"


def load(state: Path) -> dict[str, Any]:
    """Return the kept draft's fields; none when there is no draft, or it cannot be read."""
    with contextlib.suppress(OSError, ValueError, RecursionError):
        kept = json.loads((state / FILE).read_text(encoding="utf-8"))
        if isinstance(kept, dict):
            return kept
    return {}


def save(state: Path, draft: Mapping[str, Any]) -> None:
    """Keep a draft; an empty one forgets it, with its pictures. Raises StateError."""
    if draft:
        write_whole(state / FILE, json.dumps(draft, ensure_ascii=False).encode())
        return
    (state / FILE).unlink(missing_ok=True)
    for picture in (state / PICTURES).glob("*.png"):
        picture.unlink(missing_ok=True)


def keep_picture(state: Path, name: str, png: bytes) -> Path:
    """Keep a pasted picture for as long as the draft; return where. Raises StateError."""
    folder = state / PICTURES
    folder.mkdir(mode=0o700, exist_ok=True)
    write_whole(folder / name, png)
    return folder / name
