"""The machine's clock: the only place that asks it for the time."""

from __future__ import annotations

import time
from datetime import UTC, datetime


class SystemClock:
    """`traymail.core.ports.Clock` over the operating system."""

    def now(self) -> datetime:
        """Return the time of day, in UTC, aware."""
        return datetime.now(UTC)  # noqa: TID251 # this is the clock that everyone else is given

    def monotonic(self) -> float:
        """Return seconds that never jump."""
        return time.monotonic()
