"""A group's name stands for its people, in mails and in rules; one of no group is told."""

from __future__ import annotations

import tomllib

import pytest

from traymail.accounts import KINDS
from traymail.core.address import parse_address
from traymail.core.errors import InputError, Problem, StateError
from traymail.core.groups import group_named, members, recipients
from traymail.core.kinds import ALL
from traymail.core.message import Address
from traymail.core.parse import Parsed, check
from traymail.core.paths import PathContext
from traymail.core.texts import text
from traymail.ui.model import groups as model
from traymail.ui.model.groups import GroupPage

LI, WANG, BOSS = (
    Address("li@c.example", "Li"),
    Address("wang@c.example"),
    Address("boss@c.example"),
)
GROUPS = {"Team": (LI, WANG), "老板": (BOSS, LI)}
PATHS = PathContext(
    user_home="/home/me", own_folders=(), config_file="/home/me/c.toml", log_file="/home/me/l.log"
)
CONFIG = """
[groups]
Team = ["Li <li@c.example>", "wang@c.example"]
"老板" = ["boss@c.example", "li@c.example"]

[accounts.qq]
address = "123456@qq.com"

[accounts.robot]
kind = "wecom"
format = "text"

[[rules]]
name = "Scans"
kind = "folder"
folder = "~/scans"
account = "qq"
"""


def examined(more: str, config: str = CONFIG) -> Parsed:
    return check(tomllib.loads(config + more), PATHS, KINDS, lambda: ALL)


def told(more: str, config: str = CONFIG) -> dict[str, Problem]:
    return {one.where: one for one in examined(more, config).problems}


@pytest.mark.parametrize("words", ["Team", "team", " TEAM "])
def test_a_name_is_found_in_capitals_or_not(words: str) -> None:
    assert members(words, GROUPS) == (LI, WANG)
    assert group_named(words, GROUPS) == "Team"


def test_what_is_no_name() -> None:
    assert members("teem", GROUPS) is members("team@c.example", GROUPS) is None


def test_who_is_meant_twice_gets_one_mail() -> None:
    assert recipients(["wang@c.example", "team", "老板"], GROUPS) == (WANG, LI, BOSS)
    assert recipients(["team", "wang@c.example", "L <li@c.example>"], GROUPS) == (LI, WANG)
    assert recipients([], GROUPS) == ()


def test_what_only_the_kind_of_the_account_knows_goes_before_groups() -> None:
    robots_own = parse_address("team@localhost")
    found = recipients(["team"], GROUPS, lambda words: robots_own if words == "team" else None)
    assert found == (robots_own,)


@pytest.mark.parametrize(
    ("words", "advice"), [("teem", "Did you mean Team?"), ("nobody", "on the page “Groups”")]
)
def test_a_name_of_no_group_is_told_with_a_way_out(words: str, advice: str) -> None:
    with pytest.raises(InputError) as caught:
        recipients([words], GROUPS)
    assert str(caught.value.title) == f"“{words}” is neither an address nor a group"
    shown = caught.value.advice
    assert shown is not None
    assert advice in str(getattr(shown, "in_window", shown))


def test_without_groups_an_address_is_asked_for() -> None:
    with pytest.raises(InputError, match="has no @"):
        recipients(["team"], {})


# --- in rules -----------------------------------------------------------------------------------


def test_a_rule_mails_the_people_of_its_groups() -> None:
    found = examined('to = ["wang@c.example", "team"]\ncc = ["老板"]\nbcc = ["x@c.example"]')
    assert not found.problems
    rule = found.settings.rules[0]
    assert [one.mailbox for one in rule.to] == ["wang@c.example", "li@c.example"]
    assert [one.mailbox for one in rule.cc] == ["boss@c.example", "li@c.example"]
    assert [one.mailbox for one in rule.bcc] == ["x@c.example"]


@pytest.mark.parametrize("key", ["to", "cc", "bcc"])
def test_a_group_that_a_rule_names_and_nobody_made(key: str) -> None:
    to = "" if key == "to" else 'to = ["team"]\n'
    found = told(f'{to}{key} = ["li@c.example", "teem", "no one", "a@b@c"]')
    assert sorted(found) == [f"rules[0].{key}[{at}]" for at in (1, 2, 3)]
    assert str(found[f"rules[0].{key}[1]"].advice) == "Did you mean Team?"
    assert "[groups]" in str(found[f"rules[0].{key}[2]"].advice)


def test_a_rule_tells_of_the_rest_as_well() -> None:
    found = told('to = ["teem"]\nsubject = "{nothing}"\nmax_per_hour = 0')
    assert {"rules[0].to[0]", "rules[0].subject", "rules[0].max_per_hour"} <= found.keys()


def test_where_groups_cannot_be_read_only_that_is_told() -> None:
    found = told('to = ["team"]', CONFIG.replace('["boss@c.example", ', '["boss", '))
    assert list(found) == ['groups."老板"[0]']


def test_a_rule_has_no_more_recipients_by_groups() -> None:
    many = ", ".join(f'"p{number}@c.example"' for number in range(100))
    config = CONFIG.replace("[accounts.qq]", f"all = [{many}]\n\n[accounts.qq]")
    assert not told('to = ["all"]', config)
    assert list(told('to = ["all", "one@more.example"]', config)) == ["rules[0].to"]


