"""The page of the groups in the states its pictures and the clip test show, without a program."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from tests.gui.settings_frame import in_settings
from tests.support.unasked import UNASKED
from traymail.core.errors import InputError
from traymail.core.message import Address
from traymail.core.texts import text
from traymail.ui.bridge import Background
from traymail.ui.dialogs.groups import GroupsPage
from traymail.ui.model import groups as model
from traymail.ui.model.groups import GroupPage
from traymail.ui.theme import Root
from traymail.ui.window import Window

_PEOPLE = (
    Address("wang.wei@example.com", "王伟"),
    Address("li.na@example.com", "Li Na"),
    Address("team+build@lab.example"),
)


def _known(root: Root) -> GroupPage:
    zh = root.theme.language == "zh_CN"
    names = ("设计组", "三班家长") if zh else ("Design", "Parents of class 3")
    return model.known(GroupPage(), {names[0]: _PEOPLE, names[1]: _PEOPLE[:1]})


def _groups(root: Root, state: GroupPage) -> Window:
    page = GroupsPage(root, UNASKED, cast("Background", None))
    window = in_settings(root, "groups", page.build)
    page.screen.set_state(state)
    return window


def wrong(root: Root) -> Window:
    page = model.began(_known(root))
    return _groups(
        root, model.typed(page, {"name": "a, b", "people": "li.na@example.com, wang.wei"})
    )


def mistyped(root: Root) -> Window:
    page = model.began(_known(root))
    people = "li.na@example.com, wang.wei@gmial.com"
    return _groups(root, model.typed(page, {"name": "Team", "people": people}))


def refused(root: Root) -> Window:
    error = InputError(
        text("The rule {rule} mails this group.", rule="Scans"),
        text("Take the group out of the rule first."),
    )
    return _groups(root, model.failed(_known(root), error))


GROUPS: dict[str, Callable[[Root], Window]] = {
    "settings-groups": lambda root: _groups(root, _known(root)),
    "settings-groups-none": lambda root: _groups(root, model.known(GroupPage(), {})),
    "settings-groups-wrong": wrong,
    "settings-groups-mistyped": mistyped,
    "settings-groups-refused": refused,
}
