"""Follows the logs of all log rules: finds them, notices rotation, reads what is added.

One look every second while nothing grows, four while something does; every look reads a bounded
amount. What a rule has read is told with the position behind it, so that whoever keeps both in
one transaction sees each line once, whatever happens in between.
"""

from __future__ import annotations

import logging
import stat
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from traymail.core.errors import SourceError, TraymailError
from traymail.core.matcher import PatternSet
from traymail.core.observations import LinesMatched, LogObservation, LogRead, LogSources
from traymail.core.ports import Clock
from traymail.core.records import Gatherer, wants_of
from traymail.core.rotation import FileId, Known, Position, is_compressed
from traymail.core.rules.log import LogRule, StartAt
from traymail.core.settings import Settings
from traymail.core.texts import Text, text
from traymail.watch.finding import Begin, Start, bystanders, expand, find_start
from traymail.watch.follower import Follower, Progress, Reader, Tell, start_at_end
from traymail.watch.sources import Source, look, not_regular

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


@dataclass(slots=True)
class _Watched:
    """A rule that is on: its patterns, what is known of its files, what was told last."""

    rule: LogRule
    turn: int
    known: dict[FileId, Position]
    globs: frozenset[str]
    origins: dict[str, set[str]] = field(default_factory=dict)
    news: dict[FileId, Position] = field(default_factory=dict)
    left_out: dict[str, Text] = field(default_factory=dict)
    sources: LogSources | None = None

    def learn(self, position: Position) -> None:
        """Remember a position, to be told with the news."""
        self.known[position.file] = self.news[position.file] = position


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
        self._own = tuple(Path(folder).resolve() for folder in own)
        self._room = room
        self._wanted: tuple[LogRule, ...] = ()
        self._rewinds: list[str] = []
        self._turns: dict[str, int] = {}
        self._rules: dict[str, _Watched] = {}
        self._current: dict[str, list[Follower]] = {}
        self._leaving: list[Follower] = []
        self._paths: dict[str, list[str]] = {}
        self._problems: dict[str, Text] = {}
        self._patterns: dict[tuple[str, ...], PatternSet] = {}
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
        self._leaving = [one for one in self._leaving if one.readers]
        self._patterns.clear()
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

    def _begin(self, rule: LogRule, before: _Watched | None) -> None:
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
        self._rules[rule.name] = _Watched(
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
        self._problems = {p: why for p, why in self._problems.items() if p in self._paths}

    def _refusal(self, path: str) -> Text | None:
        if is_compressed(path):
            return text("{path} is compressed: only plain logs are followed.", path=path)
        if path in self._current:
            return None
        real = Path(path).resolve()
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
            elif follower.end == 0 and follower.changed(found):
                # It may have been filled, copied and emptied since: looked at anew.
                follower.source.close()
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
        """Open a path's file for rules that do not follow it yet."""
        opened: list[Follower] = []
        with ExitStack() as unused:
            try:
                source = Source(path)
                unused.callback(source.close)
                opened += self._adopt(source.file, path, names)
                adopted = {reader.rule for one in opened for reader in one.readers}
                begins: dict[tuple[Begin, str], list[str]] = {}
                for name in names:
                    if name not in adopted:
                        begin = self._start(source, path, name, now)
                        begins.setdefault((begin, self._encoding(name)), []).append(name)
                for (begin, _), group in begins.items():
                    follower = self._follow(path, path, group, begin)
                    self._rest(follower)
                    opened.append(follower)
            except FileNotFoundError:
                pass  # gone again already
            except SourceError as error:
                self._problems[path] = error.title
        return opened

    def _encoding(self, name: str) -> str:
        return self._rules[name].rule.encoding

    def _adopt(self, file: FileId, path: str, names: list[str]) -> list[Follower]:
        """Take back files that are being left and have come to this path."""
        adopted = []
        for follower in list(self._leaving):
            mine = [one for one in follower.readers if one.rule in names]
            if follower.source.file == file and mine and not follower.source.compressed:
                self._leaving.remove(follower)
                follower.leaving_since = None
                follower.moved = True
                for reader in mine:
                    reader.path = path
                adopted.append(follower)
        return adopted

    def _start(self, source: Source, path: str, name: str, now: float) -> Begin:
        """Find where a rule begins in a file; set out to read what comes before it."""
        watched = self._rules[name]
        live = {
            one.source.file for one in self._leaving if any(r.rule == name for r in one.readers)
        }
        start = find_start(source, path, watched.known, live)
        for position in start.closed:
            log.info("rule %s: the file that was %s is gone", name, path)
            watched.learn(replace(position, ended=True))
        self._read_before(start, path, name, now)
        if start.begin is not None:
            return start.begin
        for position in bystanders(path, watched.known, watched.origins):
            watched.learn(position)
        first = not watched.origins.get(path, set()) & watched.globs
        if first and watched.rule.start_at is StartAt.END:
            return start_at_end(source, watched.rule.encoding), False
        return 0, False

    def _read_before(self, start: Start, path: str, name: str, now: float) -> None:
        watched = self._rules[name]
        begins = [(place, (one.offset, one.inside_line)) for place, one in start.rests]
        begins += [(place, (0, False)) for place in start.between]
        for place, begin in begins:
            try:
                follower = self._follow(place, path, [name], begin)
            except (FileNotFoundError, SourceError) as error:
                log.info("rule %s: %s cannot be read: %s", name, place, error)
                continue
            self._leave(follower, now)
        for _, position in start.rests:
            # The rest is owed at the place where it is now.
            if not any(one.source.file == position.file for one in self._leaving):
                watched.learn(replace(position, ended=True))

    def _follow(self, place: str, path: str, names: list[str], begin: Begin) -> Follower:
        """Open ``place``, which is or was at ``path``; raises SourceError, FileNotFoundError."""
        source = Source(place)
        patterns = self._pattern_set(tuple(names))
        readers = [
            Reader(
                name,
                self._rules[name].turn,
                path,
                number,
                Gatherer(wants_of(self._rules[name].rule, patterns, number)),
            )
            for number, name in enumerate(names)
        ]
        try:
            follower = Follower(source, self._encoding(names[0]), patterns, readers, begin)
            for reader in readers:
                self._rules[reader.rule].learn(follower.position(reader))
        except SourceError:
            source.close()
            raise
        return follower

    def _pattern_set(self, names: tuple[str, ...]) -> PatternSet:
        if names not in self._patterns:
            self._patterns[names] = PatternSet([self._rules[name].rule.match for name in names])
        return self._patterns[names]

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
        if isinstance(observation, LinesMatched):
            watched = self._rules[observation.rule]
            watched.known[observation.position.file] = observation.position
            watched.news.pop(observation.position.file, None)
        self._listener(observation)

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
        for name, watched in self._rules.items():
            globs = tuple(one for one in watched.rule.paths if one not in watched.globs)
            if watched.news or globs:
                positions = tuple(watched.news.values())
                watched.news = {}
                watched.globs |= set(globs)
                self._listener(
                    LogRead(rule=name, turn=watched.turn, positions=positions, globs=globs)
                )
            self._tell_sources(name, watched)

    def _tell_sources(self, name: str, watched: _Watched) -> None:
        following = sum(
            any(reader.rule == name for reader in one.readers)
            for those in self._current.values()
            for one in those
        )
        problem = next(
            (self._problems[path] for path in watched.origins if path in self._problems), None
        )
        if problem is None and not following:
            problem = text("There is no file {paths} yet.", paths=", ".join(watched.rule.paths))
        sources = LogSources(
            rule=name,
            turn=watched.turn,
            following=following,
            problem=problem,
            left_out=tuple(sorted(watched.left_out.items(), key=lambda item: item[0])),
        )
        if sources != watched.sources:
            watched.sources = sources
            self._listener(sources)
