"""The whole configuration as one frozen value."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

from traymail.core.account import Account
from traymail.core.address import excerpt
from traymail.core.outbox import RETENTION

if TYPE_CHECKING:
    from traymail.core.message import Address
    from traymail.core.rule import Rule

R = TypeVar("R", bound="Rule")

THEMES = ("system", "light", "dark")
TRAY_ICONS = ("auto", "light", "dark", "outlined")
NOTIFICATIONS = ("off", "trouble", "usual", "all")
"""What the desktop is told of: nothing; what needs the user; also what was sent by hand; all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What config.toml says, checked as a whole."""

    language: str = "auto"
    theme: str = "system"
    tray_icon: str = "auto"
    notifications: str = "usual"
    default_account: str = ""
    rules_max_per_hour: int = 300
    retention: timedelta = RETENTION
    groups: Mapping[str, tuple[Address, ...]] = field(default_factory=dict)
    accounts: Mapping[str, Account] = field(default_factory=dict)
    rules: tuple[Rule, ...] = ()

    def enabled(self, kind: type[R]) -> tuple[R, ...]:
        """Return the enabled rules of a kind."""
        return tuple(rule for rule in self.rules if isinstance(rule, kind) and rule.enabled)


_BARE_KEY = re.compile(r"[A-Za-z0-9_-]{1,80}")


def place_of(where: str, key: str) -> str:
    """Return the place of ``key`` in the table at ``where``, as problems tell it: ``a."b c"``."""
    shown = key if _BARE_KEY.fullmatch(key) else json.dumps(excerpt(key), ensure_ascii=False)
    return f"{where}.{shown}" if where else shown
