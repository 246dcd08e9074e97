"""Log rules at work on real files, by a clock that a test moves; what is kept survives restarts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from traymail.core.message import Address
from traymail.core.observations import LinesMatched, LogRead, LogSources, Observation, WatchTrouble
from traymail.core.records import Match
from traymail.core.rotation import Known, Position
from traymail.core.rules.log import LogRule
from traymail.core.settings import Settings
from traymail.watch.tails import Tails

START = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


class HandClock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> datetime:
        return START + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        return self.seconds

    def passing(self) -> float:
        return self.seconds


def log_rule(*paths: Path | str, name: str = "log", **fields: object) -> LogRule:
    """A log rule with what every rule needs."""
    given: dict[str, Any] = {"match": (r"line \d+",), "subject": "{rule}", **fields}
    return LogRule(
        name=name,
        account="me",
        to=(Address("me@example.com"),),
        paths=tuple(str(path) for path in paths),
        **given,
    )


@dataclass
class Kept:
    """What the store would keep of a rule."""

    globs: dict[str, int] = field(default_factory=dict)
    positions: dict[str, Position] = field(default_factory=dict)


class Following:
    """Tails over real files; keeps what they tell as the engine does."""

    def __init__(
        self,
        *rules: LogRule,
        own: tuple[Path, ...] = (),
        most_open: int | Callable[[], int] | None = None,
    ) -> None:
        self.most_open = most_open
        self.has_room = True
        self.hears = True
        self.clock = HandClock()
        self.rules = rules
        self.own = own
        self.kept: dict[str, Kept] = {}
        self.matches: dict[str, list[Match]] = {}
        self.sources: dict[str, LogSources] = {}
        self.observations: list[Observation] = []
        self.tails = self.new_tails()

    def new_tails(self) -> Tails:
        given: dict[str, Any] = {"room": lambda: self.has_room}
        if self.most_open is not None:
            most = self.most_open
            given["most_open"] = most if callable(most) else lambda: most
        tails = Tails(self.tell, self, self.clock, tuple(map(str, self.own)), **given)
        tails.orders.apply(Settings(rules=self.rules))
        return tails

    def known(self, rule: str) -> Known:
        kept = self.kept.get(rule, Kept())
        return Known(dict(kept.globs), tuple(kept.positions.values()))

    def tell(self, observation: Observation) -> None:
        if not self.hears:
            return
        self.observations.append(observation)
        kept = self.kept.setdefault(observation.rule, Kept())
        match observation:
            case LinesMatched():
                self.matches.setdefault(observation.rule, []).extend(observation.matches)
                kept.positions[observation.position.key] = observation.position
            case LogRead():
                kept.globs.update(observation.globs)
                kept.positions.update({one.key: one for one in observation.positions})
            case LogSources():
                self.sources[observation.rule] = observation
            case WatchTrouble():
                pass
            case _:
                raise AssertionError(observation)

    def look(self, times: int = 3, seconds: float = 0.3) -> None:
        """Sweep some times, a moment apart, and until no more is waiting to be read."""
        for _ in range(times):
            while self.tails.sweep() == 0.0:
                pass
            self.clock.seconds += seconds

    def rest(self, seconds: float = 12.0) -> None:
        """Let so much time pass, with a look every half second."""
        self.look(int(seconds * 2), 0.5)

    def crash(self) -> None:
        """End without telling anything, and begin again."""
        self.hears = False
        self.tails.close()
        self.hears = True
        self.tails = self.new_tails()

    def restart(self) -> None:
        """End in order, and begin again."""
        self.tails.close()
        self.tails = self.new_tails()

    def lines(self, rule: str = "log") -> list[str]:
        return [match.line for match in self.matches.get(rule, [])]
