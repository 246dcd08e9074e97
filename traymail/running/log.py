"""The log rule at work: logs are followed, and what matches is mailed; and its dry run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from traymail.core.account import Account
from traymail.core.errors import SourceError
from traymail.core.kinds import LOG
from traymail.core.matcher import Pattern
from traymail.core.observations import LinesMatched
from traymail.core.reports import LeftOut, LineShown, Preview, RulePreview
from traymail.core.rules.log import LogRule
from traymail.core.settings import Settings
from traymail.core.texts import Text, text
from traymail.running.kind import DryTools, Runner, RunningKind, RunningParts

if TYPE_CHECKING:
    from traymail.engine.flow import Flow
    from traymail.engine.log_flow import Dropped
    from traymail.engine.log_mail import LogWriter
    from traymail.watch.scheduler import Look


class RunningLogs(RunningKind[LogRule]):
    """`traymail.running.kind.RunningKind` of watched logs."""

    kind = LOG

    def runner(self, parts: RunningParts) -> LogRunner:
        """Make ready to follow logs."""
        return LogRunner(parts)

    def preview(
        self,
        rule: LogRule,
        account: Account,
        file: Path | None,
        now: datetime,
        limit: int | None,
        tools: DryTools,
    ) -> Preview:
        """Return the mails that the lines would make, if they were added now."""
        from traymail.engine.log_preview import preview
        from traymail.watch.rereading import logs_of

        logs, passed = logs_of(rule) if file is None else ((str(file.absolute()),), ())
        unread: dict[str, SourceError] = {}
        found = _matches(rule, logs, unread, tools)
        told = preview(_writer(rule, account, tools), found, now, limit)
        return _with_passed(told, passed, unread)

    def glance(
        self,
        rule: LogRule,
        account: Account,
        now: datetime,
        limit: int,
        lines: int,
        tools: DryTools,
    ) -> RulePreview:
        """Return what the ends of the logs would make."""
        from traymail.engine.log_preview import preview
        from traymail.watch.rereading import TAIL_BYTES, logs_of

        logs, passed = logs_of(rule)
        unread: dict[str, SourceError] = {}
        found = _matches(rule, logs, unread, tools, TAIL_BYTES)
        told = preview(_writer(rule, account, tools), found, now, limit)
        read = [log for log in logs if log not in unread]
        return RulePreview(_with_passed(told, passed, unread), _last_lines(rule, read, lines), logs)


class LogRunner(Runner[LogRule]):
    """Follows logs whenever it is time to look."""

    def __init__(self, parts: RunningParts) -> None:
        from traymail.store.positions import LogPositions
        from traymail.watch.tails import Tails

        self._parts = parts
        self._positions = LogPositions(parts.database)
        self._tails = Tails(
            parts.observe, self._positions, parts.clock, parts.own_folders, parts.has_room
        )
        self._dropped: dict[str, Dropped] = {}

    @property
    def looks(self) -> tuple[Look, ...]:
        """Read what was added."""
        return (self._tails.sweep,)

    def apply(self, settings: Settings) -> None:
        """Follow the logs of these settings from now on."""
        self._tails.orders.apply(settings)

    def close(self) -> None:
        """Close the logs."""
        self._tails.close()

    def flow(self, rule: LogRule, account: Account) -> Flow:
        """Return a rule at work."""
        from traymail.engine.log_flow import LogFlow, LogTools

        tools = LogTools(
            memory=self._positions,
            posting=self._parts.poster,
            rewind=self._tails.orders.rewind,
            machine=self._parts.machine,
            translate=self._parts.translate,
            dropped=self._dropped,
        )
        return LogFlow(rule, account, tools)


def _writer(rule: LogRule, account: Account, tools: DryTools) -> LogWriter:
    from traymail.engine.log_mail import writer_of

    return writer_of(rule, account, tools.machine, tools.translate)


def _matches(
    rule: LogRule,
    logs: Sequence[str],
    unread: dict[str, SourceError],
    tools: DryTools,
    most: int | None = None,
) -> Iterator[LinesMatched]:
    """Yield the matches of all logs, one log after the other; of their last ``most`` bytes.

    What cannot be read goes into ``unread``; raises SourceError when that is all of them.
    """
    from traymail.watch.rereading import reread

    def tell(before: int, total: int, done: int) -> None:
        tools.progress(0, before + done, total)

    sizes = [Path(log).stat().st_size if Path(log).is_file() else 0 for log in logs]
    for at, log in enumerate(logs):
        before = sum(sizes[:at])
        try:
            yield from reread(rule, log, partial(tell, before, sum(sizes)), most)
        except SourceError as error:
            unread[log] = error
            if len(unread) == len(logs):
                # Nobody tries again, as the running program would.
                way = text("Check the name and the permissions of the file.")
                raise SourceError(log, error.title, way) from error


def _with_passed(
    told: Preview, passed: Sequence[tuple[str, Text]], unread: Mapping[str, SourceError]
) -> Preview:
    left_out = (
        *(LeftOut(path, reason) for path, reason in passed),
        *(LeftOut(path, error.title) for path, error in unread.items()),
        *told.left_out,
    )
    return Preview(told.rule, told.events, told.mails, left_out)


def _last_lines(rule: LogRule, logs: Sequence[str], most: int) -> tuple[LineShown, ...]:
    """Return the last lines of the newest log, with what matches in them."""
    from traymail.watch.rereading import last_of

    if not logs:
        return ()
    newest = max(logs, key=lambda log: Path(log).stat().st_mtime)
    wanted = Pattern(*rule.match)
    unwanted = Pattern(*rule.ignore) if rule.ignore else None
    return tuple(_shown(line, wanted, unwanted) for line in last_of(newest, rule.encoding, most))


def _shown(line: bytes, wanted: Pattern, unwanted: Pattern | None) -> LineShown:
    words = line.decode("utf-8", "replace")
    marks = tuple(
        (len(line[:start].decode("utf-8", "replace")), len(line[:end].decode("utf-8", "replace")))
        for start, end in wanted.places_in(line)
    )
    ignored = bool(marks) and unwanted is not None and unwanted.found_in(line)
    return LineShown(words, marks, ignored)
