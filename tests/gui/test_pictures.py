"""The pictures of the windows are taken for real; the READMEs show the ones that are named."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from tests.gui.conftest import MakeRoot
from tests.gui.pictures import (
    LOOKS,
    README,
    README_FOLDER,
    WINDOWS,
    WINDOWS_FOLDER,
    Order,
    order,
)
from tests.support import catalogue
from tests.support.display import Display
from tests.support.tk import until_tk
from traymail.core.languages import LANGUAGES

ROOT = README_FOLDER.parents[1]
READMES = {"en": ROOT / "README.md", "zh_CN": ROOT / "README.zh-CN.md"}
LARGEST = 100_000


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.gui.pictures", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_a_window_is_taken_in_every_look(display_session: Display, tmp_path: Path) -> None:
    del display_session  # it has its own, where there can be one
    taken = run(str(tmp_path / "made" / "here"), "control-window")
    assert (taken.returncode, taken.stderr) == (0, "")
    assert taken.stdout == f"{tmp_path}/made/here\n"
    sizes = {}
    for mode, language, percent in LOOKS:
        scale = "" if percent == 100 else f"_{percent}"
        with Image.open(tmp_path / f"made/here/control-window_{mode}_{language}{scale}.png") as one:
            sizes[mode, language, percent] = one.size
            assert len(one.convert("RGB").getcolors(one.width * one.height) or ()) > 20
    assert len(list((tmp_path / "made" / "here").iterdir())) == len(LOOKS)
    wide, _high = sizes["light", "zh_CN", 100]
    assert abs(sizes["light", "zh_CN", 200][0] - 2 * wide) <= 2


def test_without_a_name_all_windows_are_taken() -> None:
    """Into a folder that git ignores; those of the READMEs, to where they show them from."""
    assert order([]) == Order(Path("build/pictures"), tuple(WINDOWS))
    assert order(["--windows"]) == Order(Path("build/pictures/windows"), tuple(WINDOWS), True)
    assert order(["--windows", "there"]) == Order(Path("there"), tuple(WINDOWS), True)
    ignored = ["git", "check-ignore", "--quiet", "build/pictures/windows/quick-send_light_en.png"]
    assert subprocess.run(ignored, cwd=ROOT, check=False).returncode == 0
    assert order(["--readme"]) == Order(README_FOLDER, ())
    assert order(["--windows", "--readme"]) == Order(WINDOWS_FOLDER, (), True)


@pytest.mark.parametrize("arguments", [("build/x", "no-such-window"), ("--fly",)])
def test_what_it_cannot_take_is_told(arguments: tuple[str, ...]) -> None:
    told = run(*arguments)
    assert told.returncode == 64
    assert told.stderr.startswith(f"Unknown: {arguments[-1]}. There are: ")
    assert not (ROOT / "build" / "x").exists()


def test_the_pictures_of_the_readmes_are_of_windows_that_are_there() -> None:
    assert [name for name in README if name not in WINDOWS] == []


def test_windows_say_in_pictures_what_the_program_says() -> None:
    """Else their Chinese is not seen. The galleries are no windows of the program."""
    known = {entry.said for entry in catalogue.entries()}
    invented = [
        f"{file.name}:{node.lineno}"
        for file in sorted(Path(__file__).parent.glob("*_windows.py"))
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "text"
        if ast.literal_eval(node.args[0]) not in known
    ]
    assert invented == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_readme_shows_them_in_its_language(language: str) -> None:
    shown = re.findall(r"!\[([^\]]+)\]\(docs/pictures/([^)]+)\)", READMES[language].read_text())
    assert [file for _words, file in shown] == [f"{name}_{language}.png" for name in README]


@pytest.mark.parametrize("folder", [README_FOLDER, WINDOWS_FOLDER])
def test_they_are_there_and_small(folder: Path) -> None:
    expected = {f"{name}_{language}.png" for name in README for language in LANGUAGES}
    found = [file for file in folder.iterdir() if file.is_file()]
    assert {file.name for file in found} == expected
    for file in found:
        assert file.stat().st_size < LARGEST
        with Image.open(file) as picture:
            assert picture.mode == "P"


@pytest.mark.parametrize("name", ["rule-folder", "rule-log-errors"])
def test_an_editor_that_nobody_opened_asks_nobody(make_root: MakeRoot, name: str) -> None:
    """For its picture it is shown, and has no program behind it."""
    root = make_root()
    window = WINDOWS[name](root)
    window.reveal()
    until_tk(window, window.winfo_viewable, what="the window")
    window.update()
    waiting = root.tk.call("after", "info")
    window.event_generate("<FocusIn>")
    assert root.tk.call("after", "info") == waiting
