"""Reads what was added to the logs that are followed, a bounded amount in each look."""

from __future__ import annotations

import logging
from collections.abc import Callable

from traymail.core.errors import SourceError
from traymail.core.observations import LogObservation
from traymail.core.texts import text
from traymail.watch.followed import Followed
from traymail.watch.follower import Follower, Reader, ReadProgress, Tell
from traymail.watch.watched import put_down_to

log = logging.getLogger(__name__)

# A rotated file may be written to until its writer turns to the new one.
LEAVING_SECONDS = 5.0
SLICE = 4 << 20  # bytes of one file in one look, nearly
LOOK = 8 << 20  # bytes of all files in one look, nearly


class LogReader:
    """Reads and tells. ``active`` are those of which something may be told yet."""

    def __init__(
        self,
        followed: Followed,
        listener: Tell,
        room: Callable[[], bool],
        cut: Callable[[Follower, float], object],
    ) -> None:
        """While ``room`` says False nothing is read. ``cut`` is told of truncated files."""
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
