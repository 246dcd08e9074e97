"""The outbox window in the states its pictures and the clip test show, without a program."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from tests.support.mails import an_item
from tests.support.overviews import an_overview
from tests.support.unasked import UNASKED
from traymail.core.errors import RecipientReply, StateError
from traymail.core.message import Address, Attachment
from traymail.core.outbox import AccountState, Attempt, OutboxItem, Phase, State
from traymail.core.overview import MailDetail, Overview
from traymail.core.robots import GROUP
from traymail.core.texts import text
from traymail.ui.bridge import Background
from traymail.ui.dialogs.outbox import OutboxNavigation, OutboxWindow
from traymail.ui.dialogs.outbox.view import MessageWindow
from traymail.ui.model.outbox import OutboxFound, OutboxState
from traymail.ui.model.outbox_table import DeliveryProgress, OutboxFilter
from traymail.ui.theme import Root
from traymail.ui.window import Window

NOW = datetime(2026, 11, 23, 10, 4, tzinfo=UTC)
TODAY = NOW.replace(hour=9)
COUNTS = {
    State.QUEUED: 1,
    State.SENDING: 1,
    State.SENT: 121,
    State.PARTIAL: 1,
    State.FAILED: 3,
    State.UNKNOWN: 1,
    State.CANCELLED: 1,
}
PARTIAL, SENDING, WAITING, UNKNOWN, FAILED, SENT, CANCELLED = 11, 10, 9, 8, 7, 6, 3


class StillWindow(OutboxWindow):
    """Asks nobody."""

    def on_show(self) -> None:
        self.sheet.focus()


def _mails(root: Root) -> list[OutboxItem]:
    chinese = root.theme.language == "zh_CN"
    boss = (Address("boss@example.com"),)
    scans = "扫描件" if chinese else "Scans"

    def mail(
        number: int,
        subject: tuple[str, str],
        state: State,
        **more: Any,  # noqa: ANN401 # the noun checks its fields
    ) -> OutboxItem:
        moment = TODAY + timedelta(minutes=number)
        given: dict[str, Any] = {"created_at": moment, "updated_at": moment, "to": boss, **more}
        if state is not State.SENT:
            given.setdefault("pending", tuple(one.mailbox for one in given["to"]))
        return an_item(id=number, subject=subject[chinese], state=state, **given)

    old = NOW - timedelta(days=1)
    team = tuple(Address(f"{name}@example.com") for name in ("li.na", "wang.wei", "zhang.wei"))
    return [
        mail(
            PARTIAL,
            ("Minutes of Monday", "周一会议纪要"),
            State.PARTIAL,
            to=(*team, Address("old@example.org")),
            pending=(),
            refused=(RecipientReply("old@example.org", 550, "5.1.1 Mailbox not found", "x-511"),),
            size=48_000,
            code=550,
            reply="5.1.1 Mailbox not found",
            advice_id="x-511",
        ),
        mail(
            SENDING,
            ("Drawings, 41 MB", "图纸 41 MB"),
            State.SENDING,
            to=(Address("zhang.wei@examination.example"),),
            size=41_000_000,
        ),
        mail(
            WAITING,
            ("Scan contract-0413.pdf", "扫描件 合同-0413.pdf"),
            State.QUEUED,
            rule=scans,
            next_attempt_at=NOW + timedelta(seconds=110),
            code=451,
            reply="4.7.1 Greylisting in action, please come back later",
            advice_id="x-450-grey",
            size=812_000,
        ),
        mail(
            UNKNOWN,
            ("Invoice 2026-118", "发票 2026-118"),
            State.UNKNOWN,
            to=(Address("accounting@example.com"),),
            size=2_100_000,
            advice_id="unknown-outcome",
        ),
        mail(
            FAILED,
            ("Team photo", "团建照片"),
            State.FAILED,
            to=(Address("old@example.org"),),
            size=3_400_000,
            code=550,
            reply="5.1.1 Mailbox not found",
            advice_id="x-511",
        ),
        mail(
            SENT,
            ("Meeting room screen, 23 Nov", "会议室屏幕截图 11月23日"),
            State.SENT,
            to=(Address("wang.wei@example.com", "王伟" if chinese else "Wang Wei"),),
            cc=(Address("team@example.com"),),
            size=9_900_000,
            code=250,
            reply="2.0.0 Ok: queued as 4F2A1",
            possible_duplicate=True,
        ),
        mail(
            5,
            ("[web-1] App errors: ERROR", "[web-1] 程序报错: ERROR"),
            State.SENT,
            to=(Address("me@qq.com"),),
            rule="程序报错" if chinese else "App errors",
        ),
        mail(4, ("Scan contract-0412.pdf", "扫描件 合同-0412.pdf"), State.SENT, rule=scans),
        mail(
            CANCELLED,
            ("Draft for Li Na", "给李娜的草稿"),
            State.CANCELLED,
            to=(Address("li.na@example.com"),),
            attempts=0,
        ),
        mail(
            2,
            (
                "Scan receipt 8.jpg, with everything that was bought in the shop near the station",
                "扫描件 收据 8.jpg，包括在车站附近的商店里买的所有东西，还有那天晚上的出租车票",
            ),
            State.SENT,
            rule=scans,
            updated_at=old,
        ),
        mail(
            1, ("Scan receipt 7.jpg", "扫描件 收据 7.jpg"), State.SENT, rule=scans, updated_at=old
        ),
    ]


def _detail(item: OutboxItem, language: str) -> MailDetail:
    words = (
        "附件是上周的照片。\n\n谢谢！"
        if language == "zh_CN"
        else (
            "Hi,\n\nthe photos of last week are attached. Tell me which one you like best; it goes "
            "to the printer tomorrow.\n\nThanks!\n"
        )
    )
    files = (
        Attachment("team photo.jpg", "image/jpeg", 1_900_000, ""),
        Attachment("team photo 2.jpg", "image/jpeg", 560_000, ""),
    )
    outcome = {State.UNKNOWN: "unknown", State.FAILED: "refused", State.QUEUED: "later"}
    attempt = Attempt(
        1,
        item.updated_at,
        30_000,
        outcome.get(item.state, "sent"),
        "rcpt",
        item.code,
        item.reply or "",
    )
    tried = item.attempts > 0 and item.state is not State.SENDING
    return MailDetail(item, words, None, files, (attempt,) if tried else (), ())


def _state(root: Root, looked_at: int, **changes: object) -> OutboxState:
    mails = _mails(root)
    mail = next(one for one in mails if one.id == looked_at)
    overview = an_overview(counts=COUNTS, **changes)
    found = OutboxFound(overview, tuple(mails), _detail(mail, root.theme.language))
    progress = DeliveryProgress(25_400_000, 41_000_000, NOW - timedelta(seconds=10), NOW)
    return OutboxState(looked_at=looked_at, found=found, progress={SENDING: progress})


def _window(root: Root, state: OutboxState) -> StillWindow:
    doors = OutboxNavigation(lambda _asked: None, lambda: None)
    window = StillWindow(root, UNASKED, cast("Background", None), doors, lambda: NOW)
    window.screen.set_state(state)
    return window


def _at(looked_at: int) -> Callable[[Root], Window]:
    return lambda root: _window(root, _state(root, looked_at))


def _unanswered(root: Root) -> Window:
    state = _state(root, SENDING)
    assert state.found is not None
    assert state.found.detail is not None
    detail = replace(state.found.detail, item=replace(state.found.detail.item, phase=Phase.DATA))
    others = state.found.items
    items = tuple(detail.item if one.id == SENDING else one for one in others)
    return _window(root, replace(state, found=replace(state.found, items=items, detail=detail)))


def _parts(root: Root) -> Window:
    """One for a robot, of whose messages the last is in doubt."""
    state = _state(root, UNKNOWN)
    assert state.found is not None
    assert state.found.detail is not None
    robots: dict[str, Any] = {"to": (GROUP,), "pending": (GROUP.mailbox,), "account": "team"}
    robots |= {"advice_id": "http-unanswered", "parts": 2, "parts_of": 3}
    item = replace(state.found.detail.item, **robots)
    detail = replace(state.found.detail, item=item)
    items = tuple(item if one.id == UNKNOWN else one for one in state.found.items)
    return _window(root, replace(state, found=replace(state.found, items=items, detail=detail)))


def _nothing(root: Root) -> Window:
    return _window(root, OutboxState(found=OutboxFound(an_overview(), (), None)))


def _no_match(root: Root) -> Window:
    found = OutboxFound(an_overview(counts=COUNTS), (), None)
    return _window(
        root, OutboxState(filter=OutboxFilter(chip="failed", words="invoice"), found=found)
    )


def _stopped(root: Root) -> Window:
    account = AccountState("qq", stopped=True, advice_id="x-535", code=535, reply="Login fail")
    return _waiting(root, an_overview(counts=COUNTS, accounts={"qq": account}))


def _paused(root: Root) -> Window:
    return _waiting(root, an_overview(counts=COUNTS, paused=True))


def _gone(root: Root) -> Window:
    overview = an_overview(counts=COUNTS)
    settings = replace(overview.settings, accounts={})
    return _waiting(root, replace(overview, settings=settings))


def _waiting(root: Root, overview: Overview) -> Window:
    state = _state(root, WAITING)
    assert state.found is not None
    return _window(root, replace(state, found=replace(state.found, overview=overview)))


def _more(root: Root) -> Window:
    """More mails than are listed, large numbers, and something that went wrong."""
    counts = dict.fromkeys(State, 1234)
    window = _window(root, replace(_state(root, FAILED), limit=10))
    state = window.screen.state
    assert state.found is not None
    overview = replace(state.found.overview, counts=counts)
    window.screen.set_state(replace(state, found=replace(state.found, overview=overview)))
    window.sheet.complain(
        StateError(
            text(
                "{path} cannot be written: {reason}",
                path="/mnt/photo.eml",
                reason=text("Read-only file system"),
            ),
            text("Free some space on that disk, or fix the permissions of that place."),
        )
    )
    return window


def _message(root: Root) -> Window:
    window = MessageWindow(root)
    mail = next(one for one in _mails(root) if one.id == FAILED)
    window.fill(_detail(mail, root.theme.language))
    return window


OUTBOX: dict[str, Callable[[Root], Window]] = {
    "outbox-sending": _at(SENDING),
    "outbox-unanswered": _unanswered,
    "outbox-waiting": _at(WAITING),
    "outbox-unknown": _at(UNKNOWN),
    "outbox-parts": _parts,
    "outbox-failed": _at(FAILED),
    "outbox-partial": _at(PARTIAL),
    "outbox-sent": _at(SENT),
    "outbox-cancelled": _at(CANCELLED),
    "outbox-empty": _nothing,
    "outbox-no-match": _no_match,
    "outbox-stopped": _stopped,
    "outbox-paused": _paused,
    "outbox-gone": _gone,
    "outbox-more": _more,
    "outbox-message": _message,
}
