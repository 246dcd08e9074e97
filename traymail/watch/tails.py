"""Follows the logs of all log rules: finds them, notices rotation, reads what is added.

One look every second while nothing grows, four while something does; every look reads a bounded
amount. What a rule has read is told with the position behind it, so that whoever keeps both in
one transaction sees each line once, whatever happens in between.
"""

from __future__ import annotations

import logging
import os
import stat
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from traymail.core.errors import SourceError, TraymailError
from traymail.core.observations import LogObservation
from traymail.core.ports import Clock
from traymail.core.rotation import Known, is_compressed
from traymail.core.rules.log import LogRule
from traymail.core.settings import Settings
from traymail.core.texts import Text, text
from traymail.watch.finding import expand
from traymail.watch.follower import Follower, Progress, Reader, Tell
from traymail.watch.opener import Opener
from traymail.watch.sources import look, not_regular
from traymail.watch.watched import Watched

log = logging.getLogger(__name__)

BUSY_SECONDS = 0.25
IDLE_SECONDS = 1.0
GLOB_SECONDS = 2.0
# A rotated file may be written to until its writer turns to the new one.
LEAVING_SECONDS = 5.0
SAVE_SECONDS = 5.0
SLICE = 4 << 20  # bytes of one file in one look, nearly
LOOK = 8 << 20  # bytes of all files in one look, nearly
# Systems let a program open few files (256 on macOS): when more are followed, they are closed
# between readings.
MOST_OPEN = 64


class Positions(Protocol):
    """What is kept of rules between runs."""

    def known(self, rule: str) -> Known:
        """Return what is kept of a rule; raises StateError."""
        ...


