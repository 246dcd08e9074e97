"""What ``status --json`` shows of a running program."""

from __future__ import annotations

import os
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from traymail import __version__
from traymail.app import App
from traymail.core.errors import SettingsError, problem_line
from traymail.core.outbox import State
from traymail.core.reports import FlowStatus
from traymail.core.rule import Rule
from traymail.core.texts import Text, Translate
from traymail.engine.engine import Snapshot

SHOWN = tuple(state for state in State if state is not State.CANCELLED)


def describe(
    app: App,
    snapshot: Snapshot,
    error: SettingsError | None,
    warnings: Iterable[Text],
    translate: Translate,
) -> dict[str, Any]:
    """Return the whole document; ``error`` is what is wrong with the last edit."""
    counts = app.outbox.counts()
    return {
        "pid": os.getpid(),
        "version": __version__,
        "home": str(app.home.folder or app.home.config),
        "paused": snapshot.paused,
        "paused_until": _iso(snapshot.paused_until),
        "config_error": None if error is None else _all_problems(error, translate),
        "accounts": _accounts(app, snapshot),
        "rules": {
            rule.name: _rule(rule, snapshot.rules.get(rule.name, FlowStatus()), translate)
            for rule in snapshot.settings.rules
        },
        "outbox": {state.value: counts[state] for state in SHOWN},
        "warnings": [one.translated(translate, whole=True) for one in warnings],
    }


def _accounts(app: App, snapshot: Snapshot) -> dict[str, Any]:
    by_account = app.outbox.counts_by_account()
    configured = snapshot.settings.accounts
    found = {}
    for name in sorted({*configured, *by_account}):
        counts = by_account.get(name, {})
        kept = app.outbox.account_state(name)
        held = kept.hold_until is not None and kept.hold_until > app.clock.now()
        held = held or name in snapshot.troubles
        word = "attention" if kept.stopped else "waiting" if held else "ready"
        found[name] = {
            "state": word if name in configured else "missing",
            "queued": counts.get(State.QUEUED, 0),
            "failed": counts.get(State.FAILED, 0),
            "breaker": "open" if kept.stopped or held else "closed",
        }
    return found


def _rule(rule: Rule, status: FlowStatus, translate: Translate) -> dict[str, Any]:
    return {
        "enabled": rule.enabled,
        "watching": status.watching,
        "matched": status.matched,
        "sent": status.sent,
        "suppressed": status.suppressed,
        "last_match_at": _iso(status.last_match_at),
        "error": status.error.translated(translate, whole=True) if status.error else None,
        "left_out": [
            {"what": one.what, "reason": one.reason.translated(translate, whole=True)}
            for one in status.left_out
        ],
    }


def _all_problems(error: SettingsError, translate: Translate) -> str:
    return "\n".join(problem_line(error.file_name, one, translate) for one in error.problems)


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.strftime("%Y-%m-%dT%H:%M:%SZ")
