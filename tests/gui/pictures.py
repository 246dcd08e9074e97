"""Pictures of every window: `.venv/bin/python -m tests.gui.pictures FOLDER [NAME...]`.

Both themes, both languages, and one at 200 %: NAME_light_en.png, NAME_dark_zh_CN_200.png ...
A window is added by one line in WINDOWS.
"""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.gui.gallery import FormGallery, WidgetGallery
from tests.gui.quick import QUICK
from tests.gui.tray_windows import TRAY
from tests.support.display import display
from tests.support.tk import until_tk
from traymail.desktop.language import translator
from traymail.ui.palette import Mode
from traymail.ui.theme import Root
from traymail.ui.window import Window

WINDOWS: dict[str, Callable[[Root], Window]] = {
    "gallery-form": lambda root: FormGallery(root, problems=False),
    "gallery-form-problems": lambda root: FormGallery(root, problems=True),
    "gallery-widgets": WidgetGallery,
    **QUICK,
    **TRAY,
}
LOOKS: tuple[tuple[Mode, str, int], ...] = (
    ("light", "en", 100),
    ("dark", "en", 100),
    ("light", "zh_CN", 100),
    ("dark", "zh_CN", 100),
    ("light", "zh_CN", 200),
)


def main(folder: Path, names: list[str]) -> None:
    """Take the pictures of these windows, of all without names."""
    folder.mkdir(parents=True, exist_ok=True)
    wanted = {name: make for name, make in WINDOWS.items() if not names or name in names}
    with TemporaryDirectory(prefix="tm-") as below, display(Path(below), "2600x2000") as screen:
        os.environ.update(screen.variables)
        for mode, language, percent in LOOKS:
            root = Root(mode, language, translator(language), scaling=4 / 3 * percent / 100)
            scale = "" if percent == 100 else f"_{percent}"
            for name, make in wanted.items():
                _take(make(root), folder / f"{name}_{mode}_{language}{scale}.png")
            root.destroy()


def _take(window: Window, file: Path) -> None:
    window.reveal()
    until_tk(window, window.winfo_viewable, what="the window")
    window.update()
    subprocess.run(["import", "-window", hex(window.winfo_id()), str(file)], check=True)
    window.destroy()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
