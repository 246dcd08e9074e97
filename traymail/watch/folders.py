"""Watching folders: watchdog's events are hints, looks at the folders find what they missed.

One thread settles files and looks at folders; it sleeps until something is due. The events'
own thread only notes paths: a handler that raised would end the watching of every folder.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from watchdog.events import (
    DirCreatedEvent,
    DirMovedEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver

from traymail.core.errors import StateError
from traymail.core.ledger import KnownFiles
from traymail.core.observations import WatchTrouble
from traymail.core.ports import Clock
from traymail.core.reasons import reason_of, title_of
from traymail.core.rules.folder import FolderRule
from traymail.core.settings import Settings
from traymail.core.texts import Text, text
from traymail.failures import log_failure
from traymail.watch.folder_news import Observe
from traymail.watch.root import WatchRoot
from traymail.watch.spot import Spot

log = logging.getLogger(__name__)

# Not opened and closed unwritten: our own reading makes those.
_EVENTS: list[type[FileSystemEvent]] = [
    FileCreatedEvent,
    FileModifiedEvent,
    FileClosedEvent,
    FileMovedEvent,
    DirCreatedEvent,
    DirMovedEvent,
]
# More hints than this at a time are not worth keeping apart: all is looked at.
_MANY_HINTS = 5000
# A file being written makes many events; they share one look at it.
_GATHER_SECONDS = 0.1
_STOP_SECONDS = 3.0
# Looks may take a part in so many of a processor, and rest for so long.
_LOOK_SHARE = 300
_LONGEST_REST = 300.0


@dataclass(frozen=True, slots=True)
class Pace:
    """How often, in seconds, folders are looked at when no event comes.

    ``check``: is each folder still there? ``error``: after something went wrong.
    ``overflow``: after events were lost; they come in bursts, which are let pass.
    """

    rescan: float = 60.0
    network_rescan: float = 20.0
    check: float = 5.0
    error: float = 10.0
    overflow: float = 1.0


class FolderWatcher:
    """Watches the folders of all enabled folder rules. Methods may be called from any thread."""

    def __init__(
        self,
        observe: Observe,
        known: Callable[[FolderRule], KnownFiles],
        clock: Clock,
        own_folders: Sequence[str] = (),
        pace: Pace = Pace(),
        on_death: Callable[[], None] = lambda: None,
    ) -> None:
        """``on_death`` is called when the watcher's thread ends before `stop`."""
        self._on_death = on_death
        self._observe = observe
        self._known = known
        self._clock = clock
        self._own_folders = tuple(own_folders)
        self._pace = pace
        self._changed = threading.Condition()
        self._stopping = False
        self._rules: tuple[FolderRule, ...] | None = None
        # By rule, in the order in which they came.
        self._hints: dict[str, dict[str, None]] = {}
        self._hints_due = 0.0
        self._overflowed: set[str] = set()
        self._all_due = False
        # From here on: the watcher's thread only.
        self.roots: dict[str, WatchRoot] = {}
        # One each: to end one must not end, or keep, the events of another rule's same folder.
        self._observers: dict[str, BaseObserver] = {}
        self._next_check = 0.0
        self._thread = threading.Thread(target=self._run, name="traymail-folders", daemon=True)
        self._ear = _OverflowEar(self.rescan)

    def start(self) -> None:
        """Begin."""
        logging.getLogger("watchdog").addHandler(self._ear)
        self._thread.start()

    def stop(self) -> None:
        """End all threads, within a few seconds."""
        logging.getLogger("watchdog").removeHandler(self._ear)
        with self._changed:
            self._stopping = True
            self._changed.notify()
        if self._thread.is_alive():
            self._thread.join(_STOP_SECONDS)

    def apply(self, settings: Settings) -> None:
        """Watch what the enabled folder rules want watched, from now on."""
        self.set_rules(settings.enabled(FolderRule))

    def set_rules(self, rules: Sequence[FolderRule]) -> None:
        """Watch for these rules; those that have not changed go on, and tell their state again."""
        with self._changed:
            self._rules = tuple(rules)
            self._changed.notify()

    def rescan(self) -> None:
        """Look at all folders soon: events were lost, or the computer has slept."""
        with self._changed:
            self._all_due = True
            self._changed.notify()

    # --- the watcher's thread -----------------------------------------------------------------

    def _run(self) -> None:
        try:
            while self._wait():
                self.step()
        except Exception as error:  # noqa: BLE001 # the owner is told
            log_failure(log, "no folder is watched any more", error)
        finally:
            if not self._stopping:
                self._on_death()
            for name in list(self._observers):
                self._unwatch(name)

    def _wait(self) -> bool:
        """Sleep until something is due or told; False when it is time to end."""
        with self._changed:
            while not self._stopping:
                due = [root.next_due() for root in self.roots.values() if root.is_there]
                if self.roots:
                    due.append(self._next_check)
                if self._hints:
                    due.append(self._hints_due)
                wait = min(due) - self._clock.monotonic() if due else None
                told = self._rules is not None or self._all_due or self._overflowed
                if told or (wait is not None and wait <= 0):
                    return True
                self._changed.wait(wait)
        return False

    def step(self) -> None:
        """Do what is due."""
        now = self._clock.monotonic()
        with self._changed:
            rules, self._rules = self._rules, None
            hints, self._hints = self._hints, {}
            overflowed, self._overflowed = self._overflowed, set()
            if self._all_due:
                self._all_due = False
                overflowed = set(self.roots)
        if rules is not None:
            self._put_in_force(rules)
        if now >= self._next_check or rules is not None:
            self._next_check = now + self._pace.check
            for name in self.roots:
                self._guarded(name, now, self._check)
        for name in overflowed & set(self.roots):
            root = self.roots[name]
            root.next_scan = min(root.next_scan, now + self._pace.overflow)
        for name in self.roots:
            self._guarded(name, now, lambda root, now: self._work(root, hints, now))

    def _put_in_force(self, rules: tuple[FolderRule, ...]) -> None:
        wanted = {rule.name: rule for rule in rules}
        own = (*self._own_folders, *(f for r in rules for f in (r.move_to, r.failed_to) if f))
        for name, root in list(self.roots.items()):
            if wanted.get(name) != root.rule or own != root.own_folders:
                self._unwatch(name)
                del self.roots[name]
            else:
                root.tell_again()
        for name, rule in wanted.items():
            if name in self.roots:
                continue
            try:
                self.roots[name] = WatchRoot(rule, own, self._known(rule), self._observe)
            except Exception as error:  # noqa: BLE001 # no other folder may suffer
                log_failure(log, f"rule {name}: its folder cannot be watched", error)
                self._observe(WatchTrouble(rule=name, reason=title_of(error)))

    def _guarded(self, name: str, now: float, act: Callable[[WatchRoot, float], object]) -> None:
        """Do it; when that fails, no other folder suffers, and all of this one is looked at."""
        root = self.roots[name]
        try:
            act(root, now)
        except OSError as error:
            self._unwatch(name)
            root.lost(text("The folder cannot be read: {reason}", reason=reason_of(error)))
        except StateError as error:
            root.news.fails(error.title)
            root.next_scan = now + self._pace.error
        except Exception as error:  # noqa: BLE001 # the thread's loop must survive
            if root.news.fails(title_of(error)):
                log_failure(log, f"rule {name}: a look at its folder failed", error)
            root.next_scan = now + self._pace.error

    def _check(self, root: WatchRoot, now: float) -> bool:
        """Is the folder there, the same one, and watched? If not, say so, or begin again."""
        name = root.rule.name
        spot = root.look_at_spot()
        if spot is None:
            self._unwatch(name)
            return False
        if spot == root.spot and self._is_watched(name):
            return True
        self._unwatch(name)
        unwatched = self._watch(root, spot)
        root.found(spot, unwatched)
        root.next_scan = now
        return True

    def _work(self, root: WatchRoot, hints: dict[str, dict[str, None]], now: float) -> None:
        here = hints.get(root.rule.name, {})
        before = root.spot
        if before is None or not (here or root.next_due() <= now):
            return
        # Exchanged since, or something is mounted over it?
        if root.look_at_spot() != before and not self._check(root, now):
            return
        for path in here:
            root.hint(path, now)
        looked = now >= root.next_scan
        if looked:
            root.next_scan = now + self._rest(root)
            root.scan(now)
        root.settle(now)
        if looked:
            root.news.works()

    def _rest(self, root: WatchRoot) -> float:
        """Return the seconds until the next look: among very many files they come more seldom."""
        if self._needs_looks(root):
            return self._pace.network_rescan
        return max(self._pace.rescan, min(root.look_seconds * _LOOK_SHARE, _LONGEST_REST))

    def _needs_looks(self, root: WatchRoot) -> bool:
        return root.network or root.rule.name not in self._observers

    # --- watchdog -----------------------------------------------------------------------------

    def _watch(self, root: WatchRoot, spot: Spot) -> Text | str | None:
        """Have the folder watched; return why not, then looks at it alone must do."""
        name, folder = root.rule.name, root.rule.folder
        # Of a folder that is a link, the link itself would be watched.
        real = spot.place.real
        try:
            observer, recursive = _new_observer(recursive=root.rule.recursive)
            observer.schedule(
                _Hints(lambda path: self.note(name, folder + path.removeprefix(real))),
                real,
                recursive=recursive,
                event_filter=_EVENTS,
            )
            self._observers[name] = observer
            observer.start()
        except (OSError, RuntimeError) as error:  # RuntimeError: no more threads
            self._unwatch(name)
            log.warning("rule %s: no events for its folder: %s", name, error)
            return reason_of(error)
        return None

    def _is_watched(self, name: str) -> bool:
        observer = self._observers.get(name)
        if observer is None:
            return True  # events could not be had: looks alone must do
        return observer.is_alive() and all(e.is_alive() for e in observer.emitters)

    def _unwatch(self, name: str) -> None:
        observer = self._observers.pop(name, None)
        if observer is None:
            return
        try:
            observer.stop()
        except Exception as error:  # noqa: BLE001 # no other folder may suffer
            log_failure(log, f"rule {name}: the events for its folder do not end", error)
        if observer.is_alive():
            observer.join(_STOP_SECONDS)

    def note(self, name: str, path: str) -> None:
        """Take a hint; called from watchdog's thread."""
        with self._changed:
            if not self._hints:
                self._hints_due = self._clock.monotonic() + _GATHER_SECONDS
                self._changed.notify()
            hints = self._hints.setdefault(name, {})
            if len(hints) < _MANY_HINTS:
                hints[path] = None
            elif name not in self._overflowed:
                self._overflowed.add(name)
                self._changed.notify()


def _new_observer(*, recursive: bool) -> tuple[BaseObserver, bool]:
    """Return an observer, and whether it has to be given the folders inside."""
    if sys.platform == "linux":
        with suppress(ImportError):  # a watchdog before 7
            from traymail.watch.inotify import FolderObserver

            return FolderObserver(recursive=recursive), False
    return Observer(), recursive


class _Hints(FileSystemEventHandler):
    """Notes where something happened, and nothing else."""

    def __init__(self, note: Callable[[str], None]) -> None:
        self._tell = note

    def on_any_event(self, event: FileSystemEvent) -> None:
        """Note the path; of a move, where it went."""
        path = event.dest_path or event.src_path
        self._tell(os.fsdecode(path))


class _OverflowEar(logging.Handler):
    """Hears watchdog say that events were lost, which it only ever writes to its log."""

    def __init__(self, lost: Callable[[], None]) -> None:
        super().__init__(logging.WARNING)
        self._lost = lost

    def emit(self, record: logging.LogRecord) -> None:
        """Have everything looked at, whatever went wrong."""
        del record
        self._lost()
