"""Adding an account: from the address to the test, and what can be done at each step."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.support.accounts import GOOD, QQ, REFUSED
from traymail.core.account import Account, Auth, Security
from traymail.core.connection_test import Proposal
from traymail.core.errors import Problem, StateError
from traymail.core.provider import by_id
from traymail.core.texts import text
from traymail.ui.model import add_account as model
from traymail.ui.model.actions import Actions
from traymail.ui.model.add_account import Adding, AddPage, AddSaving, ServerSearch
from traymail.ui.model.add_buttons import AddAct, buttons
from traymail.ui.model.trial import Verdict

HOST = Problem("host", text("no such host"))
ADDRESS = Problem("address", text("no such address"))
FULL = StateError(text("The disk is full"), text("Make room."))


def proposal(provider: str = "") -> Proposal:
    return Proposal("mx.x.example", 587, Security.STARTTLS, "ming", by_id(provider), text("found"))


def at_code(account: Account = QQ) -> Adding:
    return model.accepted(model.type_address(Adding(), "123456@qq.com"), "qq", account)


def at_test(*steps: object) -> Adding:
    state = model.start(model.type_code(at_code(), "abcdefghijklmnop"))
    for step in steps:
        state = state.test_heard(step)  # type: ignore[arg-type] # steps
    return state


def acts(found: Actions[AddAct]) -> list[AddAct]:
    return [one.act for one in found.all]


# --- the address ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "mailbox", "search"),
    [
        ("123456@qq.com", "123456@qq.com", ServerSearch.NONE),
        ("me@x.example", "me@x.example", ServerSearch.RUNNING),
        ("me@x", "", ServerSearch.NONE),
        ("nobody", "", ServerSearch.NONE),
    ],
)
def test_an_address_is_looked_at_while_it_is_typed(
    typed: str, mailbox: str, search: ServerSearch
) -> None:
    state = model.type_address(Adding(), typed)
    assert (state.mailbox, state.search) == (mailbox, search)
    assert model.may_go_on(state) is (typed == "123456@qq.com")


def test_a_card_tells_what_is_known() -> None:
    assert model.card(Adding()) is None
    known = model.card(model.type_address(Adding(), "123456@qq.com"))
    assert known is not None
    assert str(known.detail) == "smtp.qq.com : 465  ·  SSL/TLS"
    qq = model.type_address(Adding(), " 123456@qq.com ")
    assert model.fields(qq) == {"address": "123456@qq.com"}
    outlook = model.type_address(Adding(), "me@outlook.com")
    assert (model.leads_to_sign_in(outlook), model.may_go_on(outlook)) == (True, True)
    looking = model.type_address(Adding(), "me@x.example")
    card = model.card(looking)
    assert card is not None
    assert (card.search, card.detail) == (ServerSearch.RUNNING, "x.example")
    assert model.remark(looking) is None


@pytest.mark.parametrize(("provider", "title"), [("", "x.example"), ("qq", "QQ Mail")])
def test_a_server_that_is_found_is_proposed(provider: str, title: str) -> None:
    looking = model.type_address(Adding(), "me@x.example")
    plain = replace(proposal(), username="me@x.example")
    assert "username" not in model.fields(model.found(looking, "me@x.example", plain))
    state = model.found(looking, "me@x.example", proposal(provider))
    card = model.card(state)
    assert card is not None
    assert (str(card.title), card.detail) == (title, "mx.x.example : 587  ·  STARTTLS")
    assert model.may_go_on(state)
    assert model.fields(state) == {
        "address": "me@x.example",
        "host": "mx.x.example",
        "port": 587,
        "security": "starttls",
        "username": "ming",
    }
    by_hand = model.unfold(state).by_hand
    assert by_hand is not None
    assert (by_hand["host"], by_hand["username"]) == ("mx.x.example", "ming")


def test_a_mistyped_domain_is_told_while_its_server_is_looked_for_and_after() -> None:
    looking = model.type_address(Adding(), "me@qq.con")
    assert str(model.remark(looking)) == "Is qq.com meant instead of qq.con?"
    missing = model.found(looking, "me@qq.con", None)
    assert str(model.remark(missing)) == "Is qq.com meant instead of qq.con?"
    assert model.remark(model.found(looking, "me@qq.con", proposal())) is None


def test_a_search_for_another_address_is_passed_over() -> None:
    looking = model.type_address(Adding(), "me@x.example")
    assert model.found(looking, "you@x.example", proposal()) is looking
    known = model.type_address(Adding(), "123456@qq.com")
    assert model.found(known, "123456@qq.com", proposal()) is known


def test_where_nothing_is_found_it_is_set_by_hand() -> None:
    looking = model.type_address(Adding(), "me@x.example")
    state = model.found(looking, "me@x.example", None)
    assert state.by_hand is not None
    assert (state.search, state.by_hand["username"]) == (ServerSearch.MISSING, "me@x.example")
    assert "x.example" in str(model.remark(state))
    assert not model.may_go_on(state)
    state = model.edit(state, {**state.by_hand, "host": "mail.x.example"})
    assert model.may_go_on(state)
    assert model.fields(state) == {
        "address": "me@x.example",
        "host": "mail.x.example",
        "port": 465,
        "security": "tls",
    }
    assert (
        model.fields(replace(state, by_hand={**(state.by_hand or {}), "username": "ming"}))[
            "username"
        ]
        == "ming"
    )
    # A user name that is the address follows it; another does not.
    state = model.type_address(state, "you@x.example")
    assert state.by_hand is not None
    assert (state.by_hand["username"], state.search) == ("you@x.example", ServerSearch.NONE)
    state = model.edit(state, {**state.by_hand, "username": "ming", "auth": Auth.NONE.value})
    state = model.type_address(state, "us@x.example")
    assert model.fields(state)["username"] == "ming"
    assert model.fields(state)["auth"] == "none"


@pytest.mark.parametrize("mended", ["123456@qq.com", "123456@corp.example"])
def test_an_address_that_is_mended_is_looked_at_like_the_first_one(mended: str) -> None:
    wrong = model.type_address(Adding(), "123456@qq.con")
    missing = model.found(wrong, "123456@qq.con", None)
    assert missing.by_hand is not None
    assert model.type_address(missing, mended) == model.type_address(Adding(), mended)
    # What somebody has set by hand stays.
    assert missing.by_hand is not None
    set_by_hand = model.edit(missing, {**missing.by_hand, "host": "mail.corp.example"})
    kept = model.type_address(set_by_hand, mended).by_hand
    assert kept is not None
    assert (kept["host"], kept["username"]) == ("mail.corp.example", mended)


def test_everything_can_be_set_by_hand_from_what_is_known() -> None:
    state = model.unfold(model.type_address(Adding(), "123456@qq.com"))
    assert state.by_hand is not None
    assert state.by_hand["host"] == "smtp.qq.com"
    assert model.unfold(state) is state
    assert model.card(state) is None
    stopped = model.unfold(model.type_address(Adding(), "me@x.example"))
    assert stopped.search is ServerSearch.NONE
    other = model.edit(state, {**state.by_hand, "host": "smtp.163.com"})
    provider = model.provider_of(other)
    assert provider is not None
    assert provider.id == "163"


@pytest.mark.parametrize(
    ("address", "auth"), [("me@outlook.com", Auth.OAUTH2), ("123456@qq.com", Auth.PASSWORD)]
)
def test_by_hand_the_login_begins_as_the_provider_takes_it(address: str, auth: Auth) -> None:
    state = model.unfold(model.type_address(Adding(), address))
    assert state.by_hand is not None
    assert state.by_hand["auth"] == auth.value
    assert model.leads_to_sign_in(state) is (auth is Auth.OAUTH2)
    # What is chosen against it is written; the provider's own way is not.
    assert "auth" not in model.fields(state)
    other = Auth.PASSWORD if auth is Auth.OAUTH2 else Auth.OAUTH2
    against = model.edit(state, {**state.by_hand, "auth": other.value})
    assert model.fields(against)["auth"] == other.value


def test_by_hand_the_address_as_a_user_name_stays_where_another_is_usual() -> None:
    state = model.unfold(model.type_address(Adding(), "me@x.example"))
    assert state.by_hand is not None
    state = model.edit(state, {**state.by_hand, "host": "smtp.sendgrid.net"})
    assert model.fields(state)["username"] == "me@x.example"


def test_a_problem_of_a_key_without_a_field_is_told_above_all() -> None:
    state = model.unfold(model.type_address(Adding(), "me@outlook.com"))
    client = Problem("oauth.client_id", text("is missing"), advice=text("Register one."))
    assert model.untold(model.refused(state, (HOST, ADDRESS))) is None
    told = model.untold(model.refused(state, (HOST, client)))
    assert str(told) == "oauth.client_id: is missing. Register one."
    signing_in = model.to_sign_in(state)
    assert model.untold(model.refused(signing_in, (client,))) is None
    unknown = Problem("oauth.token_url", text("is missing"))
    told = model.untold(model.refused(signing_in, (unknown, unknown)))
    assert str(told) == "oauth.token_url: is missing. And 1 more."
    robot = model.choose(model.to_kinds(Adding()), "webhook")
    told = model.untold(model.refused(robot, (Problem("timeout", text("is too long")),)))
    assert str(told) == "timeout: is too long"


def test_problems_are_shown_where_they_can_be_mended() -> None:
    state = model.check(model.type_address(Adding(), "123456@qq.com"))
    assert (state.checking, model.may_go_on(state)) == (True, False)
    refused = model.refused(state, (ADDRESS,))
    assert (refused.by_hand, refused.checking) == (None, False)
    assert model.refused(state, (ADDRESS, HOST)).by_hand is not None


# --- the code and the test ------------------------------------------------------------------------


def test_where_no_login_is_wanted_the_test_begins() -> None:
    state = at_code(replace(QQ, auth=Auth.NONE))
    assert (state.page, state.trial is not None) == (AddPage.TEST, True)
    assert model.back(state).page is AddPage.ADDRESS
    assert at_code().page is AddPage.CODE
    assert model.back(at_code()).page is AddPage.ADDRESS


def test_a_good_test_is_saved() -> None:
    state = at_test(*GOOD).test_ended()
    assert state.saving is AddSaving.RUNNING
    state = model.saved(state)
    assert (state.saving, state.code.secret) == (AddSaving.DONE, None)
    assert acts(buttons(state)) == [AddAct.DONE, AddAct.WRITE]


def test_a_refused_login_leads_back_to_the_code() -> None:
    state = at_test(*GOOD[:4], REFUSED).test_ended()
    assert state.saving is AddSaving.NOT_YET
    assert acts(buttons(state)) == [AddAct.COPY_REPORT, AddAct.SAVE, AddAct.TEST, AddAct.CODE_AGAIN]
    told = model.advice(state)
    assert told is not None
    assert str(told.title) == "The login was refused"
    back = model.back(state)
    assert (back.page, back.code.secret, back.trial) == (AddPage.CODE, None, None)


def test_another_failure_leads_to_the_server() -> None:
    state = at_test(replace(REFUSED, step="tcp")).test_ended()
    offered = buttons(state).primary
    assert offered is not None
    assert offered.act is AddAct.SERVER
    there = model.to_server(state)
    assert (there.page, there.by_hand is not None) == (AddPage.ADDRESS, True)


def test_a_password_is_called_one() -> None:
    account = replace(QQ, host="mail.x.example", provider="")
    state = model.unfold(model.type_address(Adding(), "me@x.example"))
    assert state.by_hand is not None
    state = model.edit(state, {**state.by_hand, "host": "mail.x.example"})
    state = model.start(model.accepted(state, "x", account))
    offered = buttons(state.test_heard(REFUSED).test_ended()).primary
    assert offered is not None
    assert str(offered.words) == "&Enter password again"


def test_a_test_is_stopped_or_given_up() -> None:
    stopped = model.stop(at_test(GOOD[0]))
    assert acts(buttons(stopped)) == [AddAct.CANCEL, AddAct.BACK, AddAct.TEST]
    given_up = at_test(GOOD[0]).test_gave_up(FULL)
    assert given_up.trial is not None
    assert given_up.trial.verdict is Verdict.FAILED
    for state in (model.stop(Adding()), Adding().test_gave_up(FULL), Adding().test_ended()):
        assert state == Adding()
    assert Adding().test_heard(GOOD[0]) == Adding()
    assert model.start(Adding()) == Adding()
    assert model.advice(Adding()) is None


def test_another_window_finds_nothing_under_way() -> None:
    assert model.at_rest(model.check(at_code())) == at_code()
    rested = model.at_rest(at_test())
    assert rested.trial is not None
    assert rested.trial.verdict is Verdict.STOPPED
    saving = model.save(model.stop(at_test()))
    assert model.at_rest(saving) == replace(saving, saving=AddSaving.NOT_YET)
    failed = model.not_saved(saving, FULL)
    assert model.at_rest(failed) == failed


def test_what_cannot_be_saved_is_told_above_all() -> None:
    state = model.not_saved(at_test(*GOOD).test_ended(), FULL)
    words, told = model.headline(state), model.advice(state)
    assert words is not None
    assert told is not None
    assert (str(words.title), str(words.more)) == (
        "The account is not saved",
        "The test was good. Try to save it again.",
    )
    assert str(told.title) == "The disk is full"
    assert acts(buttons(state)) == [AddAct.CANCEL, AddAct.COPY_REPORT, AddAct.TEST, AddAct.SAVE]
    untested = model.headline(model.not_saved(at_test(REFUSED), FULL))
    assert untested is not None
    assert str(untested.more) == "Try again."
    again = model.save(state)
    assert (again.saving, again.trouble, model.headline(again)) == (AddSaving.RUNNING, None, None)


def test_the_buttons_of_the_first_pages() -> None:
    first = buttons(Adding())
    assert acts(first) == [AddAct.CANCEL, AddAct.NEXT]
    assert first.primary is not None
    assert not first.primary.enabled
    assert acts(buttons(at_code())) == [AddAct.CANCEL, AddAct.BACK, AddAct.TEST]
    assert acts(buttons(at_test(GOOD[0]))) == [AddAct.CANCEL, AddAct.STOP]
    assert acts(buttons(replace(at_code(), page=AddPage.TEST))) == [AddAct.CANCEL, AddAct.STOP]
