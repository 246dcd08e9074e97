"""Whether the desktop is dark, as a portal on a real bus tells and changes it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.bus import SelectLoop, address_below, session_bus
from tests.support.portald import portal
from traymail.desktop.appearance import Appearance
from traymail.desktop.bus import Bus, connect
from traymail.ui.icons import Panel
from traymail.ui.system_theme import told_modes

pytestmark = pytest.mark.desktop


class Desk:
    """Who wants to know, in a loop of its own."""

    def __init__(self) -> None:
        connection = connect()
        assert connection is not None
        self.told: list[bool] = []
        self.loop = SelectLoop()
        self.bus = Bus(connection, lambda: None)
        self.loop.watch(self.bus.fileno, self.bus.readable)
        Appearance(self.bus, self.told.append)

    def hears(self, *told: bool) -> None:
        self.loop.until(lambda: self.told == list(told), what=f"{told}, has heard {self.told}")


@pytest.fixture
def address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    with session_bus(address_below(tmp_path)) as made:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", made)
        yield made


@contextmanager
def a_desk() -> Iterator[Desk]:
    desk = Desk()
    try:
        yield desk
    finally:
        desk.loop.unwatch(desk.bus.fileno)
        desk.bus.close()
        desk.loop.close()


@pytest.mark.parametrize(("scheme", "dark"), [(0, False), (1, True), (2, False)])
def test_the_portal_is_believed(address: str, scheme: int, dark: bool) -> None:
    with portal(address, scheme), a_desk() as desk:
        desk.hears(dark)


def test_each_change_is_told_and_other_settings_are_not(address: str) -> None:
    with portal(address, 2) as user, a_desk() as desk:
        desk.hears(False)
        user.prefer(1)
        desk.hears(False, True)
        user.change_contrast()
        user.prefer(0)
        desk.hears(False, True, False)


def test_a_portal_that_comes_later_is_asked_and_one_that_ends_changes_nothing(
    address: str,
) -> None:
    with a_desk() as desk:
        desk.loop.settle()
        assert desk.told == []
        with portal(address, 1):
            desk.hears(True)
        desk.loop.settle()
        with portal(address, 2):
            desk.hears(True, False)


@pytest.mark.parametrize(
    ("desktop", "panel"),
    [("XFCE", "any"), ("ubuntu:GNOME", "dark"), ("Unity", "dark"), ("KDE", "any"), ("", "any")],
)
def test_a_panel_is_not_judged_by_the_windows(desktop: str, panel: Panel) -> None:
    environ = {"XDG_CURRENT_DESKTOP": desktop}
    assert told_modes(dark=False, environ=environ) == ("light", panel)
    assert told_modes(dark=True, environ=environ) == ("dark", panel)
