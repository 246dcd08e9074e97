"""What each folder under a watched one held when it was looked into."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import PurePath

from traymail.core.errors import UnsafePath
from traymail.core.ledger import KnownFiles
from traymail.core.message import FileIdentity
from traymail.core.observations import FoundFile
from traymail.core.rules.folder import Existing, FolderRule
from traymail.core.selection import Selection
from traymail.core.texts import Text
from traymail.disk import Folder
from traymail.watch.tree import Glance, Passed, behind_link, cannot_read, glances, look_into

Seen = Callable[[str, FileIdentity], None]

AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Looked:
    """What a folder held when it was looked into; ``whole``: all of it is known to the ledger."""

    glance: Glance
    left_out: tuple[tuple[str, Text], ...]
    small: tuple[tuple[str, FileIdentity], ...]
    whole: bool


class FolderLooks:
    """Looks into folders, and again only where something has changed, or was not handled yet."""

    def __init__(
        self,
        rule: FolderRule,
        selection: Selection,
        closed_folders: tuple[str, ...],
        known: KnownFiles,
    ) -> None:
        self._rule, self._selection, self._known = rule, selection, known
        self._closed_folders = closed_folders
        self.looked: dict[str, Looked] = {}
        self.small: dict[str, FileIdentity] = {}
        """Files that are smaller than the rule takes."""
        # Those that the last look could not look into.
        self._unseen: set[str] = set()

    @property
    def left_out(self) -> dict[str, Text]:
        """What is not mailed, and why."""
        return {path: why for one in self.looked.values() for path, why in one.left_out}

    def look(self, root: Folder, strange: Iterable[str], seen: Seen) -> None:
        """Look into each folder but ``strange`` ones; ``seen`` is called with what is to settle."""
        before, self.looked = self.looked, {}
        self._unseen.clear()
        for glance in glances(self._rule, self._selection, root):
            if any(PurePath(glance.path).is_relative_to(path) for path in strange):
                continue
            looked = before.get(glance.path)
            if looked is None or not looked.whole or looked.glance.mark != glance.mark:
                looked = self._look_into(root, glance, seen)
            self.looked[glance.path] = looked

    def finish(self) -> None:
        """Know by this look which files are small."""
        self.small = {path: size for one in self.looked.values() for path, size in one.small}

    def all_files(self, root: Folder, *, trusted: bool) -> Iterator[FoundFile]:
        """Yield all there is, whatever the patterns, and note what the next look need not see.

        ``trusted``: what is reported of it is what will be kept.
        """
        rule, everything = self._everything()
        whole = trusted and self._rule.existing is Existing.SKIP
        self.looked = {}
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
            self.looked[glance.path] = Looked(glance, tuple(left_out), (), whole=seen)

    def files_under(self, root: Folder, path: str) -> Iterator[FoundFile]:
        """Yield all that lies in a folder inside, whatever the patterns."""
        rule, everything = self._everything()
        with suppress(UnsafePath, OSError):
            for glance in glances(rule, everything, root, path):
                yield from self._found_in(everything, root, glance, [])

    def _everything(self) -> tuple[FolderRule, Selection]:
        rule = replace(self._rule, include=("*",), exclude=(), hidden=True)
        return rule, Selection(rule, self._closed_folders)

    def _look_into(self, root: Folder, glance: Glance, seen: Seen) -> Looked:
        left_out: list[tuple[str, Text]] = []
        small: list[tuple[str, FileIdentity]] = []
        whole = True
        found = self._found_in(self._selection, root, glance, left_out)
        while some := list(islice(found, AT_ONCE)):
            handled = self._known.handled(some)
            for file in some:
                if self.small.get(file.path) == file.identity:
                    small.append((file.path, file.identity))
                elif file.path not in handled:
                    seen(file.path, file.identity)
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
        """Yield the files that are right in a folder; what is reported of others is added."""
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
