"""What log rules keep between runs, in the database: positions in files, what is held."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict
from datetime import datetime
from typing import TypeVar

from traymail.core.rotation import KNOWN_FILES, Known, Position
from traymail.core.throttle import Throttle, from_plain, to_plain
from traymail.store.database import Database, to_ms

log = logging.getLogger(__name__)

Value = TypeVar("Value")


class LogPositions:
    """Positions and throttles of all log rules; used from any thread. All raise StateError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def transaction(self) -> AbstractContextManager[object]:
        """Open a transaction of the database, which the outbox joins."""
        return self._database.transaction()

    def known(self, rule: str) -> Known:
        """Return the files a rule has read, and how far."""
        with self._database.read() as connection:
            row = connection.execute(
                "SELECT globs FROM log_rule WHERE rule = ?", (rule,)
            ).fetchone()
            rows = connection.execute(
                "SELECT position FROM log_file WHERE rule = ? ORDER BY updated_at", (rule,)
            ).fetchall()
        globs = (_read(_globs, row["globs"]) if row else None) or {}
        positions = (_read(_position, one["position"]) for one in rows)
        return Known(globs, tuple(one for one in positions if one is not None))

    def throttle(self, rule: str) -> Throttle:
        """Return what is held of a rule's matches; a new throttle for a new rule."""
        with self._database.read() as connection:
            row = connection.execute(
                "SELECT throttle FROM log_rule WHERE rule = ?", (rule,)
            ).fetchone()
        if row is None or row["throttle"] is None:
            return Throttle()
        kept = _read(lambda words: from_plain(json.loads(words)), row["throttle"])
        return kept or Throttle()

    def save_throttle(self, rule: str, state: Throttle) -> None:
        """Keep what is held."""
        plain = json.dumps(to_plain(state), ensure_ascii=False, separators=(",", ":"))
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT INTO log_rule (rule, throttle) VALUES (?, ?)"
                " ON CONFLICT (rule) DO UPDATE SET throttle = excluded.throttle",
                (rule, plain.encode("utf-8", "replace").decode("utf-8")),
            )

    def save_positions(self, rule: str, positions: Iterable[Position], now: datetime) -> None:
        """Keep how far files have been read; forget those rotated away long ago."""
        with self._database.transaction() as connection:
            for one in positions:
                connection.execute(
                    "INSERT OR REPLACE INTO log_file"
                    " (rule, file, path, position, ended, updated_at) VALUES (?, ?, ?, ?, ?, ?)",
                    (
                        rule,
                        one.key,
                        _text(one.path),
                        json.dumps(asdict(one)),
                        one.ended,
                        to_ms(now),
                    ),
                )
                if one.ended:
                    connection.execute(
                        "DELETE FROM log_file WHERE rule = ? AND ended = 1 AND file IN"
                        " (SELECT file FROM log_file WHERE rule = ? AND path = ? AND ended = 1"
                        "  ORDER BY updated_at DESC LIMIT -1 OFFSET ?)",
                        (rule, rule, _text(one.path), KNOWN_FILES),
                    )

    def save_globs(self, rule: str, globs: Mapping[str, int]) -> None:
        """Keep since when these are looked at: files that appear from then on are new ones."""
        with self._database.transaction() as connection:
            known = self.known(rule).globs
            connection.execute(
                "INSERT INTO log_rule (rule, globs) VALUES (?, ?)"
                " ON CONFLICT (rule) DO UPDATE SET globs = excluded.globs",
                (rule, json.dumps({**globs, **known})),
            )


def _read(read: Callable[[str], Value], words: str) -> Value | None:
    """Return what was kept; None for what cannot be read, as in a damaged database."""
    try:
        return read(words)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        log.warning("what a log rule kept cannot be read, and is forgotten: %s", error)
        return None


def _globs(kept: str) -> dict[str, int]:
    """Return what is kept of globs; before times were kept, it was a list."""
    plain = json.loads(kept)
    if isinstance(plain, list):
        return dict.fromkeys(plain, time.time_ns())
    return {glob: int(since) for glob, since in plain.items()}


def _position(kept: str) -> Position:
    plain = json.loads(kept)
    plain["marks"] = tuple((at, proof) for at, proof in plain.get("marks", ()))
    # Before files had keys, these were it.
    plain.setdefault("key", f"{plain['device']}:{plain['inode']}")
    return Position(**plain)


def _text(path: str) -> str:
    """Return a path as SQLite takes it: names of undecodable bytes hold lone surrogates."""
    return path.encode("utf-8", "backslashreplace").decode("utf-8")