class Tails:
    """Watches logs. `apply` and `rewind` may be called from any thread, all else from one.

    ``tell`` is called with observations. ``own`` are traymail's own folders, whose files are
    never followed. While ``room`` says False nothing is read: whoever takes the observations has
    enough of them.
    """

    def __init__(
        self,
        tell: Tell,
        positions: Positions,
        clock: Clock,
        own: tuple[str, ...] = (),
        room: Callable[[], bool] = lambda: True,
    ) -> None:
        self._listener = tell
        self._positions = positions
        self._clock = clock
        self._own = tuple(_real(folder) for folder in own)
        self._room = room
        self._wanted: tuple[LogRule, ...] = ()
        self._rewinds: list[str] = []
        self._turns: dict[str, int] = {}
        self._rules: dict[str, Watched] = {}
        self._current: dict[str, list[Follower]] = {}
        self._leaving: list[Follower] = []
        self._paths: dict[str, list[str]] = {}
        self._problems: dict[str, Text] = {}
        self._opener = Opener(self._rules, self._leaving, self._problems)
        self._globbed = float("-inf")
        self._saved = float("-inf")

    def apply(self, settings: Settings) -> None:
        """Follow what these settings' log rules want, from the next look on."""
        self._wanted = tuple(
            rule for rule in settings.rules if isinstance(rule, LogRule) and rule.enabled
        )

    def rewind(self, rule: str) -> None:
        """Go back to what is kept of a rule, at the next look: not all that was told was kept."""
        self._rewinds.append(rule)

    def sweep(self) -> float:
        """Look once; return the seconds until the next look."""
        now = self._clock.monotonic()
        changed = self._take_orders()
        if not self._rules:
            return IDLE_SECONDS
        if changed or now - self._globbed >= GLOB_SECONDS:
            self._globbed = now
            self._expand(now)
        grown = [one for path, names in self._paths.items() for one in self._seek(path, names, now)]
        more = self._read(grown, now) if self._room() else True
        self._settle(now)
        if now - self._saved >= SAVE_SECONDS:
            self._saved = now
            self._learn_moved()
        self._tell_news()
        return self._wait(now, more=more)

    def close(self) -> None:
        """Tell how far reading came, and close all files."""
        self._learn_moved()
        self._tell_news()
        for follower in self._all():
            follower.source.close()
        self._current.clear()
        self._leaving.clear()
        self._rules.clear()

    def _wait(self, now: float, *, more: bool) -> float:
        if more:
            return 0.0 if self._room() else BUSY_SECONDS
        busy = self._leaving or any(
            one.waiting or now - one.last_growth < IDLE_SECONDS for one in self._all()
        )
        return BUSY_SECONDS if busy else IDLE_SECONDS

    def _all(self) -> list[Follower]:
        return [*self._leaving, *(one for those in self._current.values() for one in those)]

    # --- which rules ----------------------------------------------------------------------------

    def _take_orders(self) -> bool:
        """Take changed rules and rewinds over; return whether there were any."""
        wanted = {rule.name: rule for rule in self._wanted}
        rewound: set[str] = set()
        while self._rewinds:
            rewound.add(self._rewinds.pop())
        stale = {
            name
            for name, watched in self._rules.items()
            if name in rewound or wanted.get(name) != watched.rule
        }
        added = [rule for name, rule in wanted.items() if name in stale or name not in self._rules]
        if not stale and not added:
            return False
        self._close_current()
        before = {name: self._rules.pop(name) for name in stale}
        for follower in self._leaving:
            follower.readers = [one for one in follower.readers if one.rule not in before]
            if not follower.readers:
                follower.source.close()
        self._leaving[:] = [one for one in self._leaving if one.readers]
        self._opener.forget_patterns()
        for rule in added:
            # A rule that was edited goes on from what was told: not all of it is kept yet.
            self._begin(rule, None if rule.name in rewound else before.get(rule.name))
        return True

    def _close_current(self) -> None:
        """Close what is followed: who reads what together has changed."""
        self._learn_moved()
        self._tell_news()
        for followers in self._current.values():
            for follower in followers:
                follower.source.close()
        self._current.clear()

    def _begin(self, rule: LogRule, before: Watched | None) -> None:
        if before is None:
            try:
                kept = self._positions.known(rule.name)
            except TraymailError as error:
                log.warning("%s", error)  # tried again at the next look
                return
            self._turns[rule.name] = self._turns.get(rule.name, 0) + 1
            known, globs = {one.file: one for one in kept.positions}, kept.globs
        else:
            known, globs = before.known, before.globs
        self._rules[rule.name] = Watched(
            rule,
            self._turns[rule.name],
            known,
            globs,
        )

    # --- which files ----------------------------------------------------------------------------

    def _expand(self, now: float) -> None:
        """Find the paths of every rule; leave those that no rule wants any more."""
        self._paths = {}
        for name, watched in self._rules.items():
            watched.origins, watched.left_out = {}, {}
            for pattern in watched.rule.paths:
                for path in expand(pattern):
                    if reason := self._refusal(path):
                        watched.left_out[path] = reason
                    else:
                        watched.origins.setdefault(path, set()).add(pattern)
            for path in watched.origins:
                self._paths.setdefault(path, []).append(name)
        for path in set(self._current) - set(self._paths):
            for follower in self._current.pop(path):
                self._leave(follower, now)
        for path in set(self._problems) - set(self._paths):
            del self._problems[path]

    def _refusal(self, path: str) -> Text | None:
        if is_compressed(path):
            return text("{path} is compressed: only plain logs are followed.", path=path)
        if path in self._current:
            return None
        real = _real(path)
        if any(real.is_relative_to(folder) for folder in self._own):
            return text("{path} is written by traymail itself.", path=path)
        return None

    def _seek(self, path: str, names: list[str], now: float) -> list[Follower]:
        """Notice that a path has another file, or none; return who has something to read."""
        try:
            found = look(path)
            if found is not None and not stat.S_ISREG(found.st_mode):
                raise not_regular(path)
            self._problems.pop(path, None)
        except SourceError as error:
            self._problems[path] = error.title
            found = None
        kept = []
        for follower in self._current.pop(path, []):
            if found is None or follower.source.file != (found.st_dev, found.st_ino):
                self._leave(follower, now)
            else:
                kept.append(follower)
        followed = {reader.rule for one in kept for reader in one.readers}
        grown = [one for one in kept if found is not None and one.grown(found)]
        if found is not None and (missing := [name for name in names if name not in followed]):
            opened = self._open(path, missing, now)
            kept += opened
            grown += opened
        if kept:
            self._current[path] = kept
        return grown

    def _leave(self, follower: Follower, now: float) -> None:
        follower.leaving_since = now
        self._leaving.append(follower)

    def _open(self, path: str, names: list[str], now: float) -> list[Follower]:
        opened = self._opener.open(path, names, now)
        for follower in opened:
            self._rest(follower)
        return opened

    # --- reading --------------------------------------------------------------------------------

    def _read(self, grown: list[Follower], now: float) -> bool:
        """Read what was added, older files first; return whether there is more."""
        left = LOOK
        more = False
        for follower in [*self._leaving, *grown]:
            begun = left
            progress = Progress.MORE
            while progress is Progress.MORE:
                if left <= 0 or begun - left >= SLICE or not self._room():
                    more = True
                    break
                progress, size = self._read_once(follower, now)
                left -= size
            more = more or progress is Progress.CUT
            self._rest(follower)
        return more

    def _rest(self, follower: Follower) -> None:
        if len(self._paths) > MOST_OPEN and follower.leaving_since is None:
            follower.source.rest()

    def _read_once(self, follower: Follower, now: float) -> tuple[Progress, int]:
        before = follower.end
        try:
            progress = follower.read(now, self._tell)
        except SourceError as error:
            if follower.leaving_since is None:
                for reader in follower.readers:
                    self._problems[reader.path] = error.title
            return Progress.QUIET, 0
        if progress is Progress.CUT:
            self._cut(follower, now)
        return progress, follower.end - before

    def _cut(self, follower: Follower, now: float) -> None:
        """Begin a truncated file anew, once what is not read yet was looked for in a copy."""
        follower.give_up(self._tell)
        for reader in follower.readers:
            self._rules[reader.rule].learn(follower.position(reader))
        follower.source.close()
        if follower in self._leaving:
            self._leaving.remove(follower)
        for path, those in list(self._current.items()):
            if follower in those:
                those.remove(follower)
                names = [reader.rule for reader in follower.readers if reader.path == path]
                self._current[path] = those + self._open(path, names, now)

    def _settle(self, now: float) -> None:
        for follower in self._all():
            follower.settle(now, self._tell)
        for follower in list(self._leaving):
            if now - max(follower.leaving_since or now, follower.last_growth) >= LEAVING_SECONDS:
                self._end(follower)

    def _end(self, follower: Follower) -> None:
        self._leaving.remove(follower)
        try:
            follower.finish(self._tell)
            for reader in follower.readers:
                self._rules[reader.rule].learn(follower.position(reader, ended=True))
        except SourceError as error:
            log.warning("%s", error)
        follower.source.close()

    # --- telling --------------------------------------------------------------------------------

    def _tell(self, observation: LogObservation) -> None:
        self._rules[observation.rule].tell(observation, self._listener)

    def _learn_moved(self) -> None:
        for follower in self._all():
            if follower.moved:
                follower.moved = False
                for reader in follower.readers:
                    self._learn_position(follower, reader)

    def _learn_position(self, follower: Follower, reader: Reader) -> None:
        try:
            self._rules[reader.rule].learn(follower.position(reader))
        except SourceError as error:
            self._problems[reader.path] = error.title

    def _tell_news(self) -> None:
        following = Counter(
            name
            for those in self._current.values()
            for name in {reader.rule for one in those for reader in one.readers}
        )
        for name, watched in self._rules.items():
            watched.tell_news(self._listener)
            watched.tell_sources(following[name], self._problems, self._listener)


def _real(path: str) -> Path:
    """Return where a path leads; a link that leads to itself leads nowhere else."""
    return Path(os.path.realpath(path))  # pathlib's raises there
