"""Panels that know icons only by XEmbed, and desktops without any: GTK's icon, the window."""

import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.support.display import GTK_FOLDER, Display, display, old_panel
from tests.support.homes import Home
from tests.support.running import account
from tests.support.tk import every_child
from tests.support.trayed import trayed
from tests.support.wait import until
from traymail.ui.theme import Root
from traymail.ui.tray.control_window import ControlWindow

TITLE = "traymail: idle"
# Debian builds what leads to GTK for its own Python.
has_gtk = pytest.mark.skipif(
    GTK_FOLDER.is_dir() and not [*GTK_FOLDER.glob(f"_gi.{sys.implementation.cache_tag}-*")],
    reason=f"the system's GTK is not built for {sys.implementation.cache_tag}",
)


@pytest.fixture
def on() -> Iterator[Display]:
    with TemporaryDirectory(prefix="tm-") as folder, display(Path(folder)) as here:
        yield here


@pytest.fixture
def with_gtk(tmp_path: Path) -> dict[str, str]:
    """The environment in which this Python finds GTK."""
    (tmp_path / "gtk").mkdir()
    (tmp_path / "gtk" / "gi").symlink_to(GTK_FOLDER)
    return {"PYTHONPATH": str(tmp_path / "gtk")}


@pytest.mark.some_pythons
@has_gtk
def test_a_panel_that_goes_takes_its_icon_along_and_brings_it_back(
    on: Display, home: Home, with_gtk: dict[str, str]
) -> None:
    home.configure(account(1))
    with ExitStack() as first:
        first.enter_context(old_panel(on))
        with trayed(home, on, with_gtk) as program:
            log = home.path / "log" / "traymail.log"
            until(lambda: "GTK's icon is shown" in log.read_text("utf-8"), what="GTK's icon")
            assert program.windows(TITLE) == []
            first.close()
            # 5 s, and what a busy machine adds.
            until(lambda: program.windows(TITLE), what="the window with the menu")
            with old_panel(on):
                program.no_window(TITLE)


@pytest.mark.some_pythons
@has_gtk
def test_a_panel_that_comes_late_gets_its_icon(
    on: Display, home: Home, with_gtk: dict[str, str]
) -> None:
    home.configure(account(1))
    with trayed(home, on, with_gtk) as program:
        program.window(TITLE)
        with old_panel(on):
            program.no_window(TITLE)


def test_a_second_start_shows_the_closed_window_again(on: Display, home: Home) -> None:
    home.configure(account(1))
    with trayed(home, on) as program:
        program.window(TITLE)
        program.keys("Escape")
        program.no_window(TITLE)
        assert program.run().returncode == 0
        until(lambda: program.windows(TITLE), what="the window with the menu")
        program.window("New mail")


def words_of(root: Root) -> str:
    window = ControlWindow(root, lambda _choice: None)
    words = " ".join(
        str(one.cget("text")) for one in every_child(window) if "text" in (one.keys() or ())
    )
    window.destroy()
    return words


def test_the_window_says_what_a_tray_needs(root: Root, screen: Display) -> None:
    # (The panel of a test before may be on its way out.)
    until(lambda: "shows no tray icons" in words_of(root), what="no tray")
    with old_panel(screen):
        assert "python3-gi" in words_of(root)
