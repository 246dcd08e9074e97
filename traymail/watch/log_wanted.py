"""The log rules that are wanted, their paths, and which of these have a file that changed."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from traymail.core.ports import Clock
from traymail.core.reasons import title_of
from traymail.core.rules.log import LogRule
from traymail.core.settings import Settings
from traymail.core.texts import Text, text
from traymail.watch.followed import Followed
from traymail.watch.globs import Globs, refusal
from traymail.watch.watched import RuleFails, Watched

# A rule that makes something go wrong that nobody foresaw: until it is tried again.
SET_ASIDE_SECONDS = 600.0

Trace = tuple[int, int, int, int]  # time of the last change, size, inode, device


class PathChanges(NamedTuple):
    """Paths that are wanted by other rules than before, and those that none wants any more."""

    changed: list[str]
    gone: set[str]


class LogPaths:
    """Finds the paths; ``of_rules`` are the names of the rules that want each.

    ``own`` are traymail's own folders, whose files are never followed.
    """

    def __init__(self, followed: Followed, own: tuple[str, ...]) -> None:
        self._followed = followed
        self._own = tuple(_real(folder) for folder in own)
        self._globs = Globs()
        self.of_rules: dict[str, list[str]] = {}
        self.quiet: dict[str, Trace] = {}
        """Those whose file was read to its end, as it was then."""

    def expand(self, *, anew: bool) -> PathChanges | None:
        """Find the paths of every rule; None: nothing has changed."""
        rules = self._followed.rules
        patterns = {one for watched in rules.values() for one in watched.rule.paths}
        if not (self._globs.look(patterns) or anew):
            return None
        before, self.of_rules = self.of_rules, {}
        for name, watched in rules.items():
            self._find(watched)
            for path in watched.origins:
                self.of_rules.setdefault(path, []).append(name)
        changed = [path for path, names in self.of_rules.items() if before.get(path) != names]
        for path in changed:
            self.quiet.pop(path, None)
        return PathChanges(changed, set(before) - set(self.of_rules))

    def stirred(self) -> list[str]:
        """Return the paths whose file is not as it was when it was read to its end."""
        quiet, stirred = self.quiet.get, []
        for path in self.of_rules:
            try:
                found = os.stat(path)  # noqa: PTH116 # hot: many logs
            except (OSError, ValueError):
                stirred.append(path)
                continue
            if quiet(path) != (found.st_mtime_ns, found.st_size, found.st_ino, found.st_dev):
                stirred.append(path)
        return stirred

    def _find(self, watched: Watched) -> None:
        before = watched.origins
        watched.origins, watched.left_out, watched.hidden = {}, {}, {}
        for pattern in watched.rule.paths if watched.unusable is None else ():
            if (why := self._globs.hidden(pattern)) is not None:
                watched.hidden[pattern] = why
            for path in self._globs.paths(pattern):
                if reason := refusal(path, pattern) or self._refusal(path):
                    watched.left_out[path] = reason
                else:
                    watched.origins.setdefault(path, set()).add(pattern)
        for path in watched.origins.keys() & watched.left_out.keys():
            del watched.left_out[path]  # another glob takes it
        for path in before.keys() - watched.origins.keys():
            if self._followed.is_out_of_reach(path):
                watched.origins[path] = before[path]

    def _refusal(self, path: str) -> Text | None:
        if path in self._followed.current:
            return None
        real = _real(path)
        if any(real.is_relative_to(folder) for folder in self._own):
            return text("{path} is written by traymail itself.", path=path)
        return None


def trace(found: os.stat_result) -> Trace:
    """Return what tells whether a file has changed."""
    return found.st_mtime_ns, found.st_size, found.st_ino, found.st_dev


def _real(path: str) -> Path:
    """Return where a path leads; a link that leads to itself leads nowhere else."""
    return Path(os.path.realpath(path))  # pathlib's raises there


class Changes(NamedTuple):
    """The names of rules that are not followed any more as they were, and what begins now.

    ``rewound``: what was reported of these goes back to what is kept.
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
