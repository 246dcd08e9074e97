"""How everything stands, as the windows ask it: one account, three rules."""

from dataclasses import replace

from tests.support.mails import a_rule, an_account
from traymail.core.kinds import ALL
from traymail.core.outbox import AccountState
from traymail.core.overview import Overview
from traymail.core.settings import Settings


def an_overview(**changes: object) -> Overview:
    """Return an overview without any mail; ``changes`` are fields of it."""
    rules = (a_rule("Scans"), a_rule("App errors"), a_rule("Invoices", enabled=False))
    overview = Overview(
        settings=Settings(accounts={"qq": an_account()}, default_account="qq", rules=rules),
        accounts={"qq": AccountState("qq")},
        rules={},
        counts={},
        paused=False,
        paused_until=None,
        kinds=ALL,
    )
    return replace(overview, **changes)  # type: ignore[arg-type] # fields of it
