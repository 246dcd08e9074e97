"""Adding an account and the settings in the states their pictures and the clip test show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import cast

from tests.gui.settings_frame import in_settings
from tests.support.unasked import UNASKED
from traymail.core.account import Account, Auth, Limits, OAuth, Security
from traymail.core.connection_test import Step
from traymail.core.errors import AuthFailure, Problem, Reply, SignInError, Stage, StateError
from traymail.core.message import Address
from traymail.core.outbox import AccountState
from traymail.core.reply_rules import RULES
from traymail.core.robots import GROUP, WecomAccount
from traymail.core.sendgrid import SendgridAccount
from traymail.core.settings import Settings
from traymail.core.sign_in import BrowserAsked, DeviceAsked, SignInStep
from traymail.core.texts import text
from traymail.core.webhooks import BY_NAME, WebhookAccount, usual_body, usual_success
from traymail.desktop.paths import guide_file
from traymail.ui.bridge import Background
from traymail.ui.dialogs.accounts import AccountsPage
from traymail.ui.dialogs.add_account import AddAccountWindow
from traymail.ui.dialogs.guide import GuideWindow
from traymail.ui.model import add_account as adding
from traymail.ui.model import settings_form as accounts
from traymail.ui.model.add_account import Adding
from traymail.ui.model.settings_form import Accounts, Busy
from traymail.ui.model.sign_in import SignInState
from traymail.ui.theme import Root
from traymail.ui.window import Window

QQ = Account(
    name="qq",
    address=Address("123456@qq.com", "Xiao Ming"),
    host="smtp.qq.com",
    port=465,
    security=Security.TLS,
    username="123456@qq.com",
    provider="qq",
)
STEPS = (
    Step("dns", True, 12, "43.129.255.54"),
    Step("tcp", True, 31, "43.129.255.54, 465"),
    Step(
        "tls",
        True,
        58,
        text(
            "{version}, the certificate is valid until {date}",
            version="TLSv1.3",
            date="2027-03-12",
        ),
    ),
    Step("ehlo", True, 27, "PIPELINING, SIZE 73400320, AUTH LOGIN PLAIN"),
)


def refusal() -> Step:
    rule = next(rule for rule in RULES if rule.id == "qq-535-code")
    reply = "535 Login fail. Authorization code is expired or wrong"
    detail = text("{title}: {reply}", title=rule.title, reply=reply)
    return Step("auth", False, 140, detail, rule.advice)


def _no_guide(_host: str) -> None:
    pass


def _add(root: Root, *states: Adding) -> Window:
    window = AddAccountWindow(
        root, UNASKED, cast("Background", None), lambda _asked: None, lambda: False, _no_guide
    )
    for state in states:
        window.screen.set_state(state)
    return window


def _typed(words: str = "123456@qq.com") -> Adding:
    return adding.type_address(Adding(), words)


def _at_code() -> Adding:
    return adding.accepted(_typed(), "qq", QQ)


def _tested(*steps: Step) -> Adding:
    state = adding.start(adding.type_code(_at_code(), "abcd efgh ijkl mnop"))
    for step in (*STEPS, *steps):
        state = state.test_heard(step)
    return state


def add_empty(root: Root) -> Window:
    return _add(root)


def add_address(root: Root) -> Window:
    return _add(root, _typed())


def add_search(root: Root) -> Window:
    return _add(root, _typed("me@company.example"))


def add_oauth(root: Root) -> Window:
    return _add(root, _typed("me@outlook.com"))


def add_by_hand(root: Root) -> Window:
    missing = adding.found(_typed("me@company.example"), "me@company.example", None)
    assert missing.by_hand is not None
    filled = adding.edit(missing, {**missing.by_hand, "host": "http://mail.lab", "port": "26"})
    what = text("is not the name of a server")
    return _add(root, adding.refused(filled, (Problem("host", what),)))


def add_untold(root: Root) -> Window:
    """What is wrong with a key that has no field on the page."""
    state = adding.unfold(_typed("me@outlook.com"))
    assert state.by_hand is not None
    filled = adding.edit(state, {**state.by_hand, "auth": Auth.PASSWORD.value})
    what = text("is missing: OAuth2 wants a client id of your own")
    return _add(root, adding.refused(filled, (Problem("oauth.client_id", what),)))


def _add_code(root: Root, words: str) -> Window:
    window = _add(root, adding.type_code(_at_code(), words))
    assert isinstance(window, AddAccountWindow)
    assert window.code is not None
    window.code.entry.value = words
    return window


def add_code(root: Root) -> Window:
    return _add_code(root, "abcd efgh ijkl mnop")


def add_code_short(root: Root) -> Window:
    return _add_code(root, "abcd efgh ijkl")


def add_code_gmail(root: Root) -> Window:
    state = adding.accepted(_typed("ming@gmail.com"), "gmail", replace(QQ, provider="gmail"))
    return _add(root, state)


def _signing_in(words: str = "me@outlook.com") -> Adding:
    return adding.to_sign_in(_typed(words))


def add_sign_in(root: Root) -> Window:
    return _add(root, _signing_in())


def add_sign_in_gmail(root: Root) -> Window:
    state = _signing_in("ming@gmail.com")
    return _add(root, adding.fill_client(state, {"oauth.client_id": "1234.apps.example"}))


def add_sign_in_elsewhere(root: Root) -> Window:
    by_hand = adding.unfold(_typed("me@company.example"))
    assert by_hand.by_hand is not None
    filled = {**by_hand.by_hand, "host": "mail.company.example", "auth": "oauth2"}
    state = adding.to_sign_in(adding.edit(by_hand, filled))
    problem = Problem("oauth.client_id", text("is missing: OAuth2 wants a client id of your own"))
    return _add(root, adding.refused(state, (problem,)))


def guide(root: Root) -> Window:
    window = GuideWindow(root, UNASKED.program, cast("Background", None))
    window.host = "smtp.gmail.com"
    # Where it begins is known once it has its size.
    window.bind("<Map>", lambda _event: window.fill(_guide_in(root.theme.language)), add="+")
    return window


def _guide_in(language: str) -> str:
    return guide_file(language).read_text("utf-8")


def _at_sign_in(root: Root, step: SignInStep, *, device: bool = False) -> Window:
    state = adding.begin_sign_in(_signing_in(), device=device)
    return _add(root, state.sign_in_heard(step))


def add_sign_in_browser(root: Root) -> Window:
    url = "https://login.microsoftonline.com/common/oauth2/v2.0/authorize?" + "client_id=12&" * 30
    return _at_sign_in(root, BrowserAsked(url, opened=False))


def add_sign_in_device(root: Root) -> Window:
    page, until = "https://microsoft.com/devicelogin", datetime(2026, 11, 23, 12, tzinfo=UTC)
    return _at_sign_in(root, DeviceAsked(page, "KQXW-7GHT", "", until), device=True)


def add_sign_in_failed(root: Root) -> Window:
    rule = next(rule for rule in RULES if rule.id == "oauth-device-blocked")
    state = adding.begin_sign_in(_signing_in(), device=True)
    return _add(root, state.not_signed_in(SignInError(rule.title, rule.advice)))


def add_testing(root: Root) -> Window:
    return _add(root, _tested())


def add_refused(root: Root) -> Window:
    return _add(root, _tested(refusal(), Step("mail", None)).test_ended())


def add_works(root: Root) -> Window:
    good = (Step("auth", True, 90, "235 OK"), Step("mail", True, 300, "250 OK"))
    return _add(root, adding.saved(_tested(*good).test_ended()))


TEAM = WecomAccount(
    name="team",
    address=GROUP,
    host="qyapi.weixin.qq.com",
    port=443,
    security=Security.TLS,
    username="team",
)


def add_kinds(root: Root) -> Window:
    return _add(root, adding.to_kinds(Adding()))


def _robot(key: str = "") -> Adding:
    state = adding.name_other(adding.choose(adding.to_kinds(Adding()), "wecom"), ())
    return adding.type_secret(state, key) if key else state


def add_robot(root: Root) -> Window:
    return _add(root, _robot())


def add_robot_wrong(root: Root) -> Window:
    problems = (Problem("name", text("There is an account {name} already.", name="wecom")),)
    typed = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send"
    window = _add(root, adding.refused(_robot(typed), problems))
    assert isinstance(window, AddAccountWindow)
    assert window.pages.secret is not None
    window.pages.secret.value = typed
    return window


def add_webhook(root: Root) -> Window:
    state = adding.name_other(adding.choose(adding.to_kinds(Adding()), "webhook"), ())
    assert state.other is not None
    judged = replace(state.other, account=_webhook("dingtalk"), fresh=True)
    return _add(root, replace(state, other=judged))


def add_sendgrid(root: Root) -> Window:
    state = adding.choose(adding.to_kinds(Adding()), "sendgrid")
    return _add(root, adding.name_other(state, ()))


def _robot_tested(*steps: Step) -> Adding:
    state = adding.accepted(_robot("693axxx6-7aoc-4bc4-97a0-0ec2sifa5aaa"), "team", TEAM)
    for step in (*STEPS[:3], *steps):
        state = state.test_heard(step)
    return state.test_ended()


def add_robot_refused(root: Root) -> Window:
    rule = next(rule for rule in RULES if rule.id == "wecom-93000")
    reply = "93000 invalid webhook url"
    detail = text("{title}: {reply}", title=rule.title, reply=reply)
    failure = AuthFailure(Reply(93000, reply, Stage.AUTH), rule.id, rule.title)
    return _add(root, _robot_tested(Step("mail", False, 140, detail, rule.advice, failure)))


def add_robot_works(root: Root) -> Window:
    return _add(root, adding.saved(_robot_tested(Step("mail", True, 300, "0 ok"))))


ADDING = {
    "account-1-empty": add_empty,
    "account-1-address": add_address,
    "account-1-search": add_search,
    "account-1-oauth": add_oauth,
    "account-1-by-hand": add_by_hand,
    "account-1-untold": add_untold,
    "account-2-code": add_code,
    "account-2-code-short": add_code_short,
    "account-2-code-gmail": add_code_gmail,
    "account-2-sign-in": add_sign_in,
    "account-2-sign-in-gmail": add_sign_in_gmail,
    "account-2-sign-in-elsewhere": add_sign_in_elsewhere,
    "account-2-sign-in-browser": add_sign_in_browser,
    "account-2-sign-in-device": add_sign_in_device,
    "account-2-sign-in-failed": add_sign_in_failed,
    "guide": guide,
    "account-3-testing": add_testing,
    "account-3-refused": add_refused,
    "account-3-works": add_works,
    "account-other-1-kinds": add_kinds,
    "account-other-2-robot": add_robot,
    "account-other-2-robot-wrong": add_robot_wrong,
    "account-other-2-webhook": add_webhook,
    "account-other-2-sendgrid": add_sendgrid,
    "account-other-3-refused": add_robot_refused,
    "account-other-3-works": add_robot_works,
}


# --- the settings ---------------------------------------------------------------------------------

ANNA = replace(
    QQ,
    name="work",
    address=Address("me@example.com"),
    host="smtp.example.com",
    username="me@example.com",
    provider="",
)
LAB = replace(
    ANNA,
    name="lab",
    address=Address("lab@nas.example"),
    host="nas.example",
    username="lab@nas.example",
)
LIMITS = Limits(20, 200, 500)
BOTH = Settings(
    default_account="qq",
    accounts={
        "qq": replace(QQ, limits=LIMITS, max_message_bytes=70_000_000),
        "work": replace(ANNA, limits=LIMITS),
        "lab": replace(LAB, limits=LIMITS),
    },
)
REFUSED = AccountState(
    "work",
    stopped=True,
    advice_id="x-535",
    code=535,
    reply="535 5.7.8 Error: authentication failed",
)


def _nothing() -> None:
    pass


def _accounts_page(root: Root) -> AccountsPage:
    return AccountsPage(root, UNASKED, cast("Background", None), _nothing, _no_guide)


def _accounts(root: Root, state: Accounts) -> Window:
    page = _accounts_page(root)
    window = in_settings(root, "accounts", page.build)
    page.screen.set_state(state)
    return window


def _known(states: Mapping[str, AccountState] | None = None) -> Accounts:
    return accounts.refreshed(Accounts(), BOTH, states or {})


def _edited(state: Accounts, **values: str) -> Accounts:
    assert state.form is not None
    return accounts.typed(state, {**state.form.values, **values})


def accounts_usual(root: Root) -> Window:
    return _accounts(root, _edited(_known({"work": REFUSED}), port="26"))


def accounts_empty(root: Root) -> Window:
    return _accounts(root, accounts.refreshed(Accounts(), Settings(), {}))


def accounts_attention(root: Root) -> Window:
    return _accounts(root, accounts.choose(_known({"work": REFUSED}), "work"))


def accounts_mistyped(root: Root) -> Window:
    return _accounts(root, _edited(accounts.choose(_known(), "work"), address="wang@gmial.com"))


def accounts_wrong(root: Root) -> Window:
    state = accounts.choose(_known(), "lab")
    state = _edited(state, host="http://mail.lab", port="many", max_per_day="0")
    assert state.form is not None
    name = text("is not the name of a server")
    advice = text("Write it like smtp.example.com, without http:// and without a port.")
    problems = (
        Problem("host", name, advice=advice),
        Problem(
            "max_per_day",
            text(
                "expected {kind}",
                kind=text("a whole number from {low} to {high}", low=1, high=1000000),
            ),
        ),
    )
    return _accounts(root, accounts.judged(state, "lab", state.form.values, problems))


def accounts_code(root: Root) -> Window:
    return _accounts(root, accounts.replace_code(_known()))


def accounts_more(root: Root) -> Window:
    return _accounts(root, _edited(_known(), when_unsure="resend", username="somebody"))


def accounts_robot(root: Root) -> Window:
    team = WecomAccount(
        name="team",
        address=GROUP,
        host="wecom.example.com",
        port=443,
        security=Security.TLS,
        username="team",
        limits=LIMITS,
    )
    known = replace(BOTH, accounts={**BOTH.accounts, "team": team})
    return _accounts(root, accounts.choose(accounts.refreshed(Accounts(), known, {}), "team"))


def accounts_sendgrid(root: Root) -> Window:
    bulk = SendgridAccount(
        name="bulk",
        address=Address("me@example.com", "Xiao Ming"),
        host="api.eu.sendgrid.com",
        port=443,
        username="bulk",
        limits=LIMITS,
    )
    known = replace(BOTH, accounts={**BOTH.accounts, "bulk": bulk})
    return _accounts(root, accounts.choose(accounts.refreshed(Accounts(), known, {}), "bulk"))


def _webhook(service: str) -> WebhookAccount:
    preset = BY_NAME[service]
    return WebhookAccount(
        name="own",
        address=preset.receiver,
        username="own",
        limits=LIMITS,
        preset=preset,
        body=usual_body(preset),
        success=usual_success(preset),
        most=preset.most,
    )


def accounts_webhook(root: Root) -> Window:
    own = _webhook("custom")
    known = replace(BOTH, accounts={**BOTH.accounts, "own": own})
    return _accounts(root, accounts.choose(accounts.refreshed(Accounts(), known, {}), "own"))


def _signing_in_again(state: SignInState | None = None) -> Accounts:
    work = replace(
        ANNA,
        host="smtp.office365.com",
        auth=Auth.OAUTH2,
        oauth=OAuth(client_id="12"),
        limits=LIMITS,
    )
    known = replace(BOTH, accounts={**BOTH.accounts, "work": work})
    stopped = replace(REFUSED, advice_id="oauth-token")
    page = accounts.refreshed(Accounts(), known, {"work": stopped})
    return replace(accounts.choose(page, "work"), sign_in=state)


def accounts_sign_in(root: Root) -> Window:
    return _accounts(root, _signing_in_again())


def accounts_device(root: Root) -> Window:
    page, until = "https://microsoft.com/devicelogin", datetime(2026, 11, 23, 12, tzinfo=UTC)
    asked = SignInState(device=True).heard(DeviceAsked(page, "KQXW-7GHT", "", until))
    return _accounts(root, _signing_in_again(asked))


def accounts_saving(root: Root) -> Window:
    return _accounts(root, accounts.begun(_edited(_known(), display_name="Ming"), Busy.SAVING))


def accounts_trouble(root: Root) -> Window:
    state = _edited(_known(), display_name="Ming")
    error = StateError(
        text(
            "{path} cannot be written: {reason}", path="/home/ming/config.toml", reason="read-only"
        ),
        text("Free some space on that disk, or fix the permissions of that place."),
    )
    return _accounts(root, accounts.failed(state, "qq", error))


def _at_test(*steps: Step) -> Accounts:
    state = accounts.start(_known(), QQ)
    for step in (*STEPS, *steps):
        state = state.test_heard(step)
    return state


def accounts_testing(root: Root) -> Window:
    return _accounts(root, _at_test())


def accounts_test_failed(root: Root) -> Window:
    return _accounts(root, _at_test(refusal(), Step("mail", None)).test_ended())


def accounts_test_good(root: Root) -> Window:
    good = (Step("auth", True, 90, "235 OK"), Step("mail", True, 300, "250 OK"))
    return _accounts(root, _at_test(*good).test_ended())


SETTINGS = {
    "settings-accounts": accounts_usual,
    "settings-accounts-empty": accounts_empty,
    "settings-accounts-attention": accounts_attention,
    "settings-accounts-mistyped": accounts_mistyped,
    "settings-accounts-wrong": accounts_wrong,
    "settings-accounts-code": accounts_code,
    "settings-accounts-more": accounts_more,
    "settings-accounts-robot": accounts_robot,
    "settings-accounts-sendgrid": accounts_sendgrid,
    "settings-accounts-webhook": accounts_webhook,
    "settings-accounts-sign-in": accounts_sign_in,
    "settings-accounts-device": accounts_device,
    "settings-accounts-saving": accounts_saving,
    "settings-accounts-trouble": accounts_trouble,
    "settings-accounts-testing": accounts_testing,
    "settings-accounts-test-failed": accounts_test_failed,
    "settings-accounts-test-good": accounts_test_good,
}
