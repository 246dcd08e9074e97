"""Adding an account and the settings in the states their pictures and the clip test show."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

from traymail.core.account import Account, Security
from traymail.core.errors import Problem
from traymail.core.examination import Step
from traymail.core.message import Address
from traymail.core.reply_rules import RULES
from traymail.core.texts import text
from traymail.ui.backend import Backend
from traymail.ui.bridge import Background
from traymail.ui.dialogs.add_account import AddAccountWindow
from traymail.ui.model import add_account as adding
from traymail.ui.model.add_account import Adding
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


def _add(root: Root, *states: Adding) -> Window:
    window = AddAccountWindow(root, cast("Backend", None), cast("Background", None))
    for state in states:
        window.become(state)
    return window


def _typed(words: str = "123456@qq.com") -> Adding:
    return adding.type_address(Adding(), words)


def _at_code() -> Adding:
    return adding.accepted(_typed(), "qq", QQ)


def _tested(*steps: Step) -> Adding:
    state = adding.start(adding.type_code(_at_code(), "abcd efgh ijkl mnop"))
    for step in (*STEPS, *steps):
        state = adding.hear(state, step)
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
    filled = adding.edit(missing, {**missing.by_hand, "host": "mailserver", "port": "26"})
    what = text("has no dot: {host} may be another computer in every network", host="mailserver")
    return _add(root, adding.refused(filled, (Problem("host", what),)))


def add_code(root: Root) -> Window:
    return _add(root, adding.type_code(_at_code(), "abcd efgh ijkl"))


def add_code_gmail(root: Root) -> Window:
    state = adding.accepted(_typed("ming@gmail.com"), "gmail", replace(QQ, provider="gmail"))
    return _add(root, state)


def add_testing(root: Root) -> Window:
    return _add(root, _tested())


def add_refused(root: Root) -> Window:
    return _add(root, adding.end(_tested(refusal(), Step("mail", None))))


def add_works(root: Root) -> Window:
    good = (Step("auth", True, 90, "235 OK"), Step("mail", True, 300, "250 OK"))
    return _add(root, adding.saved(adding.end(_tested(*good))))


ADDING = {
    "account-1-empty": add_empty,
    "account-1-address": add_address,
    "account-1-search": add_search,
    "account-1-oauth": add_oauth,
    "account-1-by-hand": add_by_hand,
    "account-2-code": add_code,
    "account-2-code-gmail": add_code_gmail,
    "account-3-testing": add_testing,
    "account-3-refused": add_refused,
    "account-3-works": add_works,
}
