"""What log rules are wanted, and which of them are left alone for a while."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from traymail.core.ports import Clock
from traymail.core.reasons import title_of
from traymail.core.rules.log import LogRule
from traymail.core.settings import Settings
from traymail.core.texts import Text
from traymail.watch.watched import RuleFails, Watched

# A rule that makes something go wrong that nobody foresaw: until it is tried again.
SET_ASIDE_SECONDS = 600.0


class Changes(NamedTuple):
    """The names of rules that are not followed any more as they were, and what begins now.

    ``rewound``: what was told of these goes back to what is kept.
    """

    stale: set[str]
    added: list[LogRule]
    rewound: set[str]


class LogOrders:
    """Takes orders from any thread by `apply` and `rewind`; all else is for the one that looks."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.wanted: tuple[LogRule, ...] = ()
        self._rewinds: list[str] = []
        self._aside: dict[str, tuple[Text, float]] = {}

    def apply(self, settings: Settings) -> None:
        """Follow what these settings' log rules want, from the next look on."""
        self.wanted = settings.enabled(LogRule)

    def rewind(self, rule: str) -> None:
        """Go back to what is kept of a rule, at the next look: not all that was told was kept."""
        self._rewinds.append(rule)

    def set_aside(self, failure: RuleFails) -> None:
        """Leave these rules alone for a while."""
        again = self._clock.monotonic() + SET_ASIDE_SECONDS
        for name in failure.rules:
            self._aside[name] = title_of(failure.cause), again

    def why_aside(self, name: str) -> Text | None:
        """Return why a rule is left alone; None: it is not."""
        return self._aside.get(name, (None, 0.0))[0]

    def take(self, rules: Mapping[str, Watched]) -> Changes:
        """Return what is to change about the rules that are on."""
        wanted = {rule.name: rule for rule in self.wanted}
        rewound: set[str] = set()
        while self._rewinds:
            rewound.add(self._rewinds.pop())
        edited = {name for name, one in rules.items() if wanted.get(name) != one.rule}
        stale = edited | (rewound & set(rules)) | self._take_aside(rules, edited)
        added = [rule for name, rule in wanted.items() if name in stale or name not in rules]
        return Changes(stale, added, rewound)

    def _take_aside(self, rules: Mapping[str, Watched], edited: set[str]) -> set[str]:
        """Return the rules that are to be set aside, or are no longer."""
        now = self._clock.monotonic()
        self._aside = {
            name: (reason, again)
            for name, (reason, again) in self._aside.items()
            if name not in edited and now < again
        }
        return {
            name for name, watched in rules.items() if self.why_aside(name) != watched.set_aside
        }
