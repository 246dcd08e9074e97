"""The page of the accounts: what of a form is kept, written, marked, and what a code is for."""

from dataclasses import asdict, replace
from typing import Any

import pytest

from traymail.accounts import kind_of
from traymail.core.account import Account, Auth, Security
from traymail.core.connection_test import Step
from traymail.core.errors import Problem, SettingsError, StateError
from traymail.core.fields import fields_of
from traymail.core.message import Address
from traymail.core.oauth import OAuthTable, filled_in, service_for
from traymail.core.outbox import AccountState
from traymail.core.settings import Settings
from traymail.core.texts import Text, Translate, text
from traymail.core.webhooks import BY_NAME, WebhookAccount, usual_body, usual_success
from traymail.desktop.language import translator
from traymail.ui.model import settings_form as model
from traymail.ui.model.quick_judge import sender_words
from traymail.ui.model.settings_form import Accounts, Busy, CodeSight
from traymail.ui.model.trial import Verdict

QQ = Account(
    name="qq",
    address=Address("123456@qq.com", "Ming"),
    host="smtp.qq.com",
    port=465,
    security=Security.TLS,
    username="123456@qq.com",
    provider="qq",
)
LAB = replace(
    QQ,
    name="lab",
    address=Address("lab@nas.example"),
    host="nas.example",
    username="lab@nas.example",
    provider="",
)
BOTH = Settings(default_account="lab", accounts={"qq": QQ, "lab": LAB})
WRONG = Problem("host", text("no such host"))
REFUSED = AccountState("qq", stopped=True, advice_id="x-535", code=535, reply="535 no")


def known(settings: Settings = BOTH, chosen: str = "qq") -> Accounts:
    return model.choose(model.refreshed(Accounts(), settings, {}), chosen)


def with_values(page: Accounts, **values: str) -> Accounts:
    assert page.form is not None
    return model.typed(page, {**page.form.values, **values})


def values(page: Accounts) -> dict[str, str]:
    assert page.form is not None
    return dict(page.form.values)


def edited(account: Account, **changes: Any) -> Settings:  # noqa: ANN401 - fields of Account
    return replace(BOTH, accounts={**BOTH.accounts, account.name: replace(account, **changes)})


def say_words(words: Text | str, say: Translate) -> str:
    return words if isinstance(words, str) else words.translated(say)


# --- the list -------------------------------------------------------------------------------------


def test_the_default_account_is_shown_first() -> None:
    page = model.refreshed(Accounts(), BOTH, {})
    assert (page.chosen, page.known) == ("lab", True)
    assert [(row.name, row.default, row.changed) for row in model.entries(page)] == [
        ("qq", False, False),
        ("lab", True, False),
    ]


@pytest.mark.parametrize(
    ("elsewhere", "told"), [(False, "钉钉"), (True, "钉钉 hooks.example")], ids=str
)
def test_below_a_webhook_stands_what_its_service_is_called(elsewhere: bool, told: str) -> None:
    row = BY_NAME["dingtalk"]
    hook = WebhookAccount(
        name="hook",
        address=row.receiver,
        host="hooks.example",
        port=443,
        preset=row,
        elsewhere=elsewhere,
        body=usual_body(row),
        success=usual_success(row),
        most=row.most,
    )
    page = model.refreshed(Accounts(), Settings(accounts={"hook": hook}), {})
    say = translator("zh_CN")
    assert [say_words(row.address, say) for row in model.entries(page)] == [told]
    assert say_words(sender_words(hook), say) == f"hook · {told}"


def test_a_webhook_of_no_known_service_is_called_that() -> None:
    row = BY_NAME["custom"]
    hook = WebhookAccount(
        name="own",
        address=row.receiver,
        preset=row,
        body=usual_body(row),
        success=usual_success(row),
        most=row.most,
    )
    assert say_words(sender_words(hook), str) == "own · Webhook"


def test_without_a_default_it_is_the_first_and_without_accounts_none() -> None:
    page = model.refreshed(Accounts(), replace(BOTH, default_account=""), {})
    assert page.chosen == "qq"
    page = model.refreshed(page, Settings(), {})
    assert (page.chosen, page.form) == (None, None)


def test_an_account_that_is_gone_gives_way() -> None:
    page = known()
    page = model.refreshed(page, replace(BOTH, accounts={"lab": LAB}), {})
    assert page.chosen == "lab"


