"""What the inbox of the demo sets going: given by the demo, which knows how."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class InboxDoors:
    """``write`` and ``end`` are called on Tk's thread; the others may block, and may fail."""

    write: Callable[[], object]
    drop: Callable[[], object]
    folder: Callable[[], object]
    error: Callable[[], object]
    real: Callable[[], object]
    end: Callable[[], object]
