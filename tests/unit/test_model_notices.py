"""Which events become a notification: tables of events, and one a minute from each rule."""

from datetime import timedelta

import pytest

from tests.support.mails import NOON, an_item
from traymail.core.errors import Problem, SettingsError
from traymail.core.events import (
    AccountChanged,
    Event,
    ItemChanged,
    LeftOutTold,
    LimitReached,
    PauseChanged,
    RuleTrouble,
    SettingsApplied,
    SettingsRefused,
)
from traymail.core.message import Address
from traymail.core.outbox import AccountState, State, in_trouble
from traymail.core.settings import Settings
from traymail.core.table_reader import read_table
from traymail.core.tables import TOP
from traymail.core.texts import text
from traymail.ui.model.notices import (
    APART,
    LABELS,
    NoticeButton,
    NoticeState,
    Wishes,
    after,
    due,
    is_over,
    next_due,
    wishes_of,
)

TWO = (Address("a@mail.example"), Address("b@mail.example"))


def changed(state: State, **fields: object) -> ItemChanged:
    given: dict[str, object] = {
        "id": 7,
        "state": state,
        "rule": None,
        "subject": "Invoice",
        "to": (Address("you@mail.example", "You"),),
        "created_at": NOON,
        "updated_at": NOON,
        "attempts": 0,
    }
    return ItemChanged(an_item(**(given | fields)))


def wait(seconds: int) -> dict[str, object]:
    return {"next_attempt_at": NOON + timedelta(seconds=seconds)}


def words(event: Event, wishes: Wishes) -> tuple[str, str, tuple[NoticeButton, ...]] | None:
    notice = after(NoticeState(), event, wishes, 0.0)[1]
    return None if notice is None else (str(notice.title), str(notice.body), notice.buttons)


@pytest.mark.parametrize(
    ("event", "wishes", "expected"),
    [
        (changed(State.SENT), Wishes(), ("Sent: Invoice", "To You <you@mail.example>", ())),
        (
            changed(State.SENT, to=TWO, subject=""),
            Wishes(),
            ("Sent: (no subject)", "To a@mail.example and 1 more", ()),
        ),
        (changed(State.SENT), Wishes(sent=False), None),
        (changed(State.SENT, rule="Scans"), Wishes(), None),
        (
            changed(State.SENT, rule="Scans"),
            Wishes(sent_by_rules=True),
            ("Sent: Invoice", "To You <you@mail.example>", ()),
        ),
        (
            changed(State.FAILED, reply="550 no such user"),
            Wishes(),
            (
                "Not sent: Invoice",
                "550 no such user",
                (NoticeButton.RETRY, NoticeButton.OPEN_OUTBOX),
            ),
        ),
        (
            changed(State.PARTIAL, to=TWO, pending=("b@mail.example",)),
            Wishes(),
            (
                "Partly sent: Invoice",
                "1 of 2 have it.",
                (NoticeButton.RETRY, NoticeButton.OPEN_OUTBOX),
            ),
        ),
        (
            changed(State.FAILED),
            Wishes(),
            (
                "Not sent: Invoice",
                "The server refused it.",
                (NoticeButton.RETRY, NoticeButton.OPEN_OUTBOX),
            ),
        ),
        (
            changed(State.FAILED, reply="45002 no", parts=2, parts_of=3),
            Wishes(),
            (
                "Partly sent: Invoice",
                "45002 no · 2 of 3 parts are there; another try sends only the rest.",
                (NoticeButton.RETRY, NoticeButton.OPEN_OUTBOX),
            ),
        ),
        (
            changed(State.UNKNOWN),
            Wishes(),
            (
                "It may have been delivered: Invoice",
                "The server did not answer. Mark it as sent, or send it again.",
                (NoticeButton.OPEN_OUTBOX,),
            ),
        ),
        (
            changed(State.QUEUED, **wait(5)),
            Wishes(),
            ("Leaves in a moment: Invoice", "To You <you@mail.example>", (NoticeButton.UNDO,)),
        ),
        (changed(State.QUEUED, **wait(5)), Wishes(undo=False), None),
        (changed(State.QUEUED, **wait(0)), Wishes(), None),
        (changed(State.QUEUED, rule="Scans", **wait(5)), Wishes(), None),
        (changed(State.QUEUED, attempts=1, **wait(5)), Wishes(), None),
        (changed(State.SENDING), Wishes(), None),
        (changed(State.CANCELLED), Wishes(), None),
        (
            AccountChanged(AccountState("qq", stopped=True)),
            Wishes(),
            (
                "The account qq needs you",
                "Its mail waits until you look at the account.",
                (NoticeButton.OPEN_SETTINGS,),
            ),
        ),
        (
            AccountChanged(in_trouble(AccountState("qq"), "The disk is full.")),
            Wishes(),
            ("Something on this computer keeps mail from being sent", "The disk is full.", ()),
        ),
        (AccountChanged(AccountState("qq")), Wishes(), None),
        (
            RuleTrouble("Scans", text("no such folder")),
            Wishes(),
            ("The rule Scans cannot work", "no such folder", (NoticeButton.OPEN_SETTINGS,)),
        ),
        (RuleTrouble("Scans", None), Wishes(), None),
        (
            LimitReached(text("rule {name}", name="Scans"), NOON),
            Wishes(),
            (
                "Mail waits: a limit is reached",
                "For now, rule Scans may send no more. Nothing is lost.",
                (NoticeButton.OPEN_OUTBOX,),
            ),
        ),
        (
            SettingsRefused(SettingsError((Problem("rules[2].folder", text("no such folder")),))),
            Wishes(),
            (
                "The configuration has errors",
                "rules[2].folder: no such folder. The last good one is used.",
                (NoticeButton.OPEN_SETTINGS,),
            ),
        ),
        (SettingsApplied(), Wishes(), None),
        (PauseChanged(paused=True, until=None), Wishes(), None),
        (LeftOutTold("Scans", "a.pdf", text("too large")), Wishes(), None),
    ],
)
def test_events_become_notifications(
    event: Event, wishes: Wishes, expected: tuple[str, str, tuple[NoticeButton, ...]] | None
) -> None:
    assert words(event, wishes) == expected


