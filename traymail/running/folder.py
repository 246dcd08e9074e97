"""The folder rule at work: files are watched, mailed and put away; and its dry run."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from traymail.core.account import Account
from traymail.core.kinds import FOLDER
from traymail.core.observations import FoundFile
from traymail.core.reasons import unreadable
from traymail.core.reports import LeftOut, Preview, RulePreview
from traymail.core.rules.folder import FolderRule
from traymail.core.selection import Selection
from traymail.core.settings import Settings
from traymail.running.kind import DryTools, Runner, RunningKind, RunningParts

if TYPE_CHECKING:
    from traymail.engine.flow import Flow
    from traymail.store.ledger import FolderLedger


class RunningFolders(RunningKind[FolderRule]):
    """`traymail.running.kind.RunningKind` of watched folders."""

    kind = FOLDER

    def runner(self, parts: RunningParts) -> FolderRunner:
        """Make ready to watch folders."""
        return FolderRunner(parts)

    def preview(
        self,
        rule: FolderRule,
        account: Account,
        file: Path | None,
        now: datetime,
        limit: int | None,
        tools: DryTools,
    ) -> Preview:
        """Return the mails that the files would make, if they were dropped now."""
        from traymail.engine.folder_mail import preview
        from traymail.watch.tree import one_file, present

        selection = Selection(rule, tools.own_folders)
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
        told = preview(rule, account, files, tools.machine, now, limit)
        # Those that only their size keeps out come first: they are what one looks for.
        return Preview(told.rule, told.events, told.mails, (*told.left_out, *passed))

    def glance(
        self,
        rule: FolderRule,
        account: Account,
        now: datetime,
        limit: int,
        lines: int,
        tools: DryTools,
    ) -> RulePreview:
        """Return the same: files are only looked at, not read."""
        del lines
        return RulePreview(self.preview(rule, account, None, now, limit, tools))


class FolderRunner(Runner[FolderRule]):
    """Watches folders on a thread of its own."""

    def __init__(self, parts: RunningParts) -> None:
        from traymail.watch.folders import FolderWatcher

        self._parts = parts
        self.watcher = FolderWatcher(
            parts.observe, self._ledger, parts.clock, parts.own_folders, on_death=parts.on_death
        )

    def start(self) -> None:
        """Begin to watch."""
        self.watcher.start()

    def apply(self, settings: Settings) -> None:
        """Watch the folders of these settings from now on."""
        self.watcher.apply(settings)

    def stop(self) -> None:
        """End the thread."""
        self.watcher.stop()

    def flow(self, rule: FolderRule, account: Account) -> Flow:
        """Return a rule at work."""
        from traymail.desktop.files import SystemFiles
        from traymail.engine.folder_flow import FolderFlow
        from traymail.engine.folder_post import FolderTools

        tools = FolderTools(
            ledger=self._ledger(rule),
            posting=self._parts.poster,
            files=SystemFiles(),
            pack=self._parts.spool.pack,
            find_item=self._parts.outbox.get,
            passed=self._parts.passed,
            machine=self._parts.machine,
        )
        return FolderFlow(rule, account, tools)

    def _ledger(self, rule: FolderRule) -> FolderLedger:
        from traymail.store.ledger import FolderLedger

        return FolderLedger(self._parts.database, rule.name, rule.folder)
