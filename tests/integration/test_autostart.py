"""Starting with the session: the entry is valid, starts this program, and can be switched off."""

import os
import plistlib
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import NoReturn, cast

import pytest

from tests.support import homes
from tests.support.cli import in_process
from traymail.core.errors import StateError
from traymail.desktop import paths
from traymail.desktop.autostart import (
    DesktopEntry,
    LaunchAgent,
    autostart,
    autostart_folder,
    desktop_entry,
    entry_name,
    program_command,
)
from traymail.desktop.paths import Home

AWKWARD = (
    "/opt/my programs/traymail",
    "--home",
    "/data/100 % $HOME `x` \"y\" back\\slash 'z'; a&b|c",
    "/数据/邮件",
    "line\nbreak\ttab",
    "",
)


def read_value(entry: str, key: str) -> str:
    """Return a value as the Desktop Entry Specification reads a string."""
    line = next(line for line in entry.splitlines() if line.startswith(f"{key}="))
    value, result = iter(line.partition("=")[2]), ""
    for sign in value:
        escapes = {"\\": "\\", "n": "\n", "t": "\t", "r": "\r", "s": " "}
        result += escapes[next(value)] if sign == "\\" else sign
    return result


def read_command(entry: str) -> tuple[str, ...]:
    """Return the words of Exec: it is quoted as for a shell; %% is a %."""
    script = f"printf '%s\\0' {read_value(entry, 'Exec')}"
    words = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True).stdout
    return tuple(word.replace("%%", "%") for word in words.removesuffix("\0").split("\0"))


def test_awkward_words_reach_the_program_unchanged() -> None:
    entry = desktop_entry(AWKWARD)
    assert read_command(entry) == AWKWARD
    assert read_value(entry, "TryExec") == AWKWARD[0]


