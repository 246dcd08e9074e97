"""The whole configuration as one frozen value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from traymail.core.account import Account
from traymail.core.outbox import RETENTION
from traymail.core.rule import Rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What config.toml says, checked as a whole. ``language``: auto, en or zh_CN."""

    language: str = "auto"
    default_account: str = ""
    rules_max_per_hour: int = 300
    retention: timedelta = RETENTION
    accounts: Mapping[str, Account] = field(default_factory=dict)
    rules: tuple[Rule, ...] = ()
