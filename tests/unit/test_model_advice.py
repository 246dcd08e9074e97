"""Advice in windows: none sends the user to a terminal, however its words change."""

import ast
import re
from collections.abc import Iterator

import pytest

from tests.support.catalogue import PACKAGE
from traymail.cli.main import COMMANDS as NAMES
from traymail.core.reply_rules import RULES
from traymail.core.texts import ByCommand, by_command, text
from traymail.ui.model.sentences import advice_about, at_hand, in_window

COMMAND = re.compile(rf"traymail ({'|'.join(NAMES)})\b")
# Told where no window is: to a terminal, or because no window can be shown.
WITHOUT_WINDOWS = {
    "core/errors.py",  # traymail already runs
    "desktop/display.py",
    "desktop/instance.py",  # it does not run
    "desktop/activation.py",  # it runs without windows
    "ui/shell.py",  # no display
}
TWO = by_command(text("Say: traymail pause"), in_window=text("Pause."), at_hand=text("Here."))


def test_words_for_a_terminal_for_a_window_and_for_the_window_at_hand() -> None:
    assert str(TWO) == "Say: traymail pause"
    assert (str(in_window(TWO)), str(at_hand(TWO))) == ("Pause.", "Here.")
    one = by_command(text("Say: traymail pause"), in_window=text("Pause."))
    assert str(at_hand(one)) == "Pause."


def test_other_advice_is_the_same_everywhere() -> None:
    assert in_window(text("Wait.")) == at_hand(text("Wait.")) == text("Wait.")
    assert in_window(None) is None
    assert at_hand(None) is None


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_no_row_of_the_table_names_a_command_in_a_window(rule: object) -> None:
    advice = advice_about(rule.id)  # type: ignore[attr-defined] # a ReplyRule
    assert not COMMAND.search(str(advice))
    if isinstance(advice, ByCommand):
        assert not COMMAND.search(str(advice.at_hand))


def test_whoever_names_a_command_has_words_for_windows_too() -> None:
    bare = [
        f"{path}:{line}: {words}"
        for path, line, words in _said_without_windows()
        if COMMAND.search(words)
    ]
    assert bare == []


def _said_without_windows() -> Iterator[tuple[str, int, str]]:
    """Yield the texts of the program that are not the first words of a `by_command`."""
    for file in sorted(PACKAGE.rglob("*.py")):
        path = file.relative_to(PACKAGE).as_posix()
        if path.startswith("cli/") or path in WITHOUT_WINDOWS:
            continue
        calls = [n for n in ast.walk(ast.parse(file.read_text())) if isinstance(n, ast.Call)]
        excused = {call.args[0] for call in calls if _calls(call, "by_command")}
        for call in calls:
            if _calls(call, "text") and call not in excused:
                yield path, call.lineno, ast.literal_eval(call.args[0])


def _calls(call: ast.Call, name: str) -> bool:
    return isinstance(call.func, ast.Name) and call.func.id == name