@pytest.mark.skipif(
    shutil.which("desktop-file-validate") is None, reason="no desktop-file-validate here"
)
@pytest.mark.parametrize("command", [("/usr/bin/traymail", "run", "--login"), AWKWARD])
def test_the_entry_is_valid(command: tuple[str, ...], tmp_path: Path) -> None:
    entry = DesktopEntry(tmp_path, "traymail", command)
    entry.set(on=True)
    checked = subprocess.run(
        ["desktop-file-validate", "--no-hints", str(tmp_path / "traymail.desktop")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (checked.returncode, checked.stdout) == (0, "")


def test_an_entry_comes_and_goes(tmp_path: Path) -> None:
    entry = DesktopEntry(tmp_path / "new" / "autostart", "traymail", ("traymail",))
    assert not entry.is_on()
    entry.set(on=False)
    entry.set(on=True)
    entry.set(on=True)
    assert entry.is_on()
    assert [path.name for path in (tmp_path / "new" / "autostart").iterdir()] == [
        "traymail.desktop"
    ]
    entry.set(on=False)
    assert not entry.is_on()


@pytest.mark.parametrize("line", ["Hidden=true", "X-GNOME-Autostart-enabled=false"])
def test_the_session_may_switch_an_entry_off(line: str, tmp_path: Path) -> None:
    entry = DesktopEntry(tmp_path, "traymail", ("traymail",))
    entry.set(on=True)
    with (tmp_path / "traymail.desktop").open("a") as file:
        file.write(f"{line}\n")
    assert not entry.is_on()
    entry.set(on=True)
    assert entry.is_on()


def test_a_folder_that_cannot_be_used_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    entry = DesktopEntry(tmp_path / "file" / "autostart", "traymail", ("traymail",))
    for act in (entry.is_on, lambda: entry.set(on=True), lambda: entry.set(on=False)):
        with pytest.raises(StateError, match="autostart"):
            act()


def test_a_launch_agent_starts_the_same_command(tmp_path: Path) -> None:
    agent = LaunchAgent(tmp_path, "traymail", AWKWARD[:3])
    assert not agent.is_on()
    agent.set(on=True)
    assert agent.is_on()
    told = plistlib.loads((tmp_path / "traymail.plist").read_bytes())
    assert told["ProgramArguments"] == list(AWKWARD[:3])
    assert told["RunAtLoad"] is True
    agent.set(on=False)
    assert not agent.is_on()


def test_each_home_has_an_entry_of_its_own() -> None:
    usual = Home(Path("/c"), Path("/s"), Path("/l"))
    others = [Home(Path("/c"), Path("/s"), Path("/l"), Path(name)) for name in ("/a", "/b")]
    names = [entry_name(home) for home in (usual, *others)]
    assert names[0] == "traymail"
    assert len(set(names)) == 3
    assert program_command(others[0])[-2:] == ("--home", "/a")
    assert "--home" not in program_command(usual)


@pytest.mark.parametrize(
    ("configured", "expected"),
    [("/etc/my", "/etc/my/autostart"), ("relative", "H/.config/autostart"), (None, None)],
)
def test_the_folder_is_the_desktops(
    configured: str | None, expected: str | None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    environ = {} if configured is None else {"XDG_CONFIG_HOME": configured}
    wanted = (expected or "H/.config/autostart").replace("H/", f"{tmp_path}/")
    assert autostart_folder(environ) == Path(wanted)


@pytest.mark.skipif(sys.platform != "linux", reason="the entry of Linux desktops")
def test_the_command_switches_it_and_the_entry_starts_this_program(
    home: homes.Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    yes, no = (
        "traymail starts with the desktop session.\n",
        "traymail does not start with the desktop session.\n",
    )
    assert in_process(home, "autostart", "status").stdout == no
    assert in_process(home, "autostart", "on").stdout == yes
    assert in_process(home, "autostart", "status").stdout == yes
    [file] = (tmp_path / "autostart").iterdir()
    command = read_command(file.read_text())
    assert command[-2:] == ("run", "--login")
    assert str(home.path) in command
    version = subprocess.run(
        [*command[:-2], "--version"], capture_output=True, text=True, check=True
    )
    assert version.stdout.startswith("traymail ")
    assert in_process(home, "autostart", "off").stdout == no
    assert list((tmp_path / "autostart").iterdir()) == []


STARTED_BY = [
    ("linux", True),
    ("linux", False),
    ("darwin", True),
    ("darwin", False),
    ("win32", False),
]
"""The system, and whether the script `traymail` stands beside Python."""


@pytest.mark.skipif(sys.platform != "linux", reason="plays the other systems on Linux")
@pytest.mark.parametrize(("system", "has_script"), STARTED_BY)
def test_what_lies_in_the_folder_that_it_is_started_in_is_not_run(
    home: homes.Home,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    system: str,
    has_script: bool,
) -> None:
    planted = tmp_path / "planted"
    planted.mkdir()
    for name in ("traymail", "click", "json", "platform", "tomllib"):
        (planted / f"{name}.py").write_text("raise SystemExit('planted')\n")
    python = a_python(tmp_path / "installed", has_script=has_script)
    registry = Registry()
    monkeypatch.setattr(sys, "executable", str(python))
    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.setitem(sys.modules, "winreg", cast(ModuleType, registry))
    if system == "win32":
        named_nt = SimpleNamespace(**{**vars(os), "name": "nt"})
        monkeypatch.setattr("traymail.desktop.autostart.os", named_nt)
    environ = {"XDG_CONFIG_HOME": str(tmp_path / "config")}
    monkeypatch.setenv("HOME", str(tmp_path))
    autostart(paths.home(str(home.path), {}), environ).set(on=True)
    monkeypatch.undo()

    if system == "win32":
        [line] = registry.values.values()
        command = tuple(shlex.split(line))
        assert Path(command[0]).name == "pythonw.exe"
    elif system == "darwin":
        [agent] = (tmp_path / "Library" / "LaunchAgents").iterdir()
        command = tuple(plistlib.loads(agent.read_bytes())["ProgramArguments"])
    else:
        [entry] = (tmp_path / "config" / "autostart").iterdir()
        command = read_command(entry.read_text())
    assert command[-2:] == ("run", "--login")
    assert (command[0] == str(python)) == (system != "win32" and not has_script)
    shown = subprocess.run(
        [*command[:-2], "config", "path"],
        cwd=planted,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (shown.returncode, shown.stdout, shown.stderr) == (0, f"{home.config}\n", "")


def a_python(folder: Path, *, has_script: bool) -> Path:
    """Return a Python like ours, with a script `traymail` beside it or none; on Windows, a twin."""
    ours = Path(sys.prefix)
    (folder / "bin").mkdir(parents=True)
    (folder / "lib").symlink_to(ours / "lib")
    (folder / "pyvenv.cfg").write_bytes((ours / "pyvenv.cfg").read_bytes())
    for name in ("python", "pythonw.exe"):
        (folder / "bin" / name).symlink_to(sys.executable)
    if has_script:
        script = (ours / "bin" / "traymail").read_text("utf-8")
        own = folder / "bin" / "traymail"
        own.write_text(script.replace(str(ours), str(folder)), "utf-8")
        own.chmod(0o755)
    return folder / "bin" / "python"


class Registry:
    """As much of Windows' registry, and of its module, as the entry takes."""

    HKEY_CURRENT_USER = REG_SZ = KEY_SET_VALUE = 0

    def __init__(self) -> None:
        self.values: dict[str, str] = {}

    @contextmanager
    def CreateKey(self, _root: int, path: str) -> Iterator[str]:  # noqa: N802 # Windows' name
        yield path

    def OpenKey(self, *_key: object) -> NoReturn:  # noqa: N802 # Windows' name
        raise FileNotFoundError

    def SetValueEx(  # noqa: N802 # Windows' name
        self, _key: str, name: str, _reserved: int, _kind: int, value: str
    ) -> None:
        self.values[name] = value
