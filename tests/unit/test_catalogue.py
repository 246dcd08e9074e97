"""Every word that a user may see is in the catalogue, and the catalogue holds nothing else."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from tests.support import catalogue
from traymail.core.languages import LANGUAGES
from traymail.desktop.language import choose, speaking, translator

_FIELD = re.compile(r"(?<!\{)\{(\w+)(?:![rsa])?\}(?!\})")
_WORDS = re.compile(r"[A-Za-z]{2,} [A-Za-z]{2,}")
# What prints its first argument, or shows it as help or as an error.
_SHOWN = {"say", "note", "UsageError", "BadParameter", "ClickException", "confirm", "prompt"}


@cache
def _calls() -> list[tuple[str, ast.Call]]:
    return [
        (f"{path.relative_to(catalogue.PACKAGE.parent)}:{node.lineno}", node)
        for path in sorted(catalogue.PACKAGE.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call)
    ]


def _called(node: ast.Call) -> str:
    match node.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case _:
            return ""


def _is_text(node: ast.Call) -> bool:
    return isinstance(node.func, ast.Name) and node.func.id == "text"


def _literal(node: ast.Call) -> str:
    first = node.args[0] if node.args else None
    return first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else ""


def test_words_are_literals() -> None:
    assert [place for place, node in _calls() if _is_text(node) and not _literal(node)] == []


def test_fields_get_their_values() -> None:
    bad = []
    for place, node in _calls():
        given = {keyword.arg for keyword in node.keywords}
        known = _is_text(node) and given and None not in given
        if known and set(_FIELD.findall(_literal(node))) != given:
            bad.append(place)
    assert bad == []


def test_nothing_is_shown_past_the_catalogue() -> None:
    bad = [
        place
        for place, node in _calls()
        if _called(node) in _SHOWN
        and any(
            isinstance(part, ast.Constant)
            and isinstance(part.value, str)
            and _WORDS.search(part.value)
            for argument in node.args
            for part in ([argument] if not isinstance(argument, ast.JoinedStr) else argument.values)
        )
    ]
    assert bad == []


def test_the_catalogue_is_complete() -> None:
    known = {entry.said for entry in catalogue.entries()}
    said = set(catalogue.said())
    hint = "run: python -m tests.support.catalogue"
    assert said - known == set(), hint
    assert known - said == set(), hint


def test_every_word_is_translated() -> None:
    entries = catalogue.entries()
    assert [entry.said for entry in entries if not all(entry.strings) or entry.fuzzy] == []


def test_translations_keep_the_fields() -> None:
    bad = []
    for entry in catalogue.entries():
        wanted = set(_FIELD.findall(entry.ids[-1]))
        for string in filter(None, entry.strings):
            found = set(_FIELD.findall(string))
            # A plural may leave its number out.
            if found != wanted and not (len(entry.ids) > 1 and found < wanted):
                bad.append(entry.said)
    assert bad == []


@pytest.mark.parametrize("sign", ["!", "！", "..."])
def test_tone(sign: str) -> None:
    ours = [entry for entry in catalogue.entries() if entry.said not in catalogue.CLICK]
    assert [e.said for e in ours if any(sign in words for words in (*e.ids, *e.strings))] == []


def test_no_space_at_full_width_signs() -> None:
    pattern = re.compile(r"[，。；：？（）] | [，。；：？（）]")
    found = [e.said for e in catalogue.entries() if any(map(pattern.search, e.strings))]
    assert found == []


def test_no_chinese_caption_names_a_key() -> None:
    named = re.compile(r"\(&.\)")
    assert [e.said for e in catalogue.entries() if any(map(named.search, e.strings))] == []


# Words that readers of each language stumbled over, and what took their place.
WORDS = [
    ("Patterns such as *.pdf *.jpg. Partial downloads are always skipped.", "*.pdf *.jpg"),
    ("System default", "跟随系统"),
    ("Back up and move", "备份与迁移"),
    ("Status", "状态"),
    ("The file was changed, too. Saving replaces it with your version.", "以您在这里填写的为准"),
    ("Fix the marked fields to see what would be mailed.", "标红的项目"),
    ("Outbox and history", "发件箱与历史"),
    ("{provider} wants an app password, not your Google password.", "应用专用密码"),
    (
        "“Send again” keeps the same message number, so some mail systems drop the second copy.",
        "重复的一封",
    ),
    ("First steps", "快速上手"),
    ("The connection works", "连接正常"),
    ("&Test again", "再测一次"),
    ("&Undo", "取消发送"),
    ("Undo send", "取消发送"),
    ("{n} min", "{n} 分钟"),
    ("at least", "内至少匹配"),
    ("matches", "次"),
    ("cooling down", "静默"),
    ("Then &wait", "静默"),
    ("App password", "应用专用密码"),
]


@pytest.mark.parametrize(("english", "chinese"), WORDS)
def test_words_are_those_that_readers_expect(english: str, chinese: str) -> None:
    (entry,) = [one for one in catalogue.entries() if one.said == english]
    assert all(chinese in string for string in entry.strings)


@pytest.mark.parametrize("other", ["帐户", "帐号", "账号", "冷却", "安静", "沉默"])
def test_one_thing_has_one_name(other: str) -> None:
    assert [one.said for one in catalogue.entries() if other in "".join(one.strings)] == []
    readme = Path(__file__).parents[2] / "README.zh-CN.md"
    assert other not in readme.read_text("utf-8")


def test_users_are_addressed_politely() -> None:
    told = [one.said for one in catalogue.entries() if re.search("你(?!好)", "".join(one.strings))]
    assert told == []


def test_translator_knows_the_language() -> None:
    assert translator("zh_CN")("Left out:") == "未包括："
    assert translator("en")("Left out:") == "Left out:"


@pytest.mark.parametrize("wanted", LANGUAGES)
@pytest.mark.parametrize(
    "environ",
    [{}, {"LANG": "C.UTF-8"}, {"LC_ALL": "de_DE.UTF-8", "LANGUAGE": "de"}, {"LC_ALL": "C"}],
)
def test_an_environment_speaks_a_language(wanted: str, environ: dict[str, str]) -> None:
    changed = speaking(wanted, environ)
    assert choose("auto", changed) == wanted
    assert changed.get("LANG") == environ.get("LC_ALL", environ.get("LANG"))
