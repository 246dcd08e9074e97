"""The general page in the states its pictures and the clip test show, without a program."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import cast

from tests.gui.settings_frame import in_settings
from traymail.core.errors import Problem, SettingsError
from traymail.core.settings import Settings
from traymail.core.texts import text
from traymail.ui.backend import Backend
from traymail.ui.bridge import Background
from traymail.ui.dialogs.general import GeneralPage
from traymail.ui.model import general as model
from traymail.ui.model.general import General, Move
from traymail.ui.theme import Root
from traymail.ui.window import Window

PLACES = {
    "config": Path.home() / ".config/traymail/config.toml",
    "state": Path.home() / ".local/state/traymail",
    "log": Path.home() / ".local/state/traymail/log/traymail.log",
}
USUAL = model.known(General(), Settings(), autostart=True, places=PLACES)


def _general(root: Root, state: General) -> Window:
    page = GeneralPage(root, cast("Backend", None), cast("Background", None))
    window = in_settings(root, "general", page.build)
    page.become(state)
    return window


def wrong(root: Root) -> Window:
    page = model.changed(USUAL, model.TYPED, "0")
    number = text("a whole number from {low} to {high}", low=1, high=100_000)
    problem = Problem(model.TYPED, text("expected {kind}", kind=number))
    return _general(root, model.refused(page, model.TYPED, SettingsError((problem,))))


def not_imported(root: Root) -> Window:
    problems = (
        Problem("accounts.qq.prt", text("unknown key"), 12),
        Problem("rules[0].folder", text("must not be empty"), 31),
    )
    page = model.moving(USUAL, Move.IMPORT)
    return _general(root, model.not_moved(page, SettingsError(problems, "old.toml")))


def saving(root: Root) -> Window:
    return _general(root, replace(USUAL, saving=frozenset({"theme"})))


GENERAL: dict[str, Callable[[Root], Window]] = {
    "settings-general": lambda root: _general(root, USUAL),
    "settings-general-error": wrong,
    "settings-general-not-imported": not_imported,
    "settings-general-saving": saving,
}
