"""The bar below an account's form: what can be done next, and what keeps it from that."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.support.accounts import GOOD, QQ, REFUSED
from traymail.core.account import Account, Auth
from traymail.core.connection_test import Step
from traymail.core.errors import AuthFailure, Problem, Reply, Stage, TransientFailure
from traymail.core.robots import WecomAccount
from traymail.core.settings import Settings
from traymail.core.texts import text
from traymail.ui.model import settings_form as model
from traymail.ui.model.account_buttons import AccountAct, buttons
from traymail.ui.model.actions import Actions
from traymail.ui.model.settings_form import Accounts, Busy


def page(account: Account = QQ, **values: str) -> Accounts:
    found = model.refreshed(Accounts(), Settings(accounts={account.name: account}), {})
    assert found.form is not None
    return model.typed(found, {**found.form.values, **values})


def acts(found: Actions[AccountAct]) -> list[AccountAct]:
    return [one.act for one in found.all]


def tried(state: Accounts, *steps: object, account: Account = QQ) -> Accounts:
    state = model.start(state, account)
    for step in steps:
        state = state.test_heard(step)  # type: ignore[arg-type] # steps
    return state.test_ended()


def test_a_key_that_is_refused_is_entered_again() -> None:
    robot = WecomAccount(name="team", username="team", host="qyapi.weixin.qq.com", port=443)
    refused = AuthFailure(Reply(93000, "no", Stage.AUTH), "wecom-93000", text("refused"))
    busy = TransientFailure(Reply(45009, "no", Stage.AUTH), "wecom-45009", text("busy"))
    for failure, words in ((refused, "&Enter key again"), (busy, "Check ser&ver")):
        step = Step("mail", False, 1, text("refused"), None, failure)
        found = buttons(tried(page(robot), step, account=robot))
        assert found.primary is not None
        assert str(found.primary.words) == words


def test_without_an_account_there_is_nothing_to_do() -> None:
    assert buttons(Accounts()) == Actions()


def test_what_is_saved_can_be_tried_and_removed() -> None:
    found = buttons(page())
    assert acts(found) == [AccountAct.REMOVE, AccountAct.TEST, AccountAct.SAVE]
    assert found.primary is not None
    assert (found.primary.enabled, found.note) == (False, None)


def test_what_is_changed_can_be_saved_and_undone() -> None:
    found = buttons(page(display_name="Li"))
    assert acts(found) == [AccountAct.REMOVE, AccountAct.UNDO, AccountAct.TEST, AccountAct.SAVE]
    assert found.primary is not None
    assert (found.primary.enabled, str(found.note)) == (True, "Changed, not saved")


@pytest.mark.parametrize(("count", "words"), [(1, "1 field needs you"), (2, "2 fields need you")])
def test_wrong_fields_are_counted(count: int, words: str) -> None:
    state = page(port="many")
    assert state.form is not None
    problems = tuple(Problem(name, text("wrong")) for name in ("port", "address")[:count])
    found = buttons(model.judged(state, "qq", state.form.values, problems))
    assert (str(found.said), found.wrong) == (words, count)
    assert [one.enabled for one in (*found.others, found.primary) if one] == [True, False, False]


@pytest.mark.parametrize("busy", Busy)
def test_what_is_being_done_can_be_left(busy: Busy) -> None:
    found = buttons(model.begun(page(), busy))
    assert (acts(found), found.waiting) == ([AccountAct.STOP], True)


def test_what_follows_a_test() -> None:
    assert acts(buttons(model.start(page(), QQ))) == [AccountAct.STOP]
    assert acts(buttons(tried(page(), *GOOD))) == [
        AccountAct.COPY_REPORT,
        AccountAct.TEST,
        AccountAct.BACK,
    ]
    changed = tried(page(display_name="Li"), *GOOD)
    assert acts(buttons(changed)) == [AccountAct.COPY_REPORT, AccountAct.BACK, AccountAct.SAVE]


@pytest.mark.parametrize(
    ("account", "step", "words"),
    [
        (QQ, "auth", "&Enter code again"),
        (replace(QQ, provider="", host="mail.x.example"), "auth", "&Enter password again"),
        (QQ, "tcp", "Check ser&ver"),
        (replace(QQ, auth=Auth.NONE), "auth", "Check ser&ver"),
    ],
)
def test_what_failed_leads_to_where_it_is_mended(account: Account, step: str, words: str) -> None:
    state = tried(page(account), replace(REFUSED, step=step), account=account)
    found = buttons(state)
    assert acts(found)[:3] == [AccountAct.COPY_REPORT, AccountAct.BACK, AccountAct.TEST]
    assert found.primary is not None
    assert str(found.primary.words) == words
