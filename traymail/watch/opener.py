"""Opens logs for the rules that want them, each where it went on, and what comes before them."""

from __future__ import annotations

import logging
from contextlib import ExitStack
from dataclasses import replace

from traymail.core.errors import SourceError
from traymail.core.matcher import PatternSet
from traymail.core.records import Gatherer, wants_of
from traymail.core.rotation import FileId
from traymail.core.rules.log import StartAt
from traymail.core.texts import Text
from traymail.watch.finding import Begin, Start, bystanders, find_start, open_beside
from traymail.watch.follower import Before, Follower, Reader, look_before, start_at_end
from traymail.watch.sources import Source
from traymail.watch.watched import Watched

log = logging.getLogger(__name__)


class Opener:
    """Makes followers. ``rules``, ``leaving`` and ``problems`` are its owner's, and change.

    Followers of what comes before a log (the rest of a rotated file) are put into ``leaving``;
    what is wrong with a path, into ``problems``.
    """

    def __init__(
        self, rules: dict[str, Watched], leaving: list[Follower], problems: dict[str, Text]
    ) -> None:
        self._rules = rules
        self._leaving = leaving
        self._problems = problems
        self._patterns: dict[tuple[str, ...], PatternSet] = {}

    def forget_patterns(self) -> None:
        """Compile anew what is asked for from now on: the rules have changed."""
        self._patterns.clear()

    def open(self, path: str, names: list[str], now: float) -> list[Follower]:
        """Open a path's file for rules that do not follow it yet."""
        opened: list[Follower] = []
        with ExitStack() as unused:
            try:
                source = Source(path)
                unused.callback(source.close)
                before = look_before(source)
                opened += self._adopt(source.file, path, names)
                adopted = {reader.rule for one in opened for reader in one.readers}
                begins: dict[tuple[Begin, str], list[str]] = {}
                for name in names:
                    if name not in adopted:
                        begin = self._start(source, path, name, now)
                        begins.setdefault((begin, self._encoding(name)), []).append(name)
                for (begin, _), group in begins.items():
                    opened.append(self._follow(self._again(source), path, group, begin, before))
            except FileNotFoundError:
                pass  # gone again already
            except SourceError as error:
                self._problems[path] = error.title
        return opened

    def _again(self, source: Source) -> Source:
        """Open the same file once more; raises FileNotFoundError when it has been replaced."""
        again = Source(source.path)
        if again.file != source.file:
            again.close()
            raise FileNotFoundError(source.path)
        return again

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
                follower.source.path = path
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
        begins = [(file, (one.offset, one.inside_line)) for file, one in start.rests]
        begins += [(file, (0, False)) for file in start.between]
        for file, begin in begins:
            try:
                follower = self._follow(open_beside(path, file), path, [name], begin)
            except (FileNotFoundError, SourceError) as error:
                log.info("rule %s: a rotated file of %s cannot be read: %s", name, path, error)
                continue
            follower.leaving_since = now
            self._leaving.append(follower)
        for _, position in start.rests:
            # The rest is owed at the place where it is now.
            if not any(one.source.file == position.file for one in self._leaving):
                watched.learn(replace(position, ended=True))

    def _follow(
        self,
        source: Source,
        path: str,
        names: list[str],
        begin: Begin,
        before: Before | None = None,
    ) -> Follower:
        """Follow a file that is or was at ``path``; raises SourceError, with the file closed."""
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
