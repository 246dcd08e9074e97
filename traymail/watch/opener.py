"""Opens logs for the rules that want them, each where it went on, and what comes before them."""

from __future__ import annotations

import logging
import os
import stat
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace

from traymail.core.errors import SourceError
from traymail.core.matcher import PatternSet
from traymail.core.records import Gatherer, wants_of
from traymail.core.rotation import GRAIN_NS, FileId, not_read_yet
from traymail.core.rules.log import StartAt
from traymail.core.texts import text
from traymail.watch.finding import Begin, Finder, Start
from traymail.watch.followed import Followed
from traymail.watch.follower import Before, Follower, Reader, look_before, start_at_end
from traymail.watch.nearby import OpenLogs, bystanders
from traymail.watch.position_index import new_key
from traymail.watch.sources import Listings, Source
from traymail.watch.watched import put_down_to

log = logging.getLogger(__name__)

# The clock that files get their times by is a little behind.
_CLOCK_GRAIN_NS = 20_000_000


class Opener:
    """Makes followers.

    Those of what comes before a log (the rest of a rotated file) are among the leaving at once, and
    what is wrong with a path is among the problems. ``sizes`` are how large files were when their
    paths were first found. ``spare`` are open files whose followers were given up: what they hold
    may still be owed.
    """

    def __init__(self, followed: Followed) -> None:
        self._followed = followed
        self._rules, self._leaving = followed.rules, followed.leaving
        self._patterns: dict[tuple[str, ...], PatternSet] = {}
        self._folders = Listings()
        self.sizes: dict[str, os.stat_result] = {}
        self.spare: dict[FileId, Source] = {}
        self.reading: dict[str, dict[FileId, str]] = {}  # by rule and file: the position's key

    def forget_patterns(self) -> None:
        """Compile anew what is asked for from now on: the rules have changed."""
        self._patterns.clear()

    def tidy(self) -> None:
        """Give back what was only of use while files were being opened."""
        self._folders.forget()
        self.sizes.clear()
        for source in self.spare.values():
            source.close()
        self.spare.clear()

    def note_size(self, path: str, names: list[str]) -> None:
        """Note how large a file was when its path was found: opening many takes a while."""
        try:
            self.sizes[path] = os.stat(path)  # noqa: PTH116 # hot: many logs
        except OSError:
            for name in names:
                if self._rules[name].since(path) is None:
                    self.look_around(path, name)

    def open(
        self, path: str, names: list[str], now: float, *, quiet: bool
    ) -> tuple[list[Follower], bool]:
        """Open a path's file for rules that do not follow it yet; tell whether to look again.

        ``quiet``: the file has not changed for a while.
        """
        opened: list[Follower] = []
        wait = False
        with ExitStack() as unused:
            try:
                source = Source(path)
                unused.callback(source.close)
                before = look_before(source)
                opened += self._adopt(source.file, path, names)
                adopted = {reader.rule for one in opened for reader in one.readers}
                begins: dict[tuple[Begin, str, bool], dict[str, str]] = {}
                for name in names:
                    if name in adopted:
                        continue
                    with put_down_to([name]):
                        found = self._start(source, path, name, now, quiet=quiet)
                    if found is None:
                        wait = True
                    else:
                        begin, key = found
                        old = self._is_old(key, path, name, before)
                        group = begin, self._encoding(name), old
                        begins.setdefault(group, {})[name] = key
                for (begin, _, old), keys in begins.items():
                    seen = replace(before, old=old)
                    with put_down_to(keys):
                        opened.append(self._follow(source.twin(), path, keys, begin, seen))
            except FileNotFoundError:
                pass  # gone again already
            except SourceError as error:
                self._followed.problems[path] = error.title
                for name in names:
                    self._owe(path, name)
        return opened, wait

    def _owe(self, path: str, name: str) -> None:
        """Note from where on a log is owed that cannot be read now, and never was."""
        watched = self._rules[name]
        try:
            found = self.sizes.get(path) or os.stat(path)  # noqa: PTH116 # hot: many logs
        except OSError:
            return
        file = found.st_dev, found.st_ino
        if not stat.S_ISREG(found.st_mode) or watched.known.knows(file):
            return
        offset, mine = 0, watched.known.of_path(path)
        if watched.since(path) is None and not mine:
            self.look_around(path, name)
            if watched.rule.start_at is StartAt.END:
                offset = found.st_size
        mtime_ns = max((one.mtime_ns for one in mine), default=found.st_mtime_ns)
        watched.learn(not_read_yet(path, file, offset, mtime_ns, new_key(file)))

    def _is_old(self, key: str, path: str, name: str, before: Before) -> bool:
        """Tell whether what a file holds was there before the rule, or before its last look."""
        watched = self._rules[name]
        known = watched.known.get(key)
        if known is not None:
            return known.mtime_ns == before.mtime_ns
        return watched.rule.start_at is StartAt.END and watched.since(path) is None

    def look_around(self, path: str, name: str) -> None:
        """Note what lies beside a log of a rule that is not there yet."""
        watched = self._rules[name]
        for position in bystanders(path, watched.known, self._folders, watched.origins):
            watched.learn(position)

    def recover(
        self, path: str, name: str, now: float, *, since_ns: int | None, sure: bool
    ) -> bool:
        """Set out to read what is owed of a log's earlier files; tell whether that is all.

        ``since_ns``: since when there may be files that nobody has read. ``sure``: what is not
        found is gone.
        """
        try:
            start = self._finder(path, name).rests(since_ns)
        except SourceError as error:
            self._followed.problems[path] = error.title
            return False
        if not sure:
            start.lost.clear()
        self._read_before(start, path, name, now)
        return sure and not start.unread

    def _encoding(self, name: str) -> str:
        return self._rules[name].rule.encoding

    def _adopt(self, file: FileId, path: str, names: list[str]) -> list[Follower]:
        """Take back files that are being left and have come to this path."""
        adopted = []
        for follower in self._leaving.of_file(file):
            mine = [one for one in follower.readers if one.rule in names]
            if mine and not follower.source.compressed:
                self._leaving.remove(follower)
                follower.source.path = path
                follower.moved = True
                for reader in mine:
                    reader.path = path
                adopted.append(follower)
        return adopted

    def _finder(self, path: str, name: str) -> Finder:
        watched = self._rules[name]
        live: dict[str, Source] = {}
        for follower in self._leaving.of_path(path):
            for reader in follower.readers:
                if reader.rule == name and not follower.source.compressed:
                    watched.known.learn(follower.position(reader))
                    live[reader.key] = follower.source
        reading = OpenLogs(
            live,
            lambda: self._all_read(name),
            lambda file, key: self.is_read(file, name, key),
            self.spare,
            watched.origins,
        )
        return Finder(path, watched.known, self._folders, reading, watched.rule.encoding)

    def _all_read(self, name: str) -> Iterator[tuple[str, Source]]:
        for follower in self._followed.all():
            for reader in follower.readers:
                if reader.rule == name and not follower.source.compressed:
                    yield reader.path, follower.source

    def is_read(self, file: FileId, name: str, key: str = "") -> bool:
        """Tell whether a file is being read for a rule, for the position with this key if given."""
        keys = {
            reader.key
            for follower in self._leaving.of_file(file)
            for reader in follower.readers
            if reader.rule == name
        }
        if (current := self.reading.get(name, {}).get(file)) is not None:
            keys.add(current)
        return key in keys if key else bool(keys)

    def give_up(self, source: Source) -> None:
        """Keep what is not read any more open until it was looked for, in vain or not."""
        if source.file in self.spare:
            source.close()
        else:
            self.spare[source.file] = source

    def _start(
        self, source: Source, path: str, name: str, now: float, *, quiet: bool
    ) -> tuple[Begin, str] | None:
        """Find where a rule begins in a file, and its key; set out to read what comes before it.

        None: it is being written, and to be looked at again.
        """
        watched = self._rules[name]
        since = watched.since(path)
        if since is not None:
            since += GRAIN_NS - _CLOCK_GRAIN_NS
        start = self._finder(path, name).start(source, since, quiet=quiet)
        self._read_before(start, path, name, now)
        if start.wait:
            return None
        key = start.key or new_key(source.file)
        if start.begin is not None:
            known = watched.known.get(key)
            if known is None or known.head_size or not known.offset:
                return start.begin, key
            # It could not be read by then: a line may have been begun.
            return (start_at_end(source, watched.rule.encoding, known.offset), False), key
        self.look_around(path, name)
        if watched.rule.start_at is StartAt.BEGINNING:
            return (0, False), key
        found = self.sizes.get(path)
        same = found is not None and (found.st_dev, found.st_ino) == source.file
        size = source.stat().st_size
        if found is not None and same:
            size = min(size, found.st_size)
        return (start_at_end(source, watched.rule.encoding, size), False), key

    def _read_before(self, start: Start, path: str, name: str, now: float) -> None:
        watched = self._rules[name]
        for position in start.lost:
            if position.key in watched.earlier:
                log.warning("rule %s: what was %s cannot be found again", name, path)
                watched.lost[path] = text(
                    "{path} was rotated or emptied while traymail did not run, and what it held "
                    "cannot be found: lines that were not read by then are not told.",
                    path=path,
                )
        for position in (*start.closed, *start.lost):
            watched.close(position)
        for position in start.unseen:
            watched.learn(position)
        watched.unread |= start.unread
        self._give_up(start.over, path, name)
        rests: list[tuple[Source, Begin, str]] = []
        for source, one in start.rests:
            key = one.key if source.file == one.file else new_key(source.file)
            rests.append((source, (one.offset, one.inside_line), key))
        rests += [(source, (0, False), new_key(source.file)) for source in start.between]
        for source, begin, key in rests:
            try:
                follower = self._follow(source, path, {name: key}, begin)
            except SourceError as error:
                log.warning("rule %s: a rotated file of %s cannot be read: %s", name, path, error)
                continue
            self._leaving.add(follower, now)
        for source, position in start.rests:
            # The rest is owed at the place where it is now.
            if source.file != position.file:
                watched.close(position)

    def _give_up(self, over: set[str], path: str, name: str) -> None:
        """End reading files whose content goes on in another one."""
        for follower in self._leaving.of_path(path):
            mine = [one for one in follower.readers if one.rule == name and one.key in over]
            for reader in mine:
                self._rules[name].learn(follower.position(reader, ended=True))
                follower.readers.remove(reader)
            if not follower.readers:
                self._leaving.remove(follower)
                follower.source.close()

    def _follow(
        self,
        source: Source,
        path: str,
        keys: dict[str, str],
        begin: Begin,
        before: Before | None = None,
    ) -> Follower:
        """Follow a file that is or was at ``path``; raises SourceError, with the file closed.

        ``keys`` are those of the rules' positions, by their names.
        """
        names = list(keys)
        patterns = self._pattern_set(tuple(names))
        readers = [
            Reader(
                name,
                self._rules[name].turn,
                path,
                number,
                Gatherer(wants_of(self._rules[name].rule, patterns, number)),
                keys[name],
            )
            for number, name in enumerate(names)
        ]
        try:
            follower = Follower(
                source,
                self._encoding(names[0]),
                patterns,
                readers,
                begin,
                before,
            )
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
