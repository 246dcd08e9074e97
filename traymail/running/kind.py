"""What a kind of rule does: its watchers and flows while the program runs, and its dry runs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from traymail.core.account import Account
from traymail.core.observations import Observation
from traymail.core.ports import Clock
from traymail.core.reports import Preview, RulePreview
from traymail.core.rule import Rule
from traymail.core.rule_kind import RuleKind
from traymail.core.settings import Settings
from traymail.core.texts import Translate

if TYPE_CHECKING:
    from traymail.engine.flow import Flow, Machine
    from traymail.engine.posting import Poster
    from traymail.store.database import Database
    from traymail.store.outbox import Outbox
    from traymail.store.spool import Spool
    from traymail.watch.scheduler import Look

R = TypeVar("R", bound=Rule)

Progress = Callable[[int, int, int], None]
"""Told the work's number (always 0), the bytes read, and all bytes there are to read."""


@dataclass(frozen=True, slots=True)
class RunningParts:
    """What rules work with in a running program.

    ``observe`` takes in what is seen while ``has_room`` says so; ``on_death`` is told when a thread
    ends by itself. ``passed``: how much time traymail has seen pass. ``translate`` is
    into the user's language.
    """

    observe: Callable[[Observation], None]
    has_room: Callable[[], bool]
    on_death: Callable[[], None]
    clock: Clock
    passed: Callable[[], timedelta]
    database: Database
    outbox: Outbox
    spool: Spool
    poster: Poster
    own_folders: tuple[str, ...]
    machine: Machine
    translate: Translate


class Runner(ABC, Generic[R]):
    """All rules of a kind at work, from `start` to `close`: a `traymail.engine.engine.Watch`."""

    @property
    def looks(self) -> Sequence[Look]:
        """What is to be looked at again and again."""
        return ()

    def start(self) -> None:  # not every kind has a thread of its own
        """Begin to watch."""

    def apply(self, settings: Settings) -> None:  # not every kind watches something
        """Watch what the rules of these settings want watched, from now on."""

    def stop(self) -> None:  # not every kind has a thread of its own
        """End what watches by itself; looks may still come."""

    def close(self) -> None:  # not every kind has something open
        """Give up what was held open; no look comes any more."""

    @abstractmethod
    def flow(self, rule: R, account: Account) -> Flow:
        """Return a rule at work; raises InputError for a template that cannot be used."""


@dataclass(frozen=True, slots=True)
class DryTools:
    """What a dry run works with; from ``own_folders`` nothing is mailed."""

    own_folders: tuple[str, ...]
    machine: Machine
    translate: Translate
    progress: Progress


class RunningKind(ABC, Generic[R]):
    """One kind of rule as it runs; ``kind`` is how it is configured."""

    kind: RuleKind[R]

    @abstractmethod
    def runner(self, parts: RunningParts) -> Runner[R]:
        """Make ready to run its rules; nothing begins."""

    @abstractmethod
    def preview(
        self,
        rule: R,
        account: Account,
        file: Path | None,
        now: datetime,
        limit: int | None,
        tools: DryTools,
    ) -> Preview:
        """Return what a rule would make of ``file``, or of all that is there now.

        At most ``limit`` mails are shown (None: all); everything is counted. Raises SourceError,
        InputError.
        """

    @abstractmethod
    def glance(
        self, rule: R, account: Account, now: datetime, limit: int, lines: int, tools: DryTools
    ) -> RulePreview:
        """Return what a rule would do, as quickly as can be.

        At most ``limit`` mails and ``lines`` lines are shown. Raises SourceError, InputError.
        """


RunningKinds = tuple[RunningKind[Any], ...]
GetRunningKinds = Callable[[], RunningKinds]
