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
from pathlib import Path
from typing import Protocol

from traymail.core.errors import SourceError, TraymailError
from traymail.core.observations import LogObservation, Observation, WatchTrouble
from traymail.core.ports import Clock
from traymail.core.reasons import title_of
from traymail.core.records import unusable
from traymail.core.rotation import Known, Position
from traymail.core.rules.log import LogRule
from traymail.core.settings import Settings
from traymail.core.texts import Text, text
from traymail.failures import log_failure
from traymail.watch.finding import PositionIndex
from traymail.watch.follower import Follower, Reader, ReadProgress
from traymail.watch.globs import Globs, refusal
from traymail.watch.opener import Leaving, Opener
from traymail.watch.sources import is_out_of_reach, look, most_open, not_regular
from traymail.watch.watched import RuleFails, Watched, put_down_to

log = logging.getLogger(__name__)

BUSY_SECONDS = 0.25
IDLE_SECONDS = 1.0
GLOB_SECONDS = 2.0
# A rotated file may be written to until its writer turns to the new one.
LEAVING_SECONDS = 5.0
SAVE_SECONDS = 5.0
AGAIN_SECONDS = 10.0
# A rule that makes something go wrong that nobody foresaw: until it is tried again.
SET_ASIDE_SECONDS = 600.0
SLICE = 4 << 20  # bytes of one file in one look, nearly
LOOK = 8 << 20  # bytes of all files in one look, nearly

