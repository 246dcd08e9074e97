"""Starting with the desktop session: an autostart entry, a value of the registry, a launch agent.

The entry starts `traymail run --login`, which opens no window. Each home has an entry of its own.
"""

from __future__ import annotations

import hashlib
import importlib
import os
import plistlib
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

from traymail.core.errors import StateError
from traymail.core.reasons import reason_of
from traymail.core.texts import text
from traymail.desktop.paths import APP, Home
from traymail.disk import in_home, make_folder, read_file, write_whole

# GNOME and others start entries so many seconds after the panel, whose tray is then there.
_DELAY_SECONDS = 5
# Nothing is imported from the folder that it happens to be started in.
_MODULE = ("-P", "-m", APP)
_RUN_KEY = r"Software\Microsoft\Windows\CurrentVersion\Run"
# Where Windows' own settings switch entries off: an odd first byte means off.
_APPROVED_KEY = r"Software\Microsoft\Windows\CurrentVersion\Explorer\StartupApproved\Run"


class Autostart(Protocol):
    """Whether the program starts with the session. Both raise StateError."""

    def is_on(self) -> bool:
        """Tell whether it does."""
        ...

    def set(self, *, on: bool) -> None:
        """Make it so, or not; what is so already is written anew."""
        ...


def autostart(home: Home, environ: Mapping[str, str]) -> Autostart:
    """Return this platform's way."""
    name = entry_name(home)
    command = (*program_command(home), "run", "--login")
    if sys.platform == "win32":
        return RunKey(name, command)
    if sys.platform == "darwin":
        return LaunchAgent(in_home("~") / "Library/LaunchAgents", name, command)
    return DesktopEntry(autostart_folder(environ), name, command)


def program_command(home: Home) -> tuple[str, ...]:
    """Return what starts this very program in this home, without a console window."""
    options = ("--home", str(home.folder)) if home.folder else ()
    return (*_program(), *options)


def _program() -> tuple[str, ...]:
    python = Path(sys.executable)
    if getattr(sys, "frozen", False):
        return (str(python),)
    if os.name == "nt":
        without_console = python.with_name("pythonw.exe")
        return (str(without_console if without_console.exists() else python), *_MODULE)
    script = python.with_name(APP)
    return (str(script),) if os.access(script, os.X_OK) else (str(python), *_MODULE)


def entry_name(home: Home) -> str:
    """Return the name of a home's entry: homes that were asked for have a mark of their own."""
    if home.folder is None:
        return APP
    return f"{APP}-{hashlib.sha256(os.fsencode(home.folder)).hexdigest()[:8]}"


def autostart_folder(environ: Mapping[str, str]) -> Path:
    """Return the user's folder of autostart entries."""
    return xdg_folder(environ, "XDG_CONFIG_HOME", ".config") / "autostart"


def xdg_folder(environ: Mapping[str, str], variable: str, usual: str) -> Path:
    """Return a user's folder of the XDG Base Directory Specification."""
    configured = Path(environ.get(variable, ""))
    # The specification has relative paths ignored.
    return configured if configured.is_absolute() else in_home("~") / usual


# --- Linux ----------------------------------------------------------------------------------------


class DesktopEntry:
    """An entry after the Desktop Application Autostart Specification."""

    def __init__(self, folder: Path, name: str, command: tuple[str, ...]) -> None:
        self._file = folder / f"{name}.desktop"
        self._command = command

    def is_on(self) -> bool:
        """Tell whether there is an entry that nobody switched off."""
        try:
            lines = read_file(self._file).decode("utf-8", "replace").splitlines()
        except FileNotFoundError:
            return False
        except OSError as error:
            raise not_usable(self._file, error) from error
        said = dict(line.split("=", 1) for line in lines if "=" in line)
        # Session managers switch an entry off by one of these.
        hidden = said.get("Hidden") == "true"
        return not hidden and said.get("X-GNOME-Autostart-enabled") != "false"

    def set(self, *, on: bool) -> None:
        """Write the entry or remove it."""
        if on:
            write_entry(self._file, desktop_entry(self._command).encode(errors="surrogateescape"))
        else:
            remove_entry(self._file)


