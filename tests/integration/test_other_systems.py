"""What Windows and macOS lack, and where their folders are, as far as Linux can tell.

That no name is used which a system has not is told by mypy, which bootstrap.py asks once for each.
"""

import locale
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path, PureWindowsPath
from types import ModuleType
from typing import Any

import pytest

from tests.support.bus import SelectLoop
from tests.support.tray import Window, pictures
from traymail.core.languages import LANGUAGES
from traymail.core.message import Address, FileIdentity
from traymail.core.observations import FoundFile
from traymail.core.rules.folder import FolderRule
from traymail.desktop.files import names_for
from traymail.desktop.language import (
    choose,
    first_mac_language,
    translator,
    windows_language,
)
from traymail.desktop.mac import mac_choice
from traymail.desktop.requests import Bubble
from traymail.desktop.starting import REHEARSAL_RUNS, start_rehearsal
from traymail.disk import open_folder, patiently
from traymail.engine.folder_mail import file_values
from traymail.ui.model.tray import Icon
from traymail.ui.tray.port import TrayParts
from traymail.ui.tray.pystray_tray import PystrayTray, fitting, in_units

ROOT = Path(__file__).parents[2]
ON_LINUX_ONLY = {
    "traymail.desktop.appearance",
    "traymail.desktop.bus",
    "traymail.desktop.file_chooser",
    "traymail.desktop.notify",
    "traymail.ui.tray.dbus_menu",
    "traymail.ui.tray.exported",
    "traymail.ui.tray.linux",
    "traymail.ui.tray.status_notifier",
}
_AS_ANOTHER = """
import os, sys
import platformdirs
from platformdirs import {module}
# Windows would be asked for it.
{module}.get_win_folder = lambda _name: os.environ["LOCALAPPDATA"]
platformdirs.PlatformDirs = {module}.{kind}
from traymail.__main__ import main
sys.exit(main())
"""
PLATFORMS = [("windows", "Windows"), ("macos", "MacOS")]


@pytest.mark.parametrize("system", ["darwin", "win32"])
def test_what_linux_alone_has_is_imported_on_linux_alone(system: str) -> None:
    command = [sys.executable, "-m", "tests.support.other_system", system]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    failed = dict(line.split(" ", 1) for line in done.stdout.splitlines())
    assert failed == dict.fromkeys(ON_LINUX_ONLY, "No module named 'jeepney'")


def _run(
    tmp_path: Path, module: str, kind: str, *arguments: str
) -> subprocess.CompletedProcess[str]:
    """Run the program without a home of its own, in the folders of another system."""
    environ = {name: value for name, value in os.environ.items() if name != "TRAYMAIL_HOME"}
    places = {"HOME": str(tmp_path), "LOCALAPPDATA": str(tmp_path / "Local")}
    command = [sys.executable, "-c", _AS_ANOTHER.format(module=module, kind=kind), *arguments]
    return subprocess.run(
        command, env={**environ, **places}, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(("module", "kind"), PLATFORMS)
def test_purge_keeps_the_configuration_where_one_folder_holds_all(
    tmp_path: Path, module: str, kind: str
) -> None:
    found = _run(tmp_path, module, kind, "config", "path")
    assert found.stderr == ""
    config = Path(found.stdout.strip())
    assert config.is_relative_to(tmp_path)
    sent = ("send", "--to", "a@mail.example", "--subject", "x", "--queue")
    config.parent.mkdir(mode=0o700, parents=True)
    config.write_text('[accounts.me]\naddress = "me@mail.example"\nhost = "mail.example"\n')
    assert _run(tmp_path, module, kind, *sent).returncode == 0
    database = next(tmp_path.rglob("outbox.db"))
    assert _run(tmp_path, module, kind, "purge", "--yes", "--keep-config").returncode == 0
    assert config.exists()
    assert not database.parent.exists()
    assert list(tmp_path.rglob("*.log")) == []
    assert _run(tmp_path, module, kind, "purge", "--yes").returncode == 0
    assert not config.parent.exists()


@pytest.mark.parametrize(
    ("number", "language"),
    [
        (0x0804, "zh_CN"),  # mainland China
        (0x0404, "zh_CN"),  # Taiwan
        (0x1004, "zh_CN"),  # Singapore
        (0x0004, "zh_CN"),
        (0x0409, "en"),
        (0x0407, "en"),
        (0, "en"),
    ],
)
def test_windows_tells_languages_by_number(number: int, language: str) -> None:
    assert choose("auto", {"LANG": windows_language(number)}) == language


@pytest.mark.parametrize(
    ("told", "first"),
    [
        ('(\n    "zh-Hans-CN",\n    "en-CN"\n)\n', "zh-Hans-CN"),
        ("(\n    en,\n    zh\n)\n", "en"),
        ("(\n)\n", ""),
        ("", ""),
    ],
)
def test_macos_tells_a_list_of_languages(told: str, first: str) -> None:
    assert first_mac_language(told) == first


def test_what_macos_is_asked_is_what_its_command_prints(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert mac_choice("AppleInterfaceStyle") == ""
    command = tmp_path / "defaults"
    command.write_text('#!/bin/sh\necho "$*"\n')
    command.chmod(0o700)
    assert mac_choice("AppleInterfaceStyle") == "read -g AppleInterfaceStyle\n"


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("abcd", "abcd"),
        ("abcde", "abc…"),
        ("\N{GRINNING FACE}\N{GRINNING FACE}", "\N{GRINNING FACE}\N{GRINNING FACE}"),
        ("\N{GRINNING FACE}\N{GRINNING FACE}a", "\N{GRINNING FACE}…"),
        ("\ud800", "?"),
        ("", ""),
    ],
)
def test_windows_counts_in_units_of_utf_16(words: str, shown: str) -> None:
    assert in_units(words, 4) == shown
    assert len(shown.encode("utf-16-le")) <= 8


