"""The kinds of rules that traymail has, where nobody says which: imported when asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from traymail.core.rule_kind import Kinds


def usual_kinds() -> Kinds:
    """Return them."""
    from traymail.core.kinds import ALL

    return ALL
