"""The manual page says what the commands' help says, and manual readers show it as it is meant."""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import click
import pytest

from installer.man import built_at, write
from traymail.cli import endings, manual
from traymail.cli.main import COMMANDS, traymail
from traymail.cli.session import Session
from traymail.cli.words import speak
from traymail.core.languages import LANGUAGES

DAY = date(2026, 11, 30)


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Path]]:
    folder = tmp_path_factory.mktemp("man")
    yield dict(zip(LANGUAGES, write(folder, DAY), strict=True))
    speak("en")


def _shown(page: Path, *command: str) -> tuple[str, str]:
    environ = {**os.environ, "LC_ALL": "C.UTF-8", "MANWIDTH": "80", "MANPAGER": "cat"}
    done = subprocess.run(
        [*command, page], env=environ, capture_output=True, text=True, check=False
    )
    return done.stdout, done.stderr


def _commands(
    command: click.Command = traymail, context: click.Context | None = None
) -> Iterator[tuple[str, click.Command]]:
    """Yield every command that is no group, with the words that call it."""
    name = None if context else "traymail"
    context = context or click.Context(command, info_name=name, obj=Session({"LANG": "C"}))
    if not isinstance(command, click.Group):
        yield context.command_path, command
        return
    for one in command.list_commands(context):
        found = command.get_command(context, one)
        assert found is not None
        yield from _commands(found, click.Context(found, context, info_name=one))


@pytest.mark.desktop
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_has_every_command_and_option(pages: dict[str, Path], language: str) -> None:
    words, complaints = _shown(pages[language], "man", "--warnings", "--local-file")
    assert complaints == ""
    all_commands = dict(_commands())
    assert len(all_commands) > len(COMMANDS)
    parts = re.split(r"^ {7}(?=traymail )", words, flags=re.MULTILINE)
    described = {part.splitlines()[0].rstrip(): part for part in parts}
    for path, command in all_commands.items():
        [part] = [part for line, part in described.items() if f"{line} ".startswith(f"{path} ")]
        for parameter in command.params:
            if isinstance(parameter, click.Option) and not parameter.hidden:
                assert all(re.search(rf"^ {{14}}.*{one}\b", part, re.M) for one in parameter.opts)


@pytest.mark.desktop
@pytest.mark.parametrize("language", LANGUAGES)
def test_its_lines_break_where_they_may(pages: dict[str, Path], language: str) -> None:
    words, _ = _shown(pages[language], "man", "--local-file")
    to_be_typed = re.compile(r"^ +traymail (send|completion) ")
    wide = re.compile("[\u3000-\u9fff\uff00-\uffef]")
    assert [
        line
        for line in words.splitlines()
        if len(line) + len(wide.findall(line)) > 80 and not to_be_typed.match(line)
    ] == []


@pytest.mark.desktop
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_reader_complains(pages: dict[str, Path], language: str) -> None:
    linted, _ = _shown(pages[language], "mandoc", "-T", "lint", "-W", "warning")
    assert linted == ""
    indexed, _ = _shown(pages[language], "lexgrog")
    assert '"traymail - ' in indexed
    assert "桌面上的发信按钮" in indexed or language == "en"


def test_what_is_typed_stands_there_to_be_copied() -> None:
    page = manual.page("en", DAY)
    assert r"fpath+=\(ti/.zfunc" in page
    assert page.splitlines()[2].startswith(".TH TRAYMAIL 1 2026-11-30 ")
    for line in page.splitlines():
        assert re.fullmatch(r"\.(\\\"|TH|SH|SS|TP|PP|IP|RS|RE|nf|fi|B|na)( .*)?", line) or (
            line[:1] != "."
        )


def test_the_chinese_page_is_chinese() -> None:
    page = manual.page("zh_CN", DAY)
    speak("en")
    english = re.compile(r"^(?!\.|\\|traymail ).*[A-Za-z]+ [a-z]+ [a-z]+", re.MULTILINE)
    found = (line[0] for line in english.finditer(page))
    assert [line for line in found if not re.search("[\u4e00-\u9fff]", line)] == []
    assert set(re.findall(r"^\.SH ([A-Z]+)$", page, re.MULTILINE)) == set()


def test_every_exit_status_is_told() -> None:
    known = {value for name, value in vars(endings).items() if name.isupper()} - {endings.STATUS}
    assert set(manual.STATUS) == known


def test_the_files_are_where_it_says(tmp_path: Path) -> None:
    code = (
        "from traymail.desktop.paths import home; at = home(None, {});"
        "print(at.config_file, f'{at.state}/', at.log_file, sep='\\n')"
    )
    environ = {"HOME": str(tmp_path), "PATH": os.environ["PATH"]}
    told = subprocess.run(
        [sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=True
    )
    at_home = [file.replace("~", str(tmp_path), 1) for file in manual.FILES]
    assert told.stdout.splitlines() == at_home


@pytest.mark.parametrize("example", manual.EXAMPLES)
def test_its_examples_are_commands(example: str) -> None:
    words = shlex.split(example.rpartition("| ")[2])
    assert words[0] == "traymail"
    command: click.Command = traymail
    context = click.Context(traymail, info_name="traymail", obj=Session({"LANG": "C"}))
    rest = words[1:]
    while isinstance(command, click.Group):
        found = command.get_command(context, rest.pop(0))
        assert found is not None
        command = found
    command.make_context(command.name, rest, parent=context)


def test_a_build_can_be_made_the_same_again() -> None:
    assert built_at("1764547200").date() == date(2025, 12, 1)
    assert built_at(None).year > 2025
