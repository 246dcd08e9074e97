"""The tray in a real panel on a display of its own: seen, clicked over the bus, back after it."""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from jeepney import DBusAddress
from PIL import Image

from tests.support.bus import Peer
from tests.support.display import Display, display, missing_programs, panel
from tests.support.mails import a_rule
from tests.support.tray import (
    IDLE,
    ITEM,
    NAME,
    NEEDS,
    WATCHER,
    Desk,
    a_desk,
    a_menu,
    click,
    number_of,
)
from traymail.ui.model.menu import Do, SwitchRule

pytestmark = pytest.mark.desktop

_WATCHER = DBusAddress("/StatusNotifierWatcher", WATCHER, WATCHER)


@pytest.fixture(scope="module")
def screen() -> Iterator[Display]:
    missing = missing_programs(panel=True)
    if missing:
        pytest.skip(f"not here: {', '.join(missing)}")
    with TemporaryDirectory(prefix="tm-") as folder, display(Path(folder)) as made:
        yield made


@pytest.fixture
def desk(screen: Display, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    for name, value in screen.variables.items():
        monkeypatch.setenv(name, value)
    with a_desk() as made:
        yield made


@pytest.fixture
def peer(screen: Display, desk: Desk) -> Iterator[Peer]:
    with Peer(screen.env["DBUS_SESSION_BUS_ADDRESS"], desk.loop.turn) as made:
        yield made


def registered(peer: Peer) -> bool:
    if not peer.owns(WATCHER):
        return False
    return any(NAME in item for item in peer.get(_WATCHER, "RegisteredStatusNotifierItems"))


def colours(screen: Display, folder: Path) -> set[tuple[int, ...]]:
    """Return the colours to be seen in the panel."""
    picture = folder / "panel.png"
    command = ["import", "-window", "root", str(picture)]
    subprocess.run(command, env=screen.env, check=True)
    with Image.open(picture) as taken:
        strip = taken.convert("RGB").crop((0, 0, taken.width, 40))
        every = strip.getcolors(100_000) or []
        return {pixel for _, pixel in every if isinstance(pixel, tuple)}


def test_the_icon_is_seen_and_its_menu_works(
    screen: Display, desk: Desk, peer: Peer, tmp_path: Path
) -> None:
    with panel(screen):
        desk.tray.start(IDLE, a_menu(a_rule("Scans")))
        desk.loop.until(lambda: registered(peer), what="an icon in the panel")
        peer.call(ITEM, "Activate", "ii", 0, 0)
        for label in ("Outbox…", "Scans", "30 minutes"):
            click(peer, number_of(peer, label))
        assert desk.choices == [
            Do.QUICK_SEND,
            Do.OUTBOX,
            SwitchRule("Scans", enabled=False),
            Do.PAUSE_SHORT,
        ]
        desk.tray.show(NEEDS)
        # Red, half seen through: red on whatever the panel has behind it.
        desk.loop.until(
            lambda: any(
                red > 100 and red > green + 80 and red > blue + 80
                for red, green, blue in colours(screen, tmp_path)
            ),
            what="the red icon of the state in the panel",
        )
        assert desk.windows == []


def test_the_icon_comes_with_a_late_panel_and_comes_back(
    screen: Display, desk: Desk, peer: Peer
) -> None:
    desk.tray.start(IDLE, a_menu())
    desk.loop.until(lambda: peer.owns(NAME))
    for _ in range(2):
        with panel(screen):
            desk.loop.until(lambda: registered(peer), what="the icon in the panel")
            click(peer, number_of(peer, "Quit"))
        desk.loop.until(lambda: not peer.owns(WATCHER), what="the end of the panel")
    assert desk.choices == [Do.QUIT, Do.QUIT]
