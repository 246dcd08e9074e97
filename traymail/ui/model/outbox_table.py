"""The list of the outbox as values: which mails are asked for, and what each row says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from traymail.core.address import clean
from traymail.core.fields import Choice
from traymail.core.outbox import OutboxItem, State
from traymail.core.overview import Overview
from traymail.core.template import human_size
from traymail.core.texts import Text, text

# Before that, the speed is not known well enough to promise anything.
_SURE_AFTER = 1.0
_MINUTE = 60


@dataclass(frozen=True, slots=True)
class DeliveryProgress:
    """Bytes that are out, of all; ``began`` and ``at`` are when the first and last were told."""

    done: int
    total: int
    began: datetime
    at: datetime
    first: int = 0

    @property
    def part(self) -> float:
        """The part that is out, 0 to 1."""
        return self.done / self.total if self.total else 0.0


@dataclass(frozen=True, slots=True)
class DeliveryBar:
    """A bar (0 to 1; None: the mail is too small for one), words below at the left and right."""

    part: float | None
    words: Text
    left: Text | str = ""


def went_on(
    before: DeliveryProgress | None, done: int, total: int, now: datetime
) -> DeliveryProgress:
    """Return the progress after more of a mail went out; less than before is another attempt."""
    if before is None or done < before.done or total != before.total:
        return DeliveryProgress(done, total, began=now, at=now, first=done)
    return replace(before, done=done, at=now)


def bar_of(item: OutboxItem, progress: DeliveryProgress | None) -> DeliveryBar | None:
    """Return the bar of a mail that goes out; None for other mails."""
    if item.state is not State.SENDING:
        return None
    if item.unanswered:
        return None
    if progress is None:
        return DeliveryBar(None, text("On its way to the server…"))
    words = text("{a} of {b}", a=human_size(progress.done), b=human_size(progress.total))
    return DeliveryBar(progress.part, words, _left(progress))


def _left(progress: DeliveryProgress) -> Text | str:
    seconds = (progress.at - progress.began).total_seconds()
    moved = progress.done - progress.first
    if seconds < _SURE_AFTER or moved <= 0:
        return ""
    return time_left((progress.total - progress.done) * seconds / moved)


def time_left(seconds: float) -> Text:
    """Return how much time is left, in words."""
    if seconds < _MINUTE:
        return text("{n} s left", n=max(1, round(seconds)))
    if seconds < 2 * _HOUR:
        return text("{n} min left", n=round(seconds / _MINUTE))
    return text("{n} h left", n=round(seconds / _HOUR))


FIRST = 500
"""So many mails are listed at first, and more each time more are asked for."""

_HOUR = 3600
_DAY = 24 * _HOUR
_LONGEST_NAME = 20
_HAND = "hand"
_RULE = "rule:"


@dataclass(frozen=True, slots=True)
class Sign:
    """How a state is shown: an icon, its colour role, a word."""

    icon: str
    role: str
    word: Text


SIGNS: Mapping[State, Sign] = {
    State.QUEUED: Sign("clock", "muted", text("Waiting")),
    State.SENDING: Sign("send", "link", text("Sending")),
    State.SENT: Sign("check-circle-fill", "success", text("Sent")),
    State.PARTIAL: Sign("exclamation-circle-fill", "warning", text("Partly sent")),
    State.FAILED: Sign("x-circle-fill", "danger", text("Failed")),
    State.UNKNOWN: Sign("question-circle-fill", "warning", text("Unknown")),
    State.CANCELLED: Sign("slash-circle", "muted", text("Cancelled")),
}


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter by state, with the number of mails behind it; without ``states`` it takes all."""

    key: str
    words: Text
    states: tuple[State, ...] = ()
    sign: Sign | None = None


def _chip(key: str, *states: State) -> Chip:
    sign = SIGNS[states[0]]
    return Chip(key, sign.word, states, sign)


CHIPS = (
    Chip("all", text("All")),
    _chip("waiting", State.QUEUED, State.SENDING),
    _chip("sent", State.SENT),
    _chip("failed", State.FAILED, State.PARTIAL),  # both need the user, and the row is full
    _chip("unknown", State.UNKNOWN),
    _chip("cancelled", State.CANCELLED),
)
_BY_KEY = {chip.key: chip for chip in CHIPS}


@dataclass(frozen=True, slots=True)
class OutboxFilter:
    """Which mails are asked for; ``rule`` "" are those sent by hand, None are all."""

    chip: str = "all"
    account: str | None = None
    rule: str | None = None
    words: str = ""

    @property
    def states(self) -> tuple[State | None, ...]:
        """The states to ask for, one after the other; None is any."""
        return _BY_KEY[self.chip].states or (None,)


def counted(counts: Mapping[State, int]) -> dict[str, int]:
    """Return the number of each chip."""
    return {chip.key: sum(counts.get(state, 0) for state in chip.states or State) for chip in CHIPS}


