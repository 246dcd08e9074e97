"""Help and diagnosis in the states its pictures and the clip test show, without a program."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import cast

from tests.gui.settings_windows import QQ, STEPS, refusal
from tests.support.mails import a_rule
from tests.support.unasked import UNASKED
from traymail.core.connection_test import Step
from traymail.core.errors import Problem
from traymail.core.kinds import ALL
from traymail.core.message import Address
from traymail.core.outbox import AccountState, State
from traymail.core.overview import Overview
from traymail.core.reports import FlowStatus, LeftOut
from traymail.core.rule import Rule
from traymail.core.rules.folder import FolderRule
from traymail.core.settings import Settings
from traymail.core.texts import text
from traymail.ui.bridge import Background
from traymail.ui.dialogs.help import HelpNavigation, HelpWindow
from traymail.ui.model import help as model
from traymail.ui.model.help import Help, HelpPage
from traymail.ui.theme import Root
from traymail.ui.window import Window

PLACES = {
    "config": Path("/home/ming/.config/traymail/config.toml"),
    "state": Path("/home/ming/.local/state/traymail"),
    "log": Path("/home/ming/.local/state/traymail/log/traymail.log"),
}
WELCOME = Step("banner", True, 9, "220 newxmesmtplogicsvrszc5-2.qq.com XMail Esmtp QQ Mail Server.")
CLOCK = Step(
    "clock", True, 0, text("differs from the server's clock by {seconds} s", seconds=0), None
)


def folder_rule(name: str) -> Rule:
    return FolderRule(
        name=name,
        account="qq",
        to=(Address("you@mail.example"),),
        subject="",
        body="",
        max_per_hour=60,
        folder="/home/ming/Scans",
        move_to="sent",
    )


def an_overview(**changes: object) -> Overview:
    rules = (folder_rule("Scans"), a_rule("App errors"), a_rule("Invoices", enabled=False))
    overview = Overview(
        settings=Settings(accounts={"qq": QQ}, default_account="qq", rules=rules),
        accounts={"qq": AccountState("qq")},
        rules={
            "Scans": FlowStatus(watching=True, matched=12, sent=12),
            "App errors": FlowStatus(watching=True, matched=9, sent=2, held=7),
        },
        counts={},
        paused=False,
        paused_until=None,
        kinds=ALL,
    )
    return replace(overview, **changes)  # type: ignore[arg-type] # fields of it


def _window(root: Root, state: Help) -> Window:
    doors = HelpNavigation(lambda: None, lambda _page: None, lambda: None)
    window = StillWindow(root, UNASKED, cast("Background", None), doors)
    window.screen.set_state(state)
    return window


class StillWindow(HelpWindow):
    """Asks nobody."""

    def on_show(self) -> None:
        self.nav.rows[self.screen.state.page].focus_set()


def _at(page: HelpPage, **changes: object) -> Help:
    return model.informed(Help(page=page, account="qq"), an_overview(**changes), PLACES)


def first_steps(root: Root) -> Window:
    return _window(root, _at(HelpPage.FIRST_STEPS))


def not_tried(root: Root) -> Window:
    return _window(root, _at(HelpPage.DIAGNOSIS))


def no_account(root: Root) -> Window:
    state = _at(HelpPage.FIRST_STEPS, settings=Settings(), rules={})
    return _window(root, model.turned(state, HelpPage.DIAGNOSIS))


def running(root: Root) -> Window:
    state = model.started(_at(HelpPage.DIAGNOSIS))
    for step in (STEPS[0], STEPS[1], WELCOME):
        state = state.test_heard(step)
    return _window(root, state)


def _tried(*steps: Step) -> Help:
    state = model.started(_at(HelpPage.DIAGNOSIS))
    for step in (STEPS[0], STEPS[1], WELCOME, *STEPS[2:], *steps, CLOCK):
        state = state.test_heard(step)
    return state.test_ended()


def passed(root: Root) -> Window:
    return _window(root, _tried(Step("auth", True, 88, "235 OK")))


def refused(root: Root) -> Window:
    return _window(root, _tried(refusal()))


def in_order(root: Root) -> Window:
    return _window(root, _at(HelpPage.STATE))


def troubled(root: Root) -> Window:
    left_out = (
        LeftOut("/home/ming/Scans/film.mkv", text("It is not there any more.")),
        LeftOut("/home/ming/Scans/plan.pdf", text("It cannot be read.")),
    )
    return _window(
        root,
        _at(
            HelpPage.STATE,
            counts={State.FAILED: 1, State.UNKNOWN: 2},
            config_error=(
                Problem(
                    *("rules[2].folder", text("no such folder"), 31),
                    text("Did you mean {name}?", name="~/Scans"),
                ),
                Problem(
                    "rules[3].to[0]",
                    text("The address “{address}” has no dot after the @", address="boss@example"),
                    44,
                ),
            ),
            accounts={
                "qq": AccountState(
                    "qq", stopped=True, advice_id="qq-535-code", reply="Login fail. Code is wrong"
                )
            },
            rules={
                "Scans": FlowStatus(watching=True, left_out=left_out),
                "App errors": FlowStatus(error=text("It cannot be read.")),
            },
        ),
    )


def keys(root: Root) -> Window:
    return _window(root, _at(HelpPage.KEYS))


def files(root: Root) -> Window:
    return _window(root, _at(HelpPage.FILES))


HELP: dict[str, Callable[[Root], Window]] = {
    "help-first-steps": first_steps,
    "help-diagnosis": not_tried,
    "help-diagnosis-empty": no_account,
    "help-diagnosis-running": running,
    "help-diagnosis-passed": passed,
    "help-diagnosis-refused": refused,
    "help-state": in_order,
    "help-state-troubled": troubled,
    "help-keys": keys,
    "help-files": files,
}