def test_a_new_account_is_shown_when_it_was_added_from_here() -> None:
    settings = replace(BOTH, accounts={**BOTH.accounts, "new": replace(LAB, name="new")})
    assert model.refreshed(known(), settings, {}).chosen == "qq"
    page = model.refreshed(model.adding(known()), settings, {})
    assert (page.chosen, page.adding) == ("new", False)
    waiting = model.refreshed(model.adding(known()), BOTH, {})
    assert (waiting.chosen, waiting.adding) == ("qq", True)


def test_a_choice_and_a_move_stay_in_the_list() -> None:
    page = known()
    assert model.choose(page, "nobody") is page
    assert model.move(page, -1).chosen == "qq"
    assert model.move(page, 1).chosen == "lab"
    assert model.move(page, 9).chosen == "lab"
    assert model.move(Accounts(), 1) == Accounts()


def test_another_account_ends_the_trial_in_sight() -> None:
    page = model.start(known(), QQ)
    assert model.choose(page, "lab").trial is None
    assert model.refreshed(page, BOTH, {}).trial is page.trial


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (None, None),
        (AccountState("qq"), None),
        (REFUSED, "sign in again"),
        (AccountState("qq", stopped=True, advice_id="x-sender"), "The sender was refused"),
        (AccountState("qq", stopped=True), "needs you"),
    ],
)
def test_what_an_account_needs(state: AccountState | None, words: str | None) -> None:
    told = model.attention(state)
    assert (None if told is None else str(told)) == words


def test_a_stopped_account_tells_why_without_naming_a_command() -> None:
    page = model.refreshed(known(), BOTH, {"qq": REFUSED})
    stop = model.stop_of(page)
    assert stop is not None
    assert (str(stop.title), stop.reply, stop.login) == ("The login was refused", "535 no", True)
    assert "traymail" not in str(stop.advice)
    assert "Enter it again" in str(stop.advice)
    assert model.stop_of(model.choose(page, "lab")) is None
    unknown = AccountState("qq", stopped=True)
    other = model.stop_of(model.refreshed(page, BOTH, {"qq": unknown}))
    assert other is not None
    assert (str(other.title), other.login) == ("Mail of this account waits for you.", False)


# --- following the file ---------------------------------------------------------------------------


def test_an_edit_by_hand_is_followed_and_what_is_typed_stays() -> None:
    page = with_values(known(), max_per_day="7")
    page = model.refreshed(page, edited(QQ, host="smtp.exmail.qq.com"), {})
    assert (values(page)["host"], values(page)["max_per_day"]) == ("smtp.exmail.qq.com", "7")
    assert page.form is not None
    assert model.changes(page.form) == {"max_per_day": 7}


def test_what_both_changed_is_the_users() -> None:
    page = with_values(known(), timeout_seconds="9")
    page = model.refreshed(page, edited(QQ, host="other.example"), {})
    page = with_values(page, host="mine.example")
    page = model.refreshed(page, edited(QQ, host="third.example"), {})
    assert values(page)["host"] == "mine.example"


def test_a_form_without_changes_follows_wholly() -> None:
    page = model.refreshed(known(), edited(QQ, port=587), {})
    assert values(page)["port"] == "587"
    assert page.form is not None
    assert not page.form.changed


def test_what_cannot_be_asked_is_told_until_it_can() -> None:
    page = model.not_refreshed(known(), StateError(text("no"), text("Wait.")))
    assert str(page.trouble) == "no. Wait."
    assert model.refreshed(page, BOTH, {}).trouble is None


# --- the form -------------------------------------------------------------------------------------


def test_a_user_name_that_is_the_address_follows_it() -> None:
    assert values(with_values(known(), address="7@qq.com"))["username"] == "7@qq.com"
    page = with_values(known(), username="ming")
    assert values(with_values(page, address="7@qq.com"))["username"] == "ming"
    assert model.typed(Accounts(), {}) == Accounts()


def test_undo_puts_back_what_is_saved() -> None:
    page = model.undo(with_values(known(), host="x.example"))
    assert values(page)["host"] == "smtp.qq.com"
    assert model.undo(Accounts()) == Accounts()
    assert model.replace_code(Accounts()) == Accounts()
    assert model.done(model.begun(known(), Busy.REMOVING)).busy is None


def test_host_port_and_security_are_written_together() -> None:
    form = with_values(known(), port="587").form
    assert form is not None
    assert model.changes(form) == {"host": "smtp.qq.com", "port": 587, "security": "tls"}


CLIENT = OAuthTable(client_id="12", scope="mail")
MICROSOFT, ELSEWHERE = "smtp.office365.com", "mail.company.example"


