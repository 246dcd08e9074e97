"""What the preview shows for each state of the editor."""

from dataclasses import replace

import pytest

from traymail.core.errors import Problem
from traymail.core.kinds import FOLDER, LOG
from traymail.core.kinds.folder import icon_for
from traymail.core.reports import LeftOut, LineShown, Preview, PreviewMail, RulePreview
from traymail.core.sight import Sight
from traymail.core.texts import Text, text
from traymail.ui.model import rule_editor as model
from traymail.ui.model.rule_editor import Editing
from traymail.ui.model.rule_form import Kind
from traymail.ui.model.rule_preview import Instead, sight

BAD = (Problem("to", text("bad")),)
REASON = text("too large")


def folder(files: int = 0, *left_out: LeftOut, **values: str) -> Editing:
    mails = tuple(
        PreviewMail(f"Mail {n}", ("a@b.example",), "x", ((f"{n}.pdf", 1000 * n),))
        for n in range(1, files + 1)
    )
    return previewed(FOLDER, Preview("R", files, mails, left_out), (), values)


def log(lines: tuple[LineShown, ...], mails: int = 1, **values: str) -> Editing:
    made = (PreviewMail("Error", ("a@b.example",), "x"),) * mails
    return previewed(LOG, Preview("R", 1, made, ()), lines, values)


def previewed(
    kind: Kind, preview: Preview, lines: tuple[LineShown, ...], values: dict[str, str]
) -> Editing:
    state = model.loaded(Editing(kind, "R"), {"name": "R"})
    state = replace(state, values={**state.values, **values})
    return model.previewed(state, RulePreview(preview, lines, ("/a.log",)))


def shown(state: Editing) -> Sight:
    found = sight(state)
    assert isinstance(found, Sight)
    return found


def instead(state: Editing) -> str:
    found = sight(state)
    assert isinstance(found, Instead)
    return str(found.words)


def below(state: Editing) -> list[str]:
    return [str(one) for one in shown(state).below]


def test_something_stands_in_its_place() -> None:
    empty = model.begun(Editing(FOLDER), "New")
    assert instead(Editing(FOLDER)) == ""
    assert instead(empty).startswith("Once the fields are filled in")
    assert instead(model.judged(empty, BAD)).startswith("Once"), "of what was not touched"
    assert instead(model.judged(folder(1), BAD)).startswith("Fix the marked fields")
    assert sight(model.waiting(folder(1))) == Instead("", text("Looking…"), turning=True)
    assert instead(replace(folder(1), unseen=text("No."))) == "No."


@pytest.mark.parametrize(
    ("files", "words"),
    [
        (0, "No file would be mailed now."),
        (1, "This file would be mailed now:"),
        (3, "These 3 files would be mailed now:"),
    ],
)
def test_files_are_counted(files: int, words: str) -> None:
    assert str(shown(folder(files)).headline) == words


def test_files_are_listed_up_to_a_few() -> None:
    found = shown(folder(8))
    assert [one.name for one in found.files] == [f"{n}.pdf" for n in range(1, 7)]
    assert (found.files[0].icon, found.files[0].size) == ("file-earmark-pdf", "1.0 KB")
    assert "and 2 more" in below(folder(8))
    assert "and 2 more" not in below(folder(8, zip="true"))
    assert "and 0 more" not in below(folder(6))


@pytest.mark.parametrize(
    ("files", "words"),
    [
        (1, "Files like this one will be mailed. The one already here stays."),
        (2, "Files like these will be mailed. The 2 already here stay."),
    ],
)
def test_what_a_new_rule_leaves_alone_is_no_mail_of_now(files: int, words: str) -> None:
    new = shown(replace(folder(files), before=None))
    assert str(new.headline) == words
    assert new.offer is not None
    assert (new.offer.field, new.offer.value) == ("existing", "send")
    for other in (
        folder(files),
        replace(folder(files, existing="send"), before=None),
        replace(folder(0), before=None),
    ):
        assert shown(other).offer is None
        assert "stay" not in str(shown(other).headline)


def test_what_was_mailed_is_not_mailed_again() -> None:
    assert below(folder(1)) == ["What this rule has mailed is not mailed again."]
    assert below(folder(0)) == []
    assert below(replace(folder(1), before=None)) == []


def test_what_is_left_out_is_named_with_its_reason() -> None:
    four = [LeftOut(f"/s/{n}.bin", REASON) for n in range(4)]
    assert below(folder(0, *four[:1])) == ["1 left out: 0.bin (too large)"]
    assert below(folder(0, *four[:2])) == ["2 left out: 0.bin (too large), 1.bin (too large)"]
    assert below(folder(0, *four)) == [
        "4 left out: 0.bin (too large), 1.bin (too large), 2.bin (too large), …"
    ]


def test_one_mail_of_several_is_shown() -> None:
    none = shown(folder(0))
    assert (none.mail, none.caption) == (None, None)
    one = shown(folder(1))
    assert (str(one.caption), one.earlier, one.later) == ("The mail", False, False)
    second = shown(model.turn(folder(3), 1))
    assert (str(second.caption), second.earlier, second.later) == ("Mail 2 of 3", True, True)
    assert second.mail is not None
    assert second.mail.subject == "Mail 2"


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ((), "There are no lines yet; those to come are watched."),
        ((LineShown("a"),), "None of the last 1 lines matches."),
        ((LineShown("a"), LineShown("b", ((0, 1),))), "1 of the last 2 lines matches:"),
        ((LineShown("a", ((0, 1),)), LineShown("b", ((0, 1),))), "2 of the last 2 lines match:"),
        ((LineShown("a", ((0, 1),), ignored=True),), "None of the last 1 lines matches."),
    ],
)
def test_lines_are_counted(lines: tuple[LineShown, ...], words: str) -> None:
    assert str(shown(log(lines)).headline) == words
    assert shown(log(lines)).lines == lines


def test_the_quiet_after_a_mail_is_told() -> None:
    assert below(log(())) == ["Then it waits 10 min: what matches meanwhile comes in one digest."]
    assert below(log((), cooldown="0s")) == []
    assert below(log((), mails=0)) == []


@pytest.mark.parametrize(
    ("name", "icon"),
    [
        ("a.PDF", "file-earmark-pdf"),
        ("a.jpeg", "file-earmark-image"),
        ("a.zip", "file-earmark-zip"),
        ("README", "file-earmark"),
    ],
)
def test_files_have_icons(name: str, icon: str) -> None:
    assert icon_for(name) == icon


def tally(state: Editing) -> Text | None:
    return LOG.suited(state.values, state.preview).helps["paths"]


def test_the_logs_are_counted() -> None:
    usual = tally(Editing(LOG))
    assert str(usual).startswith("One path per line")
    state = log(())
    assert str(tally(state)) == "1 file now. New ones are followed too."
    assert state.preview is not None
    assert tally(replace(state, preview=replace(state.preview, logs=()))) == usual
    several = replace(state, preview=replace(state.preview, logs=("/a", "/b")))
    assert str(tally(several)) == "2 files now. New ones are followed too."
