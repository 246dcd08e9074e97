"""The log of events: what the engine tells, as lines of the program's own log."""

from __future__ import annotations

import logging
from typing import assert_never

from traymail.core.errors import CONFIG_NAME, problem_line
from traymail.core.events import (
    AccountChanged,
    Event,
    ItemChanged,
    LeftOutTold,
    LimitReached,
    MailProgress,
    OutboxChanged,
    PauseChanged,
    RuleHealth,
    RuleTrouble,
    SettingsApplied,
    SettingsRefused,
)
from traymail.core.outbox import AccountState, OutboxItem
from traymail.core.replies import title_for

log = logging.getLogger(__name__)


def write_down(event: Event) -> None:
    """Log an event; subjects, texts and recipients of mails stay out of the log."""
    match event:
        case ItemChanged():
            _write_item(event.item)
        case AccountChanged():
            _write_account(event.state)
        case LimitReached():
            log.warning("the cap of %s holds mail back until %s", event.whose, event.until)
        case SettingsApplied():
            log.info("the configuration is in force")
        case SettingsRefused():
            problems = (problem_line(CONFIG_NAME, one, str) for one in event.error.problems)
            log.warning("the configuration is not used: %s", "; ".join(problems))
        case RuleTrouble():
            log.warning("rule %s: %s", event.rule, event.trouble or "works again")
        case LeftOutTold():
            log.warning("rule %s leaves out %s: %s", event.rule, event.what, event.reason)
        case OutboxChanged() | MailProgress() | RuleHealth():
            pass
        case PauseChanged():
            until = f" until {event.until}" if event.until else ""
            log.info("%s%s", "paused" if event.paused else "resumed", until)
        case _:
            assert_never(event)


def _write_item(item: OutboxItem) -> None:
    rule = f", rule {item.rule}," if item.rule else ""
    reply = f": {item.code or ''} {item.reply}" if item.reply else ""
    log.info(
        "mail %d of account %s%s is %s%s", item.id, item.account, rule, item.state.value, reply
    )


def _write_account(state: AccountState) -> None:
    if state.stopped:
        what = "needs you" if state.needs_user else "waits"
        why = state.reply or title_for(state.advice_id) or state.advice_id
        log.warning("account %s %s: %s", state.name, what, why)
    else:
        log.info("account %s works again", state.name)
