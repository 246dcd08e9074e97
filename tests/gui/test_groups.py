"""The page of the groups by clicks and keys: a group is made, changed, used, and removed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.gui.office import Office
from tests.support.certificates import Certificates
from tests.support.live import at_sink
from tests.support.sink import Sink
from tests.support.tk import every_child
from traymail.core.groups import Groups
from traymail.ui.dialogs.groups import GroupsView
from traymail.ui.model.groups import GroupAct


@pytest.fixture
def desk(
    open_office: Callable[[str], AbstractContextManager[Office]],
    sink: Sink,
    certificates: Certificates,
) -> Iterator[Office]:
    with open_office(at_sink(sink, certificates.ca_file)) as here:
        here.choose("Settings…")
        here.window("Settings")
        here.press("Groups")
        here.sees("No groups yet")
        yield here


def groups_of(desk: Office) -> Groups:
    return desk.live.services.program.overview().settings.groups


def view_of(desk: Office) -> GroupsView:
    return next(one for one in every_child(desk.root) if isinstance(one, GroupsView))


def make(desk: Office, name: str, people: str) -> None:
    desk.press("New group…")
    desk.type(name)
    desk.keys("Tab")
    desk.type(people)
    desk.keys("ctrl+s")
    desk.until(lambda: name in groups_of(desk), f"the group {name}")


def test_a_group_is_made_with_the_keyboard_and_gets_a_mail(desk: Office, sink: Sink) -> None:
    make(desk, "Team", "li@x.example, Wang <wang@x.example>")
    assert "[groups]" in desk.live.home.config.read_text("utf-8")
    desk.choose("Quick send…")
    desk.window("New mail")
    desk.type("tea")
    desk.sees("li@x.example, Wang")
    desk.keys("Return", "Tab")
    desk.sees("Team (2)")
    desk.type("Hi")
    desk.keys("ctrl+Return")
    desk.press("Send now")
    desk.until(lambda: sink.arrivals, "the mail")
    assert sink.arrivals[0].recipients == ("li@x.example", "wang@x.example")


def test_a_mistyped_address_is_asked_about_and_can_be_kept(desk: Office) -> None:
    desk.press("New group…")
    desk.type("Team")
    desk.keys("Tab")
    desk.type("wang@qq.con, li@x.example")
    desk.sees("Is @qq.com meant in “wang@qq.con”?")
    desk.keys("ctrl+s")
    desk.until(lambda: "Team" in groups_of(desk), "the group")


def test_a_group_is_named_anew_undone_and_removed_once_no_rule_mails_it(
    desk: Office, tmp_path: Path
) -> None:
    make(desk, "Team", "li@x.example")
    (tmp_path / "Scans").mkdir()
    rule = {"name": "Scans", "kind": "folder", "folder": str(tmp_path / "Scans"), "to": ["Team"]}
    desk.live.services.rules.save(rule, None)
    view = view_of(desk)
    desk.go_to(view.form, "name")
    desk.keys("ctrl+a")
    desk.type("a@b")
    desk.sees("1 field needs you")
    desk.click(view.bar.buttons[GroupAct.UNDO])
    desk.until(lambda: view.form.values["name"] == "Team", "what was saved")
    desk.go_to(view.form, "name")
    desk.keys("ctrl+a")
    desk.type("Crew")
    desk.press("Save")
    desk.until(lambda: list(groups_of(desk)) == ["Crew"], "the new name")
    assert desk.live.services.rules.fields("Scans")["to"] == ["Crew"]
    for gone in (False, True):
        desk.press("Delete group…")
        desk.press("Delete group", desk.window("Delete the group Crew?"))
        if not gone:
            desk.sees("The rule Scans mails this group.")
            desk.live.services.rules.remove("Scans")
    desk.sees("No groups yet")
    assert groups_of(desk) == {}
    assert "[groups]" not in desk.live.home.config.read_text("utf-8")


def test_of_hundreds_of_groups_rules_and_accounts_the_first_are_shown(
    open_office: Callable[[str], AbstractContextManager[Office]],
    sink: Sink,
    certificates: Certificates,
) -> None:
    """X ends a program one of whose windows is higher than 32767 pixels."""
    many = range(350)
    accounts = "".join(f'[accounts.a{one}]\naddress = "a@qq.com"\n' for one in many)
    rules = "".join(
        f'[[rules]]\nname = "r{one}"\nkind = "log"\nenabled = false\naccount = "a0"\n'
        'to = ["a@b.c"]\npaths = ["/l"]\nmatch = ["a"]\n'
        for one in many
    )
    groups = "[groups]\n" + "".join(f'g{one} = ["a@b.cd"]\n' for one in many)
    with open_office(at_sink(sink, certificates.ca_file) + accounts + groups + rules) as here:
        here.choose("Settings…")
        here.window("Settings")
        here.press("Groups")
        here.sees("+200 more, in the configuration file")
        here.press("Rules")
        here.sees("r149")
        here.sees("+200 more, in the configuration file")
        here.press("Accounts")
        here.sees("a148")
        here.sees("+201 more, in the configuration file")
