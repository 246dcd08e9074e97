"""A log rule that is being watched: what is known of its files, and what was told of them."""

from __future__ import annotations

from dataclasses import dataclass, field

from traymail.core.observations import LinesMatched, LogObservation, LogRead, LogSources
from traymail.core.rotation import FileId, Position
from traymail.core.rules.log import LogRule
from traymail.core.texts import Text, text
from traymail.watch.follower import Tell


@dataclass(slots=True)
class Watched:
    """A rule that is on. ``origins`` are its paths and the globs that found each.

    ``news`` are positions not told yet; ``left_out`` are paths that are not followed.
    """

    rule: LogRule
    turn: int
    known: dict[FileId, Position]
    globs: frozenset[str]
    origins: dict[str, set[str]] = field(default_factory=dict)
    news: dict[FileId, Position] = field(default_factory=dict)
    left_out: dict[str, Text] = field(default_factory=dict)
    told: LogSources | None = None

    def learn(self, position: Position) -> None:
        """Remember a position, to be told with the news."""
        self.known[position.file] = self.news[position.file] = position

    def tell(self, observation: LogObservation, tell: Tell) -> None:
        """Tell of matches; the position behind them is known by that."""
        if isinstance(observation, LinesMatched):
            self.known[observation.position.file] = observation.position
            self.news.pop(observation.position.file, None)
        tell(observation)

    def tell_news(self, tell: Tell) -> None:
        """Tell positions that nothing was told of, and the globs that have been looked at."""
        globs = tuple(one for one in self.rule.paths if one not in self.globs)
        if self.news or globs:
            positions = tuple(self.news.values())
            self.news = {}
            self.globs |= set(globs)
            tell(LogRead(rule=self.rule.name, turn=self.turn, positions=positions, globs=globs))

    def tell_sources(self, following: int, problems: dict[str, Text], tell: Tell) -> None:
        """Tell how many files are followed and what is wrong, when that has changed."""
        problem = next((problems[path] for path in self.origins if path in problems), None)
        if problem is None and not following:
            problem = text("There is no file {paths} yet.", paths=", ".join(self.rule.paths))
        sources = LogSources(
            rule=self.rule.name,
            turn=self.turn,
            following=following,
            problem=problem,
            left_out=tuple(sorted(self.left_out.items(), key=lambda item: item[0])),
        )
        if sources != self.told:
            self.told = sources
            tell(sources)
