"""Pictures of every window: `python3 bootstrap.py pictures [FOLDER [NAME...]]`.

Both themes, both languages, and one at 200 %: NAME_light_en.png, NAME_dark_zh_CN_200.png ...
A window is added by one line in WINDOWS. With `--readme` instead of a folder, those that the
READMEs show are made anew in docs/pictures: NAME_en.png and NAME_zh_CN.png. `--windows` first has
them taken under Wine, with Python for Windows: all windows into build/pictures/windows where no
folder is named, those of the READMEs into docs/pictures/windows.
"""

from __future__ import annotations

import gc
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from PIL import Image, ImageGrab, ImageOps

from tests.gui.gallery import FormGallery, WidgetGallery
from tests.gui.general_windows import GENERAL
from tests.gui.group_windows import GROUPS
from tests.gui.help_windows import HELP
from tests.gui.inbox_windows import INBOX
from tests.gui.outbox_windows import OUTBOX
from tests.gui.quick import QUICK
from tests.gui.rule_windows import RULES
from tests.gui.settings_windows import ADDING, SETTINGS
from tests.gui.table_windows import TABLE_MAILS
from tests.gui.tray_windows import TRAY
from tests.gui.welcome_windows import WELCOME
from tests.support.tk import KEPT, until_tk
from traymail.core.languages import LANGUAGES
from traymail.desktop.language import translator
from traymail.ui.palette import Mode
from traymail.ui.theme import Root
from traymail.ui.window import Window

if TYPE_CHECKING:
    from tests.support.wine import Wine

WINDOWS: dict[str, Callable[[Root], Window]] = {
    "gallery-form": lambda root: FormGallery(root, problems=False),
    "gallery-form-problems": lambda root: FormGallery(root, problems=True),
    "gallery-widgets": WidgetGallery,
    **ADDING,
    **GENERAL,
    **GROUPS,
    **HELP,
    **INBOX,
    **OUTBOX,
    **QUICK,
    **RULES,
    **SETTINGS,
    **TABLE_MAILS,
    **TRAY,
    **WELCOME,
}
# What the READMEs show, in this order, in their language and this theme.
README: dict[str, Mode] = {
    "quick-send": "light",
    "account-2-code": "light",
    "rule-folder": "light",
    "rule-log": "dark",
    "outbox-unknown": "dark",
    "demo-inbox": "light",
}
ROOT = Path(__file__).parents[2]
README_FOLDER = ROOT / "docs" / "pictures"
WINDOWS_FOLDER = README_FOLDER / "windows"
USUAL_FOLDER = Path("build/pictures")
_SCREEN = "2600x2000"
_LONGEST_SECONDS = 1800.0
LOOKS: tuple[tuple[Mode, str, int], ...] = (
    ("light", "en", 100),
    ("dark", "en", 100),
    ("light", "zh_CN", 100),
    ("dark", "zh_CN", 100),
    ("light", "zh_CN", 200),
)


def take(wanted: Order) -> None:
    """Take the pictures of these windows, in each look; those of the READMEs framed and small."""
    wanted.folder.mkdir(parents=True, exist_ok=True)
    with _screen():
        if not wanted.names:
            _take_for_readme(wanted.folder)
        for mode, language, percent in LOOKS if wanted.names else ():
            scale = "" if percent == 100 else f"_{percent}"
            with _root(mode, language, percent) as root:
                for name in wanted.names:
                    _take(root, name, wanted.folder / f"{name}_{mode}_{language}{scale}.png")


def _take_for_readme(folder: Path) -> None:
    for language in LANGUAGES:
        for name, mode in README.items():
            file = folder / f"{name}_{language}.png"
            with _root(mode, language) as root:
                _take(root, name, file)
                _frame(file, root.theme.palette.border)


