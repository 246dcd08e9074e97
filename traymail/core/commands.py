"""What a user asks of the running engine: frozen values, put into its inbox."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from traymail.core.settings import Settings


@dataclass(frozen=True, slots=True)
class Pause:
    """Let nothing leave this computer until then; None: until resumed."""

    until: datetime | None


@dataclass(frozen=True, slots=True)
class Resume:
    """End the pause."""


@dataclass(frozen=True, slots=True)
class Wake:
    """The outbox was changed by another process: look at it now."""


@dataclass(frozen=True, slots=True)
class Apply:
    """Put this configuration in force."""

    settings: Settings


Command = Pause | Resume | Wake | Apply
