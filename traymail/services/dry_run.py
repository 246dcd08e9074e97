"""Dry runs: what a rule would mail now. Sends nothing, writes nothing."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from traymail.app import App, machine
from traymail.core.account import Account
from traymail.core.reports import Preview, RulePreview
from traymail.core.rule import Rule
from traymail.core.texts import Translate
from traymail.running.kind import DryTools, Progress, RunningKind


class DryRun:
    """Previews for one home; its own folders are never mailed from."""

    def __init__(self, app: App, translate: Translate, progress: Progress) -> None:
        own_folders = tuple(map(str, app.home.own_folders))
        self._kinds = app.rule_kinds
        self._tools = DryTools(own_folders, machine(), translate, progress)

    def preview(
        self, rule: Rule, account: Account, file: Path | None, now: datetime, limit: int | None
    ) -> Preview:
        """Return what the rule would make of ``file``, or of all that is there now.

        At most ``limit`` mails are shown (None: all); everything is counted. Raises SourceError,
        InputError.
        """
        return self._kind(rule).preview(rule, account, file, now, limit, self._tools)

    def glance(
        self, rule: Rule, account: Account, now: datetime, limit: int, lines: int
    ) -> RulePreview:
        """Return what the rule would do, as quickly as can be: of logs, what their ends make.

        At most ``limit`` mails and ``lines`` lines are shown. Raises SourceError, InputError.
        """
        return self._kind(rule).glance(rule, account, now, limit, lines, self._tools)

    def _kind(self, rule: Rule) -> RunningKind[Any]:
        return next(one for one in self._kinds if one.kind.name == rule.kind)
