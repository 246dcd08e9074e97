"""Follows the logs of all log rules: finds them, notices rotation, reads what is added.

One look every second while nothing grows, four while something does; every look reads a bounded
amount. What a rule has read is told with the position behind it, so that whoever keeps both in
one transaction sees each line once, whatever happens in between.
"""

from __future__ import annotations

import logging
import os
import stat
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

from traymail.core.errors import SourceError, TraymailError
from traymail.core.observations import Observation, WatchTrouble
from traymail.core.ports import Clock
from traymail.core.reasons import title_of
from traymail.core.records import unusable
from traymail.core.rotation import Known
from traymail.core.rules.log import LogRule
from traymail.core.texts import Text
from traymail.failures import log_failure
from traymail.watch.followed import Followed
from traymail.watch.follower import Follower
from traymail.watch.log_reading import AGAIN_SECONDS, LEAVING_SECONDS, LogReader, OwedLogs
from traymail.watch.log_wanted import LogOrders, LogPaths, Trace, trace
from traymail.watch.opener import Opener
from traymail.watch.position_index import PositionIndex
from traymail.watch.sources import look, most_open, not_regular
from traymail.watch.watched import RuleFails, Watched

log = logging.getLogger(__name__)

BUSY_SECONDS = 0.25
IDLE_SECONDS = 1.0
GLOB_SECONDS = 2.0
SAVE_SECONDS = 5.0


class Positions(Protocol):
    """What is kept of rules between runs."""

    def known(self, rule: str) -> Known:
        """Return what is kept of a rule; raises StateError."""
        ...