def desktop_entry(command: tuple[str, ...]) -> str:
    """Return the text of an entry (Desktop Entry Specification 1.4)."""
    lines = {
        "Type": "Application",
        "Version": "1.4",
        "Name": APP,
        "Comment": "Mail from the tray, from folders and from logs",
        "Comment[zh_CN]": "从托盘、文件夹和日志发送邮件",
        "Icon": APP,
        "Exec": entry_string(" ".join(map(exec_word, command))),
        # With the program gone, the entry is passed over.
        "TryExec": entry_string(command[0]),
        "Terminal": "false",
        "Categories": "Network;Email;",
        "X-GNOME-Autostart-enabled": "true",
        "X-GNOME-Autostart-Delay": str(_DELAY_SECONDS),
    }
    return "[Desktop Entry]\n" + "".join(f"{key}={value}\n" for key, value in lines.items())


def exec_word(word: str) -> str:
    """Return a word of Exec: quoted, and with % doubled, which begins a field code."""
    for sign in ("\\", '"', "`", "$"):
        word = word.replace(sign, "\\" + sign)
    return '"' + word.replace("%", "%%") + '"'


def entry_string(value: str) -> str:
    """Return a value of type string: the rules of all keys come on top of those of Exec."""
    for sign, escaped in (("\\", "\\\\"), ("\n", "\\n"), ("\t", "\\t"), ("\r", "\\r")):
        value = value.replace(sign, escaped)
    return value


# --- macOS ----------------------------------------------------------------------------------------


class LaunchAgent:
    """A property list of launchd (launchd.plist(5))."""

    def __init__(self, folder: Path, name: str, command: tuple[str, ...]) -> None:
        self._file = folder / f"{name}.plist"
        self._name = name
        self._command = command

    def is_on(self) -> bool:
        """Tell whether there is an agent."""
        return self._file.exists()

    def set(self, *, on: bool) -> None:
        """Write the agent or remove it; launchd reads it at the next login."""
        if not on:
            remove_entry(self._file)
            return
        agent = {
            "Label": self._name,
            "ProgramArguments": list(self._command),
            "RunAtLoad": True,
            "ProcessType": "Interactive",
            "LimitLoadToSessionType": "Aqua",
        }
        write_entry(self._file, plistlib.dumps(agent))


# --- Windows --------------------------------------------------------------------------------------


class RunKey:
    """A value of the user's Run key, as Windows' settings list it under start-up apps."""

    def __init__(self, name: str, command: tuple[str, ...]) -> None:
        self._name = name
        self._line = subprocess.list2cmdline(command)

    def is_on(self) -> bool:
        """Tell whether there is a value that the settings did not switch off."""
        approved = self._read(_APPROVED_KEY)
        off = isinstance(approved, bytes) and bool(approved) and approved[0] % 2 == 1
        return self._read(_RUN_KEY) is not None and not off

    def set(self, *, on: bool) -> None:
        """Write the value or remove it."""
        winreg = _registry()
        try:
            with winreg.CreateKey(winreg.HKEY_CURRENT_USER, _RUN_KEY) as key:
                if on:
                    winreg.SetValueEx(key, self._name, 0, winreg.REG_SZ, self._line)
                else:
                    with suppress(FileNotFoundError):
                        winreg.DeleteValue(key, self._name)
            with (
                suppress(FileNotFoundError),
                winreg.OpenKey(
                    winreg.HKEY_CURRENT_USER, _APPROVED_KEY, 0, winreg.KEY_SET_VALUE
                ) as key,
            ):
                winreg.DeleteValue(key, self._name)
        except OSError as error:
            raise not_usable(Path(_RUN_KEY), error) from error

    def _read(self, path: str) -> object:
        winreg = _registry()
        try:
            with winreg.OpenKey(winreg.HKEY_CURRENT_USER, path) as key:
                return winreg.QueryValueEx(key, self._name)[0]
        except FileNotFoundError:
            return None
        except OSError as error:
            raise not_usable(Path(path), error) from error


def _registry() -> Any:  # noqa: ANN401 # a module that is only on Windows
    return importlib.import_module("winreg")


# --- files ----------------------------------------------------------------------------------------


def write_entry(file: Path, content: bytes) -> None:
    """Replace a file as a whole: a session that starts now reads the old one or the new one.

    Raises StateError.
    """
    try:
        make_folder(file.parent)
    except OSError as error:
        raise not_usable(file, error) from error
    write_whole(file, content)


def remove_entry(file: Path) -> None:
    """Remove a file that may not be there; raises StateError."""
    try:
        file.unlink(missing_ok=True)
    except OSError as error:
        raise not_usable(file, error) from error


def not_usable(file: Path, error: OSError) -> StateError:
    """Return what is shown for a file that cannot be read, written or removed."""
    return StateError(
        text("{path} cannot be used: {reason}", path=file, reason=reason_of(error)),
        text("Check that the folder belongs to you."),
    )
