"""The first start, led by keys and clicks: to an account, to the rehearsal, to the icon."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.gui.office import Office, enter, office
from tests.gui.welcome_windows import welcome
from tests.support.display import Display
from tests.support.homes import Home
from tests.support.running import account
from tests.support.tk import every_child, until_tk, words_of
from tests.support.trayed import trayed
from tests.support.wait import until
from traymail.ui.dialogs.welcome import WelcomeWindow
from traymail.ui.model.whereabouts import (
    IN_MENU_BAR,
    IN_TASKBAR,
    IN_TRAY,
    IN_WINDOW,
    ON_GNOME,
    whereabouts,
)
from traymail.ui.theme import Root
from traymail.ui.widgets import Switch

WELCOME = "Welcome to traymail"
NOTHING = "version = 1\n"
LONGEST = 40.0


@pytest.fixture
def desk(desktop: Display, home: Home, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    """The program at its first start."""
    enter(desktop, monkeypatch)
    with office(home, NOTHING) as made:
        made.window(WELCOME)
        yield made


def test_return_leads_to_an_account(desk: Office) -> None:
    desk.keys("Return")
    adding = desk.window("Add account")
    desk.type("123456@qq.com")
    desk.sees("Recognised")
    assert WELCOME not in [one.title() for one in _in_sight(desk)]
    desk.keys("Escape")
    desk.until(lambda: not adding.winfo_viewable(), "the end of it")


def test_later_leaves_the_icon(desk: Office) -> None:
    desk.press("Later")
    desk.until(lambda: not _in_sight(desk), "no window")
    desk.left_click()
    desk.window("New mail")


def test_it_starts_with_the_desktop_when_that_is_switched_on(desk: Office) -> None:
    [switch] = [one for one in every_child(desk.window(WELCOME)) if isinstance(one, Switch)]
    desk.until(lambda: switch.instate(["!disabled"]), "how it starts")
    assert not switch.on
    autostart = desk.live.services.program.autostart
    desk.click(switch)
    desk.until(autostart, "its entry")
    desk.click(switch)
    desk.until(lambda: not autostart(), "the end of its entry")


def test_in_another_language_it_is_still_there(desk: Office) -> None:
    desk.live.services.program.set_general("language", "zh_CN")
    desk.window("欢迎使用 traymail")
    desk.sees("开始演示")
    desk.keys("Return")
    desk.window("添加邮箱账户")


def _in_sight(desk: Office) -> list[WelcomeWindow]:
    return [
        one
        for one in every_child(desk.root)
        if isinstance(one, WelcomeWindow) and one.winfo_viewable()
    ]


def test_a_rehearsal_that_cannot_start_is_told(
    desktop: Display, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    enter(desktop, monkeypatch)
    monkeypatch.setenv("PYTHONHOME", "/nowhere")  # no Python starts like this
    with office(home, NOTHING) as desk:
        desk.window(WELCOME)
        desk.press("Start the rehearsal")
        desk.sees("traymail could not be started.")
        desk.button("Start the rehearsal")
        desk.sees("A rehearsal on this computer")


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder with a short path: the name of a socket may have about a hundred characters."""
    with TemporaryDirectory(prefix="tm-") as folder:
        yield Path(folder)


def test_the_rehearsal_takes_the_place_of_the_program_and_leads_back(
    desktop: Display, place: Path
) -> None:
    with trayed(Home(place / "home"), desktop, {"TMPDIR": str(place)}) as program:
        program.window(WELCOME)
        program.keys("alt+r")
        until(lambda: program.windows("Demo inbox"), LONGEST, "the rehearsal")
        program.gone()
        program.window("Demo inbox")
        program.keys("alt+r")  # "Add a real account…"
        until(lambda: program.pid is not None, LONGEST, "the program")
        program.window("Add account")
        program.no_window(WELCOME)
        until(lambda: not program.windows("Demo inbox"), LONGEST, "the end of the rehearsal")
        until(lambda: not list(place.glob("traymail-demo-*")), LONGEST, "its folder to go")


def test_with_an_account_nobody_is_welcomed(desktop: Display, home: Home) -> None:
    home.configure(account(1))
    with trayed(home, desktop) as program:
        program.wait_for_icon()
        assert program.windows() == []


def test_it_says_anew_where_the_icon_is(root: Root, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether the desktop shows one is known some seconds after the start."""
    monkeypatch.setenv("XDG_CURRENT_DESKTOP", "ubuntu:GNOME")
    places = [False]
    window = welcome(root, lambda: places[0])
    window.reveal()
    until_tk(window, window.winfo_viewable, "the window")
    assert str(IN_TRAY) in words_of(window)
    places[0] = True
    window.tell_place()
    assert str(ON_GNOME) in words_of(window)


@pytest.mark.parametrize(
    ("system", "desktop", "in_window", "told"),
    [
        ("linux", "XFCE", False, IN_TRAY),
        ("linux", "", True, IN_WINDOW),
        ("linux", "KDE", True, IN_WINDOW),
        ("linux", "ubuntu:GNOME", True, ON_GNOME),
        ("linux", "GNOME", False, IN_TRAY),
        ("win32", "", False, IN_TASKBAR),
        ("darwin", "", False, IN_MENU_BAR),
    ],
)
def test_where_to_find_it(system: str, desktop: str, in_window: bool, told: object) -> None:
    assert whereabouts(system, desktop, in_window=in_window) is told
