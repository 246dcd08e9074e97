"""Which events become a notification of the desktop, in which words, how often at most."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import assert_never

from traymail.core.errors import SettingsError
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
from traymail.core.outbox import AccountState, OutboxItem, State
from traymail.core.replies import have_it, parts_told, title_for, trouble_of
from traymail.core.reply_rules.details import reply_told
from traymail.core.reply_rules.rule import Trouble
from traymail.core.settings import Settings
from traymail.core.texts import Text, text
from traymail.ui.model.sentences import advice_about

# Of one rule, or one account, one notification in so many seconds.
APART = 60.0
_SETTINGS = "settings"


class NoticeButton(Enum):
    """What a notification offers; each is also found in a window."""

    RETRY = "retry"
    OPEN_OUTBOX = "outbox"
    OPEN_SETTINGS = "settings"
    UNDO = "undo"


LABELS: Mapping[NoticeButton, Text] = {
    NoticeButton.RETRY: text("Retry"),
    NoticeButton.OPEN_OUTBOX: text("Open outbox"),
    NoticeButton.OPEN_SETTINGS: text("Open settings"),
    NoticeButton.UNDO: text("Undo send"),
}


@dataclass(frozen=True, slots=True)
class Notice:
    """One notification. A later one of the same ``key`` takes its place.

    ``passing``: good to know, nothing to do; not shown while the desktop wants quiet.
    ``mail`` is what Retry and Undo are about.
    """

    key: str
    title: Text
    body: Text | str
    buttons: tuple[NoticeButton, ...] = ()
    mail: int | None = None
    passing: bool = False


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the user wants to be told.

    ``trouble``: what failed or needs them. ``undo``: offer it for a mail that waits to leave;
    False while a window does so itself.
    """

    trouble: bool = True
    sent: bool = True
    sent_by_rules: bool = False
    undo: bool = True


def wishes_of(settings: Settings) -> Wishes:
    """Return what the configuration wants told."""
    wanted = settings.notifications
    return Wishes(
        trouble=wanted != "off",
        sent=wanted in {"usual", "all"},
        sent_by_rules=wanted == "all",
        undo=wanted in {"usual", "all"},
    )


@dataclass(frozen=True, slots=True)
class Held:
    """What came too soon after another of its kind: how many, and the last."""

    count: int
    last: Notice


@dataclass(frozen=True, slots=True)
class NoticeState:
    """When each rule and account last had a notification (monotonic seconds); what is held back.

    ``apart``: the seconds between two of one rule or account.
    """

    told: Mapping[str, float] = field(default_factory=dict)
    held: Mapping[str, Held] = field(default_factory=dict)
    apart: float = APART


def after(
    state: NoticeState, event: Event, wishes: Wishes, now: float
) -> tuple[NoticeState, Notice | None]:
    """Return the notification an event makes, if any; ``now`` in monotonic seconds."""
    wanted = wishes.trouble or isinstance(event, ItemChanged)
    notice = _notice(event, wishes) if wanted else None
    source = _source(event)
    if notice is None:
        still = {name: one for name, one in state.held.items() if not is_over(one.last, event)}
        return replace(state, held=still), None
    if source is None:
        return state, notice
    told = {name: when for name, when in state.told.items() if now - when < state.apart}
    if source in told or source in state.held:
        before = state.held.get(source)
        held = Held(before.count + 1 if before else 1, notice)
        return replace(state, told=told, held={**state.held, source: held}), None
    return replace(state, told={**told, source: now}), notice


def is_over(notice: Notice, event: Event) -> bool:
    """Tell whether what a notification tells of has ended with an event."""
    match event:
        case SettingsApplied():
            return notice.key == _SETTINGS
        case AccountChanged(state):
            return notice.key == f"account:{state.name}" and not state.stopped
        # A rule's mails have the same key.
        case RuleTrouble(rule, None):
            return notice.key == f"rule:{rule}" and notice.mail is None
        case ItemChanged(item):
            return notice.mail == item.id and item.state in {State.SENT, State.CANCELLED}
        case _:
            return False


def due(state: NoticeState, now: float) -> tuple[NoticeState, tuple[Notice, ...]]:
    """Return what was held back long enough: one notification of each rule and account."""
    ready = [source for source in state.held if _wait(state, source, now) <= 0]
    held = {source: one for source, one in state.held.items() if source not in ready}
    told = {**state.told, **dict.fromkeys(ready, now)}
    return replace(state, told=told, held=held), tuple(
        _summary(state.held[source]) for source in ready
    )


def next_due(state: NoticeState, now: float) -> float | None:
    """Return in how many seconds `due` has something; None when nothing is held back."""
    return min((max(0.0, _wait(state, source, now)) for source in state.held), default=None)


def _wait(state: NoticeState, source: str, now: float) -> float:
    return state.told.get(source, now - state.apart) + state.apart - now


def _summary(held: Held) -> Notice:
    if held.count == 1:
        return held.last
    title = text("{title} (and {n} more)", title=held.last.title, n=held.count - 1)
    return replace(held.last, title=title)


def _source(event: Event) -> str | None:
    """Return whose notifications are kept apart; None: what the user did by hand."""
    match event:
        case ItemChanged():
            return None if event.item.rule is None else f"rule:{event.item.rule}"
        case RuleTrouble():
            return f"rule:{event.rule}"
        case AccountChanged():
            return f"account:{event.state.name}"
        case LimitReached():
            return f"limit:{event.whose}"
        case _:
            return None


