"""Errors as sentences in a window."""

import pytest

from traymail.core.errors import InputError, Problem, SettingsError, SourceError, TraymailError
from traymail.core.texts import text
from traymail.ui.model.sentences import below_field, sentence_of

WRONG = Problem("theme", text("unknown key"), 2)
PLACELESS = Problem("", text("is not there"))
ADVISED = Problem("theme", text("must be one of {choices}", choices="a, b"), 2, text("Did you?"))


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (InputError(text("There is no such rule.")), "There is no such rule."),
        (InputError(text("No rule"), text("Make one.")), "No rule. Make one."),
        (InputError(text("No rule."), text("Make one.")), "No rule. Make one."),
        (SourceError("/a", text("{path} is a folder", path="/a")), "/a is a folder"),
        (
            SettingsError((WRONG,), "old.toml"),
            "old.toml:2: theme: unknown key. Fix it in the file.",
        ),
        (
            SettingsError((PLACELESS,), "config.toml"),
            "config.toml: is not there. Fix it in the file.",
        ),
        (
            SettingsError((ADVISED, WRONG, PLACELESS), "c.toml"),
            "c.toml:2: theme: must be one of a, b. Did you? And 2 more.",
        ),
        (
            SettingsError((WRONG, ADVISED), "c.toml"),
            "c.toml:2: theme: unknown key. Fix it in the file. And 1 more.",
        ),
    ],
)
def test_an_error_is_told_with_its_way_out(error: TraymailError, words: str) -> None:
    assert str(sentence_of(error)) == words


def test_settings_without_a_problem_are_told_by_their_title() -> None:
    error = SettingsError(())
    assert str(sentence_of(error)).startswith(str(error.title))


@pytest.mark.parametrize(
    ("problem", "words"),
    [
        (WRONG, "Unknown key"),
        (ADVISED, "Must be one of a, b. Did you?"),
        (Problem("to", text("is this one?"), advice=text("Look.")), "Is this one? Look."),
        (Problem("to", text("{path} is gone", path="a"), advice=text("No.")), "a is gone. No."),
    ],
)
def test_a_problem_is_told_below_its_field(problem: Problem, words: str) -> None:
    assert below_field(problem, str) == words