def newest(found: Sequence[Sequence[OutboxItem]], limit: int) -> tuple[OutboxItem, ...]:
    """Return the mails of several lists in one, newest first; each is there once."""
    items = {item.id: item for items in found for item in items}
    return tuple(sorted(items.values(), key=lambda item: item.id, reverse=True)[:limit])


# --- what can be chosen ---------------------------------------------------------------------------


def account_choices(overview: Overview | None) -> tuple[Choice, ...]:
    """Return the choices of the account, also of those removed whose mail is not done."""
    names = () if overview is None else overview.accounts
    return (Choice("", text("All accounts")), *(Choice(name, _short(name)) for name in names))


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"


def account_of(value: str) -> str | None:
    """Return the account of a choice."""
    return value or None


def rule_choices(overview: Overview | None) -> tuple[Choice, ...]:
    """Return the choices of the rule."""
    rules = () if overview is None else overview.settings.rules
    return (
        Choice("", text("All rules")),
        Choice(_HAND, text("By hand")),
        *(Choice(f"{_RULE}{rule.name}", _short(rule.name)) for rule in rules),
    )


def rule_of(value: str) -> str | None:
    """Return the rule of a choice."""
    if value == _HAND:
        return ""
    return value.removeprefix(_RULE) or None


def rule_value(rule: str | None) -> str:
    """Return the choice of a rule."""
    if rule is None:
        return ""
    return f"{_RULE}{rule}" if rule else _HAND


# --- rows -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OutboxLine:
    """A row: what its cells say, in the order of the columns."""

    id: int
    sign: Sign
    subject: Text | str
    to: Text | str
    rule: str
    when: Text | str

    @property
    def muted(self) -> bool:
        """Whether the mail counts no more."""
        return self.sign is SIGNS[State.CANCELLED]


def line_of(
    item: OutboxItem, now: datetime, part: float | None = None, *, paused: bool = False
) -> OutboxLine:
    """Return the row of a mail; ``part`` of it is out already, when that is known."""
    return OutboxLine(
        id=item.id,
        sign=SIGNS[item.state],
        subject=subject_of(item),
        to=people_of(item),
        rule=item.rule or "",
        when=_when(item, now, part, paused=paused),
    )


def subject_of(item: OutboxItem) -> Text | str:
    """Return the subject, or that there is none."""
    return clean(item.subject) or text("(no subject)")


def people_of(item: OutboxItem) -> Text | str:
    """Return the first recipient, by name where there is one, and how many more there are."""
    first, *others = [one.name or one.mailbox for one in (*item.to, *item.cc, *item.bcc)] or [""]
    if not others:
        return first
    return text("{name} +{more}", name=first, more=len(others))


def _when(item: OutboxItem, now: datetime, part: float | None, *, paused: bool) -> Text | str:
    match item.state:
        case State.SENDING if item.unanswered:
            return text("unanswered")
        case State.SENDING:
            return text("now") if part is None else f"{part * 100:.0f} %"
        case State.QUEUED:
            due = item.next_attempt_at
            if due is None:
                return text("needs you")
            return text("paused") if paused else until(due, now)
        case _:
            return since(item.updated_at, now)


def until(moment: datetime, now: datetime) -> Text | str:
    """Return in how long something happens."""
    seconds = (moment - now).total_seconds()
    if seconds <= _MINUTE:
        return text("soon")
    if seconds <= _HOUR:
        return text("in {n} min", n=_steps(seconds, _MINUTE))
    if seconds <= _DAY:
        return text("in {n} h", n=_steps(seconds, _HOUR))
    return _date(moment)


def since(moment: datetime, now: datetime) -> Text | str:
    """Return when something happened: the hour of today, else the day."""
    day, today = moment.astimezone().date(), now.astimezone().date()
    if day == today:
        return f"{moment.astimezone():%H:%M}"
    if day == today - timedelta(days=1):
        return text("yesterday")
    return _date(moment)


def moment_words(moment: datetime, now: datetime) -> Text | str:
    """Return a moment in full: the hour, and the day unless it is today."""
    hour = f"{moment.astimezone():%H:%M}"
    if moment.astimezone().date() == now.astimezone().date():
        return hour
    return text("{day} {time}", day=since(moment, now), time=hour)


def next_look(items: Sequence[OutboxItem], now: datetime) -> float:
    """Return in how many seconds a row says something else though nothing happened."""
    local = now.astimezone()
    midnight = (local + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    waits = [(midnight - local).total_seconds()]
    for item in items:
        if item.state is State.QUEUED and item.next_attempt_at is not None:
            left = (item.next_attempt_at - now).total_seconds()
            if left > _MINUTE:
                step = _MINUTE if left <= _HOUR else _HOUR
                waits.append(left % step or step)
    # A little later, so that it is true then.
    return min(waits) + 1


def _steps(seconds: float, step: int) -> int:
    return int(-(-seconds // step))


def _date(moment: datetime) -> str:
    return f"{moment.astimezone():%Y-%m-%d}"
