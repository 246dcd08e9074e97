"""The tray's menu as a value: one description drives the panel, pystray and the control window."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import Enum
from typing import assert_never

from traymail.core.rule import Rule
from traymail.core.texts import Text, elided, text

MOST_RULES_AT_TOP = 12
SHORT_PAUSE = timedelta(minutes=30)


# So many letters of a rule's name stand in the menu.
MOST_LABEL = 80


class Do(Enum):
    """What an entry asks for, where its name says it all."""

    QUICK_SEND = "quick-send"
    SEND_CLIPBOARD = "send-clipboard"
    PAUSE_SHORT = "pause-30m"
    PAUSE_TOMORROW = "pause-tomorrow"
    PAUSE = "pause"
    RESUME = "resume"
    OUTBOX = "outbox"
    SETTINGS = "settings"
    HELP = "help"
    QUIT = "quit"


@dataclass(frozen=True, slots=True)
class SwitchRule:
    """Switch the rule of this name on or off."""

    name: str
    enabled: bool


Choice = Do | SwitchRule


class MenuItemKind(Enum):
    """How an entry is drawn."""

    ACTION = "action"
    CHECK = "check"
    SEPARATOR = "separator"
    SUBMENU = "submenu"


@dataclass(frozen=True, slots=True)
class MenuItem:
    """One entry. ``id`` stays the same as long as it means the same.

    ``label``: a Text of ours, or a rule's name as the user wrote it.
    """

    id: str
    kind: MenuItemKind
    label: Text | str = ""
    choice: Choice | None = None
    checked: bool = False
    enabled: bool = True
    children: tuple[MenuItem, ...] = ()


def menu(rules: Sequence[Rule], *, paused: bool, needs: int) -> tuple[MenuItem, ...]:
    """Return the menu; ``needs`` is how many mails need the user."""
    marks = tuple(_mark(rule) for rule in rules)
    if len(marks) > MOST_RULES_AT_TOP:
        marks = (MenuItem("rules", MenuItemKind.SUBMENU, text("Rules"), children=marks),)
    return (
        _action(Do.QUICK_SEND, text("Quick send…")),
        _action(Do.SEND_CLIPBOARD, text("Send clipboard")),
        _separator(1),
        *marks,
        _pause(paused=paused),
        _separator(2),
        _action(Do.OUTBOX, _outbox(needs)),
        _action(Do.SETTINGS, text("Settings…")),
        _action(Do.HELP, text("Help and diagnosis…")),
        _separator(3),
        _action(Do.QUIT, text("Quit")),
    )


def flat(entries: Sequence[MenuItem]) -> Iterator[MenuItem]:
    """Yield entries, each followed by what is below it."""
    for entry in entries:
        yield entry
        yield from flat(entry.children)


def pause_end(choice: Do, now: datetime) -> datetime | None:
    """Return when a chosen pause ends; None: not by itself.

    "Tomorrow" begins at midnight where the user is.
    """
    match choice:
        case Do.PAUSE_SHORT:
            return now + SHORT_PAUSE
        case Do.PAUSE_TOMORROW:
            tomorrow = now.astimezone().date() + timedelta(days=1)
            # Asked for that day, not for today's offset: the clocks may change tonight.
            return datetime.combine(tomorrow, time()).astimezone()
        case Do.PAUSE:
            return None
        case (
            Do.QUICK_SEND
            | Do.SEND_CLIPBOARD
            | Do.RESUME
            | Do.OUTBOX
            | Do.SETTINGS
            | Do.HELP
            | Do.QUIT
        ):
            raise ValueError(choice)
        case _:
            assert_never(choice)


def _mark(rule: Rule) -> MenuItem:
    switch = SwitchRule(rule.name, not rule.enabled)
    return MenuItem(
        f"rule:{rule.name}",
        MenuItemKind.CHECK,
        elided(rule.name, MOST_LABEL),
        switch,
        checked=rule.enabled,
    )


def _pause(*, paused: bool) -> MenuItem:
    if paused:
        return _action(Do.RESUME, text("Resume"))
    ways = (
        _action(Do.PAUSE_SHORT, text("30 minutes")),
        _action(Do.PAUSE_TOMORROW, text("Until tomorrow")),
        _action(Do.PAUSE, text("Until I resume")),
    )
    return MenuItem("pause-menu", MenuItemKind.SUBMENU, text("Pause"), children=ways)


def _outbox(needs: int) -> Text:
    if needs == 0:
        return text("Outbox…")
    if needs == 1:
        return text("Outbox… ({n} needs you)", n=needs)
    return text("Outbox… ({n} need you)", n=needs)


def _action(do: Do, label: Text) -> MenuItem:
    return MenuItem(do.value, MenuItemKind.ACTION, label, do)


def _separator(number: int) -> MenuItem:
    return MenuItem(f"separator-{number}", MenuItemKind.SEPARATOR)
