"""The window of mails from a table in the states its pictures show, without a program."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

from tests.support.accounts import ALERTS
from tests.support.mails import an_item
from tests.support.overviews import an_overview
from tests.support.unasked import UNASKED
from traymail.core.errors import Problem
from traymail.core.message import Address
from traymail.core.outbox import OutboxItem, State
from traymail.core.reports import PreviewMail
from traymail.core.robots import GROUP, MessageFormat, WecomAccount
from traymail.core.texts import text
from traymail.services.batches import Batch, BatchStanding, TableLook
from traymail.ui.bridge import Background
from traymail.ui.dialogs.table_mails import TableMailsWindow
from traymail.ui.model import table_mails as model
from traymail.ui.model.table_mails import TableMailing
from traymail.ui.theme import Root
from traymail.ui.window import Window

NOW = datetime(2026, 11, 23, 10, 4, tzinfo=UTC)
COUNT = 48


class _Idle:
    """Does nothing of what it is given."""

    def run(self, *_work: object) -> _Idle:
        return self

    def cancel(self) -> None:
        pass


def _window(root: Root, state: TableMailing) -> Window:
    window = TableMailsWindow(root, UNASKED, cast("Background", _Idle()), lambda: NOW)
    window.screen.set_state(replace(state, posted=None))
    window.screen.set_state(state)
    return window


def _empty(root: Root) -> Window:
    return _window(root, model.informed(TableMailing(), an_overview()))


def _written(root: Root, **looked: Any) -> TableMailing:  # noqa: ANN401 # the noun checks its fields
    chinese = root.theme.language == "zh_CN"
    names = ("姓名", "邮箱", "金额") if chinese else ("name", "mail", "amount")
    who, to, amount = (f"{{csv.{one}}}" for one in names)
    subject = f"{who}，11 月对账单" if chinese else f"{who}, your statement for November"
    body = (
        f"{who}您好：\n\n本月应付金额为 {amount} 元，请查收。"
        if chinese
        else f"Dear {who},\n\nthe amount for November is {amount}."
    )
    person, sum_ = ("王芳", "1,280.00") if chinese else ("Lina Wang", "1,280.00")

    def filled(words: str) -> str:
        return words.replace(who, person).replace(amount, sum_)

    mail = PreviewMail(filled(subject), ("fang@example.com",), filled(body))
    look = TableLook(names, to, COUNT, (mail, mail), **looked)
    state = model.informed(TableMailing(), an_overview())
    values = {**state.values, "to": to, "subject": subject, "body": body}
    path = Path("客户.csv" if chinese else "customers.csv")
    return replace(state, path=path, values=values, looked=look)


def _ready(root: Root) -> Window:
    return _window(root, _written(root))


def _robot(root: Root) -> Window:
    state = _written(root)
    robot = WecomAccount(name="team", format=MessageFormat.TEXT)
    values = {**state.values, "account": "team", "to": "", "attach": ""}
    assert state.looked is not None
    shown = tuple(replace(one, to=(GROUP.mailbox,)) for one in state.looked.mails)
    looked = replace(state.looked, to="", mails=shown)
    return _window(root, replace(state, accounts={"team": robot}, values=values, looked=looked))


def _webhook(root: Root) -> Window:
    state = _written(root)
    values = {**state.values, "account": "alerts", "to": "", "attach": ""}
    return _window(root, replace(state, accounts={"alerts": ALERTS}, values=values))


def _wrong(root: Root) -> Window:
    faults = (
        Problem("", text("The mail has no recipient."), 7),
        Problem("", text("a quotation mark is not where one may be, or has no partner"), 19),
    )
    return _window(root, _written(root, faults=faults, fault_count=2))


def _sending(root: Root) -> Window:
    return _window(root, _at(root, 31))


def _done(root: Root) -> Window:
    return _window(root, _at(root, COUNT))


def _at(root: Root, ended: int) -> TableMailing:
    began = NOW - timedelta(seconds=40)

    def mail(number: int) -> OutboxItem:
        failed = number == 29
        reply = "550 5.1.1 no such user here" if failed else "250 2.0.0 OK: queued as 4Tx"
        return an_item(
            id=number,
            to=(Address(f"customer{number:02}@example.com"),),
            state=State.FAILED if failed else State.SENT,
            code=550 if failed else 250,
            reply=reply,
            updated_at=began + timedelta(seconds=number),
        )

    latest = tuple(mail(number) for number in range(ended, 0, -1))
    counts = dict.fromkeys(State, 0)
    counts |= {State.SENT: ended - 1, State.FAILED: 1, State.QUEUED: COUNT - ended}
    state = model.posted(_written(root), Batch(7, tuple(range(2, COUNT + 2))), began)
    return model.followed(state, BatchStanding(counts, latest))


TABLE_MAILS: dict[str, Callable[[Root], Window]] = {
    "table-empty": _empty,
    "table-ready": _ready,
    "table-robot": _robot,
    "table-webhook": _webhook,
    "table-wrong": _wrong,
    "table-sending": _sending,
    "table-done": _done,
}
