"""Where the windows were when the program ended."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from pathlib import Path

from traymail.disk import read_file, write_whole

FILE = "windows.json"


def load(state: Path) -> dict[str, str]:
    """Return the places by window; none when none are kept, or they cannot be read."""
    with contextlib.suppress(OSError, ValueError, RecursionError):
        kept = json.loads(read_file(state / FILE))
        if isinstance(kept, dict):
            return {name: place for name, place in kept.items() if isinstance(place, str)}
    return {}


def save(state: Path, places: Mapping[str, str]) -> None:
    """Keep the places. Raises StateError."""
    write_whole(state / FILE, json.dumps(places, indent=1).encode())
