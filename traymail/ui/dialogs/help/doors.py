"""Where the help leads: other windows, given by who opens this one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class HelpDoors:
    """``settings`` is given the name of a page: "accounts" or "rules"."""

    quick_send: Callable[[], object]
    settings: Callable[[str], object]
    add_account: Callable[[], object]