def test_a_stopped_account_comes_with_its_advice() -> None:
    state = AccountState("qq", stopped=True, advice_id="no-secret")
    told = words(AccountChanged(state), Wishes())
    assert told is not None
    assert told[1] != words(AccountChanged(AccountState("qq", stopped=True)), Wishes())[1]  # type: ignore[index] # told above


@pytest.mark.parametrize("advice", ["network", "dns"])
def test_a_mail_that_is_kept_for_want_of_a_network_is_told_once_and_when_it_went(
    advice: str,
) -> None:
    kept = changed(State.QUEUED, attempts=1, advice_id=advice)
    assert words(kept, Wishes()) == (
        "Kept: Invoice",
        "It goes out when there is a network.",
        (NoticeButton.OPEN_OUTBOX,),
    )
    assert words(changed(State.QUEUED, attempts=2, advice_id=advice), Wishes()) is None
    assert words(kept, wishes_of(Settings(notifications="off"))) is None
    only_trouble = wishes_of(Settings(notifications="trouble"))
    assert words(changed(State.SENT, attempts=1), only_trouble) is None
    assert words(changed(State.SENT, attempts=2), only_trouble) is not None
    # Of a rule's mails, and of servers that answer, the outbox tells.
    assert words(changed(State.QUEUED, attempts=1, advice_id="timeout"), Wishes()) is None
    assert words(changed(State.QUEUED, attempts=1, advice_id=advice, rule="R"), Wishes()) is None


def test_an_undo_and_what_follows_are_one_notification() -> None:
    stored = after(NoticeState(), changed(State.QUEUED, **wait(5)), Wishes(), 0.0)[1]
    sent = after(NoticeState(), changed(State.SENT), Wishes(), 5.0)[1]
    assert stored is not None
    assert sent is not None
    assert stored.key == sent.key
    assert stored.mail == 7
    assert stored.passing
    assert sent.passing


