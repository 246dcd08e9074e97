"""When is a dropped file whole? Quiet for long enough, not empty, and closed by its writer.

Of nine ways in which programs write files, each rule with less than this mailed some half-written:
a scanner opens its file again, a browser makes an empty one first, an editor saves twice.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from traymail.core.message import FileIdentity

# A longer row of digits is no number that people count with.
_NUMBERS = re.compile(r"([0-9]{1,18})")


@dataclass(frozen=True, slots=True)
class SeenFile:
    """A file as it was last seen, and since when (monotonic seconds) it has been quiet."""

    identity: FileIdentity
    since: float


def _name_order(path: str) -> list[tuple[int, str]]:
    """Return what a path is sorted by: "page 2" comes before "page 10"."""
    parts = _NUMBERS.split(path.casefold())
    return [
        (int(part), part) if part.isascii() and part.isdecimal() else (0, part) for part in parts
    ]


class Stability:
    """The files of one folder that are not yet known to be whole. Times are monotonic seconds."""

    def __init__(self, quiet: float) -> None:
        self.quiet = quiet
        # In the order of `since`: whoever starts to wait again goes to the end.
        self._seen: dict[str, SeenFile] = {}

    def __len__(self) -> int:
        return len(self._seen)

    def __contains__(self, path: str) -> bool:
        return path in self._seen

    def stirred(self, path: str, identity: FileIdentity, now: float) -> None:
        """Take note that something happened to the file: its wait begins anew."""
        self._seen.pop(path, None)
        self._seen[path] = SeenFile(identity, now)

    def seen(self, path: str, identity: FileIdentity, now: float) -> None:
        """Take note of the file as a look at the folder found it: unchanged, it goes on waiting."""
        before = self._seen.get(path)
        if before is None or before.identity != identity:
            self.stirred(path, identity, now)

    def settled(self, path: str, identity: FileIdentity, now: float, *, writing: bool) -> bool:
        """Tell whether the file, looked at now, is whole; then it is no longer waited for.

        Otherwise (it has changed, or a program still has it open for writing) it waits anew.
        """
        before = self._seen.get(path)
        if before is None:
            return False
        if writing or identity != before.identity:
            self.stirred(path, identity, now)
            return False
        del self._seen[path]
        return True

    def gone(self, path: str) -> None:
        """Forget a file that is no longer there."""
        self._seen.pop(path, None)

    def due(self, now: float) -> list[str]:
        """Return the files that have been quiet for long enough and are to be looked at now.

        In the order they came; those that were found by the same look, as people sort names.
        """
        due = []
        for path, seen in self._seen.items():
            if seen.since + self.quiet > now:
                break
            due.append((seen.since, _name_order(path), path))
        return [path for _since, _order, path in sorted(due)]

    def next_due(self) -> float | None:
        """Return when the next file will have been quiet for long enough."""
        first = next(iter(self._seen.values()), None)
        return None if first is None else first.since + self.quiet
