"""What a user asks of the running engine: frozen values, put into its inbox."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from traymail.core.settings import Settings
from traymail.core.texts import Text


@dataclass(frozen=True, slots=True)
class Pause:
    """Let nothing leave this computer until then; None: until resumed."""

    until: datetime | None


@dataclass(frozen=True, slots=True)
class Resume:
    """End the pause."""


@dataclass(frozen=True, slots=True)
class Wake:
    """Another process changed the outbox: look at it now. ``ended`` are the mails it ended."""

    ended: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Apply:
    """Put this configuration in force; ``mended``: what was refused before it is gone."""

    settings: Settings
    mended: bool = False


@dataclass(frozen=True, slots=True)
class StorageTrouble:
    """Nothing that rules do can be kept, for this reason; None: it can again."""

    trouble: Text | None


Command = Pause | Resume | Wake | Apply | StorageTrouble
