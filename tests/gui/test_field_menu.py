"""The menu of fields, by real clicks and keys; and the way back in fields of one line."""

from __future__ import annotations

import tkinter as tk

import pytest

from tests.gui.conftest import MakeRoot
from tests.gui.pictures import WINDOWS
from tests.support.hands import Hands
from tests.support.tk import every_child, until_tk
from traymail.ui.model.passages import Passage
from traymail.ui.theme import Root
from traymail.ui.widgets import Entry, TextArea
from traymail.ui.widgets.entry import FIELDS
from traymail.ui.widgets.reading import ReadingText
from traymail.ui.window import Size, Window


class Desk(Hands):
    """A window with fields, and hands to work it."""

    def __init__(self, root: Root) -> None:
        self.root: tk.Misc = root
        self.window = Window(root, "fields", Size(400, 300))
        self.told: list[str] = []
        self.line = Entry(self.window, "one two", self.told.append)
        self.secret = Entry(self.window, "secret", secret=True)
        self.page = TextArea(self.window, "one\ntwo")
        self.reading = ReadingText(self.window)
        self.reading.show((Passage("to read", "value"),))
        for field in (self.line, self.secret, self.page, self.reading):
            field.pack(fill="x")
        self.window.reveal()
        self.until(self.window.winfo_viewable, "the window")

    @property
    def menu(self) -> tk.Menu:
        (found,) = [one for one in self.root.winfo_children() if isinstance(one, tk.Menu)]
        return found

    def right_click(self, field: tk.Misc) -> dict[str, bool]:
        """Open the menu at the left end of a field; return what can be chosen in it."""
        self.until(field.winfo_viewable, "the field")
        place = (
            str(field.winfo_rootx() + 20),
            str(field.winfo_rooty() + field.winfo_height() // 2),
        )
        self.xdo("mousemove", *place, "click", "3")
        return self.opened()

    def opened(self) -> dict[str, bool]:
        menu = self.menu
        self.until(menu.winfo_viewable, "the menu")
        places = [at for at in range(7) if menu.type(at) == "command"]
        return {
            str(menu.entrycget(at, "label")).strip(): menu.entrycget(at, "state") == "normal"
            for at in places
        }

    def choose(self, words: str) -> None:
        """Choose an entry of the open menu."""
        menu = self.menu
        at = next(
            at
            for at in range(7)
            if menu.type(at) == "command" and str(menu.entrycget(at, "label")).strip() == words
        )
        self.until(lambda: menu.yposition(at) > 0, "the entry")
        x, y = menu.winfo_rootx() + 20, menu.winfo_rooty() + menu.yposition(at) + 8
        self.xdo("mousemove", str(x), str(y), "click", "1")
        self.until(lambda: not menu.winfo_viewable(), "the menu to go")


@pytest.fixture
def desk(root: Root) -> Desk:
    return Desk(root)


def test_a_line_is_cut_copied_pasted_and_brought_back(desk: Desk) -> None:
    line = desk.line
    assert desk.right_click(line) == {
        "Undo": False,
        "Cut": False,
        "Copy": False,
        "Paste": True,
        "Select all": True,
    }
    desk.choose("Select all")
    desk.until(line.selection_present, "the selection")
    assert desk.right_click(line)["Cut"]
    desk.choose("Cut")
    desk.until(lambda: line.value == "", "an empty field")
    desk.right_click(line)
    desk.choose("Paste")
    desk.until(lambda: line.value == "one two", "the words")
    desk.right_click(line)
    desk.choose("Undo")
    desk.until(lambda: line.value == "", "an empty field")
    desk.keys("ctrl+z")
    desk.until(lambda: line.value == "one two", "what was there first")
    assert not desk.right_click(line)["Undo"]
    desk.keys("Escape")
    desk.until(lambda: not desk.menu.winfo_viewable(), "the menu to go")


def test_a_text_has_the_same(desk: Desk) -> None:
    page = desk.page
    desk.right_click(page)
    desk.choose("Select all")
    desk.right_click(page)
    desk.choose("Copy")
    assert desk.root.clipboard_get() == "one\ntwo\n"
    desk.right_click(page)
    desk.choose("Cut")
    desk.until(lambda: page.value == "", "an empty text")
    assert desk.right_click(page)["Undo"]
    desk.choose("Undo")
    desk.until(lambda: page.value == "one\ntwo", "the words")
    page.enable(False)
    desk.right_click(page)
    desk.choose("Select all")
    assert desk.right_click(page) == {
        "Undo": False,
        "Cut": False,
        "Copy": True,
        "Paste": False,
        "Select all": True,
    }
    desk.choose("Select all")


def test_the_key_opens_it_at_the_cursor(desk: Desk) -> None:
    desk.line.focus_force()
    until_tk(desk.root, lambda: desk.root.focus_get() is desk.line, "the keyboard")
    desk.line.selection_range(0, "end")
    desk.keys("shift+F10")
    assert desk.opened()["Copy"]
    line, menu = desk.line, desk.menu
    assert line.winfo_rootx() <= menu.winfo_rootx() <= line.winfo_rootx() + line.winfo_width()
    assert menu.winfo_rooty() >= line.winfo_rooty()
    desk.choose("Copy")
    assert desk.root.clipboard_get() == "one two"


def test_a_secret_is_not_copied_and_what_is_read_not_changed(desk: Desk) -> None:
    desk.right_click(desk.secret)
    desk.choose("Select all")
    can = desk.right_click(desk.secret)
    assert (can["Cut"], can["Copy"], can["Paste"]) == (False, False, True)
    desk.choose("Paste")
    desk.right_click(desk.reading.text)
    desk.choose("Select all")
    can = desk.right_click(desk.reading.text)
    assert (can["Cut"], can["Copy"], can["Paste"], can["Undo"]) == (False, True, False, False)
    desk.choose("Copy")
    assert desk.root.clipboard_get().strip() == "to read"


def test_undo_goes_word_by_word_and_tells_of_it(desk: Desk) -> None:
    line = desk.line
    line.value = ""
    desk.click(line)
    until_tk(desk.root, lambda: desk.root.focus_get() is line, "the keyboard")
    desk.type("one two")
    desk.keys("BackSpace", "BackSpace")
    desk.until(lambda: line.value == "one t", "the words")
    for then in ("one two", "one ", "one", ""):
        desk.keys("ctrl+z")
        desk.until(lambda then=then: line.value == then, then or "nothing")  # type: ignore[misc] # a default binds it
        assert desk.told[-1] == then
    assert not line.can_undo
    line.value = "other"
    assert not line.can_undo, "what the program sets has no way back"


@pytest.mark.parametrize("name", WINDOWS)
def test_every_field_of_every_window_has_it(root: Root, name: str) -> None:
    window = WINDOWS[name](root)
    window.reveal()
    until_tk(window, window.winfo_viewable, what="the window")
    lines = {"Entry", "TEntry", "TCombobox", "Spinbox", "TSpinbox", "Text"}
    for field in (one for one in every_child(window) if one.winfo_class() in lines):
        kinds = [tag for tag in field.bindtags() if tag in FIELDS]
        assert [kind for kind in kinds if root.bind_class(kind, "<<ContextMenu>>")] == kinds != []


def test_it_speaks_the_language_of_the_windows(make_root: MakeRoot) -> None:
    desk = Desk(make_root("dark", "zh_CN"))
    can = desk.right_click(desk.line)
    assert list(can) == ["撤销", "剪切", "复制", "粘贴", "全选"]
    desk.choose("全选")
