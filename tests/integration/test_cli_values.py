"""Every option and argument of every command, given values that nobody means."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import click
import pytest

from tests.support.cli import in_process
from tests.support.homes import Home
from traymail.cli.main import NAME, traymail

CONFIG = """
version = 1
[accounts.desk]
address = "me@desk.example"
host = "127.0.0.1"
port = 465
[[rules]]
name = "scans"
kind = "folder"
to = ["you@example.com"]
subject = "x"
folder = '{folder}'
"""
STRANGE = ("0", "-1", "0s", "9" * 30, "x" * 100_000, "y" * 4000, "..", "/", "\x1b[31m", "\udcff")
# What else a command wants, so that only the value under test can be wrong.
NEEDS = {
    "send": ("--to", "you@example.com", "--body", "x", "--queue"),
    "account add": ("me@new.example", "--host", "127.0.0.1", "--no-secret", "--no-test"),
    "rule test": ("scans",),
    "outbox resolve": ("1", "sent"),
    "doctor": ("--host", "127.0.0.1"),
    # Without it, nothing is purged.
    "purge": (),
}
# A path may be told whole.
LONGEST_LINE = 4500


@dataclass(frozen=True)
class Place:
    """One parameter of one command."""

    command: str
    parameter: click.Parameter
    arguments: tuple[click.Argument, ...]

    def __str__(self) -> str:
        return f"{self.command} {self.parameter.opts[0]}".strip()

    def line(self, value: str) -> list[str]:
        """Return the command line that gives it this value."""
        words = self.command.split()
        needs = list(NEEDS.get(self.command, ()))
        option = self.parameter.opts[0]
        if isinstance(self.parameter, click.Argument):
            own = [*needs[len(self.arguments) :]] if needs[:1] != ["--host"] else []
            before = needs[: self.arguments.index(self.parameter)] if needs else []
            if self.command == "outbox resolve":
                place = self.arguments.index(self.parameter)
                return [*words, "--", *needs[:place], value, *needs[place + 1 :]]
            return [*words, *own, "--", *before, value]
        if option in needs:
            at = needs.index(option)
            del needs[at : at + 2]
        if not words:
            return [f"{option}={value}", "config", "path"]
        return [*words, *needs, f"{option}={value}"]


def places(command: click.Command, name: str = "") -> Iterator[Place]:
    with click.Context(command) as context:
        arguments = tuple(p for p in command.params if isinstance(p, click.Argument))
        for one in command.params:
            if isinstance(one, click.Argument) or not getattr(one, "is_flag", False):
                yield Place(name, one, arguments)
        if isinstance(command, click.Group):
            for below in command.list_commands(context):
                found = command.get_command(context, below)
                assert found is not None
                yield from places(found, f"{name} {below}".strip())


PLACES = list(places(traymail))
MAY_BE_EMPTY = {"send --subject": 0, "send --body": 64, "compose --subject": 69, "send --to": 65}


@pytest.fixture(scope="module")
def home() -> Iterator[Home]:
    with TemporaryDirectory(prefix="tm-") as name:
        folder = Path(name) / "scans"
        folder.mkdir()
        made = Home(Path(name) / "home")
        made.configure(CONFIG.format(folder=folder))
        yield made


@pytest.fixture(autouse=True)
def _scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is exported to a strange name is written here."""
    monkeypatch.chdir(tmp_path)


def test_the_tree_is_walked() -> None:
    found = {str(place) for place in PLACES}
    assert {"--home", "send --account", "outbox purge --older-than", "pause duration"} <= found
    assert len(found) == len(PLACES) > 40
    assert traymail.name == NAME


@pytest.mark.parametrize("place", PLACES, ids=str)
def test_an_empty_value_is_refused(place: Place, home: Home) -> None:
    expected = MAY_BE_EMPTY.get(str(place), 64)
    for empty in ("",) if str(place) in MAY_BE_EMPTY else ("", "  "):
        done = in_process(home, *place.line(empty), env={"DISPLAY": "", "WAYLAND_DISPLAY": ""})
        assert done.returncode == expected, (place.line(empty), done.stderr)
        if expected:
            assert 1 <= len(done.stderr.splitlines()) <= 2


@pytest.mark.parametrize("place", PLACES, ids=str)
def test_a_strange_value_is_judged_in_two_short_lines(place: Place, home: Home) -> None:
    for value in STRANGE:
        done = in_process(home, *place.line(value), env={"DISPLAY": "", "WAYLAND_DISPLAY": ""})
        assert done.returncode != 70, (place.line(value)[:60], done.stderr)
        assert "Traceback" not in done.stderr
        lines = done.stderr.splitlines()
        assert all(len(line) <= LONGEST_LINE for line in lines), (value[:20], done.stderr[:600])
        assert "\x1b" not in done.stderr + done.stdout


def test_a_pause_of_no_length_is_none(home: Home) -> None:
    for none in ("0s", "0ms", "0d"):
        done = in_process(home, "pause", none)
        cause, way_out = done.stderr.splitlines()
        assert (done.returncode, cause[:10], way_out[:5]) == (65, "A pause of", "Give ")


@pytest.mark.parametrize("keys", ["folder = '{path}'", "match = ['x']\npaths = ['{path}']"])
def test_a_path_too_long_to_be_there_is_not_there(tmp_path: Path, keys: str) -> None:
    """What the system says of it is not that it is missing."""
    kind = "folder" if "folder" in keys else "log"
    rule = f"[[rules]]\nname = 'r'\nkind = '{kind}'\nto = ['a@b.example']\nsubject = 'x'\n"
    for path in (f"{tmp_path}/{'z' * 300}", f"{tmp_path}/{'图/' * 1500}"):
        home = Home(tmp_path / "home")
        home.configure(CONFIG.partition("[[")[0] + rule + keys.format(path=path))
        checked, tried = in_process(home, "rule", "check"), in_process(home, "rule", "test", "r")
        assert (checked.returncode, tried.returncode) == ((78, 66) if kind == "folder" else (0, 0))
