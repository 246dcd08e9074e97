"""A rule's table and the values of its form: every key, there and back."""

from typing import Any

import pytest

from traymail.core.fields import fields_of
from traymail.core.kinds import ALL, FOLDER, LOG
from traymail.core.kinds.log import captures
from traymail.core.rules.log import THRESHOLD
from traymail.ui.model.rule_form import Kind, defaults, drawn, table_of, values_of
from traymail.ui.model.rule_values import NUMBER, SIZE, WORDS, flat, nested

WHOLE: dict[str, dict[str, Any]] = {
    "folder": {
        "name": "Scans",
        "enabled": False,
        "account": "qq",
        "to": ["boss@example.com", '"Doe, Ann" <ann@example.com>'],
        "cc": ["cc@example.com"],
        "bcc": ["bcc@example.com"],
        "subject": "扫描件 {file.name}",
        "body": "{file.name}\n{time}",
        "folder": "~/Scans",
        "recursive": True,
        "include": ["*.pdf", "two words*", '"quoted"'],
        "exclude": ["draft*"],
        "hidden": True,
        "min_bytes": 500_000,
        "max_bytes": 20_000_000,
        "settle_seconds": 0.5,
        "existing": "send",
        "batch_seconds": 30,
        "zip": True,
        "again": "never",
        "after": "move",
        "move_to": "done",
        "keep_sent": "90d",
        "failed_to": "failed",
        "max_per_hour": 7,
        "when_unsure": "resend",
    },
    "log": {
        "name": "App errors",
        "enabled": True,
        "account": "qq",
        "to": ["me@qq.com"],
        "cc": [],
        "bcc": [],
        "subject": "{match.level}",
        "body": "{lines}",
        "paths": ["/var/log/app/*.log", "~/my logs/*.log"],
        "match": [r"(?P<level>ERROR|FATAL)\b", "x, y"],
        "ignore": ["healthcheck"],
        "encoding": "gb18030",
        "start_at": "beginning",
        "record_start": r"^\d",
        "before": 2,
        "after_lines": 3,
        "threshold": {"count": 5, "within": "2m"},
        "cooldown": "90s",
        "group_by": "level",
        "silent_for": "24h",
        "when_unsure": "ask",
        "max_per_hour": 9,
    },
}


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.name)
def test_every_key_of_the_configuration_is_a_field(kind: Kind) -> None:
    keys = set(kind.form.keys)
    if "threshold" in keys:
        keys = keys - {"threshold"} | {f"threshold.{key}" for key in THRESHOLD.keys}
    assert set(defaults(kind)) == keys
    assert set(flat(WHOLE[kind.name])) == keys
    assert {field.name for field in fields_of(drawn(kind))} | {"name", "enabled"} == keys


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.name)
def test_a_whole_table_comes_back_as_it_was(kind: Kind) -> None:
    table = WHOLE[kind.name]
    assert table_of(kind, values_of(kind, table), table) == table


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.name)
def test_a_new_rule_is_written_without_what_goes_without_saying(kind: Kind) -> None:
    values = {**values_of(kind, {}), "name": "New"}
    written = table_of(kind, values, {})
    required: dict[str, dict[str, Any]]
    required = {"folder": {"to": [], "folder": ""}, "log": {"to": [], "paths": [], "match": []}}
    assert written == {"name": "New", "kind": kind.name, **required[kind.name]}


def test_what_was_written_stays_and_what_is_emptied_goes() -> None:
    table = {"name": "S", "kind": "folder", "account": "qq", "settle_seconds": 5, "include": ["a"]}
    values = {**values_of(FOLDER, table), "account": "", "settle_seconds": " ", "include": ""}
    written = table_of(FOLDER, values, table)
    assert {key: written[key] for key in ("account", "settle_seconds", "include")} == {
        "account": None,
        "settle_seconds": None,
        "include": None,
    }
    kept = {**values_of(FOLDER, table), "settle_seconds": "5"}
    assert table_of(FOLDER, kept, table)["settle_seconds"] == 5


def test_a_text_that_is_emptied_is_written_empty() -> None:
    values = {**values_of(LOG, {}), "body": ""}
    assert table_of(LOG, values, {})["body"] == ""


def test_half_of_a_threshold_is_enough() -> None:
    values = {**values_of(LOG, {}), "threshold.count": "3"}
    assert table_of(LOG, values, {})["threshold"] == {"count": 3}


def test_fields_start_with_what_a_new_rule_has() -> None:
    usual = {field.name: field.default for field in fields_of(drawn(FOLDER))}
    assert (usual["settle_seconds"], usual["move_to"], usual["include"]) == ("5", "sent", "*")
    assert (usual["when_unsure"], usual["min_bytes"], usual["max_bytes"]) == ("", "1 B", "")


@pytest.mark.parametrize(
    ("size", "shown"),
    [(0, ""), (1, "1 B"), (1500, "1500 B"), (500_000, "500 KB"), (2 * 10**9, "2 GB")],
)
def test_a_size_is_shown_in_its_largest_unit(size: int, shown: str) -> None:
    assert SIZE.show(size) == shown
    assert SIZE.read(shown) == size


@pytest.mark.parametrize(
    ("typed", "read"), [("1.5 MB", 1_500_000), ("20m", 20_000_000), ("7", 7), ("big", "big")]
)
def test_a_size_is_read_as_people_write_it(typed: str, read: object) -> None:
    assert SIZE.read(typed) == read
    assert SIZE.show(True) == "True"


@pytest.mark.parametrize(
    ("typed", "read"), [("5", 5), ("0.5", 0.5), ("x", "x"), (" ", ""), ("1e3", 1000.0)]
)
def test_a_number_is_read_or_left_to_the_configuration(typed: str, read: object) -> None:
    assert NUMBER.read(typed) == read


def test_a_number_is_shown_without_needless_decimals() -> None:
    assert [NUMBER.show(value) for value in (5, 5.0, 0.25)] == ["5", "5", "0.25"]


def test_values_of_another_type_are_shown_as_they_are() -> None:
    values = values_of(FOLDER, {"include": "*.pdf", "to": "a@b.example", "min_bytes": "x"})
    assert (values["include"], values["to"], values["min_bytes"]) == ("*.pdf", "a@b.example", "x")
    assert values_of(LOG, {"paths": "~/a"})["paths"] == "~/a"


def test_words_with_spaces_or_quotes_are_quoted() -> None:
    words = ["*.pdf", "a b", '"c', ""]
    assert WORDS.show(words) == '*.pdf  "a b"  """c"  ""'
    assert WORDS.read(WORDS.show(words)) == words


def test_tables_inside_are_flat_and_nested_again() -> None:
    table = {"a": 1, "b": {"c": 2, "d": 3}}
    assert flat(table) == {"a": 1, "b.c": 2, "b.d": 3}
    assert nested(flat(table)) == table


def test_captures_are_offered_for_the_mail() -> None:
    values = {"match": "(?P<level>E)(?<user>x)\n(?P<level>F)"}
    assert captures(values) == ("level", "user")
    first, second, *rest = LOG.suited(values, None).choices["subject"]
    assert (first.value, second.value) == ("{match.level}", "{match.user}")
    assert rest[0].value == "{line}"
    assert captures({}) == ()
