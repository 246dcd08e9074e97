"""Reads existing logs for one rule, from their beginning or only their ends: for a dry run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from pathlib import Path

from traymail.core.errors import SourceError, UnsafePath
from traymail.core.lines import encoding_of, to_utf8
from traymail.core.matcher import PatternSet
from traymail.core.observations import LinesMatched, LogObservation
from traymail.core.reasons import unreadable
from traymail.core.records import Gatherer, wants_of
from traymail.core.rules.log import LogRule
from traymail.core.texts import Text, text
from traymail.disk import opened_file
from traymail.watch.follower import Follower, Reader, ReadProgress
from traymail.watch.globs import expand, refusal
from traymail.watch.sources import Source, look

HEAD_BYTES = 4096
TAIL_BYTES = 256 * 1024


def logs_of(rule: LogRule) -> tuple[tuple[str, ...], tuple[tuple[str, Text], ...]]:
    """Return the logs a rule follows now, and what is there and left out, with the reason."""
    found: dict[str, Text | None] = {}
    for pattern in rule.paths:
        for path in expand(pattern):
            if found.get(path, "") is not None:
                found[path] = refusal(path, pattern) or _not_there(path)
    left_out = tuple((path, reason) for path, reason in found.items() if reason is not None)
    return _once(path for path, reason in found.items() if reason is None), left_out


def _not_there(path: str) -> Text | None:
    try:
        if Path(path).is_file():
            return None
    except OSError:
        pass  # a name too long, or a folder that may not be looked into
    return text("{path} is not there, or no regular file.", path=path)


def _once(paths: Iterable[str]) -> tuple[str, ...]:
    """Return paths without other names of the same files."""
    files: dict[tuple[int, int], str] = {}
    for path in paths:
        found = look(path)
        if found is not None:
            files.setdefault((found.st_dev, found.st_ino), path)
    return tuple(files.values())


def reread(
    rule: LogRule, path: str, progress: Callable[[int], None], most: int | None = None
) -> Iterator[LinesMatched]:
    """Yield a rule's matches in a log, which may be gzipped; raises SourceError.

    ``progress`` is told how many bytes have been read; ``most`` reads only so many from the end.
    """
    told: list[LogObservation] = []
    patterns = PatternSet([rule.match])
    reader = Reader(rule.name, 0, path, 0, Gatherer(wants_of(rule, patterns, 0)), "")
    try:
        source = Source(path)
    except FileNotFoundError as error:
        raise unreadable(path, error) from error
    with closing(source):
        # An even place: UTF-16 has two bytes a unit.
        start = 0 if most is None else max(Path(path).stat().st_size - most, 0) // 2 * 2
        follower = Follower(source, rule.encoding, patterns, [reader], (start, start > 0))
        while follower.read(0.0, told.append) is ReadProgress.MORE:
            progress(follower.end)
            yield from _matches(told)
        follower.finish(told.append)
        yield from _matches(told)


def _matches(told: list[LogObservation]) -> Iterator[LinesMatched]:
    yield from (one for one in told if isinstance(one, LinesMatched))
    told.clear()


def last_of(path: str, encoding: str, most: int) -> list[bytes]:
    """Return the last lines of a log as UTF-8, at most ``most`` and 256 KiB; raises SourceError."""
    try:
        # Since it was looked at, somebody may have put a link or a pipe in its place.
        with opened_file(path, strangers=True) as file:
            head = file.read(HEAD_BYTES)
            start = max(file.seek(0, 2) - TAIL_BYTES, 0)
            # An even place: UTF-16 has two bytes a unit.
            file.seek(start - start % 2)
            raw = file.read(TAIL_BYTES)
    except UnsafePath as error:
        raise SourceError(path, error.title, error.advice) from error
    except OSError as error:
        raise unreadable(path, error) from error
    lines = to_utf8(raw, encoding_of(head, encoding)).splitlines()
    return lines[1:][-most:] if start else lines[-most:]
