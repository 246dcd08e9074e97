"""The outbox window as a value: what is asked for, what was found, which mail is looked at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from traymail.core.events import Event, ItemChanged, MailProgress
from traymail.core.holds import held_back
from traymail.core.outbox import RETRYABLE, OutboxItem, State
from traymail.core.overview import MailDetail, Overview
from traymail.ui.model.outbox_detail import Detail, describe
from traymail.ui.model.outbox_table import (
    FIRST,
    DeliveryProgress,
    OutboxFilter,
    OutboxLine,
    line_of,
    next_look,
    went_on,
)


@dataclass(frozen=True, slots=True)
class OutboxFound:
    """What was found for a filter; ``detail`` is of the mail that is looked at, if it is there."""

    overview: Overview
    items: tuple[OutboxItem, ...]
    detail: MailDetail | None


@dataclass(frozen=True, slots=True)
class OutboxState:
    """How the window stands.

    ``looked_at`` is the id of a mail, also of one that the filter hides; 0 is none.
    ``found`` None: nothing is known yet. ``anew``: the user has just asked for another list.
    """

    filter: OutboxFilter = field(default_factory=OutboxFilter)
    limit: int = FIRST
    looked_at: int = 0
    found: OutboxFound | None = None
    progress: Mapping[int, DeliveryProgress] = field(default_factory=dict)
    anew: bool = False

    @property
    def items(self) -> tuple[OutboxItem, ...]:
        """The mails of the list, newest first."""
        if self.found is None:
            return ()
        return tuple(self._held_back(item, self.found.overview) for item in self.found.items)

    @property
    def item(self) -> OutboxItem | None:
        """The mail that is looked at, as far as it is known."""
        for item in self.items:
            if item.id == self.looked_at:
                return item
        mail = self.mail
        return None if mail is None else mail.item

    @property
    def mail(self) -> MailDetail | None:
        """All that is known of the mail that is looked at."""
        mail = None if self.found is None else self.found.detail
        if self.found is None or mail is None or mail.item.id != self.looked_at:
            return None
        return replace(mail, item=self._held_back(mail.item, self.found.overview))

    @staticmethod
    def _held_back(item: OutboxItem, overview: Overview) -> OutboxItem:
        return held_back(item, overview.holds, overview.accounts.get(item.account))

    @property
    def more(self) -> bool:
        """Whether there may be older mails than the list shows."""
        return len(self.items) >= self.limit

    @property
    def nothing_yet(self) -> bool:
        """Whether there is no mail at all."""
        return self.found is not None and not any(self.found.overview.counts.values())

    @property
    def to_retry(self) -> int:
        """How many mails there are to try again."""
        if self.found is None:
            return 0
        counts = self.found.overview.counts
        return sum(counts.get(state, 0) for state in RETRYABLE)


def filtered(state: OutboxState, filter: OutboxFilter) -> OutboxState:
    """Return the state after another filter was set; its list begins anew."""
    return (
        state if filter == state.filter else replace(state, filter=filter, limit=FIRST, anew=True)
    )


def wanted_more(state: OutboxState) -> OutboxState:
    """Return the state after older mails were asked for."""
    return replace(state, limit=state.limit + FIRST)


def looked_at(state: OutboxState, mail_id: int) -> OutboxState:
    """Return the state with another mail looked at."""
    return replace(state, looked_at=mail_id)


def asked_for(state: OutboxState, mail_id: int) -> OutboxState:
    """Return the state that shows one mail, whatever the filter was."""
    return replace(state, filter=OutboxFilter(), limit=FIRST, looked_at=mail_id)


def to_look_at(state: OutboxState, items: Sequence[OutboxItem]) -> int:
    """Return the mail to look at when these are listed: one that just leaves the list stays."""
    mail = state.looked_at
    if not mail or (state.anew and all(item.id != mail for item in items)):
        return items[0].id if items else 0
    return mail


def listed(state: OutboxState, found: OutboxFound) -> OutboxState:
    """Return the state with what was found; at first the newest mail is looked at."""
    under_way = {item.id for item in found.items if item.state is State.SENDING}
    if found.detail is not None and found.detail.item.state is State.SENDING:
        under_way.add(found.detail.item.id)
    progress = {mail: one for mail, one in state.progress.items() if mail in under_way}
    mail = to_look_at(state, found.items)
    if state.mail is not None and (found.detail is None or found.detail.item.id != mail):
        # Another mail was chosen while the list was looked for.
        found = replace(found, detail=state.mail)
    return replace(state, found=found, progress=progress, looked_at=mail, anew=False)


def detailed(state: OutboxState, mail: MailDetail) -> OutboxState:
    """Return the state with all that is known of a mail, if it is still looked at."""
    if state.found is None or mail.item.id != state.looked_at:
        return state
    return replace(state, found=replace(state.found, detail=mail))


def heard(state: OutboxState, event: Event, now: datetime) -> OutboxState:
    """Return the state after an event; most are followed by another look at the outbox."""
    match event:
        case MailProgress(mail_id, done, total):
            one = went_on(state.progress.get(mail_id), done, total, now)
            return replace(state, progress={**state.progress, mail_id: one})
        case ItemChanged(item) if item.state is not State.SENDING:
            left = {mail: one for mail, one in state.progress.items() if mail != item.id}
            return replace(state, progress=left)
        case _:
            return state


def lines(state: OutboxState, now: datetime) -> tuple[OutboxLine, ...]:
    """Return the rows."""
    paused = state.found is not None and state.found.overview.paused
    return tuple(
        line_of(
            item, now, one.part if (one := state.progress.get(item.id)) else None, paused=paused
        )
        for item in state.items
    )


def detail(state: OutboxState, now: datetime) -> Detail | None:
    """Return what is shown of the mail that is looked at."""
    if state.found is None or state.mail is None:
        return None
    progress = state.progress.get(state.looked_at)
    return describe(state.mail, state.found.overview, now, progress)


def look_again(state: OutboxState, now: datetime) -> float:
    """Return in how many seconds something is told otherwise though nothing happened."""
    return next_look(state.items, now)
