"""A log rule that is being watched: what is known of its files, and what was reported of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from traymail.core.errors import TraymailError
from traymail.core.observations import LinesMatched, LogObservation, LogRead, LogSources
from traymail.core.rotation import Position
from traymail.core.rules.log import LogRule
from traymail.core.texts import Text, text
from traymail.watch.follower import Tell
from traymail.watch.position_index import PositionIndex


class RuleFails(Exception):
    """Something that nobody foresaw went wrong with the logs of these rules, and no others."""

    def __init__(self, rules: Iterable[str], cause: Exception) -> None:
        super().__init__(str(cause))
        self.rules = tuple(rules)
        self.cause = cause


@contextmanager
def put_down_to(rules: Iterable[str]) -> Iterator[None]:
    """Raise RuleFails for what nobody foresaw."""
    try:
        yield
    except (TraymailError, OSError, RuleFails):
        raise
    except Exception as error:
        raise RuleFails(rules, error) from error


@dataclass(slots=True)
class Watched:
    """A rule that is on. ``origins`` are its paths and the globs that found each.

    ``globs`` are those that have been looked at, and since when, in nanoseconds since 1970;
    ``hidden`` tells of others why it is not allowed to.
    ``earlier`` are the keys of files that were read in an earlier run, and not found again yet.
    ``news`` are positions not told yet; ``left_out`` are paths that are not followed; ``lost`` are
    paths whose earlier files cannot be found, ``unread`` rotated files that cannot be read yet.
    With ``unusable`` patterns nothing is followed, nor when the rule is ``set_aside`` for a while.
    """

    rule: LogRule
    turn: int
    known: PositionIndex
    globs: dict[str, int]
    unusable: Text | None = None
    earlier: set[str] = field(default_factory=set)
    origins: dict[str, set[str]] = field(default_factory=dict)
    hidden: dict[str, Text] = field(default_factory=dict)
    news: dict[str, Position] = field(default_factory=dict)
    left_out: dict[str, Text] = field(default_factory=dict)
    lost: dict[str, Text] = field(default_factory=dict)
    unread: dict[str, Text] = field(default_factory=dict)
    told: LogSources | None = None
    set_aside: Text | None = None

    def learn(self, position: Position) -> None:
        """Remember a position, to be told with the news."""
        self.known.learn(position)
        self.news[position.key] = position
        self.earlier.discard(position.key)

    def close(self, position: Position) -> None:
        """Remember that nothing is owed of a file any more."""
        self.learn(replace(position, ended=True))

    def since(self, path: str) -> int | None:
        """Return since when a path's globs are looked at; None when that begins now."""
        times = [self.globs[one] for one in self.origins.get(path, ()) if one in self.globs]
        return min(times, default=None)

    def tell(self, observation: LogObservation, tell: Tell) -> None:
        """Tell of matches; the position behind them is known by that."""
        if isinstance(observation, LinesMatched):
            self.known.learn(observation.position)
            self.news.pop(observation.position.key, None)
        tell(observation)

    def tell_news(self, now_ns: int, tell: Tell) -> None:
        """Report positions that were not reported, and the globs that have been looked at."""
        new = (one for one in self.rule.paths if one not in self.globs)
        globs = {one: now_ns for one in new if one not in self.hidden}
        if self.news or globs:
            positions = tuple(self.news.values())
            self.news = {}
            self.globs |= globs
            tell(LogRead(rule=self.rule.name, turn=self.turn, positions=positions, globs=globs))

    def tell_sources(self, following: int, problems: dict[str, Text], tell: Tell) -> None:
        """Tell how many files are followed and what is wrong, when that has changed."""
        found = (problems[path] for path in self.origins if path in problems) if problems else ()
        problem = self.unusable or next(iter(found), None)
        if problem is None and not following:
            nothing = text("There is no file {paths} yet.", paths=", ".join(self.rule.paths))
            problem = next(iter(self.hidden.values()), nothing)
        left_out = self.lost | self.unread | self.left_out
        sources = LogSources(
            rule=self.rule.name,
            turn=self.turn,
            following=following,
            problem=problem,
            left_out=tuple(sorted(left_out.items(), key=lambda item: item[0])),
        )
        if sources != self.told:
            self.told = sources
            tell(sources)