def _frame(file: Path, colour: str) -> None:
    """Draw the edge that a desktop gives a window, and leave few colours."""
    with Image.open(file) as taken:
        framed = ImageOps.expand(taken.convert("RGB"), 1, colour)
    # An octree keeps the rare colours too: those of the signs.
    few = framed.quantize(256, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    few.save(file, optimize=True)


@dataclass(frozen=True)
class Order:
    """What is asked for."""

    folder: Path
    """Where they go."""
    names: tuple[str, ...]
    """The windows, () for those of the READMEs as these show them."""
    on_windows: bool = False


def order(arguments: Sequence[str]) -> Order:
    """Return what is asked for. Raises ValueError with what is not known."""
    there = list(arguments[:1]) == ["--windows"]
    given = list(arguments[there:])
    if given == ["--readme"]:
        return Order(WINDOWS_FOLDER if there else README_FOLDER, (), there)
    folder, *names = given or [str(USUAL_FOLDER / "windows" if there else USUAL_FOLDER)]
    unknown = [name for name in names if name not in WINDOWS]
    if unknown or folder.startswith("-"):
        raise ValueError(" ".join(unknown or [folder]))
    return Order(Path(folder), tuple(names or WINDOWS), there)


def take_on_windows(wanted: Order, computer: Wine | None = None) -> int:
    """Have Python for Windows take them under Wine. Without a ``computer``, one is set up."""
    # Neither is for Windows itself.
    from tests.support import wine
    from tests.support.display import display

    if computer is None:
        computer = wine.set_up()
        wine.copy_tests(computer)
    copy = computer.drive / "checkout"
    made = copy / ("pictures" if wanted.names else README_FOLDER.relative_to(ROOT))
    with (
        TemporaryDirectory(prefix="tm-") as below,
        display(Path(below), _SCREEN) as screen,
        computer.desktop(screen.variables, _SCREEN) as running,
    ):
        done = running.run(
            *(wine.PYTHON, "-m", "tests.gui.pictures"),
            *([made, *wanted.names] if wanted.names else ["--readme"]),
            folder=copy,
            timeout=_LONGEST_SECONDS,
        )
    if done.returncode:
        sys.stderr.write(done.stderr)
        return done.returncode
    shutil.copytree(made, wanted.folder, dirs_exist_ok=True)
    return 0


@contextmanager
def _screen() -> Iterator[None]:
    if sys.platform == "win32":
        yield
        return
    from tests.support.display import display, entered  # these speak to the bus of Linux

    with (
        TemporaryDirectory(prefix="tm-") as below,
        display(Path(below), _SCREEN) as screen,
        entered(screen),
    ):
        yield


@contextmanager
def _root(mode: Mode, language: str, percent: int = 100) -> Iterator[Root]:
    root = Root(mode, language, translator(language), scaling=4 / 3 * percent / 100)
    KEPT.append(root)
    yield root
    root.destroy()
    gc.collect()


def _take(root: Root, name: str, file: Path) -> None:
    window = WINDOWS[name](root)
    window.reveal()
    until_tk(window, window.winfo_viewable, what="the window")
    window.update()
    if sys.platform == "win32":
        left, top = window.winfo_rootx(), window.winfo_rooty()
        edges = (left, top, left + window.winfo_width(), top + window.winfo_height())
        ImageGrab.grab(edges).save(file)
    else:
        subprocess.run(["import", "-window", hex(window.winfo_id()), str(file)], check=True)
    window.destroy()
    # Here, not on the thread of a window's question that happens to collect what was Tk's.
    gc.collect()


def main(arguments: Sequence[str]) -> int:
    """Take what is asked for."""
    try:
        wanted = order(arguments)
    except ValueError as unknown:
        sys.stderr.write(f"Unknown: {unknown}. There are: {' '.join(WINDOWS)}\n")
        return 64
    if wanted.on_windows:
        status = take_on_windows(wanted)
    else:
        take(wanted)
        status = 0
    if not status:
        sys.stdout.write(f"{wanted.folder.resolve()}\n")
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
