"""Changes of the configuration's document: what is not meant stays to the letter."""

import tomllib
from collections.abc import Callable
from typing import Any

import pytest
import tomlkit
from tomlkit import TOMLDocument

from traymail.core.errors import InputError
from traymail.store.edits import drop_rule, put_account, put_rule, put_value

DOCUMENT = """\
# my own words
version = 1
language = "auto"  # as the system says

[accounts.qq]
# the first one
address = "1@qq.com"
port = 465

[[rules]]
# scans
name = "Scans"
kind = "folder"
to = ["a@b.example"]  # the boss

[[rules]]
name = "Errors"
kind = "log"
"""


def edited(
    change: Callable[[TOMLDocument], object], text: str = DOCUMENT
) -> tuple[str, dict[str, Any]]:
    document = tomlkit.parse(text)
    change(document)
    written = tomlkit.dumps(document)
    return written, tomllib.loads(written)


def test_a_value_is_changed_where_it_stands() -> None:
    written, _ = edited(lambda d: put_value(d, "language", "zh_CN"))
    assert written == DOCUMENT.replace('"auto"', '"zh_CN"')


@pytest.mark.parametrize("text", [DOCUMENT, "", "version = 1\n", '[accounts.a]\naddress = "a@b"\n'])
def test_a_new_value_stands_before_all_tables(text: str) -> None:
    _, read = edited(lambda d: put_value(d, "rules_max_per_hour", 7), text)
    before = tomllib.loads(text)
    assert read == {**before, "rules_max_per_hour": 7}


def test_comments_of_tables_outlive_a_new_value() -> None:
    written, _ = edited(lambda d: put_value(d, "default_account", "qq"))
    assert all(words in written for words in ("# my own words", "# the first one", "# the boss"))


def test_a_second_account_leaves_the_first_the_default() -> None:
    written, read = edited(lambda d: put_account(d, "work", {"address": "me@example.com"}))
    assert read["default_account"] == "qq"
    assert set(read["accounts"]) == {"qq", "work"}
    assert "# the first one" in written


def test_an_account_holds_just_what_it_is_given() -> None:
    written, read = edited(lambda d: put_account(d, "qq", {"address": "2@qq.com"}))
    assert read["accounts"]["qq"] == {"address": "2@qq.com"}
    assert "# the first one" in written


def test_the_first_account_of_an_empty_document() -> None:
    _, read = edited(lambda d: put_account(d, "qq", {"address": "1@qq.com"}), "")
    assert read == {"accounts": {"qq": {"address": "1@qq.com"}}}


def test_a_rule_is_changed_in_place() -> None:
    indexes = []
    written, read = edited(
        lambda d: indexes.append(put_rule(d, {"enabled": False, "kind": None}, "Scans"))
    )
    assert indexes == [0]
    assert read["rules"][0] == {"name": "Scans", "to": ["a@b.example"], "enabled": False}
    assert "# the boss" in written
    assert "# scans" in written


@pytest.mark.parametrize("text", [DOCUMENT, "", "version = 1\n"])
def test_a_new_rule_comes_last(text: str) -> None:
    rule = {"name": "New", "kind": "log", "threshold": {"count": 2, "within": "1m"}}
    indexes = []
    _, read = edited(lambda d: indexes.append(put_rule(d, rule, None)), text)
    assert read["rules"][indexes[0]] == rule
    assert indexes[0] == len(read["rules"]) - 1


def test_a_rule_is_dropped_and_the_other_stays() -> None:
    written, read = edited(lambda d: drop_rule(d, "Errors"))
    assert [rule["name"] for rule in read["rules"]] == ["Scans"]
    assert "# the boss" in written


def test_the_last_rule_can_be_dropped() -> None:
    def both(document: TOMLDocument) -> None:
        drop_rule(document, "Errors")
        drop_rule(document, "Scans")

    _, read = edited(both)
    assert "rules" not in read


@pytest.mark.parametrize("change", [lambda d: drop_rule(d, "x"), lambda d: put_rule(d, {}, "x")])
def test_a_rule_that_is_not_there_is_told(
    change: Callable[[TOMLDocument], object],
) -> None:
    with pytest.raises(InputError, match="There is no rule x"):
        edited(change)


def test_a_table_inside_a_rule_is_changed_where_it_stands() -> None:
    text = DOCUMENT + 'threshold = { count = 1, within = "1m" }  # usual\n'
    changed, _ = edited(lambda it: put_rule(it, {"threshold": {"count": 5}}, "Errors"), text)
    assert changed == text.replace("count = 1", "count = 5")


def test_a_new_table_inside_a_rule_is_written_in_one_line() -> None:
    threshold = {"count": 2, "within": "5m"}
    changed, _ = edited(lambda it: put_rule(it, {"threshold": threshold}, "Errors"))
    assert changed == DOCUMENT + 'threshold = {count = 2, within = "5m"}\n'
