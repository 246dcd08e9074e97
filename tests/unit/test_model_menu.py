"""The tray's menu: its order, its words, what each entry asks for."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from traymail.core.message import Address
from traymail.core.rule import Rule
from traymail.ui.model.menu import Do, MenuItem, MenuItemKind, SwitchRule, flat, menu, pause_end

NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)


def a_rule(name: str, *, enabled: bool = True) -> Rule:
    return Rule(
        name=name,
        enabled=enabled,
        account="qq",
        to=(Address("you@mail.example"),),
        subject="",
        body="",
        max_per_hour=60,
    )


def drawn(entries: tuple[MenuItem, ...]) -> list[str]:
    lines = []
    for entry in entries:
        if entry.kind is MenuItemKind.SEPARATOR:
            lines.append("-")
        elif entry.kind is MenuItemKind.SUBMENU:
            lines.append(f"{entry.label} > {', '.join(drawn(entry.children))}")
        elif entry.kind is MenuItemKind.CHECK:
            lines.append(f"[{'x' if entry.checked else ' '}] {entry.label}")
        else:
            lines.append(str(entry.label))
    return lines


def test_the_order_is_the_promised_one() -> None:
    rules = [a_rule("Scans"), a_rule("App_errors", enabled=False)]
    assert drawn(menu(rules, paused=False, needs=0)) == [
        "Quick send…",
        "Send clipboard",
        "-",
        "[x] Scans",
        "[ ] App_errors",
        "Pause > 30 minutes, Until tomorrow, Until I resume",
        "-",
        "Outbox…",
        "Settings…",
        "Help and diagnosis…",
        "-",
        "Quit",
    ]


def test_while_paused_there_is_resume_in_the_place_of_pause() -> None:
    assert drawn(menu([], paused=True, needs=0))[3] == "Resume"


@pytest.mark.parametrize(
    ("needs", "label"),
    [(0, "Outbox…"), (1, "Outbox… (1 needs you)"), (3, "Outbox… (3 need you)")],
)
def test_the_outbox_tells_how_many_mails_need_the_user(needs: int, label: str) -> None:
    assert label in drawn(menu([], paused=False, needs=needs))


@pytest.mark.parametrize(("count", "at_top"), [(12, True), (13, False)])
def test_many_rules_get_a_submenu(count: int, at_top: bool) -> None:
    entries = menu([a_rule(f"r{number}") for number in range(count)], paused=False, needs=0)
    checks = [entry for entry in entries if entry.kind is MenuItemKind.CHECK]
    assert len(checks) == (count if at_top else 0)
    assert len([entry for entry in flat(entries) if entry.kind is MenuItemKind.CHECK]) == count
    assert at_top or entries[3].label.msgid == "Rules"  # type: ignore[union-attr] # a Text


def test_a_check_mark_asks_for_the_opposite() -> None:
    entries = menu([a_rule("on"), a_rule("off", enabled=False)], paused=False, needs=0)
    assert [entry.choice for entry in entries[3:5]] == [
        SwitchRule("on", enabled=False),
        SwitchRule("off", enabled=True),
    ]


@pytest.mark.parametrize("paused", [True, False])
def test_every_id_is_there_once_and_every_entry_asks_for_something(paused: bool) -> None:
    every = list(flat(menu([a_rule("quit"), a_rule("a")], paused=paused, needs=1)))
    assert len({entry.id for entry in every}) == len(every)
    for entry in every:
        leads_nowhere = entry.kind in (MenuItemKind.SEPARATOR, MenuItemKind.SUBMENU)
        assert (entry.choice is None) == leads_nowhere
        assert bool(entry.children) == (entry.kind is MenuItemKind.SUBMENU)


def test_every_wish_is_in_the_menu() -> None:
    offered = {
        entry.choice for paused in (True, False) for entry in flat(menu([], paused=paused, needs=0))
    }
    assert offered - {None} == set(Do)


@pytest.fixture
def berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="this system sets no zone for one process")
@pytest.mark.usefixtures("berlin")
@pytest.mark.parametrize(
    ("choice", "now", "end"),
    [
        (Do.PAUSE, NOW, None),
        (Do.PAUSE_SHORT, NOW, NOW + timedelta(minutes=30)),
        (Do.PAUSE_TOMORROW, NOW, datetime(2026, 3, 4, 23, 0, tzinfo=UTC)),
        # It is tomorrow already where the user is.
        (
            Do.PAUSE_TOMORROW,
            datetime(2026, 3, 4, 23, 30, tzinfo=UTC),
            datetime(2026, 3, 5, 23, 0, tzinfo=UTC),
        ),
        # The night before, the clocks went forward.
        (
            Do.PAUSE_TOMORROW,
            datetime(2026, 3, 29, 0, 30, tzinfo=UTC),
            datetime(2026, 3, 29, 22, 0, tzinfo=UTC),
        ),
    ],
)
def test_pauses_end(choice: Do, now: datetime, end: datetime | None) -> None:
    assert pause_end(choice, now) == end


def test_only_a_pause_has_an_end() -> None:
    with pytest.raises(ValueError, match="QUIT"):
        pause_end(Do.QUIT, NOW)
    with pytest.raises(AssertionError):
        pause_end("sleep", NOW)  # type: ignore[arg-type] # what is no choice at all
