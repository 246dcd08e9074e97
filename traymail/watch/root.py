"""One watched folder: is it there, what has settled in it, and what a look at all of it finds.

Events are hints, and many of them never come; a look at the folder against the ledger is the
truth. What was handled is known by the ledger alone, so nothing grows here but what is settling.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import islice
from pathlib import PurePath
from time import thread_time

from traymail.core.errors import UnsafePath
from traymail.core.ledger import Arrival, KnownFiles, arrival, recognised
from traymail.core.message import FileIdentity
from traymail.core.observations import (
    FileLeftOut,
    FileSettled,
    FirstScan,
    FolderBack,
    FolderGone,
    FoundFile,
    InnerScan,
    ManyFiles,
    NoLongerLeftOut,
    Observation,
    Place,
    PlaceKnown,
    WatchTrouble,
)
from traymail.core.reasons import reason_of
from traymail.core.rules.folder import Existing, FolderRule
from traymail.core.selection import MOST_DEEP, Selection, readable, relative_to
from traymail.core.settling import Settling
from traymail.core.texts import Text, text
from traymail.disk import HAS_DESCRIPTORS, Folder, current_user, exchangeable_in, open_folder
from traymail.watch.mounts import Mounts, is_network, tells_of_owners, watched_inodes
from traymail.watch.tree import (
    Glance,
    Passed,
    behind_link,
    cannot_read,
    classify,
    glances,
    look_into,
    look_through,
)
from traymail.watch.writers import open_for_writing

Observe = Callable[[Observation], None]

# Shares tell nothing of what is written from elsewhere, and their files grow in fits and starts.
NETWORK_SETTLE = timedelta(seconds=15)
_DEFAULT_SETTLE = FolderRule.__dataclass_fields__["settle"].default
_AT_ONCE = 500
# A first look is soon kept by the flow; if it is not, it is told again.
_KEPT_SECONDS = 0.25
_AGAIN_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Spot:
    """The very folder that is watched: another one may be mounted or made at its path."""

    device: int
    inode: int
    place: Place


@dataclass(frozen=True, slots=True)
class Looked:
    """What a folder held when it was looked into; ``whole``: all of it is known to the ledger."""

    glance: Glance
    left_out: tuple[tuple[str, Text], ...]
    small: tuple[tuple[str, FileIdentity], ...]
    whole: bool


@dataclass(frozen=True, slots=True)
class First:
    """A first look that was told of, and when it is told once more if it is not kept."""

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
        self._kept: Spot | None = None  # the last one that the ledger knows by its number
        self._closed_folders = (*self.own_folders, *_by_its_path(rule, self.own_folders))
        self._selection = Selection(rule, self._closed_folders)
        self._mounts = Mounts()
        self._leads = ""
        self._known = known
        self._observe = observe
        self._settling = Settling(quiet(rule, network=self.network).total_seconds())
        self._told: dict[str, Text] = {}
        self._small: dict[str, FileIdentity] = {}
        # What need not be looked into again while nothing changes there.
        self._looked: dict[str, Looked] = {}
        # Those that the last look could not look into.
        self._unseen: set[str] = set()
        self._first: First | None = None
        # When media inside that the ledger does not know are told again.
        self._inner_told: dict[str, float] = {}
        self._gone: Text | None = None
        self._trouble: Text | None = None
        self._no_events: Text | str | None = None
        self._announce = False

    # --- is it there? -------------------------------------------------------------------------

    @property
    def is_there(self) -> bool:
        """Whether the folder is watched."""
        return self.spot is not None

    def look_at_spot(self) -> Spot | None:
        """Return the folder as it is now, None when it cannot be watched, which is told.

        Its path leads where it led when the rule began, whoever may put a link there since.
        Raises StateError.
        """
        real = os.path.realpath(self.rule.folder)
        leads = self._where_it_led(real)
        if leads != real:
            self.lost(_led_away(real, leads))
            return None
        try:
            with open_folder(real) as folder:
                found = folder.itself()
                here = "." if folder.descriptor is not None else real
                if os.access(here, os.R_OK | os.X_OK, dir_fd=folder.descriptor):
                    spot = Spot(found.st_dev, found.st_ino, self._place(found, real))
                    if where := self._exchanged(spot, found.st_uid):
                        self.lost(_put_there(where))
                        return None
                    return spot
            self.lost(text("The folder cannot be read: you have no permission"))
        except UnsafePath:  # it became one just now
            self.lost(_led_away(real, leads))
        except NotADirectoryError:
            self.lost(text("The folder is not there: a file has its name"))
        except OSError as error:
            self.lost(text("The folder is not there: {reason}", reason=reason_of(error)))
        return None

    def _where_it_led(self, real: str) -> str:
        """Return where the path led at the rule's first look, as far back as that is known."""
        if not HAS_DESCRIPTORS:
            return real  # Windows tells of a drive in two ways, with and without its server
        if not self._leads:
            begun = self._known.begun()
            self._leads = (begun and begun.real) or real
        return self._leads

    def _exchanged(self, spot: Spot, owner: int) -> str:
        """Return where others may have put another folder of the user's in this one's place.

        A folder that is a stranger's holds nothing that the stranger may not see.
        """
        if spot == self._kept or owner not in (0, current_user()):
            return ""
        another = self._known.is_another(spot.place, spot.inode)
        if not another or not tells_of_owners(spot.place.medium):
            return ""
        return exchangeable_in(spot.place.real)

    def _place(self, found: os.stat_result, real: str) -> Place:
        medium = self._mounts.medium(real, found.st_dev, found.st_ino)
        if not medium and (begun := self._known.begun()):
            medium = begun.media[-1]  # the system no longer tells
        return Place(real, medium, self._mounted_inside(real))

    def lost(self, reason: Text) -> None:
        """Tell, once, that the folder cannot be watched; what was handled stays known."""
        self.spot = None
        self._forget()
        if reason != self._gone:
            self._gone = reason
            self._observe(FolderGone(rule=self.rule.name, folder=self.rule.folder, reason=reason))

    def _forget(self) -> None:
        self._settling = Settling(self._settling.quiet)
        self._looked.clear()
        self._first = None

    def found(self, spot: Spot, no_events: Text | str | None) -> None:
        """Take note that the folder is watched from now on; a look at all of it is due.

        ``no_events``: why the system tells nothing of it, None when it does.
        """
        if self.spot != spot:
            self._looked.clear()
        if self.spot is not None and self.spot.place != spot.place:
            self._forget()  # those files lie elsewhere
            self._inner_told.clear()
        self.spot = spot
        self.network = is_network(spot.place.real)
        self._settling.quiet = quiet(self.rule, network=self.network).total_seconds()
        self._no_events = no_events
        self._announce = True
        self.next_scan = 0.0

    def fails(self, reason: Text) -> bool:
        """Tell why looks at the folder fail; False when that has been told."""
        if self._trouble == reason:
            return False
        self._trouble = reason
        self._observe(WatchTrouble(rule=self.rule.name, reason=reason))
        return True

    def works(self) -> None:
        """Take note that a look at all of the folder went well."""
        if self._trouble is not None:
            self._trouble = None
            self._observe(WatchTrouble(rule=self.rule.name, reason=None))

    def tell_again(self) -> None:
        """Tell the state once more: to a flow that has just begun."""
        self._told.clear()
        self._gone = None
        if self._trouble is not None:
            self._observe(WatchTrouble(rule=self.rule.name, reason=self._trouble))
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
                    self._settling.stirred(one.path, one.identity, now)
                elif one.told:
                    self._leave_out(one.path, one.reason)
        except OSError:  # gone again; if it is only unreadable, the next look at all tells
            self._settling.gone(inside)

    def _at(self, inside: str) -> Iterator[FoundFile | Passed]:
        """Yield what lies at a path. Of a tree that is moved in, not all files are told of."""
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
                self._look(root, now)
        left_out = {path: why for one in self._looked.values() for path, why in one.left_out}
        left_out = self._unwatched() | left_out
        self._small = {path: size for one in self._looked.values() for path, size in one.small}
        for path, reason in left_out.items():
            self._leave_out(path, reason)
        # What is gone, or fits now, may be told again when it comes back.
        kept = {path for path in self._told if path in self._small or path in self._settling}
        for path in self._told.keys() - left_out.keys() - kept:
            self._observe(NoLongerLeftOut(rule=self.rule.name, what=readable(path)))
        self._told = {path: self._told[path] for path in (*left_out, *kept)}
        if self._announce:
            # Not before the first look has ended: what is dropped from now on is new.
            self._announce = False
            self._gone = None
            place = self.spot.place if self.spot is not None else Place()
            name, folder = self.rule.name, self.rule.folder
            self._observe(FolderBack(rule=name, folder=folder, place=place))

    def _look(self, root: Folder, now: float) -> None:
        """Look into each folder in which anything changed, or was not handled yet."""
        began = thread_time()
        before, self._looked = self._looked, {}
        self._unseen.clear()
        strange = self._arrive_inside(root, now)
        for glance in glances(self.rule, self._selection, root):
            if any(PurePath(glance.path).is_relative_to(path) for path in strange):
                continue
            seen = before.get(glance.path)
            if seen is None or not seen.whole or seen.glance.mark != glance.mark:
                seen = self._look_into(root, glance, now)
            self._looked[glance.path] = seen
        self.look_seconds = thread_time() - began

    def _arrive_inside(self, root: Folder, now: float) -> list[str]:
        """Return the folders inside at which something is mounted for the first time.

        As in the folder itself, it is told what lies there, and until that is kept, there is
        nothing to look for.
        """
        strange: list[str] = []
        if self.spot is None:
            return strange
        place, name, folder = self.spot.place, self.rule.name, self.rule.folder
        for path, _medium in place.inner:
            if self._known.knows_inside(path) or not _is_folder(root, path):
                continue
            strange.append(path)
            self.next_scan = min(self.next_scan, now + _KEPT_SECONDS)
            if now >= self._inner_told.get(path, now):
                self._inner_told[path] = now + _AGAIN_SECONDS
                self._observe(
                    InnerScan(
                        rule=name,
                        folder=folder,
                        place=place,
                        path=path,
                        files=ManyFiles(
                            one
                            for one in self._files_under(root, path)
                            if place.inner_of(one.path) == path
                        ),
                    )
                )
        return strange

    def _mounted_since(self) -> bool:
        """Tell whether something was mounted inside, or taken away, since the folder was found."""
        if self.spot is None:
            return False
        place = self.spot.place
        return self._mounted_inside(place.real) != place.inner

    def _mounted_inside(self, real: str) -> tuple[tuple[str, str], ...]:
        if not self.rule.recursive:
            return ()
        found = self._mounts.inside(real).items()
        return tuple(sorted(one for one in found if not self._closed(one[0])))

    def _files_under(self, root: Folder, path: str) -> Iterator[FoundFile]:
        """Yield all that lies in a folder inside, whatever the patterns."""
        rule, everything = self._everything()
        with suppress(UnsafePath, OSError):
            for glance in glances(rule, everything, root, path):
                yield from self._found_in(everything, root, glance, [])

    def _everything(self) -> tuple[FolderRule, Selection]:
        rule = replace(self.rule, include=("*",), exclude=(), hidden=True)
        return rule, Selection(rule, self._closed_folders)

    def _look_into(self, root: Folder, glance: Glance, now: float) -> Looked:
        left_out: list[tuple[str, Text]] = []
        small: list[tuple[str, FileIdentity]] = []
        whole = True
        found = self._found_in(self._selection, root, glance, left_out)
        while some := list(islice(found, _AT_ONCE)):
            handled = self._known.handled(some)
            for file in some:
                if self._small.get(file.path) == file.identity:
                    small.append((file.path, file.identity))
                elif file.path not in handled:
                    self._settling.seen(file.path, file.identity, now)
                    whole = False
        whole = whole and glance.path not in self._unseen
        return Looked(glance, tuple(left_out), tuple(small), whole=whole)

    def _found_in(
        self,
        selection: Selection,
        root: Folder,
        glance: Glance,
        left_out: list[tuple[str, Text]],
    ) -> Iterator[FoundFile]:
        """Yield the files that are right in a folder; what is told of others is added."""
        self._unseen.discard(glance.path)
        passed = glance.passed
        if passed is None:
            try:
                for one in look_into(selection, root, glance.path):
                    if isinstance(one, FoundFile):
                        yield one
                    elif one.told:
                        left_out.append((one.path, one.reason))
            except UnsafePath:
                passed = behind_link(selection, root, glance.path)
            except OSError as error:
                if not glance.path:
                    raise
                passed = Passed(glance.path, cannot_read(error))
        if passed is not None:
            self._unseen.add(glance.path)
            if passed.told:
                left_out.append((passed.path, passed.reason))

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
            if self.spot != self._kept:
                self._known.keep_inode(place, self.spot.inode)
                self._kept = self.spot
            return True
        self.next_scan = now + _KEPT_SECONDS
        first = self._first
        if first is not None and first.place == place and now < first.again:
            return False
        self._first = First(place, now + _AGAIN_SECONDS)
        files = ManyFiles(self._all_files(root, trusted=first is None))
        begun = self._known.begun()
        before = "" if arrival(begun, place) is Arrival.UNNAMED else None
        if arrival(begun, place) is Arrival.STRANGE:
            own = ManyFiles(one for one in files if not place.inner_of(one.path))
            before = recognised(self._known.met(own), len(own))
        if before is None:
            self._observe(FirstScan(rule=name, folder=folder, files=files, place=place))
        else:
            self._looked.clear()
            self._observe(PlaceKnown(rule=name, folder=folder, place=place, before=before))
        return False

    def _all_files(self, root: Folder, *, trusted: bool) -> Iterator[FoundFile]:
        """Yield all there is, whatever the patterns, and note what the next look need not see.

        ``trusted``: what is told of it is what will be kept.
        """
        rule, everything = self._everything()
        whole = trusted and self.rule.existing is Existing.SKIP
        self._looked = {}
        self._unseen.clear()
        for glance in glances(rule, everything, root):
            passed: list[tuple[str, Text]] = []
            left_out: list[tuple[str, Text]] = []
            for file in self._found_in(everything, root, glance, passed):
                yield file
                if (excluded := self._selection.exclusion(file.path)) and excluded.told:
                    left_out.append((file.path, excluded.reason))
            for path, reason in passed:
                if (excluded := self._selection.exclusion(path)) is None or excluded.told:
                    left_out.append((path, excluded.reason if excluded else reason))
            seen = whole and glance.path not in self._unseen
            self._looked[glance.path] = Looked(glance, tuple(left_out), (), whole=seen)

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
            for path, one in self._looked.items()
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

    # --- settling -----------------------------------------------------------------------------

    def settle(self, now: float) -> None:
        """Tell of the files that are whole now; raises StateError (the ledger cannot be read)."""
        due = self._settling.due(now)
        for at in range(0, len(due), _AT_ONCE):
            some = due[at : at + _AT_ONCE]
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
        settled = self._settling.next_due()
        return self.next_scan if settled is None else min(settled, self.next_scan)

    def _whole(self, root: Folder, path: str, now: float) -> FoundFile | None:
        try:
            found = classify(self._selection, root, path)
        except OSError:
            found = None
        if not isinstance(found, FoundFile):
            self._settling.gone(path)
            if found is not None and found.told:
                self._leave_out(found.path, found.reason)
            return None
        if found.identity.size < self.rule.min_bytes:
            # Whoever made it will write to it, which begins its wait anew; a rescan looks too.
            self._settling.gone(path)
            self._small[path] = found.identity
            self._leave_out(path, text("it is empty, or smaller than min_bytes"))
            return None
        writing = self._is_open(root, path)
        if writing:
            self._leave_out(path, text("a program has it open for writing"))
        whole = self._settling.settled(path, found.identity, now, writing=writing)
        return found if whole else None

    def _is_open(self, root: Folder, path: str) -> bool:
        *folders, name = path.split("/")
        with suppress(OSError, UnsafePath), root.reach(folders) as folder:
            return open_for_writing(folder, name)
        return False

    def _closed(self, path: str) -> bool:
        parts = path.split("/")
        return any(self._selection.closed("/".join(parts[:n])) for n in range(1, len(parts) + 1))

    def _leave_out(self, path: str, reason: Text) -> None:
        """Tell it once, as long as it stays so."""
        if self._told.get(path) != reason:
            self._told[path] = reason
            self._observe(FileLeftOut(rule=self.rule.name, what=readable(path), reason=reason))


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


def _led_away(real: str, leads: str) -> Text:
    if real == leads:
        return text("The folder is not watched: a link is in its way.")
    return text(
        "The folder is not watched: its path led to {before} when the rule began, and leads to "
        "{now} now. If you mean that place, name it as the folder.",
        before=readable(leads),
        now=readable(real),
    )


def _put_there(where: str) -> Text:
    return text(
        "The folder is not watched: it is another one than before. Others may exchange it, since "
        "they may write {where}. Look at what lies there now, then: chmod go-w {where}",
        where=readable(where),
    )


def quiet(rule: FolderRule, *, network: bool) -> timedelta:
    """Return for how long a file must be quiet; a share's default is longer."""
    return NETWORK_SETTLE if network and rule.settle == _DEFAULT_SETTLE else rule.settle