def signing_in(host: str, table: OAuthTable = CLIENT) -> Accounts:
    oauth = filled_in(table, service_for(host))
    return known(edited(QQ, host=host, auth=Auth.OAUTH2, oauth=oauth, provider=""))


@pytest.mark.parametrize(
    ("host", "table", "typed", "written"),
    [
        (MICROSOFT, CLIENT, {"client_id": "13"}, {"client_id": "13", "scope": "mail"}),
        (MICROSOFT, OAuthTable(), {"tenant": " x.example "}, {"tenant": "x.example"}),
        (MICROSOFT, OAuthTable(client_id="1", tenant="a.b"), {"tenant": ""}, {"client_id": "1"}),
        (MICROSOFT, OAuthTable(client_id="1"), {"client_id": ""}, None),
        (
            ELSEWHERE,
            OAuthTable(token_url="https://a.example/t"),  # an address
            {"redirect_port": "8400", "token_url": "https://b.example/t"},
            {"token_url": "https://b.example/t", "redirect_port": 8400},
        ),
        (ELSEWHERE, CLIENT, {"redirect_port": "x"}, {**asdict(CLIENT), "redirect_port": "x"}),
    ],
)
def test_a_sign_in_is_written_as_a_whole_without_what_is_known(
    host: str, table: OAuthTable, typed: dict[str, str], written: dict[str, Any] | None
) -> None:
    page = signing_in(host, table)
    fields = {f"oauth.{name}": value for name, value in typed.items()}
    form = with_values(page, **fields).form
    assert form is not None
    wanted = written and {name: value for name, value in written.items() if value}
    assert model.changes(form) == {"oauth": wanted}
    assert not model.changes(signing_in(host, table).forms["qq"])


@pytest.mark.parametrize(
    ("host", "table", "values", "shown"),
    [
        (MICROSOFT, OAuthTable(client_id="1"), {}, {"client_id", "tenant"}),
        (MICROSOFT, CLIENT, {}, {"client_id", "tenant", "scope"}),
        ("smtp.gmail.com", OAuthTable(client_id="1"), {}, {"client_id"}),
        (
            ELSEWHERE,
            CLIENT,
            {},
            {"client_id", "authorize_url", "token_url", "device_url", "scope", "redirect_port"},
        ),
        (MICROSOFT, CLIENT, {"auth": "password"}, set()),
        (MICROSOFT, CLIENT, {"password_command": "oama x"}, set()),
    ],
)
def test_of_a_sign_in_that_is_asked_which_is_not_known(
    host: str, table: OAuthTable, values: dict[str, str], shown: set[str]
) -> None:
    form = with_values(signing_in(host, table), **values).form
    assert form is not None
    suited = kind_of(form.account).suited(form.values)
    assert {name.removeprefix("oauth.") for name, on in suited.items() if on} == shown
    assert suited.keys() <= {one.name for one in fields_of(model.fields_of_account(form.account))}


def test_problems_stand_at_their_fields() -> None:
    page = with_values(known(), host="x")
    page = model.judged(page, "qq", values(page), (WRONG,))
    assert page.form is not None
    assert page.form.problems == (WRONG,)
    # Words that were typed meanwhile are judged by themselves.
    assert model.judged(page, "qq", {}, ()) is page
    assert model.judged(page, "nobody", {}, ()) is page


def test_a_problem_of_no_field_is_told_and_counted_at_none() -> None:
    page = with_values(known(), host="x")
    foreign = Problem("oauth", text("not yet possible"))
    page = model.judged(page, "qq", values(page), (foreign, WRONG))
    assert page.form is not None
    assert page.form.problems == (WRONG,)
    assert "oauth: not yet possible" in str(page.form.trouble)
    assert model.typed(page, values(page)).form.trouble is None  # type: ignore[union-attr] # there is one


# --- the code -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "sight"),
    [
        ({}, CodeSight.STORED),
        ({"auth": Auth.NONE.value}, CodeSight.NONE),
        ({"password_command": "pass mail"}, CodeSight.COMMAND),
        ({"host": "smtp.other.example"}, CodeSight.ENTRY),
        ({"username": "somebody"}, CodeSight.ENTRY),
    ],
)
def test_where_the_code_is(changes: dict[str, str], sight: CodeSight) -> None:
    form = with_values(known(), **changes).form
    assert form is not None
    assert model.code_sight(form) is sight
    assert model.needs_code(form) is (sight is CodeSight.ENTRY)


