"""What is owed of log files that are not at their paths any more."""

from __future__ import annotations

from collections.abc import Container, Iterable

from traymail.core.rotation import Position
from traymail.watch.followed import Followed
from traymail.watch.follower import Reader
from traymail.watch.opener import Opener
from traymail.watch.sources import is_out_of_reach

AGAIN_SECONDS = 10.0
_NOW = float("-inf")


class OwedLogs:
    """Has it looked for, again and again while it cannot be looked for."""

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
