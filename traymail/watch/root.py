"""One watched folder: is it there, what has settled in it, and what a look at all of it finds.

Events are hints, and many of them never come; a look at the folder against the ledger is the
truth. What was handled is known by the ledger alone, so nothing grows here but what is not stable
yet.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import PurePath
from time import thread_time

from traymail.core.errors import UnsafePath
from traymail.core.ledger import Arrival, KnownFiles, arrival, recognised
from traymail.core.observations import (
    FileSettled,
    FirstScan,
    FoundFile,
    InnerScan,
    ManyFiles,
    Observation,
    Place,
    PlaceKnown,
)
from traymail.core.rules.folder import FolderRule
from traymail.core.selection import MOST_DEEP, Selection, relative_to
from traymail.core.stability import Stability
from traymail.core.texts import Text, text
from traymail.disk import Folder, open_folder
from traymail.watch.folder_looks import AT_ONCE, FolderLooks
from traymail.watch.folder_news import FolderNews, Observe
from traymail.watch.mounts import is_network, watched_inodes
from traymail.watch.spot import Spot, SpotFinder
from traymail.watch.tree import (
    Passed,
    behind_link,
    classify,
    look_through,
)
from traymail.watch.writers import open_for_writing

# Shares tell nothing of what is written from elsewhere, and their files grow in fits and starts.
NETWORK_SETTLE = timedelta(seconds=15)
_DEFAULT_SETTLE = FolderRule.__dataclass_fields__["settle"].default
# A first look is soon kept by the flow; if it is not, it is told again.
_KEPT_SECONDS = 0.25
_AGAIN_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class First:
    """A first look that was reported, and when it is reported once more if it is not kept."""

    place: Place
    again: float


class WatchRoot:
    """The folder of one rule; used by the watcher's thread only. Times are monotonic seconds."""

    def __init__(
        self, rule: FolderRule, own_folders: Iterable[str], known: KnownFiles, observe: Observe
    ) -> None:
        self.rule = rule
        self.own_folders = tuple(own_folders)
        self.network = is_network(rule.folder)
        self.next_scan = 0.0
        self.look_seconds = 0.0  # of a processor, the last time
        self.spot: Spot | None = None
        closed_folders = (*self.own_folders, *_by_its_path(rule, self.own_folders))
        self._selection = Selection(rule, closed_folders)
        self._known = known
        self._observe = observe
        self.news = FolderNews(rule, observe)
        self._finder = SpotFinder(rule, known, self._closed)
        self._looks = FolderLooks(rule, self._selection, closed_folders, known)
        self.stability = Stability(quiet(rule, network=self.network).total_seconds())
        self._first: First | None = None
        # When media inside that the ledger does not know are told again.
        self._inner_told: dict[str, float] = {}
        self._no_events: Text | str | None = None
        self._announce = False

    # --- is it there? -------------------------------------------------------------------------

    @property
    def is_there(self) -> bool:
        """Whether the folder is watched."""
        return self.spot is not None

    def look_at_spot(self) -> Spot | None:
        """Return the folder as it is now, None when it cannot be watched, which is told.

        Raises StateError.
        """
        found = self._finder.find()
        if isinstance(found, Spot):
            return found
        self.lost(found)
        return None

    def lost(self, reason: Text) -> None:
        """Tell, once, that the folder cannot be watched; what was handled stays known."""
        self.spot = None
        self._forget()
        self.news.gone(reason)

    def _forget(self) -> None:
        self.stability = Stability(self.stability.quiet)
        self._looks.looked.clear()
        self._first = None

    def found(self, spot: Spot, no_events: Text | str | None) -> None:
        """Take note that the folder is watched from now on; a look at all of it is due.

        ``no_events``: why the system tells nothing of it, None when it does.
        """
        if self.spot != spot:
            self._looks.looked.clear()
        if self.spot is not None and self.spot.place != spot.place:
            self._forget()  # those files lie elsewhere
            self._inner_told.clear()
        self.spot = spot
        self.network = is_network(spot.place.real)
        self.stability.quiet = quiet(self.rule, network=self.network).total_seconds()
        self._no_events = no_events
        self._announce = True
        self.next_scan = 0.0

    def tell_again(self) -> None:
        """Tell the state once more: to a flow that has just begun."""
        self.news.again()
        self._announce = True
        self.next_scan = 0.0

    # --- hints --------------------------------------------------------------------------------

    def hint(self, path: str, now: float) -> None:
        """Look at what is said to have changed; ``path`` is the full one."""
        inside = relative_to(self.rule.folder, path)
        if inside is None or ("/" in inside and not self.rule.recursive):
            return
        try:
            for one in self._at(inside):
                if isinstance(one, FoundFile):
                    self.stability.stirred(one.path, one.identity, now)
                elif one.told:
                    self.news.leave_out(one.path, one.reason)
        except OSError:  # gone again; if it is only unreadable, the next look at all tells
            self.stability.gone(inside)

    def _at(self, inside: str) -> Iterator[FoundFile | Passed]:
        """Yield what lies at a path. Of a tree that is moved in, not all files are reported."""
        *folders, name = inside.split("/")
        if len(folders) > MOST_DEEP:
            return  # a look at all of it tells
        with self._opened() as root:
            try:
                with root.reach(folders) as folder:
                    is_folder = stat.S_ISDIR(folder.look(name).st_mode)
            except UnsafePath:
                yield behind_link(self._selection, root, "/".join(folders))
                return
            if not is_folder:
                yield classify(self._selection, root, inside)
            elif self.rule.recursive and not self._closed(inside):
                yield from look_through(self.rule, self._selection, root, inside)

    def _opened(self) -> Folder:
        """Open the folder: the very one that was found; raises OSError when it is another one."""
        if self.spot is None:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
        try:
            folder = open_folder(self.spot.place.real)
        except UnsafePath as error:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT)) from error
        found = folder.itself()
        if (found.st_dev, found.st_ino) != (self.spot.device, self.spot.inode):
            folder.close()
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
        return folder

    # --- looking at all of it -----------------------------------------------------------------

    def scan(self, now: float) -> None:
        """Look at everything in the folder; what the ledger does not know begins to settle.

        Raises OSError when the folder cannot be read, StateError when the ledger cannot.
        """
        with self._opened() as root:
            if self._arrive(root, now):
                began = thread_time()
                strange = self._arrive_inside(root, now)
                stability = self.stability
                self._looks.look(root, strange, lambda path, one: stability.seen(path, one, now))
                self.look_seconds = thread_time() - began
        self._looks.finish()
        self.news.looked(
            self._unwatched() | self._looks.left_out,
            lambda path: path in self._looks.small or path in self.stability,
        )
        if self._announce:
            # Not before the first look has ended: what is dropped from now on is new.
            self._announce = False
            self.news.back(self.spot.place if self.spot is not None else Place())

    def _arrive_inside(self, root: Folder, now: float) -> list[str]:
        """Return the folders inside at which something is mounted for the first time.

        As in the folder itself, it is told what lies there, and until that is kept, there is
        nothing to look for.
        """
        strange: list[str] = []
        if self.spot is None:
            return strange
        for path, _medium in self.spot.place.inner:
            if self._known.knows_inside(path) or not _is_folder(root, path):
                continue
            strange.append(path)
            self.next_scan = min(self.next_scan, now + _KEPT_SECONDS)
            if now >= self._inner_told.get(path, now):
                self._inner_told[path] = now + _AGAIN_SECONDS
                self._observe(self._seen_inside(root, path, self.spot.place))
        return strange

    def _seen_inside(self, root: Folder, path: str, place: Place) -> Observation:
        """Return what is reported of a medium inside: a first look, or that it is one known before.

        Some are called otherwise after each mount; those are known by what lies on them.
        """
        name, folder = self.rule.name, self.rule.folder
        files = ManyFiles(
            one for one in self._looks.files_under(root, path) if place.inner_of(one.path) == path
        )
        before = recognised(self._known.met(files, path), len(files))
        if before is None:
            return InnerScan(rule=name, folder=folder, place=place, path=path, files=files)
        self._looks.looked.clear()
        return PlaceKnown(rule=name, folder=folder, place=place, before=before, path=path)

    def _mounted_since(self) -> bool:
        """Tell whether something was mounted inside, or taken away, since the folder was found."""
        if self.spot is None:
            return False
        place = self.spot.place
        return self._finder.mounted_inside(place.real) != place.inner

    def _arrive(self, root: Folder, now: float) -> bool:
        """Go on with what is known of this place; at one never seen, it is a first look.

        Then it is told what lies there, and the flow decides about it: until that is kept, there
        is nothing to look for. Whatever the patterns: when they change, what lay there before is
        still not new.
        """
        if self.spot is None:
            return False
        place, name, folder = self.spot.place, self.rule.name, self.rule.folder
        if self._known.stand_at(place):
            self._first = None
            self._finder.keep(self.spot)
            return True
        self.next_scan = now + _KEPT_SECONDS
        first = self._first
        if first is not None and first.place == place and now < first.again:
            return False
        self._first = First(place, now + _AGAIN_SECONDS)
        files = ManyFiles(self._looks.all_files(root, trusted=first is None))
        begun = self._known.begun()
        before = "" if arrival(begun, place) is Arrival.UNNAMED else None
        if arrival(begun, place) is Arrival.STRANGE:
            own = ManyFiles(one for one in files if not place.inner_of(one.path))
            before = recognised(self._known.met(own), len(own))
        if before is None:
            self._observe(FirstScan(rule=name, folder=folder, files=files, place=place))
        else:
            self._looks.looked.clear()
            self._observe(PlaceKnown(rule=name, folder=folder, place=place, before=before))
        return False

    def _unwatched(self) -> dict[str, Text]:
        """Return what the system does not watch: the folder, or, by the first, some inside."""
        if self._no_events is not None:
            reason = text(
                "the system does not watch this folder ({reason}): new files are found within "
                "a minute",
                reason=self._no_events,
            )
            return {self.rule.folder: reason}
        watched = watched_inodes() if self.rule.recursive else None
        if not watched:
            return {}
        missing = [
            path
            for path, one in self._looks.looked.items()
            if path and one.glance.passed is None and one.glance.inode not in watched
        ]
        if not missing:
            return {}
        reason = text(
            "{count} folder(s) of this rule are not watched (the system's limit, or a path that is "
            "too long): new files there are found within a minute",
            count=len(missing),
        )
        return {missing[0]: reason}

    # --- stability ----------------------------------------------------------------------------

    def settle(self, now: float) -> None:
        """Tell of the files that are whole now; raises StateError (the ledger cannot be read)."""
        due = self.stability.due(now)
        for at in range(0, len(due), AT_ONCE):
            some = due[at : at + AT_ONCE]
            with self._opened() as root:
                found = [self._whole(root, path, now) for path in some]
                if self._mounted_since():
                    return  # nobody knows which of them lie where; all of it is looked at again
            whole = [file for file in found if file is not None]
            handled = self._known.handled(whole)
            for file in whole:
                if file.path not in handled:
                    self._observe(FileSettled(rule=self.rule.name, file=file))

    def next_due(self) -> float:
        """Return when there is something to do: a file to look at, or all of the folder."""
        settled = self.stability.next_due()
        return self.next_scan if settled is None else min(settled, self.next_scan)

    def _whole(self, root: Folder, path: str, now: float) -> FoundFile | None:
        try:
            found = classify(self._selection, root, path)
        except OSError:
            found = None
        if not isinstance(found, FoundFile):
            self.stability.gone(path)
            if found is not None and found.told:
                self.news.leave_out(found.path, found.reason)
            return None
        if found.identity.size < self.rule.min_bytes:
            # Whoever made it will write to it, which begins its wait anew; a rescan looks too.
            self.stability.gone(path)
            self._looks.small[path] = found.identity
            self.news.leave_out(path, text("it is empty, or smaller than min_bytes"))
            return None
        writing = self._is_open(root, path)
        if writing:
            self.news.leave_out(path, text("a program has it open for writing"))
        whole = self.stability.settled(path, found.identity, now, writing=writing)
        return found if whole else None

    def _is_open(self, root: Folder, path: str) -> bool:
        *folders, name = path.split("/")
        with suppress(OSError, UnsafePath), root.reach(folders) as folder:
            return open_for_writing(folder, name)
        return False

    def _closed(self, path: str) -> bool:
        parts = path.split("/")
        return any(self._selection.closed("/".join(parts[:n])) for n in range(1, len(parts) + 1))


def _is_folder(root: Folder, path: str) -> bool:
    with suppress(OSError, UnsafePath):
        root.reach(path.split("/")).close()
        return True
    return False


def _by_its_path(rule: FolderRule, own_folders: Iterable[str]) -> Iterator[str]:
    """Yield folders that lie in the rule's own, but are named by what its path leads to."""
    real = os.path.realpath(rule.folder)
    for folder in (rule.move_to, rule.failed_to, *own_folders):
        inside = relative_to(real, os.path.realpath(folder)) if folder else None
        if inside is not None:
            yield str(PurePath(rule.folder, inside))


def quiet(rule: FolderRule, *, network: bool) -> timedelta:
    """Return for how long a file must be quiet; a share's default is longer."""
    return NETWORK_SETTLE if network and rule.settle == _DEFAULT_SETTLE else rule.settle
