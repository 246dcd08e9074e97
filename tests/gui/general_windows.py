"""The general page in the states its pictures and the clip test show, without a program."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import cast

from tests.gui.settings_frame import in_settings
from tests.support.tk import until_tk
from tests.support.unasked import UNASKED
from traymail.core.consent import Risk
from traymail.core.errors import Problem, SettingsError
from traymail.core.settings import Settings
from traymail.core.texts import text
from traymail.ui.bridge import Background
from traymail.ui.dialogs.general import GeneralPage
from traymail.ui.model import general as model
from traymail.ui.model.general import General, Move
from traymail.ui.theme import Root
from traymail.ui.window import Window

CAP = "rules_max_per_hour"
PLACES = {
    "config": Path.home() / ".config/traymail/config.toml",
    "state": Path.home() / ".local/state/traymail",
    "log": Path.home() / ".local/state/traymail/log/traymail.log",
}
USUAL = model.starts(model.known(General(), Settings(), PLACES), on=True)


def _general(root: Root, state: General) -> Window:
    page = GeneralPage(root, UNASKED.program, cast("Background", None))
    window = in_settings(root, "general", page.build)
    page.screen.set_state(state)
    return window


def wrong(root: Root) -> Window:
    page = model.changed(USUAL, CAP, "0")
    number = text("a whole number from {low} to {high}", low=1, high=100_000)
    problem = Problem(CAP, text("expected {kind}", kind=number))
    return _general(root, model.refused(page, CAP, SettingsError((problem,))))


def not_imported(root: Root) -> Window:
    problems = (
        Problem("accounts.qq.prt", text("unknown key"), 12),
        Problem("rules[0].folder", text("must not be empty"), 31),
    )
    page = model.moving(USUAL, Move.IMPORT)
    return _general(root, model.not_moved(page, SettingsError(problems, "old.toml")))


def saving(root: Root) -> Window:
    return _general(root, replace(USUAL, saving=frozenset({"theme"})))


def importing(root: Root) -> Window:
    return _asked(
        root, lambda page, window: page.transfer.question(Path("/home/me/old.toml"), window)
    )


def _asked(root: Root, ask: Callable[[GeneralPage, Window], Window]) -> Window:
    page = GeneralPage(root, UNASKED.program, cast("Background", None))
    window = in_settings(root, "general", page.build)
    page.screen.set_state(USUAL)
    window.reveal()
    until_tk(root, window.winfo_viewable, what="the settings")
    question = ask(page, window)
    # The picture is of the question alone, and whoever closes it knows of no other window.
    question.bind("<Destroy>", lambda _event: root.after_idle(window.destroy), add="+")
    return question


RISK = Risk(
    "qq",
    "password_command",
    "pass mail/qq",
    text(
        "Account {name} runs {command} and gives what it prints to {host}.",
        name="qq",
        command="pass mail/qq",
        host="smtp.qq.com",
    ),
    "password_command",
)


def waiting(root: Root) -> Window:
    return _general(root, replace(USUAL, unconfirmed=(RISK,)))


def consent(root: Root) -> Window:
    return _asked(
        root, lambda page, window: page.transfer.consent((RISK, RISK), window, lambda: None)
    )


GENERAL: dict[str, Callable[[Root], Window]] = {
    "settings-general": lambda root: _general(root, USUAL),
    "settings-general-error": wrong,
    "settings-general-not-imported": not_imported,
    "settings-general-saving": saving,
    "settings-general-question": importing,
    "settings-general-waiting": waiting,
    "settings-general-consent": consent,
}
