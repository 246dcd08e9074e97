"""An account of another kind than mail on its way into the configuration."""

from dataclasses import replace

import pytest

from tests.support.eml_accounts import EmlAccount, EmlKind
from traymail.accounts import KINDS
from traymail.core.account import Account, Auth
from traymail.core.account_kind import SecretWords
from traymail.core.errors import InputError, Problem
from traymail.core.message import Address
from traymail.core.robots import WecomAccount
from traymail.core.secret import Secret
from traymail.core.texts import text
from traymail.ui.model import add_account as model
from traymail.ui.model.add_account import Adding, AddPage
from traymail.ui.model.add_buttons import AddAct, buttons
from traymail.ui.model.trial import Verdict

KEY = "693axxx6-7aoc-4bc4-97a0-0ec2sifa5aaa"
ROBOT = WecomAccount(name="team", host="qyapi.weixin.qq.com", port=443, username="team")
SHELF = EmlAccount(name="shelf", address=Address("me@x.example"), folder="/shelf")


@pytest.fixture(autouse=True)
def toy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(KINDS, "eml", EmlKind())


def at(kind: str) -> Adding:
    return model.choose(model.to_kinds(Adding()), kind)


def filled(state: Adding, **values: str) -> Adding:
    assert state.other is not None
    return model.fill(state, {**state.other.values, **values})


def may_go_on(state: Adding) -> bool:
    primary = buttons(state).primary
    return primary is not None and primary.enabled and primary.act is AddAct.NEXT


def test_the_way_is_another_one_than_that_of_mail() -> None:
    assert model.way(Adding()) == (AddPage.ADDRESS, AddPage.CODE, AddPage.TEST)
    for state in (model.to_kinds(Adding()), at("wecom")):
        assert model.way(state) == (AddPage.KINDS, AddPage.DETAILS, AddPage.TEST)


def test_what_was_typed_of_an_address_is_there_again() -> None:
    typed = model.type_address(Adding(), "me@x.example")
    state = model.back(model.back(model.choose(model.to_kinds(typed), "wecom")))
    assert state == typed


@pytest.mark.parametrize(
    ("taken", "typed", "name"),
    [((), "", "wecom"), (("wecom", "wecom-2"), "", "wecom-3"), (("wecom",), " team ", " team ")],
)
def test_it_is_given_a_name_that_is_free(taken: tuple[str, ...], typed: str, name: str) -> None:
    state = model.name_other(filled(at("wecom"), name=typed), taken)
    assert state.other is not None
    assert state.other.values["name"] == name
    assert model.name_for(state, taken) == name.strip()


def test_its_table_holds_what_is_filled_in() -> None:
    assert model.fields(filled(at("wecom"), name="team", format="text")) == {
        "kind": "wecom",
        "format": "text",
        "overflow": "cut",
    }
    assert model.fields(filled(at("eml"), folder=" /shelf ")) == {"kind": "eml", "folder": "/shelf"}


@pytest.mark.parametrize(
    ("typed", "secret"),
    [
        (KEY, KEY),
        (f" https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key={KEY}\n", KEY),
        ("https://qyapi.weixin.qq.com/cgi-bin/webhook/send", None),
        ("", None),
    ],
)
def test_key_and_address_are_alike(typed: str, secret: str | None) -> None:
    state = model.type_secret(filled(at("wecom"), name="team"), typed)
    assert (state.code.secret and state.code.secret.reveal()) == secret
    assert (state.code.note is None) == (secret is not None or typed == "")
    assert may_go_on(state) == (secret is not None)


def test_a_kind_without_a_secret_goes_on_without_one() -> None:
    assert may_go_on(at("eml"))
    assert not may_go_on(model.check(at("eml")))


def test_what_the_details_make_is_known_unless_they_are_others_by_now() -> None:
    state = filled(at("eml"), folder="/shelf")
    assert state.other is not None
    known = model.judged(state, state.other.values, SHELF)
    assert known.other is not None
    assert known.other.account is SHELF
    assert model.judged(state, {"folder": "/other"}, SHELF) is state


@pytest.mark.parametrize("where", ["folder", ""])
def test_what_is_wrong_is_told_at_its_field(where: str) -> None:
    state = model.refused(model.check(at("eml")), (Problem(where, text("Name")),))
    assert [one.where for one in state.problems] == [where or "name"]
    assert state.page is AddPage.DETAILS
    assert not may_go_on(state)
    assert may_go_on(filled(state, folder="/shelf"))


@pytest.mark.parametrize(("kind", "account"), [("wecom", ROBOT), ("eml", SHELF)])
def test_the_test_follows_and_leads_back_to_the_details(kind: str, account: Account) -> None:
    state = model.accepted(at(kind), account.name, account)
    assert state.page is AddPage.TEST
    assert state.trial is not None
    assert state.trial.steps == KINDS[kind].test
    failed = state.test_ended()
    assert failed.trial is not None
    assert failed.trial.verdict is Verdict.FAILED
    mend = buttons(failed).primary
    assert mend is not None
    assert (str(mend.words), mend.act) == ("Change the &details", AddAct.BACK)
    again = model.back(failed)
    assert (again.page, again.trial, again.other) == (AddPage.DETAILS, None, at(kind).other)


def test_a_secret_for_another_service_is_told_before_the_test() -> None:
    class Strict(EmlKind):
        def checked(self, secret: Secret, account: EmlAccount | None) -> Secret:
            if account is not None and account.folder not in secret.reveal():
                raise InputError(text("Name"))
            return secret

        def secret(self, _account: EmlAccount | None) -> SecretWords | None:
            return SecretWords(text("Name"))

    KINDS["eml"] = Strict()
    shelf = replace(SHELF, auth=Auth.PASSWORD)
    state = filled(at("eml"), folder="/shelf")
    assert state.other is not None
    state = model.type_secret(model.judged(state, state.other.values, shelf), "/other")
    assert not may_go_on(state)
    state = model.type_secret(filled(state, folder="/other"), "/other")
    assert may_go_on(state)
    assert model.accepted(state, "shelf", shelf).page is AddPage.DETAILS
    assert model.accepted(state, "shelf", replace(shelf, folder="/other")).page is AddPage.TEST
