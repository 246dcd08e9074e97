"""Folder rules for tests, and a listener that keeps what a watcher tells."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from tests.support.wait import PATIENCE_SECONDS, until
from traymail.core.ledger import FileState, LedgerFile
from traymail.core.message import Address
from traymail.core.observations import (
    FileLeftOut,
    FileSettled,
    FirstScan,
    FolderBack,
    Observation,
    Place,
    PlaceKnown,
)
from traymail.core.ports import Clock
from traymail.core.rules.folder import FolderRule
from traymail.desktop.clock import SystemClock
from traymail.store.database import Database
from traymail.store.ledger import FolderLedger
from traymail.watch.folders import FolderWatcher, Pace

Seen = TypeVar("Seen", bound=Observation)
NOW = datetime(2024, 5, 1, 12, 0, tzinfo=UTC)
QUICK = Pace(rescan=0.5, network_rescan=0.5, check=0.1, error=0.2, overflow=0.2)
# Looks come so seldom that only events can be what found a file.
EVENTS_ONLY = Pace(rescan=1000.0, network_rescan=1000.0, check=0.1, error=0.2, overflow=0.2)


def folder_rule(folder: Path, **more: Any) -> FolderRule:  # noqa: ANN401 # fields of all types
    """Return a rule that settles quickly."""
    fields: dict[str, Any] = {
        "name": "Scans",
        "account": "qq",
        "to": (Address("boss@example.com"),),
        "folder": str(folder),
        "move_to": str(folder / "sent"),
        "settle": timedelta(seconds=0.3),
    }
    return FolderRule(**(fields | more))


class Watched:
    """A watcher at work on a database; what it tells of is kept, and handled as a flow would."""

    def __init__(
        self,
        database: Database,
        pace: Pace = QUICK,
        *,
        handle: bool = True,
        clock: Clock | None = None,
        make: type[FolderWatcher] = FolderWatcher,
    ) -> None:
        self.told: list[Observation] = []
        self._database = database
        self._handle = handle
        self._places: dict[str, Place] = {}
        self._lock = threading.Lock()
        self.watcher = make(self._observe, self.ledger, clock or SystemClock(), pace=pace)

    def ledger(self, rule: FolderRule) -> FolderLedger:
        return FolderLedger(self._database, rule.name, rule.folder)

    def start(self, *rules: FolderRule) -> None:
        self.rules = {rule.name: rule for rule in rules}
        self.watcher.set_rules(rules)
        self.watcher.start()

    def of(self, kind: type[Seen]) -> list[Seen]:
        with self._lock:
            return [one for one in self.told if isinstance(one, kind)]

    def settled(self) -> list[str]:
        return [one.file.path for one in self.of(FileSettled)]

    def left_out(self) -> dict[str, str]:
        return {one.what: str(one.reason) for one in self.of(FileLeftOut)}

    def wait_for(self, kind: type[Seen], count: int = 1) -> list[Seen]:
        until(lambda: len(self.of(kind)) >= count, what=kind.__name__)
        return self.of(kind)

    def wait(self, condition: Callable[[], object], timeout: float = PATIENCE_SECONDS) -> None:
        until(condition, timeout)

    def _observe(self, observation: Observation) -> None:
        ledger = self.ledger(self.rules[observation.rule])
        match observation:
            case FirstScan(place=place):
                self._places[observation.rule] = place
                if not ledger.stand_at(place):
                    skip = self.rules[observation.rule].existing.value == "skip"
                    ledger.start(observation.files if skip else (), NOW)
            case PlaceKnown(place=place, before=before):
                self._places[observation.rule] = place
                ledger.rename_place(before, place)
            case FolderBack(place=place):
                self._places[observation.rule] = place
            case FileSettled(file=file) if self._handle:
                ledger.stand_at(self._places[observation.rule])
                ledger.save(LedgerFile(file.path, file.identity, FileState.DONE))
            case _:
                pass
        with self._lock:
            self.told.append(observation)
