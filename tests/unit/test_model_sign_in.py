"""A sign-in by OAuth2 in the windows: what is shown of it, and the way there when one adds."""

from datetime import UTC, datetime

import pytest

from traymail.core.account import Account, Auth, OAuth
from traymail.core.errors import Problem, SignInError
from traymail.core.message import Address
from traymail.core.provider import for_address
from traymail.core.sign_in import BrowserAsked, DeviceAsked, SignedIn, SignInStep
from traymail.core.texts import text
from traymail.ui.model import add_account as model
from traymail.ui.model import add_sign_in, sign_in
from traymail.ui.model.add_account import Adding, AddPage
from traymail.ui.model.add_buttons import AddAct, buttons
from traymail.ui.model.sign_in import SignInStage, SignInState

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
OUTLOOK = Account(
    name="outlook",
    address=Address("me@outlook.com"),
    host="smtp-mail.outlook.com",
    auth=Auth.OAUTH2,
    oauth=OAuth(client_id="12"),
)


def acts(state: Adding) -> list[AddAct]:
    found = buttons(state)
    return [one.act for one in found.all if one.enabled]


def with_client(address: str = "me@outlook.com") -> Adding:
    state = model.to_sign_in(model.type_address(Adding(), address))
    return model.fill_client(state, {**(state.client or {}), "oauth.client_id": " 12 "})


@pytest.mark.parametrize(
    ("step", "stage", "title"),
    [
        (BrowserAsked("https://x.example", opened=True), SignInStage.BROWSER, "Sign in in your"),
        (BrowserAsked("https://x.example", opened=False), SignInStage.BROWSER, "Open this page"),
        (DeviceAsked("https://x.example", "AB", "", NOON), SignInStage.DEVICE, "Type this code"),
        (SignedIn(NOON), SignInStage.DONE, "You are signed in"),
    ],
)
def test_each_step_is_shown(step: SignInStep, stage: SignInStage, title: str) -> None:
    state = SignInState().heard(step)
    assert state.stage is stage
    assert state.waiting == (stage is not SignInStage.DONE)
    assert str(sign_in.headline(state).title).startswith(title)


def test_what_failed_is_told_and_what_is_stopped_waits_no_more() -> None:
    failed = SignInState(device=True).failed(SignInError(text("denied"), text("Try again.")))
    assert (failed.stage, failed.waiting, failed.device) == (SignInStage.FAILED, False, True)
    assert failed.advice is not None
    assert (str(failed.advice.title), str(failed.advice.way_out)) == ("denied", "Try again.")
    assert failed.stopped() is failed
    assert SignInState().stopped().stage is SignInStage.STOPPED


def test_a_client_id_is_needed_and_written() -> None:
    state = model.to_sign_in(model.type_address(Adding(), "me@outlook.com"))
    assert model.way(state) == (AddPage.ADDRESS, AddPage.SIGN_IN, AddPage.TEST)
    assert acts(state) == [AddAct.CANCEL, AddAct.BACK]
    state = with_client()
    assert acts(state) == [AddAct.CANCEL, AddAct.DEVICE, AddAct.BACK, AddAct.SIGN_IN]
    assert model.fields(state) == {
        "address": "me@outlook.com",
        "auth": "oauth2",
        "oauth": {"client_id": "12"},
    }
    secret = model.type_client_secret(state, " s ")
    assert secret.code.secret is not None
    assert secret.code.secret.reveal() == "s"
    assert model.secret_of(secret) is None


def test_it_goes_on_from_step_to_step_and_back() -> None:
    asked = model.begin_sign_in(with_client(), device=False)
    assert acts(model.check(asked)) == [AddAct.CANCEL, AddAct.STOP]
    begun = model.accepted(asked, "outlook", OUTLOOK)
    assert (begun.page, begun.checking) == (AddPage.SIGN_IN, False)
    failed = begun.not_signed_in(SignInError(text("denied")))
    assert acts(failed) == [AddAct.CANCEL, AddAct.BACK, AddAct.SIGN_IN]
    assert model.back(failed).sign_in is None
    assert model.back(failed).client == asked.client
    stopped = model.at_rest(begun)
    assert stopped.sign_in is not None
    assert stopped.sign_in.stage is SignInStage.STOPPED
    tried = model.start(begun.sign_in_heard(SignedIn(NOON)))
    assert tried.page is AddPage.TEST
    assert model.back(tried).page is AddPage.SIGN_IN
    there = model.back(model.back(tried))
    assert (there.page, there.client) == (AddPage.ADDRESS, None)


@pytest.mark.parametrize(
    ("where", "page"), [("oauth.client_id", AddPage.SIGN_IN), ("host", AddPage.ADDRESS)]
)
def test_what_is_wrong_is_told_where_it_is_mended(where: str, page: AddPage) -> None:
    asked = model.begin_sign_in(with_client(), device=False)
    refused = model.refused(model.check(asked), (Problem(where, text("wrong")),))
    assert (refused.page, refused.sign_in) == (page, None)


def test_who_is_not_in_the_table_is_asked_for_the_addresses() -> None:
    assert "oauth.token_url" in add_sign_in.begin("mail.x.example")
    assert "oauth.token_url" not in add_sign_in.begin("smtp.gmail.com")
    assert "oauth.tenant" in add_sign_in.begin("smtp.office365.com")


@pytest.mark.parametrize(
    ("address", "easier"),
    [("a@gmail.com", True), ("a@fastmail.com", True), ("a@outlook.com", False)],
)
def test_an_app_password_is_named_where_it_does_the_same(address: str, easier: bool) -> None:
    assert (add_sign_in.easier(for_address(address)) is not None) is easier


def test_a_device_is_offered_where_it_may_ask_for_mail() -> None:
    assert AddAct.DEVICE not in acts(with_client("me@gmail.com"))
