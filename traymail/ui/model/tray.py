"""What the tray icon tells, as a value: idle, sending, paused or attention, and the tool tip.

Events tell at once what is being sent and whether all is paused; the counts come from the
overview, which the owner asks for again after events.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum

from traymail.core.events import Event, ItemChanged, PauseChanged
from traymail.core.outbox import OutboxItem, State
from traymail.core.overview import Overview
from traymail.core.replies import title_for
from traymail.core.texts import Text, text

# A mail that leaves at once shows nothing; one that is shown can be seen.
SHOWN_AFTER = 0.3
SHOWN_FOR = 0.7


class Icon(Enum):
    """The pictures of the tray icon, named as their files are."""

    IDLE = "idle"
    SENDING = "sending"
    PAUSED = "paused"
    ATTENTION = "attention"


@dataclass(frozen=True, slots=True)
class Shown:
    """What is to be seen now: the icon, the tool tip's first line, and what else there is."""

    icon: Icon
    tip: Text
    more: tuple[Text, ...] = ()


@dataclass(frozen=True, slots=True)
class Burst:
    """Mails that leave one after the other. Times are monotonic seconds.

    ``sending`` are under way, ``due`` follow them, ``done`` have ended.
    """

    began: float
    sending: frozenset[int]
    due: frozenset[int] = frozenset()
    done: int = 0
    ended: float | None = None

    @property
    def shown_from(self) -> float:
        """Return when the icon begins to tell of it."""
        return self.began + SHOWN_AFTER

    @property
    def shown_until(self) -> float | None:
        """Return when the icon stops to tell of it; None while it goes on."""
        if self.ended is None:
            return None
        if self.ended <= self.shown_from:
            return self.shown_from  # never shown
        return max(self.ended, self.shown_from + SHOWN_FOR)

    def shows(self, now: float) -> bool:
        """Tell whether the icon tells of it at that time."""
        until = self.shown_until
        return now >= self.shown_from and (until is None or now < until)


@dataclass(frozen=True, slots=True)
class TrayState:
    """What is known. ``needs`` counts mails; ``troubles`` are what else needs the user."""

    burst: Burst | None = None
    paused: bool = False
    paused_until: datetime | None = None
    waiting: int = 0
    needs: int = 0
    troubles: tuple[Text, ...] = ()


def after(state: TrayState, event: Event, now: float) -> TrayState:
    """Return the state after an event of the engine; ``now`` in monotonic seconds."""
    match event:
        case ItemChanged():
            return replace(state, burst=_after_item(state.burst, event.item, now))
        case PauseChanged():
            return replace(state, paused=event.paused, paused_until=event.until)
        case _:  # the others change counts and troubles: `refreshed` brings them
            return state


def refreshed(state: TrayState, overview: Overview) -> TrayState:
    """Return the state with the counts and troubles of a new overview."""
    return replace(
        state,
        paused=overview.paused,
        paused_until=overview.paused_until,
        waiting=overview.counts.get(State.QUEUED, 0),
        needs=needs_you(overview.counts),
        troubles=_troubles(overview),
    )


def needs_you(counts: Mapping[State, int]) -> int:
    """Return how many mails need the user: not all have them, or nobody knows."""
    return sum(counts.get(state, 0) for state in (State.PARTIAL, State.FAILED, State.UNKNOWN))


def shown(state: TrayState, now: float, clock: datetime) -> Shown:
    """Return what is to be seen; ``clock`` is the time of day, for the words."""
    lines = [*_sending(state.burst, now), *_attention(state), *_paused(state, clock)]
    if not lines:
        return Shown(Icon.IDLE, text("traymail: idle"))
    return Shown(lines[0][0], lines[0][1], tuple(line for _, line in lines[1:]))


def next_look(state: TrayState, now: float) -> float | None:
    """Return in how many seconds `shown` changes by itself; None: only with an event."""
    if state.burst is None:
        return None
    times = (state.burst.shown_from, state.burst.shown_until)
    coming = [moment - now for moment in times if moment is not None and moment > now]
    return min(coming, default=None)


# --- sending ------------------------------------------------------------------------------------


def _after_item(burst: Burst | None, item: OutboxItem, now: float) -> Burst | None:
    if item.state is State.SENDING:
        return _with(burst, item.id, now)
    if burst is None or burst.ended is not None:
        return burst
    if item.id in burst.sending:
        left = burst.sending - {item.id}
        return replace(burst, sending=left, done=burst.done + 1, ended=None if left else now)
    if _due_now(item):
        return replace(burst, due=burst.due | {item.id})
    return replace(burst, due=burst.due - {item.id})


def _with(burst: Burst | None, mail: int, now: float) -> Burst:
    if burst is None or _over(burst, now):
        return Burst(began=now, sending=frozenset({mail}))
    return replace(burst, sending=burst.sending | {mail}, due=burst.due - {mail}, ended=None)


def _over(burst: Burst, now: float) -> bool:
    return burst.shown_until is not None and now >= burst.shown_until


def _due_now(item: OutboxItem) -> bool:
    due = item.next_attempt_at
    return item.state is State.QUEUED and due is not None and due <= item.updated_at


def _sending(burst: Burst | None, now: float) -> list[tuple[Icon, Text]]:
    if burst is None or not burst.shows(now):
        return []
    total = burst.done + len(burst.sending) + len(burst.due)
    number = min(burst.done + 1, total)
    return [(Icon.SENDING, text("Sending {i} of {n}", i=number, n=total))]


# --- attention and pause ------------------------------------------------------------------------


def _attention(state: TrayState) -> list[tuple[Icon, Text]]:
    lines = list(state.troubles)
    if state.needs == 1:
        lines.insert(0, text("{n} mail needs you", n=state.needs))
    elif state.needs:
        lines.insert(0, text("{n} mails need you", n=state.needs))
    return [(Icon.ATTENTION, line) for line in lines]


def _troubles(overview: Overview) -> tuple[Text, ...]:
    accounts = [
        text("The account {name} needs you", name=name)
        if account.needs_user
        else title_for(account.advice_id) or text("waiting")
        for name, account in overview.accounts.items()
        if account.stopped
    ]
    rules = [
        text("The rule {name} cannot work", name=name)
        for name, rule in overview.rules.items()
        if rule.error is not None
    ]
    config = [text("The configuration has errors")] if overview.config_error else []
    return (*dict.fromkeys(accounts), *rules, *config)


def _paused(state: TrayState, clock: datetime) -> list[tuple[Icon, Text]]:
    if not state.paused:
        return []
    if state.paused_until is None:
        return [(Icon.PAUSED, text("Paused, {n} waiting", n=state.waiting))]
    time = _time(state.paused_until, clock)
    return [(Icon.PAUSED, text("Paused until {time}, {n} waiting", time=time, n=state.waiting))]


def _time(moment: datetime, clock: datetime) -> str:
    there = moment.astimezone()
    # Within a day the hour says it all.
    near = (moment - clock).total_seconds() < 24 * 3600
    return there.strftime("%H:%M" if near else "%Y-%m-%d %H:%M")