Trace = tuple[int, int, int, int]  # time of the last change, size, inode, device


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
        self._own = tuple(_real(folder) for folder in own)
        self._room = room
        self._wanted: tuple[LogRule, ...] = ()
        self._rewinds: list[str] = []
        self._turns: dict[str, int] = {}
        self._rules: dict[str, Watched] = {}
        self._current: dict[str, list[Follower]] = {}
        self._leaving = Leaving()
        self._paths: dict[str, list[str]] = {}
        self._problems: dict[str, Text] = {}
        self._troubles: dict[str, Text] = {}
        self._aside: dict[str, tuple[Text, float]] = {}
        self._globs = Globs()
        # Paths whose file was read to its end, as it was then; and whose file is being written.
        self._quiet: dict[str, Trace] = {}
        self._being_written: dict[str, tuple[Trace, float]] = {}
        self._active: set[Follower] = set()
        # Those that are open, the one last used at the end: no more than the system allows.
        self._awake: dict[Follower, None] = {}
        self._most_open = most_open
        self._allowed = 0
        # Rules of which something is owed that is to be looked for, and when.
        self._recovering: dict[str, float] = {}
        # Keys of positions whose file may hold what was written into it anew, and rotated unread.
        self._rewritten: set[str] = set()
        # Paths that cannot be looked at now, though a file of theirs is read; since when.
        self._away: dict[str, float] = {}
        self._dirty = True
        self._opener = Opener(self._rules, self._leaving, self._problems, self._all)
        self._globbed = float("-inf")
        self._saved = float("-inf")

    def apply(self, settings: Settings) -> None:
        """Follow what these settings' log rules want, from the next look on."""
        self._wanted = settings.enabled(LogRule)

    def rewind(self, rule: str) -> None:
        """Go back to what is kept of a rule, at the next look: not all that was told was kept."""
        self._rewinds.append(rule)

    def sweep(self) -> float:
        """Look once; return the seconds until the next look. What fails is told of each rule."""
        try:
            wait = self._look()
        except RuleFails as failure:
            log_failure(log, "a look at logs failed", failure.cause)
            again = self._clock.monotonic() + SET_ASIDE_SECONDS
            for name in failure.rules:
                self._aside[name] = title_of(failure.cause), again
            return 0.0
        except Exception as error:  # noqa: BLE001 # other looks must go on, and this one be tried again
            if title_of(error) not in self._troubles.values():
                log_failure(log, "a look at the logs failed", error)
            for rule in self._wanted:
                self._fails(rule.name, title_of(error))
            return AGAIN_SECONDS
        for name in self._troubles.keys() & self._rules.keys():
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
        if not self._rules:
            self._opener.tidy()
            return IDLE_SECONDS
        if changed or now - self._globbed >= GLOB_SECONDS:
            self._globbed = now
            self._expand(now, anew=changed)
        grown = [
            one for path in self._stirred() for one in self._seek(path, self._paths[path], now)
        ]
        self._recover(now)
        self._opener.tidy()
        more = self._read(grown, now) if self._room() else True
        self._settle(now)
        if now - self._saved >= SAVE_SECONDS:
            self._saved = now
            self._learn_moved()
        self._tell_news(now_ns)
        return self._wait(now, more=more)

    def close(self) -> None:
        """Tell how far reading came, and close all files."""
        self._learn_moved()
        self._tell_news(time.time_ns())
        for follower in self._all():
            follower.source.close()
        self._opener.tidy()
        self._current.clear()
        for follower in self._leaving:
            self._leaving.remove(follower)
        self._rules.clear()

    def _wait(self, now: float, *, more: bool) -> float:
        if more:
            return 0.0 if self._room() else BUSY_SECONDS
        busy = (
            self._leaving
            or self._being_written
            or any(one.waiting or now - one.last_growth < IDLE_SECONDS for one in self._active)
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
        edited = {name for name, one in self._rules.items() if wanted.get(name) != one.rule}
        stale = edited | (rewound & set(self._rules)) | self._take_aside(edited)
        added = [rule for name, rule in wanted.items() if name in stale or name not in self._rules]
        if not stale and not added:
            return False
        self._close_current()
        before = {name: self._rules.pop(name) for name in stale}
        for follower in self._leaving:
            follower.readers = [one for one in follower.readers if one.rule not in before]
            if not follower.readers:
                self._leaving.remove(follower)
                self._opener.give_up(follower.source)
        self._opener.forget_patterns()
        for rule in added:
            # A rule that was edited goes on from what was told: not all of it is kept yet.
            self._begin(rule, None if rule.name in rewound else before.get(rule.name))
        return True

    def _take_aside(self, edited: set[str]) -> set[str]:
        """Return the rules that are to be set aside, or are no longer."""
        now = self._clock.monotonic()
        self._aside = {
            name: (reason, again)
            for name, (reason, again) in self._aside.items()
            if name not in edited and now < again
        }
        return {
            name
            for name, watched in self._rules.items()
            if self._aside.get(name, (None, 0.0))[0] != watched.set_aside
        }

    def _close_current(self) -> None:
        """Close what is followed: who reads what together has changed."""
        self._learn_moved()
        self._tell_news(time.time_ns())
        for followers in self._current.values():
            for follower in followers:
                self._opener.give_up(follower.source)
        self._current.clear()
        self._quiet.clear()
        self._away.clear()
        self._active.clear()
        self._awake.clear()
        self._opener.reading.clear()

    def _begin(self, rule: LogRule, before: Watched | None) -> None:
        self._dirty = True
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
            self._recovering[rule.name] = float("-inf")
        reason, _ = self._aside.get(rule.name, (None, 0.0))
        self._rules[rule.name] = Watched(
            rule, turn, known, globs, unusable(rule) or reason, earlier, set_aside=reason
        )

    # --- which files ----------------------------------------------------------------------------

    def _expand(self, now: float, *, anew: bool) -> None:
        """Find the paths of every rule; leave those that no rule wants any more."""
        patterns = {one for watched in self._rules.values() for one in watched.rule.paths}
        if not (self._globs.look(patterns) or anew):
            return
        self._dirty = True
        before, self._paths = self._paths, {}
        for name, watched in self._rules.items():
            self._find_paths(watched)
            for path in watched.origins:
                self._paths.setdefault(path, []).append(name)
        for path, names in self._paths.items():
            if before.get(path) != names:
                self._quiet.pop(path, None)
                self._note_size(path)
        self._allowed = self._most_open()
        for path in set(self._current) - set(self._paths):
            self._leave(path, self._current.pop(path), now)
            self._away.pop(path, None)
        for path in set(before) - set(self._paths):
            self._problems.pop(path, None)
            self._being_written.pop(path, None)

    def _find_paths(self, watched: Watched) -> None:
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
            if self._is_out_of_reach(path):
                watched.origins[path] = before[path]

    def _note_size(self, path: str) -> None:
        """Note how large a file was when its path was found: opening many takes a while."""
        try:
            self._opener.sizes[path] = os.stat(path)  # noqa: PTH116 (hot: many logs)
        except OSError:
            for name in self._paths[path]:
                if self._rules[name].since(path) is None:
                    self._opener.look_around(path, name)

    def _refusal(self, path: str) -> Text | None:
        if path in self._current:
            return None
        real = _real(path)
        if any(real.is_relative_to(folder) for folder in self._own):
            return text("{path} is written by traymail itself.", path=path)
        return None

    def _stirred(self) -> list[str]:
        """Return the paths whose file is not as it was when it was read to its end."""
        quiet, stirred = self._quiet.get, []
        for path in self._paths:
            try:
                found = os.stat(path)  # noqa: PTH116 (hot: many logs)
            except (OSError, ValueError):
                stirred.append(path)
                continue
            if quiet(path) != (found.st_mtime_ns, found.st_size, found.st_ino, found.st_dev):
                stirred.append(path)
        return stirred

    def _is_out_of_reach(self, path: str) -> bool:
        """Tell whether what is read of a path may be there, and only cannot be looked at."""
        return any(is_out_of_reach(path, one.source.file[0]) for one in self._current.get(path, ()))

    def _seek(self, path: str, names: list[str], now: float) -> list[Follower]:
        """Notice that a path has another file, or none; return who has something to read."""
        found = self._found(path)
        if found is None and self._is_out_of_reach(path):
            return self._read_away(path, now)
        if self._away.pop(path, None) is not None:
            self._dirty = True
        kept: list[Follower] = []
        gone: list[Follower] = []
        for follower in self._current.pop(path, []):
            here = found is not None and follower.source.file == (found.st_dev, found.st_ino)
            (kept if here else gone).append(follower)
        self._leave(path, gone, now)
        if kept:
            self._current[path] = kept
        grown = [one for one in kept if found is not None and one.grown(found)]
        missing = self._missing(names, found)
        if found is not None and missing:
            grown += self._open(path, missing, now, found)
        elif found is not None and not grown:
            self._quiet[path] = _trace(found)
        return grown

    def _read_away(self, path: str, now: float) -> list[Follower]:
        """Return who has something to read of a file that is open, and out of reach by its path.

        What is not mounted any more is let go once it is quiet.
        """
        if path not in self._away:
            self._away[path] = now
            self._dirty = True
        grown = []
        for follower in self._current[path]:
            quiet = now - max(self._away[path], follower.last_growth)
            try:
                if follower.source.resting:
                    continue
                if follower.grown(follower.source.stat()):
                    grown.append(follower)
                elif quiet >= LEAVING_SECONDS and path not in self._problems:
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
            if self._problems.get(path) != error.title:
                self._problems[path] = error.title
                self._dirty = True
            return None
        if path in self._problems:
            del self._problems[path]
            self._dirty = True
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
            self._dirty = True
            self._quiet.pop(path, None)
            self._let_go(follower)
            if follower.is_there():
                self._leaving.add(follower, now)
            else:
                # It was closed, and is gone from where it was: to be looked for in any form.
                self._miss(follower)

    def _let_go(self, follower: Follower) -> None:
        """Note that a follower's file is not read at its path any more."""
        self._awake.pop(follower, None)
        for reader in follower.readers:
            self._opener.reading.get(reader.rule, {}).pop(follower.source.file, None)

    def _miss(self, follower: Follower) -> None:
        self._active.discard(follower)
        follower.source.close()
        for reader in follower.readers:
            watched = self._rules[reader.rule]
            with suppress(SourceError):
                watched.learn(follower.position(reader))
            watched.earlier.add(reader.key)
            self._rewritten.add(reader.key)
            self._recovering[reader.rule] = float("-inf")

    def _open(
        self, path: str, names: list[str], now: float, found: os.stat_result
    ) -> list[Follower]:
        """Open a path's file; one that is being written is looked at again once it changed."""
        self._dirty = True
        written = self._being_written.get(path)
        if written is None or written[0] != _trace(found):
            written = self._being_written[path] = (_trace(found), now)
            quiet = False
        else:
            quiet = now - written[1] >= LEAVING_SECONDS and found.st_size > 0
            if not quiet:
                return []
        opened, wait = self._opener.open(path, names, now, quiet=quiet)
        for name in names:
            if path in self._problems or self._rules[name].unread:
                self._recovering.setdefault(name, now + AGAIN_SECONDS)
        if not wait:
            del self._being_written[path]
        for follower in opened:
            for reader in follower.readers:
                reading = self._opener.reading.setdefault(reader.rule, {})
                reading[follower.source.file] = reader.key
            self._rest(follower)
        if opened:
            self._current.setdefault(path, []).extend(opened)
        return opened

    def _recover(self, now: float) -> None:
        """Look for what is owed of files that are not at their paths any more."""
        for name in [name for name, due in self._recovering.items() if due <= now]:
            del self._recovering[name]
            if name not in self._rules:
                continue
            watched = self._rules[name]
            self._dirty = self._dirty or bool(watched.unread)
            watched.unread.clear()
            owed: dict[str, list[Position]] = {}
            for one in watched.known.values():
                if not (one.ended or self._opener.is_read(one.file, name, one.key)):
                    owed.setdefault(one.path, []).append(one)
            for path in owed.keys() - self._being_written.keys():
                current = path in self._current
                sure = current or not any(is_out_of_reach(path, one.device) for one in owed[path])
                since_ns = None
                if not current:
                    since_ns = max(one.mtime_ns for one in watched.known.of_path(path))
                elif rewritten := [one for one in owed[path] if one.key in self._rewritten]:
                    since_ns = min(one.mtime_ns for one in rewritten)
                if not self._opener.recover(path, name, now, since_ns=since_ns, sure=sure):
                    self._recovering[name] = now + AGAIN_SECONDS
                self._rewritten -= {one.key for one in owed[path]}

    # --- reading --------------------------------------------------------------------------------

    def _read(self, grown: list[Follower], now: float) -> bool:
        """Read what was added, older files first; return whether there is more."""
        left = LOOK
        more = False
        for follower in [*self._leaving, *grown]:
            begun = left
            progress = ReadProgress.MORE
            while progress is ReadProgress.MORE:
                if left <= 0 or begun - left >= SLICE or not self._room():
                    more = True
                    break
                progress, size = self._read_once(follower, now)
                left -= size
            more = more or progress is ReadProgress.CUT
            self._rest(follower)
        return more

    def _rest(self, follower: Follower) -> None:
        """Close the file that was used longest ago when too many are open."""
        if follower.leaving_since is not None or follower.source.compressed:
            return
        self._awake.pop(follower, None)
        self._awake[follower] = None
        while len(self._awake) > self._allowed:
            oldest = next(iter(self._awake))
            del self._awake[oldest]
            oldest.source.rest()

    def _read_once(self, follower: Follower, now: float) -> tuple[ReadProgress, int]:
        before = follower.end
        try:
            with put_down_to(reader.rule for reader in follower.readers):
                progress = follower.read(now, self._tell)
        except SourceError as error:
            follower.trouble = error
            # Opened anew it can perhaps be read again: a share that was away is another one.
            follower.source.rest()
            if follower.leaving_since is None:
                for reader in follower.readers:
                    self._problems[reader.path] = error.title
            return ReadProgress.QUIET, 0
        if progress is not ReadProgress.QUIET:
            self._active.add(follower)
        if progress is ReadProgress.CUT:
            self._cut(follower, now)
        return progress, follower.end - before

    def _cut(self, follower: Follower, now: float) -> None:
        """Begin a truncated file anew, once what is not read yet was looked for in a copy."""
        follower.give_up(self._tell)
        for reader in follower.readers:
            self._rules[reader.rule].learn(follower.position(reader))
        follower.source.close()
        self._active.discard(follower)
        if follower in self._leaving:
            self._leaving.remove(follower)
            self._rewritten |= {reader.key for reader in follower.readers}
            self._recovering |= {reader.rule: float("-inf") for reader in follower.readers}
        for path, those in list(self._current.items()):
            if follower in those:
                those.remove(follower)
                self._quiet.pop(path, None)
                self._let_go(follower)
                if not those:
                    del self._current[path]
                self._seek(path, self._paths.get(path, []), now)

    def _settle(self, now: float) -> None:
        for follower in self._active:
            with put_down_to(reader.rule for reader in follower.readers):
                follower.settle(now, self._tell)
        for follower in self._leaving:
            quiet = now - max(follower.leaving_since or now, follower.last_growth)
            if quiet >= LEAVING_SECONDS and (follower.trouble or follower.read_whole()):
                self._end(follower)

    def _end(self, follower: Follower) -> None:
        """Leave a file that has been read to its end; one that cannot be read remains owed."""
        self._leaving.remove(follower)
        try:
            if follower.trouble:
                raise follower.trouble
            with put_down_to(reader.rule for reader in follower.readers):
                follower.finish(self._tell)
            for reader in follower.readers:
                self._rules[reader.rule].learn(follower.position(reader, ended=True))
                if follower.source.broken:
                    self._dirty = True
                    self._rules[reader.rule].lost[reader.path] = text(
                        "{path} is damaged: only its beginning can be read.",
                        path=follower.source.path,
                    )
        except SourceError as error:
            log.warning("%s", error)
        follower.source.close()
        self._active.discard(follower)

    # --- telling --------------------------------------------------------------------------------

    def _tell(self, observation: LogObservation) -> None:
        self._rules[observation.rule].tell(observation, self._listener)

    def _learn_moved(self) -> None:
        for follower in self._active | set(self._leaving):
            if follower.moved:
                follower.moved = False
                for reader in follower.readers:
                    self._learn_position(follower, reader)
        self._active = {one for one in self._active if one.waiting}

    def _learn_position(self, follower: Follower, reader: Reader) -> None:
        try:
            self._rules[reader.rule].learn(follower.position(reader))
        except SourceError as error:
            self._problems[reader.path] = error.title

    def _tell_news(self, now_ns: int) -> None:
        for watched in self._rules.values():
            watched.tell_news(now_ns, self._listener)
        if not self._dirty:
            return
        self._dirty = False
        following = Counter(
            name
            for path in self._paths
            if (path in self._current and path not in self._away) or path in self._being_written
            for name in self._paths[path]
        )
        for name, watched in self._rules.items():
            watched.tell_sources(following[name], self._problems, self._listener)


def _trace(found: os.stat_result) -> Trace:
    return found.st_mtime_ns, found.st_size, found.st_ino, found.st_dev


def _real(path: str) -> Path:
    """Return where a path leads; a link that leads to itself leads nowhere else."""
    return Path(os.path.realpath(path))  # pathlib's raises there
