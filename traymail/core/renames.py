"""Which rules of a configuration were there before, under another name.

What is remembered of a rule is remembered by its name: files handled, logs read, mails counted. A
rule that is given another name is still the same rule, and what it did stays done.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from traymail.core.rule import Rule


@dataclass(frozen=True, slots=True)
class RuleTrace:
    """What a rule is known again by. ``digest`` is of all that it says, but for its name."""

    name: str
    kind: str
    place: str
    digest: str
    max_per_hour: int


def traces_of(rules: Iterable[Rule]) -> tuple[RuleTrace, ...]:
    """Return what rules are known again by, in their order."""
    return tuple(
        RuleTrace(rule.name, rule.kind, rule.place, _digest(rule), rule.max_per_hour)
        for rule in rules
    )


def renamed(before: Sequence[RuleTrace], after: Sequence[RuleTrace]) -> dict[str, str]:
    """Return the new name of each rule that has one, by the old one.

    A name that is gone and one that is new belong to the same rule when nothing else was changed,
    or when a rule that watches the same stands where it stood.
    """
    names_before, names_after = ({trace.name for trace in traces} for traces in (before, after))
    gone = {at: trace for at, trace in enumerate(before) if trace.name not in names_after}
    new = {at: trace for at, trace in enumerate(after) if trace.name not in names_before}
    found: dict[str, str] = {}
    for at, trace in list(new.items()):
        same = next((old for old, one in gone.items() if _like(one, trace)), None)
        if same is not None:
            found[gone.pop(same).name] = new.pop(at).name
    for at, trace in new.items():
        if at in gone and _watches(gone[at], trace):
            found[gone[at].name] = trace.name
    return found


def _like(one: RuleTrace, other: RuleTrace) -> bool:
    return (one.kind, one.digest) == (other.kind, other.digest)


def _watches(one: RuleTrace, other: RuleTrace) -> bool:
    return (one.kind, one.place) == (other.kind, other.place)


def _digest(rule: Rule) -> str:
    return hashlib.sha256(repr(replace(rule, name="")).encode()).hexdigest()
