"""The tray comes when panel and bus do, and finds another way when they do not."""

import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from jeepney import DBusAddress

from tests.support.bus import Peer, session_bus
from tests.support.mails import a_rule
from tests.support.tray import (
    IDLE,
    ITEM,
    NAME,
    NEEDS,
    Desk,
    Watcher,
    a_desk,
    a_menu,
    click,
    number_of,
)
from traymail.desktop.bus import connect
from traymail.ui.model.menu import Do
from traymail.ui.model.tray import Icon
from traymail.ui.tray.port import Waits
from traymail.ui.tray.status_notifier import TRIES

pytestmark = [
    pytest.mark.desktop,
    pytest.mark.skipif(shutil.which("dbus-daemon") is None, reason="no dbus-daemon here"),
]


@pytest.fixture
def desk(bus: str) -> Iterator[Desk]:
    del bus
    with a_desk() as made:
        yield made


@pytest.fixture
def peer(bus: str, desk: Desk) -> Iterator[Peer]:
    with Peer(bus, desk.loop.turn) as made:
        yield made


def test_the_icon_comes_when_the_watcher_does(desk: Desk, peer: Peer) -> None:
    desk.tray.start(IDLE, a_menu())
    desk.loop.until(lambda: peer.owns(NAME))
    watcher = Watcher(desk.loop)
    assert desk.loop.until(lambda: watcher.registered) == [NAME]
    watcher.close()
    again = Watcher(desk.loop)
    assert desk.loop.until(lambda: again.registered) == [NAME]
    desk.loop.settle()
    again.close()
    assert desk.windows == []


def test_started_by_hand_the_menu_comes_as_a_window(bus: str) -> None:
    del bus
    with a_desk(by_hand=0.1) as late:
        late.tray.start(IDLE, a_menu())
        late.loop.until(lambda: late.windows)
        assert late.windows[0].seen == [Icon.IDLE, len(a_menu()), "revealed"]
        late.tray.show(NEEDS)
        late.tray.set_menu(a_menu(a_rule("Scans")))
        watcher = Watcher(late.loop)
        late.loop.until(lambda: late.windows[0].seen[-1] == "gone")
        assert late.windows[0].seen[3:] == [Icon.ATTENTION, len(a_menu()) + 1, "gone"]
        watcher.close()


def test_a_watcher_without_a_panel_shows_nothing(bus: str) -> None:
    del bus
    with a_desk(by_hand=0.3) as desk:
        watcher = Watcher(desk.loop, hosts=False)
        desk.tray.start(IDLE, a_menu())
        desk.loop.until(lambda: watcher.registered)
        desk.loop.until(lambda: desk.windows)
        watcher.host_comes()
        desk.loop.until(lambda: desk.windows[0].seen[-1] == "gone")
        watcher.close()


@pytest.mark.parametrize("told", [True, False])
def test_an_item_that_is_dropped_registers_again(bus: str, told: bool) -> None:
    del bus
    with a_desk(look=0.1, again=0.05, gone=1.0) as desk:
        watcher = Watcher(desk.loop, drops=2)
        watcher.tells_drops = told
        desk.tray.start(IDLE, a_menu())
        desk.loop.until(lambda: watcher.items)
        assert len(watcher.registered) == 3
        desk.loop.settle(0.4)
        assert (len(watcher.registered), desk.windows) == (3, [])
        watcher.close()


def test_an_item_that_is_never_kept_leaves_the_window(bus: str) -> None:
    del bus
    with a_desk(look=0.1, again=0.01, by_hand=0.2, gone=0.3) as desk:
        watcher = Watcher(desk.loop, drops=100)
        desk.tray.start(IDLE, a_menu())
        desk.loop.until(lambda: desk.windows)
        desk.loop.until(lambda: len(watcher.registered) == TRIES)
        desk.loop.settle(0.3)
        assert len(watcher.registered) == TRIES
        assert [window.seen[-1] for window in desk.windows] == ["revealed"]
        watcher.close()
        # A watcher that comes anew, as after the shell's restart, is tried anew.
        again = Watcher(desk.loop)
        desk.loop.until(lambda: desk.windows[0].seen[-1] == "gone")
        again.close()


def test_an_item_dropped_later_comes_back(hosted: tuple[Desk, Watcher]) -> None:
    desk, watcher = hosted
    watcher.items.clear()
    watcher.drop("someone.else@/StatusNotifierItem")
    desk.loop.settle(0.2)
    assert len(watcher.registered) == 1
    watcher.drop(f"{NAME}/StatusNotifierItem")
    desk.loop.until(lambda: len(watcher.registered) == 2)
    watcher.close()


def test_at_login_nothing_opens_for_a_minute(bus: str) -> None:
    del bus
    assert Waits().at_login == 60
    with a_desk(login=True, by_hand=0.05) as desk:
        desk.tray.start(IDLE, a_menu())
        desk.loop.settle(0.3)
        assert desk.windows == []


