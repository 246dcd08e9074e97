"""The machine's clock: the only place that asks it for the time."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from traymail.core.duration import EARLIEST, LATEST
from traymail.winapi import awake_seconds

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class SystemClock:
    """`traymail.core.ports.Clock` over the operating system."""

    def __init__(self, read: Callable[[], float] = time.time) -> None:
        """``read`` returns seconds since 1970 UTC, however wrong the machine's clock is set."""
        self._read = read

    def now(self) -> datetime:
        """Return the time of day, in UTC, aware.

        Where the clock is set to what cannot be calculated with (batteries fail), time goes on at
        the edge of what can.
        """
        seconds = self._read()
        with suppress(OverflowError):
            told = _EPOCH + timedelta(seconds=seconds)
            if EARLIEST <= told < LATEST:
                return told
        edge = EARLIEST if seconds < 0 else LATEST
        return edge + timedelta(seconds=self.monotonic())

    def monotonic(self) -> float:
        """Return seconds that never jump, and stand still while the computer sleeps."""
        return awake_seconds()

    def passing(self) -> float:
        """Return seconds that never jump, and that also go by while the computer sleeps."""
        if sys.platform == "win32":
            return time.monotonic()
        return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))
