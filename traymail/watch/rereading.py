"""Reads existing logs for one rule, from their beginning or only their ends: for a dry run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

from traymail.core.errors import SourceError
from traymail.core.lines import encoding_of, to_utf8
from traymail.core.matcher import PatternSet
from traymail.core.observations import LinesMatched, LogObservation
from traymail.core.records import Gatherer, wants_of
from traymail.core.rotation import is_compressed
from traymail.core.rules.log import LogRule
from traymail.core.texts import Text, text
from traymail.core.throttle import Told
from traymail.watch.finding import expand
from traymail.watch.follower import Follower, Progress, Reader
from traymail.watch.sources import Source

HEAD_BYTES = 4096
TAIL_BYTES = 256 * 1024


def logs_of(rule: LogRule) -> tuple[tuple[str, ...], tuple[tuple[str, Text], ...]]:
    """Return the logs a rule follows now, and what is there and left out, with the reason."""
    found = dict.fromkeys(path for pattern in rule.paths for path in expand(pattern))
    plain = tuple(path for path in found if not is_compressed(path) and Path(path).is_file())
    left_out = tuple(
        (path, text("{path} is compressed: only plain logs are followed.", path=path))
        for path in found
        if is_compressed(path)
    )
    missing = tuple(
        (path, text("{path} is not there, or no regular file.", path=path))
        for path in found
        if path not in plain and not is_compressed(path)
    )
    return plain, left_out + missing


def reread(
    rule: LogRule, path: str, progress: Callable[[int], None], most: int | None = None
) -> Iterator[Told]:
    """Yield a rule's matches in a log, which may be gzipped; raises SourceError.

    ``progress`` is told how many bytes have been read; ``most`` reads only so many from the end.
    """
    told: list[LogObservation] = []
    patterns = PatternSet([rule.match])
    reader = Reader(rule.name, 0, path, 0, Gatherer(wants_of(rule, patterns, 0)))
    try:
        source = Source(path)
    except FileNotFoundError as error:
        raise SourceError(path, text("{path} does not exist.", path=path)) from error
    with closing(source):
        # An even place: UTF-16 has two bytes a unit.
        start = 0 if most is None else max(Path(path).stat().st_size - most, 0) // 2 * 2
        follower = Follower(source, rule.encoding, patterns, [reader], (start, start > 0))
        while follower.read(0.0, told.append) is Progress.MORE:
            progress(follower.end)
            yield from _matches(told)
        follower.finish(told.append)
        yield from _matches(told)


def _matches(told: list[LogObservation]) -> Iterator[Told]:
    for observation in told:
        if isinstance(observation, LinesMatched):
            yield from (Told(match, observation.path) for match in observation.matches)
    told.clear()


def last_of(path: str, encoding: str, most: int) -> list[bytes]:
    """Return the last lines of a log as UTF-8, at most ``most`` and 256 KiB; raises SourceError."""
    try:
        with Path(path).open("rb") as file:
            head = file.read(HEAD_BYTES)
            start = max(file.seek(0, 2) - TAIL_BYTES, 0)
            # An even place: UTF-16 has two bytes a unit.
            file.seek(start - start % 2)
            raw = file.read(TAIL_BYTES)
    except OSError as error:
        what = text("{path} cannot be read: {reason}", path=path, reason=error.strerror)
        raise SourceError(path, what) from error
    lines = to_utf8(raw, encoding_of(head, encoding)).splitlines()
    return lines[1:][-most:] if start else lines[-most:]
