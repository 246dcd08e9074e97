"""What the globs of log rules stand for."""

from __future__ import annotations

import glob
import os
import time
from collections.abc import Collection, Iterator
from pathlib import Path

from traymail.core.rotation import is_compressed, is_discarded
from traymail.core.texts import Text, text
from traymail.watch.sources import TRUSTED_NS, as_source_error


def expand(pattern: str) -> Iterator[str]:
    """Yield the paths a glob stands for now; a path without wildcards is itself.

    What exists as it is written is no pattern, whatever signs it has: ``[2] New/*.log``.
    """
    parts = Path(pattern).parts
    written = Path()
    for number, part in enumerate(parts):
        if glob.has_magic(part) and not os.path.lexists(written / part):
            rest = Path(glob.escape(str(written)), *parts[number:])
            found = glob.iglob(str(rest), recursive=True)  # noqa: PTH207 # pathlib's is for relative ones
            yield from sorted(found)
            return
        written /= part
    yield pattern


def refusal(path: str, pattern: str) -> Text | None:
    """Return why what a glob stands for is not followed as a log, as far as its name tells."""
    if is_compressed(path):
        return text("{path} is compressed: only plain logs are followed.", path=path)
    if is_discarded(path) and not is_discarded(pattern):
        # What it holds stands in the log itself, too.
        return text("{path} is the copy that an editor leaves: it is not followed.", path=path)
    return None


class Globs:
    """The paths that globs stand for; looked for again in folders that have changed."""

    def __init__(self) -> None:
        self._found: dict[str, tuple[list[str], tuple[int, int] | None, Text | None]] = {}

    def look(self, patterns: Collection[str]) -> bool:
        """Look again; return whether anything may have changed."""
        before = self._found
        self._found = {}
        for pattern in patterns:
            known = before.get(pattern)
            stamp = _stamp(pattern)
            if known is not None and stamp is not None and known[1] == stamp:
                self._found[pattern] = known
                continue
            hidden = _unreadable(pattern)
            self._found[pattern] = list(expand(pattern)), None if hidden else stamp, hidden
        return before != self._found

    def paths(self, pattern: str) -> list[str]:
        """Return the paths that a pattern stood for at the last look."""
        return self._found[pattern][0]

    def hidden(self, pattern: str) -> Text | None:
        """Return why what a pattern stands for could not be seen at the last look."""
        return self._found[pattern][2]


def _unreadable(pattern: str) -> Text | None:
    """Return why it is not allowed to see what a pattern stands for."""
    place = Path()
    try:
        for part in Path(pattern).parts:
            if glob.has_magic(part) and not os.path.lexists(place / part):
                os.scandir(place).close()
                break
            place /= part
        else:
            place.stat()
    except PermissionError as error:
        return as_source_error(str(place), error).title
    except OSError:
        pass
    return None


def _stamp(pattern: str) -> tuple[int, int] | None:
    """Return when the folder of a pattern last changed; None when that does not tell enough."""
    folder, name = os.path.split(pattern)
    if not glob.has_magic(pattern):
        return 0, 0
    if glob.has_magic(folder) or "**" in name:
        return None
    try:
        found = Path(folder).stat()
    except OSError:
        return None
    # (What it may be read by changes only the latter.)
    stamp = found.st_mtime_ns, found.st_ctime_ns
    # What happens within the clock's grain does not show.
    return stamp if time.time_ns() - max(stamp) > TRUSTED_NS else None
