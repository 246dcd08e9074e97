"""What every rule has: who is mailed what, through which account, how often at most."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from traymail.core.account import WhenUnsure
from traymail.core.message import Address


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """The part of a rule that does not depend on its kind. ``account`` is a configured name."""

    kind: ClassVar[str]
    name: str
    enabled: bool = True
    account: str
    to: tuple[Address, ...]
    cc: tuple[Address, ...] = ()
    bcc: tuple[Address, ...] = ()
    subject: str
    body: str
    when_unsure: WhenUnsure = WhenUnsure.ASK
    max_per_hour: int

    @property
    def sources(self) -> tuple[str, ...]:
        """What it watches; each kind says it."""
        raise NotImplementedError

    @property
    def place(self) -> str:
        """Where it watches, to be compared only."""
        return "\n".join(self.sources)
