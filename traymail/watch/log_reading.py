"""Reads what was added to the logs that are followed, a bounded amount in each look."""

from __future__ import annotations

import logging
from collections.abc import Callable, Container, Iterable

from traymail.core.errors import SourceError
from traymail.core.observations import LogObservation
from traymail.core.rotation import Position
from traymail.core.texts import text
from traymail.watch.followed import Followed
from traymail.watch.follower import Follower, Reader, ReadProgress, Tell
from traymail.watch.opener import Opener
from traymail.watch.sources import is_out_of_reach
from traymail.watch.watched import put_down_to

log = logging.getLogger(__name__)

# A rotated file may be written to until its writer turns to the new one.
LEAVING_SECONDS = 5.0
SLICE = 4 << 20  # bytes of one file in one look, nearly
LOOK = 8 << 20  # bytes of all files in one look, nearly
# What is owed and cannot be looked for: until the next try.
AGAIN_SECONDS = 10.0
_NOW = float("-inf")


class LogReader:
    """Reads and tells. ``active`` are those of which something may be told yet."""

    def __init__(
        self,
        followed: Followed,
        listener: Tell,
        room: Callable[[], bool],
        cut: Callable[[Follower, float], object],
    ) -> None:
        """While ``room`` says False nothing is read. ``cut`` is called with truncated files."""
        self._followed, self._listener = followed, listener
        self._room, self._cut = room, cut
        self.active: set[Follower] = set()
        # Those that are open, the one last used at the end: no more than the system allows.
        self._awake: dict[Follower, None] = {}
        self.allowed = 0

    def clear(self) -> None:
        """Forget all of them."""
        self.active.clear()
        self._awake.clear()

    def read(self, grown: list[Follower], now: float) -> bool:
        """Read what was added, older files first; return whether there is more."""
        left = LOOK
        more = False
        for follower in [*self._followed.leaving, *grown]:
            begun = left
            progress = ReadProgress.MORE
            while progress is ReadProgress.MORE:
                if left <= 0 or begun - left >= SLICE or not self._room():
                    more = True
                    break
                progress, size = self._read_once(follower, now)
                left -= size
            more = more or progress is ReadProgress.CUT
            self.use(follower)
        return more

    def use(self, follower: Follower) -> None:
        """Note that a file is in use; close the one used longest ago when too many are open."""
        if follower.leaving_since is not None or follower.source.compressed:
            return
        self.release(follower)
        self._awake[follower] = None
        while len(self._awake) > self.allowed:
            oldest = next(iter(self._awake))
            del self._awake[oldest]
            oldest.source.rest()

    def release(self, follower: Follower) -> None:
        """Note that a file is closed by others."""
        self._awake.pop(follower, None)

    def settle(self, now: float) -> None:
        """Complete what waited for more; leave files that have been read to their ends."""
        for follower in self.active:
            with put_down_to(reader.rule for reader in follower.readers):
                follower.settle(now, self.tell)
        for follower in self._followed.leaving:
            quiet = now - max(follower.leaving_since or now, follower.last_growth)
            if quiet >= LEAVING_SECONDS and (follower.trouble or follower.read_whole()):
                self._end(follower)

    def tell(self, observation: LogObservation) -> None:
        """Tell of matches."""
        self._followed.rules[observation.rule].tell(observation, self._listener)

    def learn_moved(self) -> None:
        """Note how far reading came."""
        for follower in self.active | set(self._followed.leaving):
            if follower.moved:
                follower.moved = False
                for reader in follower.readers:
                    self._learn_position(follower, reader)
        self.active = {one for one in self.active if one.waiting}

    def _learn_position(self, follower: Follower, reader: Reader) -> None:
        try:
            self._followed.rules[reader.rule].learn(follower.position(reader))
        except SourceError as error:
            self._followed.problems[reader.path] = error.title

    def _read_once(self, follower: Follower, now: float) -> tuple[ReadProgress, int]:
        before = follower.end
        try:
            with put_down_to(reader.rule for reader in follower.readers):
                progress = follower.read(now, self.tell)
        except SourceError as error:
            follower.trouble = error
            # Opened anew it can perhaps be read again: a share that was away is another one.
            follower.source.rest()
            if follower.leaving_since is None:
                for reader in follower.readers:
                    self._followed.problems[reader.path] = error.title
            return ReadProgress.QUIET, 0
        if progress is not ReadProgress.QUIET:
            self.active.add(follower)
        if progress is ReadProgress.CUT:
            self._cut(follower, now)
        return progress, follower.end - before

    def _end(self, follower: Follower) -> None:
        """Leave a file that has been read to its end; one that cannot be read remains owed."""
        self._followed.leaving.remove(follower)
        try:
            if follower.trouble:
                raise follower.trouble
            with put_down_to(reader.rule for reader in follower.readers):
                follower.finish(self.tell)
            for reader in follower.readers:
                watched = self._followed.rules[reader.rule]
                watched.learn(follower.position(reader, ended=True))
                if follower.source.broken:
                    self._followed.changed = True
                    watched.lost[reader.path] = text(
                        "{path} is damaged: only its beginning can be read.",
                        path=follower.source.path,
                    )
        except SourceError as error:
            log.warning("%s", error)
        follower.source.close()
        self.active.discard(follower)


class OwedLogs:
    """Has what was left unread looked for, again and again while it cannot be looked for."""

    def __init__(self, followed: Followed, opener: Opener) -> None:
        self._followed, self._opener = followed, opener
        # Rules of which something is owed that is to be looked for, and when.
        self._due: dict[str, float] = {}
        # Keys of positions whose file may hold what was written into it anew, and rotated unread.
        self._rewritten: set[str] = set()

    def begin(self, rule: str) -> None:
        """Look for what an earlier run left, at the next look."""
        self._due[rule] = _NOW

    def lose(self, readers: Iterable[Reader]) -> None:
        """Look in every form for what these have read, and what was written in its place."""
        for reader in readers:
            self._rewritten.add(reader.key)
            self._due[reader.rule] = _NOW

    def wait(self, rule: str, now: float) -> None:
        """Look for something of a rule in a while."""
        self._due.setdefault(rule, now + AGAIN_SECONDS)

    def recover(self, now: float, being_written: Container[str]) -> None:
        """Look for what is due, but at what is ``being_written`` later."""
        for name in [name for name, due in self._due.items() if due <= now]:
            del self._due[name]
            if name not in self._followed.rules:
                continue
            watched = self._followed.rules[name]
            self._followed.changed = self._followed.changed or bool(watched.unread)
            watched.unread.clear()
            owed: dict[str, list[Position]] = {}
            for one in watched.known.values():
                if not (one.ended or self._opener.is_read(one.file, name, one.key)):
                    owed.setdefault(one.path, []).append(one)
            for path in [path for path in owed if path not in being_written]:
                if not self._recover(name, path, owed[path], now):
                    self._due[name] = now + AGAIN_SECONDS
                self._rewritten -= {one.key for one in owed[path]}

    def _recover(self, name: str, path: str, owed: list[Position], now: float) -> bool:
        current = path in self._followed.current
        sure = current or not any(is_out_of_reach(path, one.device) for one in owed)
        since_ns = None
        if not current:
            known = self._followed.rules[name].known
            since_ns = max(one.mtime_ns for one in known.of_path(path))
        elif rewritten := [one for one in owed if one.key in self._rewritten]:
            since_ns = min(one.mtime_ns for one in rewritten)
        return self._opener.recover(path, name, now, since_ns=since_ns, sure=sure)
