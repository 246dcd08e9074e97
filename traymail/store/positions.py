"""What log rules keep between runs, in the database: positions in files, what is held."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import asdict
from datetime import datetime

from traymail.core.rotation import Known, Position
from traymail.core.throttle import Throttle
from traymail.core.throttle_state import from_plain, to_plain
from traymail.store.database import Database, to_ms

log = logging.getLogger(__name__)

# Files that were read to their end and rotated away, remembered for each log.
KNOWN_FILES = 50


class Positions:
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
                "SELECT position FROM log_file WHERE rule = ?", (rule,)
            ).fetchall()
        globs = frozenset(json.loads(row["globs"])) if row else frozenset[str]()
        return Known(globs, tuple(Position(**json.loads(one["position"])) for one in rows))

    def throttle(self, rule: str) -> Throttle:
        """Return what is held of a rule's matches; a new throttle for a new rule."""
        with self._database.read() as connection:
            row = connection.execute(
                "SELECT throttle FROM log_rule WHERE rule = ?", (rule,)
            ).fetchone()
        if row is None or row["throttle"] is None:
            return Throttle()
        try:
            return from_plain(json.loads(row["throttle"]))
        except (ValueError, KeyError, TypeError) as error:
            log.warning("what rule %s held cannot be read, and is forgotten: %s", rule, error)
            return Throttle()

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
                        f"{one.device}:{one.inode}",
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

    def save_globs(self, rule: str, globs: Iterable[str]) -> None:
        """Keep that these have been looked at first: files that appear now are new ones."""
        with self._database.transaction() as connection:
            known = self.known(rule).globs
            connection.execute(
                "INSERT INTO log_rule (rule, globs) VALUES (?, ?)"
                " ON CONFLICT (rule) DO UPDATE SET globs = excluded.globs",
                (rule, json.dumps(sorted({*known, *globs}))),
            )


def _text(path: str) -> str:
    """Return a path as SQLite takes it: names of undecodable bytes hold lone surrogates."""
    return path.encode("utf-8", "backslashreplace").decode("utf-8")