class Tails:
    """Watches logs. `orders` may be given from any thread, all else is called from one.

    ``tell`` is called with observations. ``own`` are traymail's own folders, whose files are
    never followed. While ``room`` says False nothing is read: whoever takes the observations has
    enough of them.
    """

    def __init__(
        self,
        tell: Callable[[Observation], None],
        positions: Positions,
        clock: Clock,
        own: tuple[str, ...] = (),
        room: Callable[[], bool] = lambda: True,
        most_open: Callable[[], int] = most_open,
    ) -> None:
        self._listener = tell
        self._positions = positions
        self._clock = clock
        self._room = room
        self._most_open = most_open
        self.orders = LogOrders(clock)
        self.followed = Followed()
        self._turns: dict[str, int] = {}
        self._troubles: dict[str, Text] = {}
        self._paths = LogPaths(self.followed, own)
        self._being_written: dict[str, tuple[Trace, float]] = {}
        # Paths that cannot be looked at now, though a file of theirs is read; since when.
        self._away: dict[str, float] = {}
        self._reading = LogReader(self.followed, tell, room, self._cut)
        self._opener = Opener(self.followed)
        self._owed = OwedLogs(self.followed, self._opener)
        self._globbed = float("-inf")
        self._saved = float("-inf")

    def sweep(self) -> float:
        """Look once; return the seconds until the next look. A failure is told for each rule."""
        try:
            wait = self._look()
        except RuleFails as failure:
            log_failure(log, "a look at logs failed", failure.cause)
            self.orders.set_aside(failure)
            return 0.0
        except Exception as error:  # noqa: BLE001 # other looks must go on, and this one be tried again
            if title_of(error) not in self._troubles.values():
                log_failure(log, "a look at the logs failed", error)
            for rule in self.orders.wanted:
                self._fails(rule.name, title_of(error))
            return AGAIN_SECONDS
        for name in self._troubles.keys() & self.followed.rules.keys():
            del self._troubles[name]
            self._listener(WatchTrouble(rule=name, reason=None))
        return wait

    def _fails(self, rule: str, reason: Text) -> None:
        """Tell that a rule's logs cannot be read now; each time, since its flow may be new."""
        self._troubles[rule] = reason
        self._listener(WatchTrouble(rule=rule, reason=reason))

    def _look(self) -> float:
        now, now_ns = self._clock.monotonic(), time.time_ns()
        changed = self._take_orders()
        if not self.followed.rules:
            self._opener.tidy()
            return IDLE_SECONDS
        if changed or now - self._globbed >= GLOB_SECONDS:
            self._globbed = now
            self._expand(now, anew=changed)
        grown = [
            one
            for path in self._paths.stirred()
            for one in self._seek(path, self._paths.of_rules[path], now)
        ]
        self._owed.recover(now, self._being_written)
        self._opener.tidy()
        more = self._reading.read(grown, now) if self._room() else True
        self._reading.settle(now)
        if now - self._saved >= SAVE_SECONDS:
            self._saved = now
            self._reading.learn_moved()
        self._tell_news(now_ns)
        return self._wait(now, more=more)

    def close(self) -> None:
        """Tell how far reading came, and close all files."""
        self._reading.learn_moved()
        self._tell_news(time.time_ns())
        for follower in self.followed.all():
            follower.source.close()
        self._opener.tidy()
        self.followed.current.clear()
        for follower in self.followed.leaving:
            self.followed.leaving.remove(follower)
        self.followed.rules.clear()

    def _wait(self, now: float, *, more: bool) -> float:
        if more:
            return 0.0 if self._room() else BUSY_SECONDS
        busy = (
            self.followed.leaving
            or self._being_written
            or any(
                one.waiting or now - one.last_growth < IDLE_SECONDS for one in self._reading.active
            )
        )
        return BUSY_SECONDS if busy else IDLE_SECONDS

    # --- which rules ----------------------------------------------------------------------------

    def _take_orders(self) -> bool:
        """Take changed rules and rewinds over; return whether there were any."""
        stale, added, rewound = self.orders.take(self.followed.rules)
        if not stale and not added:
            return False
        self._close_current()
        before = {name: self.followed.rules.pop(name) for name in stale}
        for follower in self.followed.leaving:
            follower.readers = [one for one in follower.readers if one.rule not in before]
            if not follower.readers:
                self.followed.leaving.remove(follower)
                self._opener.give_up(follower.source)
        self._opener.forget_patterns()
        for rule in added:
            # A rule that was edited goes on from what was told: not all of it is kept yet.
            self._begin(rule, None if rule.name in rewound else before.get(rule.name))
        return True

    def _close_current(self) -> None:
        """Close what is followed: who reads what together has changed."""
        self._reading.learn_moved()
        self._tell_news(time.time_ns())
        for followers in self.followed.current.values():
            for follower in followers:
                self._opener.give_up(follower.source)
        self.followed.current.clear()
        self._paths.quiet.clear()
        self._away.clear()
        self._reading.clear()
        self._opener.reading.clear()

    def _begin(self, rule: LogRule, before: Watched | None) -> None:
        self.followed.changed = True
        if before is not None:
            turn, known, globs = self._turns[rule.name], before.known, before.globs
            earlier = before.earlier
        else:
            try:
                kept = self._positions.known(rule.name)
            except TraymailError as error:  # tried again at the next look
                self._fails(rule.name, error.title)
                return
            turn = self._turns[rule.name] = self._turns.get(rule.name, 0) + 1
            known, globs = PositionIndex(kept.positions), dict(kept.globs)
            earlier = set(known)
            self._owed.begin(rule.name)
        reason = self.orders.why_aside(rule.name)
        self.followed.rules[rule.name] = Watched(
            rule, turn, known, globs, unusable(rule) or reason, earlier, set_aside=reason
        )

    # --- which files ----------------------------------------------------------------------------

    def _expand(self, now: float, *, anew: bool) -> None:
        """Find the paths of every rule; leave those that no rule wants any more."""
        changes = self._paths.expand(anew=anew)
        if changes is None:
            return
        self.followed.changed = True
        for path in changes.changed:
            self._opener.note_size(path, self._paths.of_rules[path])
        self._reading.allowed = self._most_open()
        for path in set(self.followed.current) - set(self._paths.of_rules):
            self._leave(path, self.followed.current.pop(path), now)
            self._away.pop(path, None)
        for path in changes.gone:
            self.followed.problems.pop(path, None)
            self._being_written.pop(path, None)

    def _seek(self, path: str, names: list[str], now: float) -> list[Follower]:
        """Notice that a path has another file, or none; return who has something to read."""
        found = self._found(path)
        if found is None and self.followed.is_out_of_reach(path):
            return self._read_away(path, now)
        if self._away.pop(path, None) is not None:
            self.followed.changed = True
        kept: list[Follower] = []
        gone: list[Follower] = []
        for follower in self.followed.current.pop(path, []):
            here = found is not None and follower.source.file == (found.st_dev, found.st_ino)
            (kept if here else gone).append(follower)
        self._leave(path, gone, now)
        if kept:
            self.followed.current[path] = kept
        grown = [one for one in kept if found is not None and one.grown(found)]
        missing = self._missing(names, found)
        if found is not None and missing:
            grown += self._open(path, missing, now, found)
        elif found is not None and not grown:
            self._paths.quiet[path] = trace(found)
        return grown

    def _read_away(self, path: str, now: float) -> list[Follower]:
        """Return who has something to read of a file that is open, and out of reach by its path.

        What is not mounted any more is let go once it is quiet.
        """
        if path not in self._away:
            self._away[path] = now
            self.followed.changed = True
        grown = []
        for follower in self.followed.current[path]:
            quiet = now - max(self._away[path], follower.last_growth)
            try:
                if follower.source.resting:
                    continue
                if follower.grown(follower.source.stat()):
                    grown.append(follower)
                elif quiet >= LEAVING_SECONDS and path not in self.followed.problems:
                    follower.source.rest()
            except SourceError:
                follower.source.rest()
        return grown

    def _found(self, path: str) -> os.stat_result | None:
        try:
            found = look(path)
            if found is not None and not stat.S_ISREG(found.st_mode):
                raise not_regular(path)
        except SourceError as error:
            if self.followed.problems.get(path) != error.title:
                self.followed.problems[path] = error.title
                self.followed.changed = True
            return None
        if path in self.followed.problems:
            del self.followed.problems[path]
            self.followed.changed = True
        return found

    def _missing(self, names: list[str], found: os.stat_result | None) -> list[str]:
        """Return the rules that do not read a path's file yet, by this or another of its names."""
        if found is None:
            return []
        file = found.st_dev, found.st_ino
        return [name for name in names if file not in self._opener.reading.get(name, ())]

    def _leave(self, path: str, followers: list[Follower], now: float) -> None:
        """Read the rest of files that are not at their path any more."""
        for follower in followers:
            self.followed.changed = True
            self._paths.quiet.pop(path, None)
            self._release(follower)
            if follower.is_there():
                self.followed.leaving.add(follower, now)
            else:
                # It was closed, and is gone from where it was: to be looked for in any form.
                self._miss(follower)

    def _release(self, follower: Follower) -> None:
        """Note that a follower's file is not read at its path any more."""
        self._reading.release(follower)
        for reader in follower.readers:
            self._opener.reading.get(reader.rule, {}).pop(follower.source.file, None)

    def _miss(self, follower: Follower) -> None:
        self._reading.active.discard(follower)
        follower.source.close()
        for reader in follower.readers:
            watched = self.followed.rules[reader.rule]
            with suppress(SourceError):
                watched.learn(follower.position(reader))
            watched.earlier.add(reader.key)
        self._owed.lose(follower.readers)

    def _open(
        self, path: str, names: list[str], now: float, found: os.stat_result
    ) -> list[Follower]:
        """Open a path's file; one that is being written is looked at again once it changed."""
        self.followed.changed = True
        written = self._being_written.get(path)
        if written is None or written[0] != trace(found):
            written = self._being_written[path] = (trace(found), now)
            quiet = False
        else:
            quiet = now - written[1] >= LEAVING_SECONDS and found.st_size > 0
            if not quiet:
                return []
        opened, wait = self._opener.open(path, names, now, quiet=quiet)
        for name in names:
            if path in self.followed.problems or self.followed.rules[name].unread:
                self._owed.wait(name, now)
        if not wait:
            del self._being_written[path]
        for follower in opened:
            for reader in follower.readers:
                reading = self._opener.reading.setdefault(reader.rule, {})
                reading[follower.source.file] = reader.key
            self._reading.use(follower)
        if opened:
            self.followed.current.setdefault(path, []).extend(opened)
        return opened

    def _cut(self, follower: Follower, now: float) -> None:
        """Begin a truncated file anew, once what is not read yet was looked for in a copy."""
        follower.give_up(self._reading.tell)
        for reader in follower.readers:
            self.followed.rules[reader.rule].learn(follower.position(reader))
        follower.source.close()
        self._reading.active.discard(follower)
        if follower in self.followed.leaving:
            self.followed.leaving.remove(follower)
            self._owed.lose(follower.readers)
        for path, those in list(self.followed.current.items()):
            if follower in those:
                those.remove(follower)
                self._paths.quiet.pop(path, None)
                self._release(follower)
                if not those:
                    del self.followed.current[path]
                self._seek(path, self._paths.of_rules.get(path, []), now)

    def _tell_news(self, now_ns: int) -> None:
        for watched in self.followed.rules.values():
            watched.tell_news(now_ns, self._listener)
        if not self.followed.changed:
            return
        self.followed.changed = False
        read = (self.followed.current.keys() - self._away.keys()) | self._being_written.keys()
        following = Counter(
            name for path, names in self._paths.of_rules.items() if path in read for name in names
        )
        for name, watched in self.followed.rules.items():
            watched.tell_sources(following[name], self.followed.problems, self._listener)