@pytest.fixture
def hosted(bus: str) -> Iterator[tuple[Desk, Watcher]]:
    """A tray that a panel shows, started by hand a while ago; a panel is missed soon.

    Whether the panel has kept the icon was looked at already: from then on it has to tell.
    """
    del bus
    with a_desk(by_hand=0.1, gone=0.1, look=0.05) as desk:
        watcher = Watcher(desk.loop)
        desk.tray.start(IDLE, a_menu())
        desk.loop.until(lambda: watcher.registered)
        desk.loop.settle(0.3)
        assert desk.windows == []
        yield desk, watcher


def test_a_panel_that_goes_leaves_a_window_until_it_is_back(hosted: tuple[Desk, Watcher]) -> None:
    desk, watcher = hosted
    watcher.close()
    desk.loop.until(lambda: desk.windows)
    again = Watcher(desk.loop)
    desk.loop.until(lambda: desk.windows[0].seen[-1] == "gone")
    again.close()
    desk.loop.until(lambda: len(desk.windows) == 2)


def test_a_bus_that_goes_leaves_a_window_until_it_is_back(
    bus_address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", bus_address)
    with a_desk(by_hand=0.1, gone=0.1, first_retry=0.05) as desk:
        with session_bus(bus_address):
            watcher = Watcher(desk.loop)
            desk.tray.start(IDLE, a_menu())
            desk.loop.until(lambda: watcher.registered)
            desk.loop.settle(0.3)
            assert desk.windows == []
            watcher.close()
        desk.loop.until(lambda: desk.windows)
        with session_bus(bus_address):
            watcher = Watcher(desk.loop)
            desk.loop.until(lambda: desk.windows[0].seen[-1] == "gone")
            watcher.close()


def test_a_panel_that_starts_anew_opens_nothing(hosted: tuple[Desk, Watcher]) -> None:
    desk, watcher = hosted
    watcher.close()
    again = Watcher(desk.loop)
    desk.loop.until(lambda: again.registered)
    desk.loop.settle(0.3)
    assert desk.windows == []
    again.close()


def test_the_window_comes_within_five_seconds() -> None:
    waits = Waits()
    assert waits.look == 2.0, "the extension drops an item a second after it took it"
    for seconds in (waits.by_hand, waits.gone):
        assert seconds + waits.gtk < 5


def test_at_login_a_panel_that_goes_is_waited_for(bus: str) -> None:
    del bus
    with a_desk(login=True, at_login=0.8, gone=0.05) as desk:
        watcher = Watcher(desk.loop)
        desk.tray.start(IDLE, a_menu())
        desk.loop.until(lambda: watcher.registered)
        watcher.close()
        desk.loop.settle(0.3)
        assert desk.windows == []
        desk.loop.until(lambda: desk.windows)


def test_without_a_bus_there_is_the_window() -> None:
    with a_desk(by_hand=0.05) as desk:
        desk.tray.start(IDLE, a_menu())
        desk.loop.until(lambda: desk.windows)


@pytest.mark.parametrize("address", ["", "nonsense", "tcp:host=127.0.0.1,port=1", "unix:path=/no"])
def test_a_bus_that_cannot_be_reached_is_none(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
    assert connect() is None


def test_the_bus_is_found_where_systemd_has_it(
    bus_address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(Path(bus_address.removeprefix("unix:path=")).parent))
    assert connect() is None
    with session_bus(bus_address):
        connection = connect()
        assert connection is not None
        connection.close()


def test_a_bus_that_is_gone_comes_back(bus_address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", bus_address)
    with a_desk(first_retry=0.05) as desk, ExitStack() as first:
        first.enter_context(session_bus(bus_address))
        desk.tray.start(IDLE, a_menu())
        watcher = Watcher(desk.loop)
        desk.loop.until(lambda: watcher.registered)
        watcher.close()
        first.close()
        desk.loop.settle()
        desk.tray.show(NEEDS)
        with session_bus(bus_address):
            watcher = Watcher(desk.loop)
            desk.loop.until(lambda: watcher.registered)
            with Peer(bus_address, desk.loop.turn) as peer:
                assert peer.get(ITEM, "Status") == "NeedsAttention"
                click(peer, number_of(peer, "Quit"))
            assert desk.choices == [Do.QUIT]
            watcher.close()


def test_a_bus_that_hangs_does_not_hold_the_loop(bus: str) -> None:
    with a_desk(first_retry=60.0) as desk, Peer(bus, desk.loop.turn) as peer:
        desk.tray.start(IDLE, a_menu())
        desk.loop.until(lambda: peer.owns(NAME))
        daemon = int(peer.call(_BUS, "GetConnectionUnixProcessID", "s", "org.freedesktop.DBus")[0])
        os.kill(daemon, signal.SIGSTOP)
        try:
            rules = [a_rule(f"{number} {'x' * 200}") for number in range(12)]
            for turn in range(200):
                desk.tray.set_menu(a_menu(*rules[turn % 12 :]))
                desk.tray.set_menu(a_menu(*(a_rule(rule.name, enabled=False) for rule in rules)))
            desk.loop.settle(0.05)
        finally:
            os.kill(daemon, signal.SIGCONT)


_BUS = DBusAddress("/org/freedesktop/DBus", "org.freedesktop.DBus", "org.freedesktop.DBus")
