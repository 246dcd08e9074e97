"""Dry runs: what a rule would mail now. Sends nothing, writes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from traymail.app import surroundings
from traymail.core.account import Account
from traymail.core.errors import SourceError
from traymail.core.observations import FoundFile, LinesMatched
from traymail.core.reasons import unreadable
from traymail.core.reports import LeftOut, LineShown, Preview, RulePreview
from traymail.core.rule import Rule
from traymail.core.rules.folder import FolderRule
from traymail.core.rules.log import LogRule
from traymail.core.selection import Selection
from traymail.core.texts import Text, Translate, text

if TYPE_CHECKING:
    from traymail.core.matcher import Pattern
    from traymail.engine.log_mail import LogWriter

Progress = Callable[[int, int, int], None]
"""Told the work's number (always 0), the bytes read, and all bytes there are to read."""


class DryRun:
    """Previews for one home; ``own_folders`` are never mailed from."""

    def __init__(
        self, own_folders: Sequence[Path], translate: Translate, progress: Progress
    ) -> None:
        self._own_folders = own_folders
        self._translate = translate
        self._progress = progress

    def preview(
        self, rule: Rule, account: Account, file: Path | None, now: datetime, limit: int | None
    ) -> Preview:
        """Return what the rule would make of ``file``, or of all that is there now.

        At most ``limit`` mails are shown (None: all); everything is counted. Raises SourceError,
        InputError.
        """
        return _KINDS[type(rule)].preview(self, rule, account, file, now, limit)

    def glance(
        self, rule: Rule, account: Account, now: datetime, limit: int, lines: int
    ) -> RulePreview:
        """Return what the rule would do, as quickly as can be: of logs, what their ends make.

        At most ``limit`` mails and ``lines`` lines are shown. Raises SourceError, InputError.
        """
        return _KINDS[type(rule)].glance(self, rule, account, now, limit, lines)

    def _tell(self, before: int, total: int, done: int) -> None:
        self._progress(0, before + done, total)

    def _ends_of_logs(
        self, rule: LogRule, account: Account, now: datetime, limit: int, most: int
    ) -> RulePreview:
        from traymail.engine.log_preview import preview
        from traymail.watch.rereading import TAIL_BYTES, logs_of

        logs, passed = logs_of(rule)
        unread: dict[str, SourceError] = {}
        found = self._matches(rule, logs, unread, TAIL_BYTES)
        told = preview(self._writer(rule, account), found, now, limit)
        read = [log for log in logs if log not in unread]
        return RulePreview(_with_passed(told, passed, unread), _last_lines(rule, read, most), logs)

    def _of_folder_now(
        self, rule: FolderRule, account: Account, now: datetime, limit: int, _lines: int
    ) -> RulePreview:
        return RulePreview(self._of_folder(rule, account, None, now, limit))

    def _of_folder(
        self,
        rule: FolderRule,
        account: Account,
        file: Path | None,
        now: datetime,
        limit: int | None,
    ) -> Preview:
        from traymail.engine.folder_preview import preview
        from traymail.watch.tree import one_file, present

        selection = Selection(rule, map(str, self._own_folders))
        files: list[FoundFile] = []
        passed: list[LeftOut] = []
        try:
            seen = (
                present(rule, selection)
                if file is None
                else iter([one_file(rule, selection, str(file.absolute()))])
            )
            for one in seen:
                if isinstance(one, FoundFile):
                    files.append(one)
                else:
                    passed.append(LeftOut(one.path, one.reason))
        except OSError as error:
            raise unreadable(file or Path(rule.folder), error) from error
        files.sort(key=lambda one: one.path)
        told = preview(rule, account, files, surroundings(), now, limit)
        # Those that only their size keeps out come first: they are what one looks for.
        return Preview(told.rule, told.events, told.mails, (*told.left_out, *passed))

    def _of_log(
        self, rule: LogRule, account: Account, file: Path | None, now: datetime, limit: int | None
    ) -> Preview:
        from traymail.engine.log_preview import preview
        from traymail.watch.rereading import logs_of

        logs, passed = logs_of(rule) if file is None else ((str(file.absolute()),), ())
        unread: dict[str, SourceError] = {}
        found = self._matches(rule, logs, unread)
        told = preview(self._writer(rule, account), found, now, limit)
        return _with_passed(told, passed, unread)

    def _writer(self, rule: LogRule, account: Account) -> LogWriter:
        # Here, since re2 is needed for log rules only.
        from traymail.engine.log_mail import writer_of

        return writer_of(rule, account, surroundings(), self._translate)

    def _matches(
        self,
        rule: LogRule,
        logs: Sequence[str],
        unread: dict[str, SourceError],
        most: int | None = None,
    ) -> Iterator[LinesMatched]:
        """Yield the matches of all logs, one log after the other; of their last ``most`` bytes.

        What cannot be read goes into ``unread``; raises SourceError when that is all of them.
        """
        from traymail.watch.rereading import reread

        sizes = [Path(log).stat().st_size if Path(log).is_file() else 0 for log in logs]
        for at, log in enumerate(logs):
            before = sum(sizes[:at])
            try:
                yield from reread(rule, log, partial(self._tell, before, sum(sizes)), most)
            except SourceError as error:
                unread[log] = error
                if len(unread) == len(logs):
                    # Nobody tries again, as the running program would.
                    way = text("Check the name and the permissions of the file.")
                    raise SourceError(log, error.title, way) from error


@dataclass(frozen=True, slots=True)
class _Kind:
    """How a kind of rule is tried: on everything, and quickly."""

    preview: Callable[..., Preview]
    glance: Callable[..., RulePreview]


_KINDS: Mapping[type[Rule], _Kind] = {
    FolderRule: _Kind(DryRun._of_folder, DryRun._of_folder_now),
    LogRule: _Kind(DryRun._of_log, DryRun._ends_of_logs),
}


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
    from traymail.core.matcher import Pattern
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
