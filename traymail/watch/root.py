"""One watched folder: is it there, what has settled in it, and what a look at all of it finds.

Events are hints, and many of them never come; a look at the folder against the ledger is the
truth. What was handled is known by the ledger alone, so nothing grows here but what is settling.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import islice

from traymail.core.ledger import KnownFiles
from traymail.core.message import FileIdentity
from traymail.core.observations import (
    FileLeftOut,
    FileSettled,
    FirstScan,
    FolderBack,
    FolderGone,
    FoundFile,
    NoLongerLeftOut,
    Observation,
)
from traymail.core.rules.folder import FolderRule
from traymail.core.selection import Selection, readable, relative_to
from traymail.core.settling import Settling
from traymail.core.texts import Text, text
from traymail.watch.mounts import is_network, watched_inodes
from traymail.watch.tree import Passed, classify, full_path, look_through
from traymail.watch.writers import open_for_writing

Observe = Callable[[Observation], None]

# Shares tell nothing of what is written from elsewhere, and their files grow in fits and starts.
NETWORK_SETTLE = timedelta(seconds=15)
_DEFAULT_SETTLE = FolderRule.__dataclass_fields__["settle"].default
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Place:
    """The folder itself, apart from its path: another one may be mounted or made there."""

    device: int
    inode: int


class Root:
    """The folder of one rule; used by the watcher's thread only. Times are monotonic seconds."""

    def __init__(
        self, rule: FolderRule, own_folders: Iterable[str], known: KnownFiles, observe: Observe
    ) -> None:
        self.rule = rule
        self.own_folders = tuple(own_folders)
        self.network = is_network(rule.folder)
        self.next_scan = 0.0
        self.place: Place | None = None
        self._selection = Selection(rule, self.own_folders)
        self._known = known
        self._observe = observe
        self._settling = Settling(quiet(rule, network=self.network).total_seconds())
        self._told: dict[str, Text] = {}
        self._small: dict[str, FileIdentity] = {}
        self._gone: Text | None = None
        self._no_events: str | None = None
        self._announce = False

    # --- is it there? -------------------------------------------------------------------------

    def look_at_place(self) -> Place | None:
        """Return the folder as it is now, None when it cannot be watched, which is told."""
        try:
            found = os.stat(self.rule.folder)  # noqa: PTH116 # a hot path: every few seconds
        except OSError as error:
            self.lost(text("The folder is not there: {reason}", reason=error.strerror))
            return None
        if not stat.S_ISDIR(found.st_mode):
            self.lost(text("The folder is not there: a file has its name"))
        elif not os.access(self.rule.folder, os.R_OK | os.X_OK):
            self.lost(text("The folder cannot be read: you have no permission"))
        else:
            return Place(found.st_dev, found.st_ino)
        return None

    def lost(self, reason: Text) -> None:
        """Tell, once, that the folder cannot be watched; what was handled stays known."""
        self.place = None
        self._settling = Settling(self._settling.quiet)
        if reason != self._gone:
            self._gone = reason
            self._observe(FolderGone(rule=self.rule.name, folder=self.rule.folder, reason=reason))

    def found(self, place: Place, no_events: str | None) -> None:
        """Take note that the folder is watched from now on; a look at all of it is due.

        ``no_events``: why the system tells nothing of it, None when it does.
        """
        self.place = place
        self._no_events = no_events
        self._announce = True
        self.next_scan = 0.0

    def tell_again(self) -> None:
        """Tell the state once more: to a flow that has just begun."""
        self._told.clear()
        self._gone = None
        self._announce = True
        self.next_scan = 0.0

    # --- hints --------------------------------------------------------------------------------

    def hint(self, path: str, now: float) -> None:
        """Look at what is said to have changed; ``path`` is the full one."""
        inside = relative_to(self.rule.folder, path)
        if inside is None or ("/" in inside and not self.rule.recursive):
            return
        try:
            for one in self._at(inside, path):
                if isinstance(one, FoundFile):
                    self._settling.stirred(one.path, one.identity, now)
                elif one.told:
                    self._leave_out(one.path, one.reason)
        except OSError:  # gone again; if it is only unreadable, the next look at all tells
            self._settling.gone(inside)

    def _at(self, inside: str, path: str) -> Iterator[FoundFile | Passed]:
        """Yield what lies at ``path``. Of a tree that is moved in, not all files are told of."""
        found = os.lstat(path)
        if not stat.S_ISDIR(found.st_mode):
            yield classify(self.rule, self._selection, inside)
        elif self.rule.recursive and not self._closed(inside):
            yield from look_through(self.rule, self._selection, inside)

    # --- looking at all of it -----------------------------------------------------------------

    def scan(self, now: float) -> None:
        """Look at everything in the folder; what the ledger does not know begins to settle.

        Raises OSError when the folder cannot be read, StateError when the ledger cannot.
        """
        if not self._known.started():
            self._first_scan()
        left_out = self._unwatched()
        small: dict[str, FileIdentity] = {}
        found = self._fit(look_through(self.rule, self._selection), left_out)
        while some := list(islice(found, _AT_ONCE)):
            handled = self._known.handled(some)
            for file in some:
                if self._small.get(file.path) == file.identity:
                    small[file.path] = file.identity
                elif file.path not in handled:
                    self._settling.seen(file.path, file.identity, now)
        self._small = small
        for path, reason in left_out.items():
            self._leave_out(path, reason)
        # What is gone, or fits now, may be told again when it comes back.
        kept = {path for path in self._told if path in small or path in self._settling}
        for path in self._told.keys() - left_out.keys() - kept:
            self._observe(NoLongerLeftOut(rule=self.rule.name, what=readable(path)))
        self._told = {path: self._told[path] for path in (*left_out, *kept)}
        if self._announce:
            # Not before the first look has ended: what is dropped from now on is new.
            self._announce = False
            self._gone = None
            self._observe(FolderBack(rule=self.rule.name, folder=self.rule.folder))

    def _first_scan(self) -> None:
        """Tell what lies in the folder at the rule's first look; the flow decides about it.

        Whatever the patterns: when they change, what lay there before is still not new.
        """
        everything = replace(self.rule, include=("*",), exclude=())
        selection = Selection(everything, self.own_folders)
        files = tuple(self._fit(look_through(everything, selection), {}))
        self._observe(FirstScan(rule=self.rule.name, folder=self.rule.folder, files=files))

    def _fit(
        self, found: Iterator[FoundFile | Passed], left_out: dict[str, Text]
    ) -> Iterator[FoundFile]:
        for one in found:
            if isinstance(one, FoundFile):
                yield one
            elif one.told:
                left_out[one.path] = one.reason

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
        missing = [path for path, inode in self._folders() if inode not in watched]
        if not missing:
            return {}
        reason = text(
            "{count} folder(s) of this rule are not watched, since the system watches no more "
            "for you: new files there are found within a minute",
            count=len(missing),
        )
        return {missing[0]: reason}

    def _folders(self) -> Iterator[tuple[str, int]]:
        pending = [""]
        while pending:
            folder = pending.pop()
            with suppress(OSError), os.scandir(full_path(self.rule, folder)) as entries:
                for entry in entries:
                    path = f"{folder}/{entry.name}" if folder else entry.name
                    if entry.is_dir(follow_symlinks=False) and not self._selection.closed(path):
                        yield path, entry.inode()
                        pending.append(path)

    # --- settling -----------------------------------------------------------------------------

    def settle(self, now: float) -> None:
        """Tell of the files that are whole now; raises StateError (the ledger cannot be read)."""
        due = self._settling.due(now)
        for at in range(0, len(due), _AT_ONCE):
            some = due[at : at + _AT_ONCE]
            whole = [file for path in some if (file := self._whole(path, now)) is not None]
            handled = self._known.handled(whole)
            for file in whole:
                if file.path not in handled:
                    self._observe(FileSettled(rule=self.rule.name, file=file))

    def next_due(self) -> float:
        """Return when there is something to do: a file to look at, or all of the folder."""
        settled = self._settling.next_due()
        return self.next_scan if settled is None else min(settled, self.next_scan)

    def _whole(self, path: str, now: float) -> FoundFile | None:
        try:
            found = classify(self.rule, self._selection, path)
        except OSError:
            found = None
        if not isinstance(found, FoundFile):
            self._settling.gone(path)
            if found is not None and found.told:
                self._leave_out(path, found.reason)
            return None
        if found.identity.size < self.rule.min_bytes:
            # Whoever made it will write to it, which begins its wait anew; a rescan looks too.
            self._settling.gone(path)
            self._small[path] = found.identity
            self._leave_out(path, text("it is empty, or smaller than min_bytes"))
            return None
        writing = open_for_writing(full_path(self.rule, path))
        if writing:
            self._leave_out(path, text("a program has it open for writing"))
        whole = self._settling.settled(path, found.identity, now, writing=writing)
        return found if whole else None

    def _closed(self, path: str) -> bool:
        parts = path.split("/")
        return any(self._selection.closed("/".join(parts[:n])) for n in range(1, len(parts) + 1))

    def _leave_out(self, path: str, reason: Text) -> None:
        """Tell it once, as long as it stays so."""
        if self._told.get(path) != reason:
            self._told[path] = reason
            self._observe(FileLeftOut(rule=self.rule.name, what=readable(path), reason=reason))


def quiet(rule: FolderRule, *, network: bool) -> timedelta:
    """Return for how long a file must be quiet; a share's default is longer."""
    return NETWORK_SETTLE if network and rule.settle == _DEFAULT_SETTLE else rule.settle
