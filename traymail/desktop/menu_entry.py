"""An entry in the desktop's menu, for those who installed traymail by pip, pipx or uv.

Packages of a system bring theirs along; this is the same file, which names this very program. It
offers traymail for mailto: links. It is offered for no kind of file: an entry of the user's own
comes before those of the system, and would take the place of the program that shows such files.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from traymail.core.errors import DesktopError
from traymail.core.texts import text
from traymail.desktop.autostart import (
    entry_name,
    entry_string,
    exec_word,
    not_usable,
    program_command,
    remove_entry,
    write_entry,
    xdg_folder,
)
from traymail.desktop.paths import APP, Home, drawn_icons
from traymail.disk import read_file

SCHEME = "x-scheme-handler/mailto"
_HERE = Path(__file__).parent
# Programs that tell the desktop which one opens what; the first that is there does it.
_CHOOSERS = (
    ("xdg-mime", "default", "{entry}", SCHEME),
    ("gio", "mime", SCHEME, "{entry}"),
)
_PATIENCE_SECONDS = 20.0


class MenuEntry:
    """The entry of one home, with its icons, below the user's own folders."""

    def __init__(self, home: Home, environ: Mapping[str, str]) -> None:
        data = xdg_folder(environ, "XDG_DATA_HOME", ".local/share")
        self._config = xdg_folder(environ, "XDG_CONFIG_HOME", ".config")
        self._name = f"{entry_name(home)}.desktop"
        self._command = program_command(home)
        self._icons = data / "icons" / "hicolor"
        self.file = data / "applications" / self._name
        shared = environ.get("XDG_DATA_DIRS") or "/usr/local/share:/usr/share"
        self._shared = [Path(each) / "applications" / self._name for each in shared.split(":")]

    def of_package(self) -> Path | None:
        """Return the entry that a package of the system has brought, None where there is none."""
        return next((file for file in self._shared if file.is_file()), None)

    def install(self) -> None:
        """Write entry and icons; those that are there are written anew. Raises StateError."""
        for icon in _icons():
            try:
                write_entry(self._place(icon), icon.read_bytes())
            except OSError as error:
                raise not_usable(icon, error) from error
        content = (_HERE / "traymail.desktop").read_text("utf-8")
        write_entry(self.file, filled(content, self._command).encode(errors="surrogateescape"))
        self._tell_desktop()

    def remove(self) -> bool:
        """Remove what `install` wrote, and the choice for links; tell whether an entry was there.

        Raises StateError.
        """
        was_there = self.file.exists()
        remove_entry(self.file)
        others = list(self.file.parent.glob(f"{APP}*.desktop"))
        if not others:  # the entries of other homes have the same icon
            for icon in _icons():
                remove_entry(self._place(icon))
        self._forget_choice()
        self._tell_desktop()
        return was_there

    def open_links(self) -> None:
        """Make the entry the one that opens mailto: links; raises DesktopError."""
        for command in _CHOOSERS:
            program = shutil.which(command[0])
            if program is None:
                continue
            words = [word.format(entry=self._name) for word in command[1:]]
            if _ran(program, *words):
                return
        raise DesktopError(
            text("Nothing here can choose the program that opens mail links."),
            text("Choose it in the settings of your desktop, under default programs."),
        )

    def _place(self, icon: Path) -> Path:
        size = icon.stem.removeprefix(f"{APP}-")
        return self._icons / f"{size}x{size}" / "apps" / f"{APP}.png"

    def _tell_desktop(self) -> None:
        """Have the list of who opens what made anew, where the desktop keeps one."""
        program = shutil.which("update-desktop-database")
        if program is not None and self.file.parent.is_dir():
            _ran(program, str(self.file.parent))

    def _forget_choice(self) -> None:
        """Take the entry out of the user's choices (MIME Apps Specification 1.0)."""
        file = self._config / "mimeapps.list"
        try:
            content = read_file(file)
        except FileNotFoundError:
            return
        except OSError as error:
            raise not_usable(file, error) from error
        left = without_choice(content.decode("utf-8", "surrogateescape"), self._name)
        if left != content.decode("utf-8", "surrogateescape"):
            write_entry(file, left.encode("utf-8", "surrogateescape"))


def filled(entry: str, command: tuple[str, ...]) -> str:
    """Return the entry with the program that it starts: its own names `traymail` on the PATH."""
    words = entry_string(" ".join(map(exec_word, command)))
    named = {
        f"Exec={APP} ": f"Exec={words} ",
        f"TryExec={APP}": f"TryExec={entry_string(command[0])}",
    }
    lines = []
    for line in entry.splitlines():
        begun = next((begin for begin in named if line.startswith(begin)), "")
        lines.append(named.get(begun, "") + line.removeprefix(begun))
    return "\n".join([*lines, ""])


def without_choice(choices: str, name: str) -> str:
    """Return a mimeapps.list that does not name the entry; all else stays as it is."""
    lines = []
    for line in choices.splitlines(keepends=True):
        key, is_choice, value = line.partition("=")
        chosen = [each for each in value.strip().split(";") if each]
        if not is_choice or name not in chosen:
            lines.append(line)
        elif rest := [each for each in chosen if each != name]:
            lines.append(f"{key}={';'.join(rest)};\n")
    return "".join(lines)


def _icons() -> list[Path]:
    return sorted(drawn_icons().glob(f"{APP}-*.png"))


def _ran(*command: str) -> bool:
    try:
        ended = subprocess.run(  # noqa: S603 - programs of the desktop, and names of ours
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=_PATIENCE_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return ended.returncode == 0