def test_a_robot_is_written_to_by_its_own_names() -> None:
    config = CONFIG.replace('account = "qq"', 'account = "robot"')
    assert not told('to = ["team"]', config)  # a user id of its company
    assert "rules[0].to" in told('to = ["team", "li@c.example"]', config)


# --- the table itself ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("groups", "where"),
    [
        ('"a@b" = ["li@c.example"]', 'groups."a@b"'),
        ('" team" = ["li@c.example"]', 'groups." team"'),
        ('"" = ["li@c.example"]', 'groups.""'),
        ('a = ["li@c.example"]\nA = ["li@c.example"]', "groups.A"),
        ('a = ["b"]\nb = ["li@c.example"]', "groups.a[0]"),
        ("a = []", "groups.a"),
    ],
)
def test_what_no_group_can_be(groups: str, where: str) -> None:
    assert list(told("", f"[groups]\n{groups}\n")) == [where]


# --- the page of the settings -------------------------------------------------------------------


def _page() -> GroupPage:
    return model.known(GroupPage(), GROUPS)


def _fill(page: GroupPage, name: str, people: str) -> GroupPage:
    return model.typed(page, {"name": name, "people": people})


def test_the_first_group_is_in_sight_and_has_nothing_to_save() -> None:
    page = _page()
    assert page.values == {"name": "Team", "people": "Li <li@c.example>, wang@c.example"}
    assert not page.changed
    assert not page.may_save
    assert model.known(GroupPage(), {}).chosen is None


def test_what_is_typed_is_kept_while_another_group_is_in_sight() -> None:
    page = model.chose(_fill(_page(), "Team", "li@c.example"), "老板")
    assert not page.changed
    page = model.chose(page, "Team")
    assert page.may_save
    assert model.undone(page).values == _page().values


@pytest.mark.parametrize(
    ("name", "people", "told", "saves"),
    [
        ("Friends", "ann@c.example", [], True),
        ("Friends", "", [], False),
        ("", "ann@c.example", [], False),
        ("team", "ann@c.example", ["name"], False),
        ("a, b", "ann@c.example", ["name"], False),
        ("Friends", "ann@c.example, bob", ["people[1]"], False),
    ],
)
def test_a_new_group(name: str, people: str, told: list[str], saves: bool) -> None:
    page = _fill(model.began(_page()), name, people)
    assert [one.where for one in page.told] == told
    assert page.may_save is saves
    assert model.undone(page).chosen == "Team"


@pytest.mark.parametrize(
    ("people", "remark"),
    [
        ("li@x.example, wang@qq.con", "Is @qq.com meant in “wang@qq.con”?"),
        ("wang@qq", "“wang@qq” has no dot after the @"),
        ("wang@qq.con, no address", None),
        ("li@x.example", None),
    ],
)
def test_a_slip_of_the_finger_is_asked_about_and_can_be_meant(
    people: str, remark: str | None
) -> None:
    page = _fill(model.began(_page()), "Others", people)
    told = page.remark
    assert (None if told is None else str(told.what)) == remark
    assert page.may_save is ("no address" not in people)


def test_a_group_may_be_named_anew_but_not_like_another() -> None:
    assert _fill(_page(), "team", "li@c.example").may_save
    assert not _fill(_page(), "老板", "li@c.example").may_save


def test_a_group_that_is_gone_elsewhere_is_gone_here() -> None:
    page = model.known(_fill(_page(), "Team", "x@c.example"), {"老板": (BOSS,)})
    assert (page.chosen, page.changed) == ("老板", False)
    begun = _fill(model.began(_page()), "Friends", "x@c.example")
    assert model.known(begun, {}).values["name"] == "Friends"
    saved = model.saved(model.busy(begun), "", begun.values, {**GROUPS, "Friends": (WANG,)})
    assert (saved.chosen, saved.changed, saved.busy) == ("Friends", False, False)


def test_what_is_typed_while_a_group_is_saved_or_removed_stays() -> None:
    begun = _fill(_page(), "Crew", "x@c.example")
    busy, after = model.busy(begun), {"Crew": (LI,), "老板": (BOSS, LI)}
    other = _fill(model.chose(busy, "老板"), "老板", "boss@c.example")
    page = model.saved(other, "Team", begun.values, after)
    assert (page.chosen, page.values["people"], page.may_save) == ("老板", "boss@c.example", True)
    assert not model.chose(page, "Crew").changed
    page = model.saved(_fill(busy, "Crew", "y@c.example"), "Team", begun.values, after)
    assert (page.chosen, page.values["people"], page.may_save) == ("Crew", "y@c.example", True)
    page = model.removed(other, "Team", {"老板": (BOSS, LI)})
    assert (page.chosen, page.values["people"], page.may_save) == ("老板", "boss@c.example", True)
    page = model.removed(busy, "Team", {"老板": (BOSS, LI)})
    assert (page.chosen, page.changed, page.busy) == ("老板", False, False)


def test_what_could_not_be_saved_is_still_in_the_fields() -> None:
    page = model.busy(_fill(_page(), "Team", "x@c.example"))
    assert not page.may_save
    page = model.failed(page, StateError(text("The disk is full.")))
    assert page.may_save
    assert "full" in str(page.trouble)
