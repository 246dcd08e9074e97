"""A pause outlives the program: after a crash, still nothing leaves."""

from __future__ import annotations

from datetime import datetime

from traymail.store.memory import Memory

KEY = "pause"
ENDLESS = "until resumed"


class PauseMemory:
    """Whether nothing may leave this computer, and until when."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    def pause(self, now: datetime) -> tuple[bool, datetime | None]:
        """Return whether all is paused at that time, and until when (None: until resumed)."""
        kept = self._memory.meta(KEY)
        if not kept:
            return False, None
        if kept == ENDLESS:
            return True, None
        try:
            until = datetime.fromisoformat(kept)
        except ValueError:  # damaged: better that nothing leaves, until the user says so
            return True, None
        if until.tzinfo is None:
            return True, None
        return (True, until) if until > now else (False, None)

    def remember_pause(self, until: datetime | None, *, paused: bool) -> None:
        """Remember a pause, or its end."""
        value = ENDLESS if until is None else until.isoformat()
        self._memory.set_meta(KEY, value if paused else "")