def test_a_login_that_had_no_code_needs_one() -> None:
    settings = edited(QQ, auth=Auth.NONE)
    form = with_values(known(settings), auth=Auth.PASSWORD.value).form
    assert form is not None
    assert (model.code_sight(form), model.needs_code(form)) == (CodeSight.ENTRY, True)


def test_a_code_is_replaced_or_kept() -> None:
    page = model.replace_code(known())
    assert page.form is not None
    assert (model.code_sight(page.form), model.needs_code(page.form)) == (CodeSight.ENTRY, False)
    page = model.type_code(page, "abcd efgh")
    assert page.form is not None
    assert (model.needs_code(page.form), page.form.changed) == (True, False)
    page = model.type_code(page, "abcd efgh ijkl mnop")
    assert page.form is not None
    assert (model.needs_code(page.form), page.form.changed) == (False, True)
    kept = model.keep_code(page).form
    assert kept is not None
    assert (kept.has_code, model.code_sight(kept)) == (False, CodeSight.STORED)
    forgotten = model.codes_forgotten(page).form
    assert forgotten is not None
    assert not forgotten.has_code
    assert model.type_code(Accounts(), "x") == Accounts()


def test_the_guide_is_that_of_the_server_in_the_fields() -> None:
    form = known().form
    assert form is not None
    assert model.guide(form).sixteen
    other = with_values(known(), host="smtp.163.com").form
    assert other is not None
    assert not model.guide(other).sixteen


# --- what is done ---------------------------------------------------------------------------------


def test_what_was_saved_is_no_change_any_more_and_what_was_typed_since_is() -> None:
    page = model.type_code(model.replace_code(known()), "abcdefghijklmnop")
    page = with_values(page, display_name="Li")
    taken = values(page)
    page = model.begun(page, Busy.SAVING)
    assert page.busy is Busy.SAVING
    page = with_values(page, max_per_day="9")
    page = model.saved(page, "qq", taken)
    assert page.form is not None
    assert (page.busy, page.form.has_code) == (None, False)
    assert model.changes(page.form) == {"max_per_day": 9}
    assert model.saved(page, "nobody", {}).forms == page.forms


@pytest.mark.parametrize(("busy", "kept"), [(Busy.SAVING, False), (Busy.CHECKING, True)])
def test_a_code_that_may_be_saved_by_now_is_no_new_one(busy: Busy, kept: bool) -> None:
    page = model.type_code(model.replace_code(known()), "abcdefghijklmnop")
    page = model.choose(model.begun(with_values(page, display_name="Li"), busy), "lab")
    page = model.cancelled(page)
    assert (page.busy, page.trial) == (None, None)
    form = page.forms["qq"]
    assert (form.has_code, form.replacing, form.values["display_name"]) == (kept, kept, "Li")
    assert model.cancelled(Accounts(busy=Busy.SAVING)) == Accounts()


def test_what_failed_is_told_at_its_fields_or_above_the_buttons() -> None:
    page = model.begun(known(), Busy.SAVING)
    refused = SettingsError((Problem("accounts.qq.host", text("no such host")),))
    form = model.failed(page, "qq", refused).form
    assert form is not None
    assert [(one.where, str(one.what)) for one in form.problems] == [("host", "no such host")]
    foreign = SettingsError((Problem("rules[0].to", text("is empty"), 3),))
    form = model.failed(page, "qq", foreign).form
    assert form is not None
    assert form.problems == ()
    assert "config.toml:3: rules[0].to: is empty" in str(form.trouble)
    gone = model.failed(page, "nobody", StateError(text("no"), text("Wait.")))
    assert (gone.busy, str(gone.trouble)) == (None, "no. Wait.")


def test_a_trial_begins_ends_and_is_left() -> None:
    page = model.start(model.begun(known(), Busy.CHECKING), QQ)
    assert (page.busy, page.trial is not None) == (None, True)
    page = page.test_heard(Step("dns", True, 1, "127.0.0.1"))
    ended = page.test_ended()
    assert ended.trial is not None
    assert ended.trial.verdict is Verdict.FAILED  # no mail came
    given_up = page.test_gave_up(StateError(text("no"), text("Wait.")))
    assert given_up.trial is not None
    assert given_up.trial.verdict is Verdict.FAILED
    left = model.close_trial(page)
    assert left.test_heard(Step("dns", True, 1)) is left
    assert left.test_ended() is left
    assert left.test_gave_up(StateError(text("no"), text("Wait."))) is left