@pytest.mark.parametrize(("system", "kept"), [("win32", True), ("linux", False)])
def test_a_name_that_windows_has_room_for_is_kept(system: str, kept: bool, tmp_path: Path) -> None:
    """200 Chinese signs are 600 bytes: too many here, and few for Windows."""
    name = "长" * 200 + ".pdf"
    with open_folder(str(tmp_path)) as folder:
        assert (next(names_for(folder, name, system)) == name) is kept


class WindowsIcon:
    """What pystray's icon has on Windows: no more of it is used."""

    HAS_NOTIFICATION = True

    def __init__(self, _name: str, title: str) -> None:
        self.title, self.menu, self.icon = title, None, None
        self.bubbles: list[tuple[str, str]] = []
        self.notified: list[int] = []
        self._message_handlers = {0x040B: self._on_notify, 0x7E: self._on_display_change}

    def notify(self, message: str, title: str) -> None:
        self.bubbles.append((message, title))

    def _on_notify(self, _wparam: int, lparam: int) -> None:
        self.notified.append(lparam)

    def _on_display_change(self, _wparam: int, _lparam: int) -> None:
        pass

    def receive(self, message: int, lparam: int) -> None:
        self._message_handlers[message](0, lparam)


def test_a_click_on_a_bubble_of_windows_opens_what_it_tells_of(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    module: Any = ModuleType("pystray")
    module.Icon = WindowsIcon
    monkeypatch.setitem(sys.modules, "pystray", module)
    pressed: list[tuple[str, str]] = []

    class Loop(SelectLoop):
        def post(self, act: Callable[[], object]) -> None:
            act()

    parts = TrayParts(
        loop=Loop(),
        pictures=pictures,
        translate=str,
        on_choice=lambda _choice: None,
        on_press=lambda key, button: pressed.append((key, button)),
        make_window=Window,
    )
    tray = PystrayTray(parts)
    tray.notify(Bubble("mail:7", "\N{ENVELOPE}" * 99, "\N{GRINNING FACE}" * 200))
    icon: Any = tray.icon
    [(body, title)] = icon.bubbles
    assert (len(body.encode("utf-16-le")), len(title.encode("utf-16-le"))) == (2 * 255, 2 * 63)
    icon.receive(0x040B, 0x0202)
    assert (icon.notified, pressed) == ([0x0202], [])
    icon.receive(0x040B, 0x0405)
    assert (icon.notified, pressed) == ([0x0202], [("mail:7", "default")])


@pytest.mark.parametrize(("size", "width"), [(16, 16), (20, 48), (48, 48), (64, 48), (0, 48)])
def test_the_icon_is_as_large_as_the_place_for_it(size: int, width: int) -> None:
    assert fitting(pictures(Icon.IDLE), size).width == width


def test_a_file_that_is_held_for_a_moment_is_waited_for(tmp_path: Path) -> None:
    tried = []

    def act() -> str:
        tried.append(1)
        if len(tried) < 4:
            raise PermissionError(13, "held")
        return "done"

    def is_held(error: OSError) -> bool:
        return isinstance(error, PermissionError)

    assert patiently(act, is_held) == "done"
    assert len(tried) == 4
    with pytest.raises(IsADirectoryError):
        patiently(lambda: os.open(tmp_path, os.O_WRONLY), is_held)


def test_a_folder_is_told_with_one_kind_of_separator() -> None:
    file = FoundFile("in/deep/a.pdf", FileIdentity(1, 2, 3, 4))
    rule = FolderRule(
        name="Scans",
        enabled=True,
        account="qq",
        to=(Address("you@mail.example"),),
        folder=r"C:\Users\ming\Scans",
        move_to="sent",
    )
    values = file_values(rule, [file], PureWindowsPath)
    assert values["file.folder"] == r"C:\Users\ming\Scans\in\deep"
    assert values["file.name"] == "a.pdf"


@pytest.mark.parametrize("encoding", ["utf-8", "gbk", "cp1252"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_rehearsal_is_heard_whatever_encoding_windows_has(
    encoding: str, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The Python of the set-up program takes that of the system, not ours of the environment."""
    words = REHEARSAL_RUNS.translated(translator(language))
    code = f"""if True:
        import sys
        sys.stdout.reconfigure(encoding={encoding!r}, errors="backslashreplace")
        print({words!r})
    """
    monkeypatch.setattr(locale, "getencoding", lambda: encoding)
    start_rehearsal([sys.executable, "-I", "-c", code], os.environ)  # raises, when it is not heard


def test_what_is_left_out_on_windows_is_listed() -> None:
    tests = ROOT / "tests"
    table = (tests / "windows" / "windows.md").read_text("utf-8")
    found = [
        f"{file.parent.name}/{file.name}"
        for folder in ("contract", "faults", "integration")
        for file in sorted((tests / folder).glob("test_*.py"))
    ]
    assert re.findall(r"^\| `(\S+)` \|", table, re.MULTILINE) == found


def test_every_system_takes_the_names_of_our_files() -> None:
    named = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)
    paths = named.stdout.decode().split("\0")
    assert [path for path in paths if re.search(r"[^ -~]|[\\:*?\"<>|]|[ .](/|$)", path)] == []
