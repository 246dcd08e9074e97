"""Emoji in fields: characters that Tk 8.6 keeps in two places stay whole, and get where they go."""

from __future__ import annotations

import subprocess
import sys
import tkinter as tk
from collections.abc import Callable, Iterator
from pathlib import Path
from tkinter import ttk

import pytest

from tests.gui.conftest import MakeRoot
from tests.gui.pictures import WINDOWS
from tests.gui.storm import KINDS, SEEDS
from tests.support.display import Display
from tests.support.keyboard import Keyboard
from tests.support.tk import every_child, until_tk
from traymail.ui.theme import Root
from traymail.ui.widgets import Entry, Label, TextArea
from traymail.ui.window import Size, Window

FIELDS = frozenset({"Entry", "TEntry", "TCombobox", "Spinbox", "TSpinbox", "Text"})


# 6,000 keys and clicks, on a machine that may be busy.
@pytest.mark.timeout(400)
@pytest.mark.parametrize("kind", KINDS)
def test_no_storm_of_keys_and_clicks_cuts_a_character(kind: str, display_session: Display) -> None:
    del display_session  # each storm has its own, where there can be one
    command = [sys.executable, "-m", "tests.gui.storm", kind]
    root = Path(__file__).parents[2]
    ended = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, f"{ended.stdout[-200:]}\n{ended.stderr[-2000:]}"
    assert ended.stdout.split("\n")[:-1] == [f"{kind} {seed}" for seed in SEEDS]


@pytest.mark.parametrize("name", WINDOWS)
def test_no_window_has_a_field_that_could(root: Root, name: str) -> None:
    window = WINDOWS[name](root)
    window.reveal()
    until_tk(window, window.winfo_viewable, what="the window")
    assert [path for path in _fields(window) if not _keeps_whole(root, path)] == []


def test_the_dialogs_of_tk_have_none_either(root: Root) -> None:
    found: list[str] = []

    def look() -> None:
        found.extend(_fields(root))
        root.tk.call("set", "::tk::Priv(selectFilePath)", "")

    root.after(200, look)
    root.tk.call("::tk::dialog::file::", "open")
    assert found
    assert [path for path in found if not _keeps_whole(root, path)] == []


def _keeps_whole(root: tk.Misc, path: str) -> bool:
    told = root.tk.splitlist(root.tk.call("interp", "alias", "", f"::{path}"))
    return [str(part) for part in told[:1]] == ["::whole::ask"]


def _fields(top: tk.Misc) -> list[str]:
    """Return the paths of all fields below a window, also of those that Tk's own code made."""

    def below(path: str) -> list[str]:
        call = top.tk.call
        mine = [path] if call("winfo", "class", path) in FIELDS else []
        children = top.tk.splitlist(call("winfo", "children", path))
        return mine + [one for child in children for one in below(child)]

    return below(str(top))


@pytest.fixture
def keyboard(screen: Display) -> Iterator[Keyboard]:
    del screen  # entered
    keyboard = Keyboard("😀👍𠮷")
    yield keyboard
    keyboard.close()


@pytest.mark.parametrize("make", [Entry, TextArea, tk.Entry, ttk.Combobox])
def test_keys_take_an_emoji_as_one_character(
    root: Root, keyboard: Keyboard, make: Callable[[tk.Misc], tk.Widget]
) -> None:
    window = Window(root, "fields", Size(400, 200))
    field = make(window)
    field.pack(fill="both")
    window.reveal()
    field.focus_force()
    until_tk(root, lambda: str(root.tk.call("focus")) == str(field), "the keyboard")

    def presses(*keys: str, then: str) -> None:
        for key in keys:
            *held, letter = key.split(" ") if key.strip() else [key]
            keyboard.press(letter, *held)
        get = ("get", "1.0", "end-1c") if isinstance(field, tk.Text) else ("get",)
        until_tk(root, lambda: root.tk.call(field, *get) == then, then)

    presses(*"a😀b👍", then="a😀b👍")
    presses("BackSpace", then="a😀b")
    presses("Left", "BackSpace", then="ab")
    presses("😀", "Left", "Delete", then="ab")
    select = "Shift_L Left"
    presses(*"😀𠮷", select, select, "Control_L x", "End", "Control_L v", then="ab😀𠮷")
    presses("Home", "Right", "Right", "Right", "c", then="ab😀c𠮷")
    presses(select, select, "Shift_L Right", "d", then="ab😀d𠮷")


def test_halves_of_characters_never_leave_a_field(root: Root) -> None:
    entry, area = Entry(root), TextArea(root)
    for field in (entry, area):
        root.tk.eval(f"{field} insert end [format a%c 0xD83D]")
        assert field.value.encode("utf-8").startswith(b"a\xef\xbf\xbd")
        field.value = "b\ud83d"
        assert field.value == "b\ufffd"
    assert str(Label(root, "c\udcff").cget("text")) == "c\ufffd"


def test_a_field_that_is_gone_leaves_nothing(make_root: MakeRoot) -> None:
    root = make_root()
    for _ in range(3):
        window = tk.Toplevel(root, name="again")
        Entry(window).pack()
        TextArea(window).pack()
        window.destroy()
    assert root.tk.call("info", "commands", "::whole::field*") == ""
    assert root.tk.call("info", "commands", "::.again*") == ""
    assert not [one for one in every_child(root) if one.winfo_class() in FIELDS]
