"""The general page without a display: what is shown, saved, refused, moved."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from traymail.core.errors import Problem, SettingsError, StateError
from traymail.core.fields import fields_of
from traymail.core.settings import Settings
from traymail.core.texts import text
from traymail.ui.model import general as model
from traymail.ui.model.general import AUTOSTART, General, Move

CAP = "rules_max_per_hour"
PLACES = {"config": Path("/c/config.toml"), "state": Path("/s"), "log": Path("/s/log/traymail.log")}
USUAL = model.known(General(), Settings(), PLACES)
REFUSED = StateError(text("The disk is full."), text("Make room."))


def retention(value: str) -> General:
    return replace(USUAL, values={**USUAL.values, "retention": value})


def test_every_field_is_shown_as_things_stand() -> None:
    page = model.starts(model.known(General(), Settings(), PLACES), on=True)
    fields = [*fields_of(model.APPEARANCE), *fields_of(model.BEHAVIOUR)]
    assert set(page.values) == {field.name for field in fields}
    assert page.values[AUTOSTART] == "true"
    assert (page.known, page.places, page.busy) == (True, PLACES, False)
    # A fresh installation shows what the fields are drawn with.
    assert USUAL.values == {field.name: field.default for field in fields}


def test_what_is_saved_or_typed_wrongly_stays_when_things_are_told_anew() -> None:
    page = model.changed(USUAL, "theme", "dark")
    page = model.refused(model.changed(page, CAP, "0"), CAP, REFUSED)
    page = model.refused(model.changed(page, "language", "en"), "language", REFUSED)
    told = model.known(page, Settings(), PLACES)
    assert (told.values["theme"], told.values[CAP]) == ("dark", "0")
    assert told.values["language"] == "auto"
    assert set(told.problems) == {CAP, "language"}
    later = model.known(model.saved(told, "theme"), Settings(), PLACES)
    assert later.values["theme"] == "system"


def test_how_things_stand_may_be_unknown_for_a_while() -> None:
    page = model.unknown(USUAL, REFUSED)
    assert str(page.trouble) == "The disk is full. Make room."
    assert model.known(page, Settings(), PLACES).trouble is None


def test_a_change_is_under_way_until_it_is_in_force() -> None:
    page = model.changed(model.refused(USUAL, "theme", REFUSED), "theme", "dark")
    assert (page.values["theme"], page.saving) == ("dark", frozenset({"theme"}))
    assert page.problems == {}
    assert page.busy
    assert not model.saved(page, "theme").busy


@pytest.mark.parametrize(
    ("name", "value", "written"),
    [
        (CAP, " 12 ", 12),
        (CAP, "many", "many"),
        (CAP, "٣", "٣"),
        (CAP, "-1", "-1"),
        pytest.param(CAP, "9" * 5000, "9" * 5000, id="more digits than Python reads"),
        ("retention", "30d", "30d"),
    ],
)
def test_what_is_written_is_what_the_file_holds(name: str, value: str, written: str | int) -> None:
    assert model.written(model.changed(USUAL, name, value), name) == written


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (REFUSED, "The disk is full. Make room."),
        (SettingsError((Problem("theme", text("no colour")),)), "no colour"),
        (
            SettingsError((Problem("bogus", text("unknown key"), 2),), "config.toml"),
            "config.toml:2: bogus: unknown key. Fix it in the file.",
        ),
    ],
)
def test_a_refusal_is_told_at_its_field(error: StateError | SettingsError, words: str) -> None:
    page = model.refused(model.changed(USUAL, "theme", "dark"), "theme", error)
    assert str(page.problems["theme"].what) == words
    assert page.saving == frozenset()


def test_whoever_waits_no_longer_sees_nothing_under_way() -> None:
    page = model.moving(model.changed(USUAL, "theme", "dark"), Move.EXPORT)
    assert page.busy
    assert not model.stopped(page).busy


@pytest.mark.parametrize(
    ("move", "words"),
    [
        (Move.EXPORT, "Written to mine.toml."),
        (
            Move.IMPORT,
            "mine.toml is now in use. The previous one is kept beside it, as .bak.",
        ),
    ],
)
def test_what_came_of_a_move(move: Move, words: str) -> None:
    under_way = model.moving(model.refused(USUAL, CAP, REFUSED), move)
    assert (under_way.moving, under_way.outcome) == (move, None)
    done = model.moved(under_way, "mine.toml")
    assert (str(done.outcome), done.failed, done.moving) == (words, False, None)
    assert done.problems == {}
    failed = model.not_moved(under_way, REFUSED)
    assert (str(failed.outcome), failed.failed) == ("The disk is full. Make room.", True)
    assert failed.moving is None


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("30d", "7 days, 30 days, 90 days, 1 year, forever"),
        ("1d", "1 day, 7 days, 30 days, 90 days, 1 year, forever"),
        ("36h", "36 hours, 7 days, 30 days, 90 days, 1 year, forever"),
        ("400d", "7 days, 30 days, 90 days, 1 year, 400 days, forever"),
        ("", "7 days, 30 days, 90 days, 1 year, forever"),
    ],
)
def test_the_usual_times_are_offered_and_the_one_that_is_set(value: str, words: str) -> None:
    field = model.retention_field(retention(value))
    assert ", ".join(str(choice.words) for choice in field.choices) == words


def test_the_file_is_shown_with_its_own_spelling_of_the_time() -> None:
    page = model.known(General(), Settings(retention=timedelta(hours=36)), PLACES)
    assert page.values["retention"] in {
        choice.value for choice in model.retention_field(page).choices
    }


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/home/me/.config/traymail", "~/.config/traymail"),
        ("/home/me", "~"),
        ("/etc/traymail", "/etc/traymail"),
    ],
)
def test_the_own_folder_is_shortened(path: str, shown: str) -> None:
    assert model.short(Path(path), Path("/home/me")) == str(Path(shown))


def test_the_folder_of_a_place_is_opened() -> None:
    folders = {name: model.folder_of(name, path) for name, path in PLACES.items()}
    assert folders == {"config": Path("/c"), "state": Path("/s"), "log": Path("/s/log")}
