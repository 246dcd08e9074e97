"""Placeholders of a fixed list."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from traymail.core.errors import InputError
from traymail.core.template import COMMON, FOLDER, LOG, compile_template, human_size

VALUES = {name: f"<{name}>" for name in FOLDER | LOG} | {"match.level": "ERROR"}


@pytest.mark.parametrize(
    ("words", "names", "rendered"),
    [
        ("", COMMON, ""),
        ("no placeholder", COMMON, "no placeholder"),
        ("扫描件 {file.name}", FOLDER, "扫描件 <file.name>"),
        ("{file.name}, {file.size}, {time}", FOLDER, "<file.name>, <file.size>, <time>"),
        ("[{host}] {rule}: {match.level}", LOG, "[<host>] <rule>: ERROR"),
        ("{{{count}}}", COMMON, "{<count>}"),
        ("{{count}}", COMMON, "{count}"),
        ("{{}} }}{{", COMMON, "{} }{"),
        ("{user}{user}", COMMON, "<user><user>"),
    ],
)
def test_renders(words: str, names: frozenset[str], rendered: str) -> None:
    assert compile_template(words, names, frozenset({"level"})).render(VALUES) == rendered


@pytest.mark.parametrize("name", sorted(FOLDER | LOG))
def test_every_placeholder_of_the_list_is_known(name: str) -> None:
    names = FOLDER if name in FOLDER else LOG
    template = compile_template(f"{{{name}}}", names)
    assert template.render({name: "filled"}) == "filled"
    assert template.names == {name}


@pytest.mark.parametrize(
    ("words", "title", "advice"),
    [
        ("{file.nmae}", "{file.nmae}", "{file.name}"),
        ("{FILE.NAME}", "{FILE.NAME}", "{file.name}"),
        ("{file.name:>20}", "{file.name:>20}", "{file.name}"),
        ("{file.name!r}", "{file.name!r}", "{file.name}"),
        ("{file.name[0]}", "{file.name[0]}", "{file.name}"),
        ("{ file.name }", "{ file.name }", "{file.name}"),
        ("{file.name.__class__}", "{file.name.__class__}", "{file.name}"),
        ("{}", "{}", "Known placeholders: {count}"),
        ("{0}", "{0}", "Known placeholders: {count}"),
        ("{line}", "{line}", "Known placeholders"),
        ("{match.level}", "{match.level}", "Known placeholders"),
        ("{time", "lone {", "{{"),
        ("time}", "lone }", "}}"),
        ("{{time}", "lone }", "}}"),
        ("{a{time}}", "lone {", "{{"),
        ("{\n\u202e}", "{ }", "Known"),
    ],
)
def test_refuses_and_names_the_way_out(words: str, title: str, advice: str) -> None:
    with pytest.raises(InputError) as caught:
        compile_template(words, FOLDER)
    assert title in str(caught.value.title)
    assert advice in str(caught.value.advice)


def test_captured_names_are_known_only_where_captured() -> None:
    with pytest.raises(InputError, match=r"match\.level") as caught:
        compile_template("{match.level}", LOG, frozenset({"levels"}))
    assert "{match.levels}" in str(caught.value.advice)


def test_a_value_is_not_parsed_again() -> None:
    template = compile_template("{line}{match.x}", LOG, frozenset({"x"}))
    assert template.render({"line": "{path}{", "path": "secret"}) == "{path}{"


@given(st.text(), st.text())
def test_words_with_doubled_braces_come_through(words: str, value: str) -> None:
    doubled = words.replace("{", "{{").replace("}", "}}")
    template = compile_template(f"{doubled}{{line}}{doubled}", LOG)
    assert template.render({"line": value}) == words + value + words


@pytest.mark.parametrize(
    ("size", "words"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 KB"),
        (9900, "9.9 KB"),
        (9951, "10 KB"),
        (411_900, "412 KB"),
        (999_499, "999 KB"),
        (999_500, "1.0 MB"),
        (1_440_000, "1.4 MB"),
        (45_000_000, "45 MB"),
        (5 * 10**15, "5000 TB"),
    ],
)
def test_sizes_are_told_in_powers_of_a_thousand(size: int, words: str) -> None:
    assert human_size(size) == words
