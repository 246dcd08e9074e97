"""Every window that has a picture: in both languages, at both scales; themes; the class."""

from datetime import UTC, datetime

import pytest

from tests.gui.conftest import MakeRoot
from tests.gui.gallery import FormGallery, WidgetGallery
from tests.gui.pictures import WINDOWS
from tests.support.clip import clipped
from tests.support.tk import every_child, until_tk
from traymail.ui.dialog import Question
from traymail.ui.dialogs.outbox.list import COLUMNS
from traymail.ui.model.outbox_table import until
from traymail.ui.palette import Mode
from traymail.ui.theme import Root
from traymail.ui.widgets import Note
from traymail.ui.window import Size, Window

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.mark.parametrize("percent", [100, 200])
@pytest.mark.parametrize("language", ["en", "zh_CN"])
@pytest.mark.parametrize("name", WINDOWS)
def test_nothing_is_clipped(make_root: MakeRoot, name: str, language: str, percent: int) -> None:
    root = make_root("light", language, percent)
    window = WINDOWS[name](root)
    window.reveal()
    until_tk(root, window.winfo_viewable, what="the window")
    assert clipped(window) == []
    if window.size_wanted.least is not None:
        width, height = (root.look.px(side) for side in window.size_wanted.least)
        window.geometry(f"{width}x{height}")
        until_tk(root, lambda: window.winfo_width() == width, what="the least size")
        assert clipped(window) == []


def test_a_question_of_any_length_is_read_to_its_end(make_root: MakeRoot) -> None:
    root = make_root("light", "en", 100)
    window = WidgetGallery(root)
    window.reveal()
    until_tk(root, window.winfo_viewable, what="the window")
    for count in range(9, 16):
        question = Question(window, "Delete?", "Files stay. " * count, "Delete", lambda: None)
        question.reveal()
        root.update()
        assert clipped(question) == [], count
        question.destroy()


def test_a_sentence_that_gets_an_icon_is_read_to_its_end(make_root: MakeRoot) -> None:
    root = make_root("light", "en", 100)
    window = Window(root, "Notes", Size(300, 900))
    notes = [Note(window) for _ in range(30)]
    for note in notes:
        note.pack(fill="x")
    window.reveal()
    until_tk(root, window.winfo_viewable, what="the window")
    root.update()
    for letters, note in enumerate(notes, start=20):
        note.say("i" * letters * 2 + " end", "danger", "exclamation-circle")
    root.update()
    assert clipped(window) == []


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_a_live_switch_paints_all_that_was_made(make_root: MakeRoot, mode: Mode) -> None:
    root = make_root(mode)
    window = FormGallery(root, problems=False)
    window.reveal()
    root.update()
    other: Mode = "light" if mode == "dark" else "dark"
    root.look.use(other)
    root.update()
    assert window.cget("background") == root.look.palette.bg
    texts = [child for child in every_child(window) if child.winfo_class() == "Text"]
    assert [str(text.cget("background")) for text in texts] == [root.look.palette.input]
    root.look.use(mode)
    assert window.cget("background") == root.look.palette.bg


def test_other_clients_of_the_display_cannot_run_code(root: Root) -> None:
    assert not root.tk.call("info", "commands", "send")


def test_windows_are_of_the_class_of_the_program(root: Root) -> None:
    window = WidgetGallery(root)
    assert window.winfo_class() == "Traymail"
    assert root.winfo_class() == "Traymail"


def test_a_window_is_made_hidden_shown_and_hidden_again(root: Root) -> None:
    window = WidgetGallery(root)
    root.update()
    assert not window.winfo_viewable()
    window.reveal()
    until_tk(root, window.winfo_viewable, what="the window")
    window.event_generate("<Escape>")
    root.update()
    assert not window.winfo_viewable()
    assert window.winfo_exists()


@pytest.mark.parametrize("language", ["en", "zh_CN"])
@pytest.mark.parametrize("percent", [100, 200])
def test_when_a_mail_leaves_fits_its_column(
    make_root: MakeRoot, language: str, percent: int
) -> None:
    look = make_root("light", language, percent).look
    (column,) = (one for one in COLUMNS if one.key == "when")
    words = look.say(until(NOON, NOON))
    assert look.font("TkDefaultFont").measure(words) <= look.px(column.width) - look.px(12)
