"""File dialogs: the desktop's own over its portal, and Tk's where there is none."""

import subprocess
import tkinter as tk
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.gui.conftest import MakeRoot
from tests.support.display import Display
from tests.support.hands import Hands
from tests.support.portald import Portal, portal
from tests.support.tk import until_tk
from traymail.core.texts import text
from traymail.desktop import file_chooser
from traymail.desktop.bus import Bus, connect
from traymail.desktop.file_chooser import FileChooser
from traymail.desktop.requests import Aim, WantedFile
from traymail.ui.files import ask_for_files
from traymail.ui.theme import Root
from traymail.ui.window import Size, Window

ODD = "zwei 图 %41 #1.txt"


class Desk(Hands):
    """A window that asks for files, and a bus in the loop of Tk."""

    def __init__(self, root: Root) -> None:
        self.root: Root = root
        self.window = Window(root, "Asking", Size(300, 200))
        self.window.reveal()
        until_tk(root, self.window.winfo_viewable, what="the window")
        self.chosen: list[tuple[Path, ...]] = []
        self.haste = 1  # how much faster time passes for the chooser

    def ask(self, aim: Aim, **more: object) -> None:
        wanted = WantedFile(aim, text("Attach files"), **more)  # type: ignore[arg-type] # its fields
        ask_for_files(self.window, wanted, self.chosen.append)


@pytest.fixture
def desk(root: Root, screen: Display) -> Iterator[Desk]:
    del screen
    made = Desk(root)
    connection = connect()
    assert connection is not None
    bus = Bus(connection, lambda: None)
    root.createfilehandler(bus.fileno, tk.READABLE, lambda _file, _mask: bus.readable())

    def after(seconds: float, act: file_chooser.Act) -> file_chooser.Act:
        timer = root.after(round(seconds * 1000 / made.haste), act)
        return lambda: root.after_cancel(timer)

    root.files.portal = FileChooser(bus, after)
    yield made
    root.deletefilehandler(bus.fileno)
    bus.close()


@pytest.fixture
def user(screen: Display) -> Iterator[Portal]:
    with portal(screen.env["DBUS_SESSION_BUS_ADDRESS"], 1) as made:
        yield made


def test_files_come_from_the_desktops_own_dialog(desk: Desk, user: Portal, tmp_path: Path) -> None:
    files = [tmp_path / ODD, tmp_path / "two.txt"]
    desk.ask(Aim.FILES, folder=tmp_path)
    told = user.dialog()
    assert (told["method"], told["title"], told["multiple"]) == ("OpenFile", "Attach files", "True")
    assert str(tmp_path) in told["current_folder"]
    wrapper = int(told["window"].removeprefix("x11:"), 16)
    name = subprocess.run(
        ["xdotool", "getwindowname", str(wrapper)], capture_output=True, text=True, check=True
    )
    assert name.stdout == "Asking\n"
    # One at a time.
    desk.ask(Aim.FOLDER)
    user.choose(*files)
    desk.until(lambda: desk.chosen, "the files")
    assert desk.chosen == [tuple(files)]


def test_a_folder_and_a_new_file_are_asked_for(desk: Desk, user: Portal, tmp_path: Path) -> None:
    desk.ask(Aim.FOLDER)
    assert user.dialog()["directory"] == "True"
    user.order("cancel")
    desk.until(lambda: not desk.root.files.busy, "the end of the dialog")
    assert desk.chosen == []
    desk.ask(Aim.SAVE, name="traymail.toml", kind=("TOML", ("*.toml",)))
    told = user.dialog()
    assert (told["method"], told["current_name"]) == ("SaveFile", "'traymail.toml'")
    assert "*.toml" in told["filters"]
    user.choose(tmp_path / "mine.toml")
    desk.until(lambda: desk.chosen, "the file")
    assert desk.chosen == [(tmp_path / "mine.toml",)]


def chosen_by_tk(desk: Desk, folder: Path) -> Path:
    """Choose a file by typing its name into Tk's dialog."""
    file = folder / "chosen.txt"
    file.write_text("x")
    with desk.hand_in_dialog(("type", "--delay", "8", "chosen.txt"), ("key", "Return")):
        desk.ask(Aim.FILES, folder=folder)
        desk.until(lambda: desk.chosen, "the file")
    return desk.chosen[0][0]


@pytest.mark.parametrize("manner", ["refuse", "silence", "break"])
def test_without_it_there_is_the_dialog_of_tk(
    desk: Desk, user: Portal, manner: str, tmp_path: Path
) -> None:
    desk.haste = 25
    if manner == "break":
        desk.root.after(100, lambda: user.order("break"))
    else:
        user.order(manner)
    assert chosen_by_tk(desk, tmp_path) == tmp_path / "chosen.txt"


def test_without_a_bus_there_is_the_dialog_of_tk(desk: Desk, tmp_path: Path) -> None:
    desk.root.files.portal = None
    assert chosen_by_tk(desk, tmp_path) == tmp_path / "chosen.txt"


def test_the_dialog_of_tk_speaks_our_language_and_hides_hidden_files(
    make_root: MakeRoot, tmp_path: Path
) -> None:
    (tmp_path / ".hidden").write_text("x")
    (tmp_path / "seen {1} too.txt").write_text("x")
    desk = Desk(make_root("light", "zh_CN"))
    call = desk.root.tk.eval
    seen: list[str] = []

    def look() -> None:
        dialog = next((one for one in call("winfo children .").split() if "__tk_f" in one), None)
        dialog = dialog or next(
            (
                f"{desk.window}.{one.rpartition('.')[2]}"
                for one in call(f"winfo children {desk.window}").split()
                if "__tk_" in one
            ),
            None,
        )
        if dialog is None or not int(call(f"winfo viewable {dialog}")):
            desk.root.after(50, look)
            return
        seen.extend([call(f"wm title {dialog}"), call(f"{dialog}.contents.f2.ok cget -text")])
        seen.append(call("set ::tk::dialog::file::showHiddenVar"))
        # Where several could be chosen, Tk would show names as a list of Tcl's.
        call(f"{dialog}.contents.icons selection set 0")
        call(f"event generate {dialog}.contents.icons <<ListboxSelect>>")
        seen.append(call(f"{dialog}.contents.f2.ent get"))
        call(f"{dialog}.contents.f2.cancel invoke")

    desk.root.after(50, look)
    desk.ask(Aim.FILES, folder=tmp_path)
    assert seen == ["添加附件", "打开", "0", "seen {1} too.txt"]
    assert desk.chosen == []


def test_a_bus_that_goes_ends_the_dialog(desk: Desk, user: Portal) -> None:
    desk.ask(Aim.FILE)
    user.dialog()
    assert desk.root.files.portal is not None
    desk.root.files.portal.close()
    assert not desk.root.files.busy
    assert desk.chosen == []