def _notice(event: Event, wishes: Wishes) -> Notice | None:
    match event:
        case ItemChanged():
            return _about_mail(event.item, wishes)
        case AccountChanged():
            return _about_account(event.state)
        case RuleTrouble(rule, trouble) if trouble is not None:
            return Notice(
                f"rule:{rule}",
                text("The rule {name} cannot work", name=rule),
                trouble,
                (NoticeButton.OPEN_SETTINGS,),
            )
        case LimitReached(whose, _until):
            return Notice(
                f"limit:{whose}",
                text("Mail waits: a limit is reached"),
                text("For now, {whose} may send no more. Nothing is lost.", whose=whose),
                (NoticeButton.OPEN_OUTBOX,),
                passing=True,
            )
        case SettingsRefused(error):
            return _about_settings(error)
        # What is left out is told in the log and by the rule's own state.
        case (
            OutboxChanged()
            | MailProgress()
            | RuleTrouble()
            | RuleHealth()
            | SettingsApplied()
            | LeftOutTold()
            | PauseChanged()
        ):
            return None
        case _:
            assert_never(event)


def _about_mail(item: OutboxItem, wishes: Wishes) -> Notice | None:
    match item.state:
        case State.SENT:
            return _sent(item, wishes)
        case State.PARTIAL if wishes.trouble:
            title = text("Partly sent: {subject}", subject=_subject(item))
            buttons = (NoticeButton.RETRY, NoticeButton.OPEN_OUTBOX)
            return Notice(_key(item), title, have_it(item), buttons, item.id)
        case State.FAILED if wishes.trouble:
            title, why = text("Not sent: {subject}", subject=_subject(item)), _reason(item)
            if (parts := parts_told(item)) is not None:
                title = text("Partly sent: {subject}", subject=_subject(item))
                why = text("{why} · {parts}", why=why, parts=parts)
            buttons = (NoticeButton.RETRY, NoticeButton.OPEN_OUTBOX)
            return Notice(_key(item), title, why, buttons, item.id)
        case State.UNKNOWN if wishes.trouble:
            title = text("It may have been delivered: {subject}", subject=_subject(item))
            body = text("The server did not answer. Mark it as sent, or send it again.")
            return Notice(_key(item), title, body, (NoticeButton.OPEN_OUTBOX,), item.id)
        case State.QUEUED:
            return _waiting(item, wishes)
        case _:
            return None


def _waiting(item: OutboxItem, wishes: Wishes) -> Notice | None:
    if wishes.undo and _may_be_undone(item):
        title = text("Leaves in a moment: {subject}", subject=_subject(item))
        return Notice(_key(item), title, _people(item), (NoticeButton.UNDO,), item.id, passing=True)
    if wishes.trouble and _is_kept(item):
        title = text("Kept: {subject}", subject=_subject(item))
        body = text("It goes out when there is a network.")
        return Notice(_key(item), title, body, (NoticeButton.OPEN_OUTBOX,), item.id)
    return None


def _is_kept(item: OutboxItem) -> bool:
    """Tell whether a mail by hand was tried for the first time, without a network."""
    tried_once = item.rule is None and item.attempts == 1
    return tried_once and trouble_of(item.advice_id) in {Trouble.NAME, Trouble.NETWORK}


def _sent(item: OutboxItem, wishes: Wishes) -> Notice | None:
    # That it was kept was told, so that it went is told, too.
    by_hand = wishes.sent or (wishes.trouble and item.attempts > 1)
    if not (by_hand if item.rule is None else wishes.sent_by_rules):
        return None
    title = text("Sent: {subject}", subject=_subject(item))
    return Notice(_key(item), title, _people(item), mail=item.id, passing=True)


def _about_account(state: AccountState) -> Notice | None:
    if not state.stopped:
        return None
    if not state.needs_user:
        why = title_for(state.advice_id) or text("waiting")
        return Notice(f"account:{state.name}", why, reply_told(None, state.reply))
    return Notice(
        f"account:{state.name}",
        text("The account {name} needs you", name=state.name),
        advice_about(state.advice_id)
        or title_for(state.advice_id)
        or text("Its mail waits until you look at the account."),
        (NoticeButton.OPEN_SETTINGS,),
    )


def _about_settings(error: SettingsError) -> Notice:
    return Notice(
        _SETTINGS,
        text("The configuration has errors"),
        text(
            "{where}: {what}. The last good one is used.",
            where=error.problems[0].where or error.file_name,
            what=error.problems[0].what,
        )
        if error.problems
        else error.title,
        (NoticeButton.OPEN_SETTINGS,),
    )


def _may_be_undone(item: OutboxItem) -> bool:
    due_at = item.next_attempt_at
    just_stored = item.attempts == 0 and item.updated_at == item.created_at
    return item.rule is None and just_stored and due_at is not None and due_at > item.created_at


def _reason(item: OutboxItem) -> Text | str:
    return (
        title_for(item.advice_id) or reply_told(None, item.reply) or text("The server refused it.")
    )


def _subject(item: OutboxItem) -> str | Text:
    return item.subject or text("(no subject)")


def _people(item: OutboxItem) -> Text | str:
    everyone = (*item.to, *item.cc, *item.bcc)
    first = str(everyone[0]) if everyone else ""
    if len(everyone) <= 1:
        return text("To {address}", address=first)
    return text("To {address} and {n} more", address=first, n=len(everyone) - 1)


def _key(item: OutboxItem) -> str:
    """Mails by hand have a notification each, a rule has one."""
    return f"mail:{item.id}" if item.rule is None else f"rule:{item.rule}"
