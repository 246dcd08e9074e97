"""Rules that are known again under another name."""

from __future__ import annotations

from dataclasses import replace

import pytest

from traymail.core.message import Address
from traymail.core.renames import renamed, traces_of
from traymail.core.rule import Rule
from traymail.core.rules.folder import FolderRule
from traymail.core.rules.log import LogRule

SCANS = FolderRule(
    name="Scans", account="a", to=(Address("b@example.com"),), folder="/scans", move_to=""
)
BILLS = replace(SCANS, name="Bills", folder="/bills")
ERRORS = LogRule(
    name="Errors", account="a", to=(Address("b@example.com"),), paths=("/log",), match=("x",)
)


def other(rule: FolderRule | LogRule, name: str) -> Rule:
    return replace(rule, name=name)


@pytest.mark.parametrize(
    ("before", "after", "names"),
    [
        ([SCANS], [other(SCANS, "Papers")], {"Scans": "Papers"}),
        ([ERRORS], [other(ERRORS, "Faults")], {"Errors": "Faults"}),
        # Also at another place, and beside rules that stay.
        ([SCANS, BILLS], [BILLS, other(SCANS, "Papers")], {"Scans": "Papers"}),
        # Changed besides: only where it stood, and if it watches the same.
        ([SCANS], [replace(SCANS, name="Papers", zip=True)], {"Scans": "Papers"}),
        ([SCANS, BILLS], [BILLS, replace(SCANS, name="Papers", zip=True)], {}),
        ([SCANS], [replace(SCANS, name="Papers", folder="/papers")], {}),
        ([SCANS], [other(ERRORS, "Scans 2")], {}),
        # Two at once, each to its own.
        (
            [SCANS, BILLS],
            [other(SCANS, "Papers"), other(BILLS, "Money")],
            {"Scans": "Papers", "Bills": "Money"},
        ),
        # Twins share one description: in their order.
        (
            [SCANS, other(SCANS, "Twin")],
            [other(SCANS, "One"), other(SCANS, "Two")],
            {"Scans": "One", "Twin": "Two"},
        ),
        # A copy beside it is a new rule, and one that is gone has no new name.
        ([SCANS], [SCANS, other(SCANS, "Copy")], {}),
        ([SCANS, BILLS], [BILLS], {}),
        ([SCANS, BILLS], [other(SCANS, "Bills"), other(BILLS, "Scans")], {}),
        ([], [SCANS], {}),
    ],
)
def test_who_is_who(before: list[Rule], after: list[Rule], names: dict[str, str]) -> None:
    assert renamed(traces_of(before), traces_of(after)) == names
