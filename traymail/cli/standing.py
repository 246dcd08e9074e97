"""Letting an account that was stopped go on."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from traymail.app import App


def let_go(app: App, name: str, *, mails: bool) -> None:
    """End an account's stop and any pause its server asked for; ``mails``: those parked are due."""
    state = app.outbox.account_state(name)
    with app.outbox.transaction():
        app.outbox.save_account_state(
            replace(
                state,
                stopped=False,
                rule_id=None,
                code=None,
                reply=None,
                hold_until=None,
                failures=0,
            )
        )
        if mails:
            app.outbox.unpark(name, app.clock.now())
    app.wake()
