"""`traymail desktop`: the entry is the package's, starts this program, and goes without a trace."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from shutil import which

import pytest

from tests.integration.test_autostart import AWKWARD, read_command, read_value
from tests.support.cli import in_process
from tests.support.homes import Home
from traymail.desktop.menu_entry import filled, without_choice
from traymail.desktop.paths import APP

Run = Callable[..., "subprocess.CompletedProcess[str]"]
SOURCE = Path(__file__).parents[2] / "traymail" / "desktop" / "traymail.desktop"

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the menus of Linux desktops")
needs_gio = pytest.mark.skipif(which("gio") is None, reason="not here: gio")


@pytest.fixture
def user(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command as a user whose desktop's folders are all below `tmp_path`/user."""
    monkeypatch.setenv("HOME", str(tmp_path / "user"))
    monkeypatch.setenv("XDG_DATA_DIRS", str(tmp_path / "system"))
    for folder in ("data", "config"):
        monkeypatch.setenv(f"XDG_{folder.upper()}_HOME", str(tmp_path / "user" / folder))

    def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
        return in_process(home, *arguments)

    return run


def entry_of(user_folder: Path) -> Path:
    [entry] = (user_folder / "data" / "applications").glob("*.desktop")
    return entry


def files(folder: Path) -> set[str]:
    return {path.name for path in folder.rglob("*") if path.is_file()}


@pytest.mark.desktop
@needs_gio
def test_the_desktop_finds_it_and_it_starts_this_program(user: Run, tmp_path: Path) -> None:
    folder = tmp_path / "user"
    assert user("desktop", "install").returncode == 0
    assert user("desktop", "install").returncode == 0  # as one does after an update
    entry = entry_of(folder)
    checked = subprocess.run(
        ["desktop-file-validate", entry], capture_output=True, text=True, check=False
    )
    assert (checked.returncode, checked.stdout) == (0, "")
    asked = ["gio", "mime", "x-scheme-handler/mailto"]
    told = subprocess.run(asked, capture_output=True, text=True, check=True)
    assert entry.name in told.stdout
    *command, word, files_and_links = read_command(entry.read_text("utf-8"))
    assert (word, files_and_links) == ("compose", "%U")
    assert read_value(entry.read_text("utf-8"), "TryExec") == command[0]
    version = subprocess.run([*command, "--version"], capture_output=True, text=True, check=True)
    assert version.stdout.startswith("traymail ")
    icons = list((folder / "data" / "icons" / "hicolor").glob("*/apps/traymail.png"))
    assert {icon.parent.parent.name for icon in icons} >= {"16x16", "48x48", "256x256"}


@pytest.mark.desktop
@needs_gio
def test_nothing_of_it_is_left(user: Run, tmp_path: Path) -> None:
    folder = tmp_path / "user"
    choices = folder / "config" / "mimeapps.list"
    choices.parent.mkdir(parents=True)
    others = "[Default Applications]\ntext/plain=vim.desktop\n"
    choices.write_text(others)
    done = user("desktop", "install", "--mailto")
    assert (done.returncode, done.stderr) == (0, "")
    assert f"x-scheme-handler/mailto={entry_of(folder).name}" in choices.read_text()
    assert user("desktop", "remove").stdout == "The entry in the menu of the desktop is removed.\n"
    left = files(folder)
    left.discard("mimeinfo.cache")  # update-desktop-database keeps an empty list
    assert left == {"mimeapps.list"}
    assert choices.read_text().replace("\n\n", "\n").startswith(others)
    assert "traymail" not in choices.read_text()
    assert user("desktop", "remove").stdout.startswith("There is no entry of yours")


def test_what_a_package_brought_is_enough(user: Run, tmp_path: Path) -> None:
    user("desktop", "install")
    of_package = tmp_path / "system" / "applications" / entry_of(tmp_path / "user").name
    user("desktop", "remove")
    of_package.parent.mkdir(parents=True)
    of_package.touch()
    done = user("desktop", "install")
    assert (done.returncode, done.stdout) == (0, f"The menu has traymail already: {of_package}\n")
    assert "traymail.png" not in files(tmp_path / "user")


def test_where_nothing_can_choose_the_way_out_is_told(
    user: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    done = user("desktop", "install", "--mailto")
    assert done.returncode == 69
    assert "settings of your desktop" in done.stderr


@pytest.mark.parametrize(("platform", "word"), [("win32", "Start menu"), ("darwin", "Dock")])
@pytest.mark.parametrize("command", ["install", "remove"])
def test_other_systems_are_told_what_to_do(
    user: Run, platform: str, word: str, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("traymail.cli.desktop.sys.platform", platform)
    done = user("desktop", command)
    assert done.returncode == 69
    assert word in done.stderr


def test_a_folder_that_cannot_be_used_is_told(user: Run, tmp_path: Path) -> None:
    (tmp_path / "user").mkdir()
    (tmp_path / "user" / "data").write_text("not a folder")
    for command in ("install", "remove"):
        done = user("desktop", command)
        assert done.returncode == 73
        assert str(tmp_path / "user" / "data") in done.stderr


def test_awkward_words_reach_the_program_unchanged() -> None:
    entry = filled(SOURCE.read_text("utf-8"), AWKWARD)
    assert read_command(entry) == (*AWKWARD, "compose", "%U")
    assert read_value(entry, "TryExec") == AWKWARD[0]
    ours = ("Exec=", "TryExec=")
    kept = [line for line in SOURCE.read_text("utf-8").splitlines() if not line.startswith(ours)]
    assert [line for line in entry.splitlines() if not line.startswith(ours)] == kept


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", ""),
        ("[Default Applications]\nx/y=traymail.desktop\n", "[Default Applications]\n"),
        ("[A]\nx/y=traymail.desktop;vim.desktop;\n", "[A]\nx/y=vim.desktop;\n"),
        (
            "[A]\nx/y=a.desktop; \n# traymail.desktop\n",
            "[A]\nx/y=a.desktop; \n# traymail.desktop\n",
        ),
        ("x/y=my-traymail.desktop", "x/y=my-traymail.desktop"),
    ],
)
def test_other_choices_stay_as_they_are(before: str, after: str) -> None:
    assert without_choice(before, f"{APP}.desktop") == after