def test_a_rule_is_told_of_once_a_minute_and_the_rest_is_counted() -> None:
    state = NoticeState()
    told = []
    for second in range(5):
        event = changed(State.FAILED, id=second, rule="Scans", subject=f"scan {second}")
        state, notice = after(state, event, Wishes(), float(second))
        told.append(notice and str(notice.title))
    assert told == ["Not sent: scan 0", None, None, None, None]
    assert next_due(state, 4.0) == APART - 4
    state, notices = due(state, APART - 0.5)
    assert notices == ()
    state, notices = due(state, APART)
    assert [str(notice.title) for notice in notices] == ["Not sent: scan 4 (and 3 more)"]
    assert next_due(state, APART) is None
    # The minute begins anew.
    state, notice = after(state, changed(State.FAILED, rule="Scans"), Wishes(), APART + 1)
    assert notice is None
    state, notices = due(state, 2 * APART)
    assert [str(notice.title) for notice in notices] == ["Not sent: Invoice"]


def test_rules_do_not_hold_each_other_back() -> None:
    state, _ = after(NoticeState(), changed(State.FAILED, rule="Scans"), Wishes(), 0.0)
    _, notice = after(state, changed(State.FAILED, rule="Errors"), Wishes(), 0.1)
    assert notice is not None


def test_mails_by_hand_are_not_held_back() -> None:
    state, _ = after(NoticeState(), changed(State.FAILED, id=1), Wishes(), 0.0)
    state, notice = after(state, changed(State.FAILED, id=2), Wishes(), 0.1)
    assert notice is not None
    assert state == NoticeState()


FILE = Problem("rules[0].to", text("missing"), 3)


@pytest.mark.parametrize(
    ("trouble", "end"),
    [
        (SettingsRefused(SettingsError((FILE,))), SettingsApplied()),
        (RuleTrouble("Scans", text("no such folder")), RuleTrouble("Scans", None)),
        (
            AccountChanged(AccountState("qq", stopped=True)),
            AccountChanged(AccountState("qq", stopped=False)),
        ),
        (changed(State.FAILED), changed(State.SENT)),
        (changed(State.UNKNOWN), changed(State.CANCELLED)),
    ],
)
def test_what_is_told_of_ends(trouble: Event, end: Event) -> None:
    _, notice = after(NoticeState(), trouble, Wishes(), 0.0)
    assert notice is not None
    assert is_over(notice, end)
    others = (
        RuleTrouble("Errors", None),
        AccountChanged(AccountState("work", stopped=False)),
        changed(State.SENT, id=8),
        PauseChanged(paused=False, until=None),
        trouble,
    )
    assert not any(is_over(notice, other) for other in others)


def test_the_trouble_of_a_rule_ends_and_its_mails_stay() -> None:
    _, notice = after(NoticeState(), changed(State.FAILED, rule="Scans"), Wishes(), 0.0)
    assert notice is not None
    assert not is_over(notice, RuleTrouble("Scans", None))


def test_what_is_over_is_not_told_later() -> None:
    state, _ = after(NoticeState(), RuleTrouble("Scans", text("a")), Wishes(), 0.0)
    state, _ = after(state, RuleTrouble("Scans", text("b")), Wishes(), 1.0)
    assert next_due(state, 1.0) is not None
    state, _ = after(state, RuleTrouble("Scans", None), Wishes(), 2.0)
    assert next_due(state, 2.0) is None


def test_every_button_has_a_label() -> None:
    assert set(LABELS) == set(NoticeButton)


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        ("off", ()),
        ("trouble", ("failed", "unknown", "account")),
        ("usual", ("failed", "unknown", "account", "sent")),
        ("all", ("failed", "unknown", "account", "sent", "by a rule")),
    ],
)
def test_the_configuration_says_what_is_told(wanted: str, told: tuple[str, ...]) -> None:
    wishes = wishes_of(Settings(notifications=wanted))
    events: dict[str, Event] = {
        "failed": changed(State.FAILED),
        "unknown": changed(State.UNKNOWN),
        "account": AccountChanged(AccountState("qq", stopped=True)),
        "sent": changed(State.SENT),
        "by a rule": changed(State.SENT, rule="Scans"),
    }
    assert read_table(TOP, {"notifications": wanted}, "", [], lambda: ()).bad == set()
    assert tuple(name for name, event in events.items() if words(event, wishes)) == told


def test_what_is_no_event_is_not_passed_over() -> None:
    with pytest.raises(AssertionError):
        after(NoticeState(), "an event", Wishes(), 0.0)  # type: ignore[arg-type] # none at all
