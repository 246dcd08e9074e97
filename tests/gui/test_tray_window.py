"""The control window, and the tray in the loop of Tk: what stands in for the icon."""

import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta

import pytest
from PIL import Image

from tests.support.bus import Peer
from tests.support.clip import clipped
from tests.support.display import Display, missing_programs, panel
from tests.support.mails import NOON, a_rule, an_item
from tests.support.tk import until_tk
from tests.support.tray import (
    IDLE,
    ITEM,
    NAME,
    NEEDS,
    a_menu,
    click,
    number_of,
    pictures,
)
from traymail.core.errors import StateError
from traymail.core.events import ItemChanged, PauseChanged
from traymail.core.kinds import ALL
from traymail.core.outbox import State
from traymail.core.overview import Overview
from traymail.core.settings import Settings
from traymail.core.texts import text
from traymail.desktop.clock import SystemClock
from traymail.desktop.requests import Bubble
from traymail.ui.bridge import Background, Bridge
from traymail.ui.icons import TRAY_SIZES, tray_images
from traymail.ui.model.menu import Choice, Do, MenuItem, SwitchRule
from traymail.ui.model.tray import Icon, Shown
from traymail.ui.theme import Root
from traymail.ui.tray.control_window import ControlWindow
from traymail.ui.tray.controller import TrayController, make_tray
from traymail.ui.tray.loop import TkLoop
from traymail.ui.tray.port import TrayParts, Waits
from traymail.ui.tray.pystray_tray import PystrayTray
from traymail.ui.widgets import Button

RULES = (a_rule("Scans"), a_rule("A & B", enabled=False))
MANY = tuple(a_rule(f"rule {number}") for number in range(12))


def rows(window: ControlWindow) -> dict[str, Button]:
    found: dict[str, Button] = {}
    waiting = list(window.winfo_children())
    while waiting:
        widget = waiting.pop(0)
        if isinstance(widget, Button):
            found[str(widget.cget("text")).strip()] = widget
        waiting.extend(widget.winfo_children())
    return found


@pytest.fixture
def chosen() -> list[Choice]:
    return []


@pytest.fixture
def window(root: Root, chosen: list[Choice]) -> ControlWindow:
    made = ControlWindow(root, chosen.append)
    made.show(IDLE)
    made.set_menu(a_menu(*RULES, needs=1))
    made.reveal()
    until_tk(root, made.winfo_viewable, what="the window")
    return made


def test_the_rows_are_the_menu_and_do_what_they_say(
    window: ControlWindow, chosen: list[Choice]
) -> None:
    found = rows(window)
    assert list(found) == [
        "Quick send…",
        "Send clipboard",
        "Scans",
        "A & B",
        "Pause",
        "Outbox… (1 needs you)",
        "Settings…",
        "Help and diagnosis…",
        "Quit",
    ]
    for words, row in found.items():
        if words != "Pause":
            row.invoke()
    assert chosen == [
        Do.QUICK_SEND,
        Do.SEND_CLIPBOARD,
        SwitchRule("Scans", enabled=False),
        SwitchRule("A & B", enabled=True),
        Do.OUTBOX,
        Do.SETTINGS,
        Do.HELP,
        Do.QUIT,
    ]


def test_the_keyboard_moves_and_chooses(window: ControlWindow, chosen: list[Choice]) -> None:
    until_tk(window, lambda: window.focus_get() is rows(window)["Quick send…"])
    for key, words in (("<Down>", "Send clipboard"), ("<Up>", "Quick send…"), ("<Up>", "Quit")):
        focused = window.focus_get()
        assert focused is not None
        focused.event_generate(key)
        assert window.focus_get() is rows(window)[words]
    rows(window)["Quit"].event_generate("<Return>")
    assert chosen == [Do.QUIT]


def test_the_pause_has_its_three_ways(window: ControlWindow, chosen: list[Choice]) -> None:
    rows(window)["Pause"].invoke()
    menu = next(one for one in window.winfo_children() if one.winfo_class() == "Menu")
    labels = [str(menu.tk.call(menu, "entrycget", index, "-label")) for index in range(3)]
    assert labels == ["30 minutes", "Until tomorrow", "Until I resume"]
    for index in range(3):
        menu.tk.call(menu, "invoke", index)
    menu.tk.call(menu, "unpost")
    assert chosen == [Do.PAUSE_SHORT, Do.PAUSE_TOMORROW, Do.PAUSE]


def test_a_new_menu_keeps_the_keyboard_and_fits(window: ControlWindow, root: Root) -> None:
    rows(window)["Settings…"].focus_set()
    height = window.winfo_height()
    window.set_menu(a_menu(*RULES, a_rule("New"), paused=True))
    window.show(NEEDS)
    until_tk(root, lambda: window.winfo_height() > height, what="a higher window")
    until_tk(root, lambda: window.focus_get() is rows(window)["Settings…"], "the keyboard")
    assert {"New", "Resume", "Outbox…"} <= set(rows(window))
    assert window.title() == "2 mails need you"
    assert clipped(window) == []


def test_closing_it_ends_nothing(window: ControlWindow, root: Root, chosen: list[Choice]) -> None:
    window.event_generate("<Escape>")
    until_tk(root, lambda: not window.winfo_viewable())
    assert window.winfo_exists()
    assert chosen == []


# --- in the loop of Tk ----------------------------------------------------------------------------


@pytest.fixture
def loop(root: Root) -> Iterator[TkLoop]:
    bridge = Bridge(root)
    background = Background(bridge)
    yield TkLoop(root, bridge, background)
    background.close()
    bridge.close()


def test_without_a_panel_the_window_comes(root: Root, screen: Display, loop: TkLoop) -> None:
    del screen
    windows: list[ControlWindow] = []
    chosen: list[Choice] = []

    def make() -> ControlWindow:
        windows.append(ControlWindow(root, chosen.append))
        return windows[-1]

    parts = TrayParts(
        loop=loop,
        pictures=pictures,
        translate=str,
        on_choice=chosen.append,
        on_press=lambda _key, _button: None,
        make_window=make,
        waits=Waits(by_hand=0.1),
    )
    tray = make_tray(parts, login=False)
    tray.start(IDLE, a_menu())
    until_tk(root, lambda: windows and windows[0].winfo_viewable(), what="the window")
    rows(windows[0])["Quit"].invoke()
    assert chosen == [Do.QUIT]
    tray.stop()
    assert not windows[0].winfo_exists()


@pytest.mark.skipif(bool(missing_programs(panel=True)), reason="no panel here")
def test_in_a_panel_the_menu_works_inside_tk(root: Root, screen: Display, loop: TkLoop) -> None:
    chosen: list[Choice] = []
    parts = TrayParts(loop, tray_pictures, str, chosen.append, lambda _key, _button: None, failing)
    tray = make_tray(parts, login=False)
    with panel(screen), Peer(screen.env["DBUS_SESSION_BUS_ADDRESS"], root.update) as peer:
        tray.start(IDLE, a_menu(*RULES))
        until_tk(root, lambda: peer.owns(NAME), what="an icon")
        click(peer, number_of(peer, "Settings…"))
        peer.call(ITEM, "Activate", "ii", 0, 0)
        assert chosen == [Do.SETTINGS, Do.QUICK_SEND]
        sizes = [wide for wide, _, _ in peer.get(ITEM, "IconPixmap")]
        assert sizes == list(TRAY_SIZES)
        tray.stop()
        until_tk(root, lambda: not peer.owns(NAME), what="the end of the icon")


def tray_pictures(icon: Icon) -> Sequence[Image.Image]:
    return tray_images(icon.value, "dark")


def failing() -> ControlWindow:
    raise AssertionError("a window in spite of the panel")


class Recorder:
    """A tray that notes what it is told."""

    def __init__(self) -> None:
        self.icons: list[Icon] = []
        self.tips: list[str] = []
        self.menus: list[tuple[MenuItem, ...]] = []

    def start(self, shown: Shown, entries: tuple[MenuItem, ...]) -> None:
        self.show(shown)
        self.set_menu(entries)

    def show(self, shown: Shown) -> None:
        self.icons.append(shown.icon)
        self.tips.append(str(shown.tip))

    def set_menu(self, entries: tuple[MenuItem, ...]) -> None:
        self.menus.append(entries)

    def notify(self, bubble: Bubble) -> None:
        raise AssertionError(bubble)

    def withdraw(self, key: str) -> None:
        raise AssertionError(key)

    def repaint(self) -> None:
        self.icons.append(self.icons[-1])

    in_window = False

    def reveal(self) -> None:
        """Nothing to reveal."""

    def stop(self) -> None:
        """Nothing to stop."""


class Counts:
    """The part of the program that the controller asks."""

    def __init__(self) -> None:
        self.counts: dict[State, int] = {}
        self.asked = 0
        self.broken = False

    def overview(self) -> Overview:
        assert threading.current_thread() is not threading.main_thread()
        self.asked += 1
        if self.broken:
            raise StateError(text("The disk is full."))
        return Overview(Settings(rules=RULES), {}, {}, dict(self.counts), False, None, kinds=ALL)


@contextmanager
def kept(root: Root, loop: TkLoop, counts: Counts) -> Iterator[tuple[TrayController, Recorder]]:
    recorder = Recorder()
    bridge = Bridge(root)
    background = Background(bridge)
    controller = TrayController(loop, background, counts.overview, recorder, SystemClock())
    controller.start(Overview(Settings(rules=RULES), {}, {}, {}, False, None, kinds=ALL))
    yield controller, recorder
    controller.close()
    background.close()
    bridge.close()


def test_the_keeper_follows_what_happens(root: Root, loop: TkLoop) -> None:
    counts = Counts()
    with kept(root, loop, counts) as (controller, tray):
        assert tray.tips == ["traymail: idle"]
        controller.hear(ItemChanged(an_item(id=1, state=State.SENDING)))
        until_tk(root, lambda: tray.icons[-1] is Icon.SENDING)
        counts.counts = {State.FAILED: 2}
        for _ in range(20):
            controller.hear(ItemChanged(an_item(id=1, state=State.FAILED)))
        until_tk(root, lambda: tray.icons[-1] is Icon.ATTENTION)
        assert tray.tips[-1] == "2 mails need you"
        assert [str(entry.label) for entry in tray.menus[-1]][7] == "Outbox… (2 need you)"
        # Twenty events, a look or two.
        assert counts.asked < 10


def test_the_keeper_tells_a_pause_at_once(root: Root, loop: TkLoop) -> None:
    counts = Counts()
    with kept(root, loop, counts) as (controller, tray):
        controller.hear(PauseChanged(paused=True, until=NOON + timedelta(hours=1)))
        assert tray.icons[-1] is Icon.PAUSED
        until_tk(root, lambda: counts.asked)


def test_the_keeper_survives_a_look_that_fails(root: Root, loop: TkLoop) -> None:
    counts = Counts()
    counts.broken = True
    with kept(root, loop, counts) as (controller, tray):
        controller.refresh()
        until_tk(root, lambda: tray.icons[-1] is Icon.ATTENTION)
        assert tray.tips[-1] == "The disk is full."
        counts.broken = False
        counts.counts = {State.UNKNOWN: 1}
        controller.refresh()
        until_tk(root, lambda: tray.tips[-1] == "1 mail needs you")


def test_pystray_gets_the_same_menu(
    root: Root, loop: TkLoop, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Without a panel of its own: it shows nothing, but builds menus and calls back.
    monkeypatch.setenv("PYSTRAY_BACKEND", "dummy")
    chosen: list[Choice] = []
    window = ControlWindow(root, chosen.append)
    parts = TrayParts(
        loop, pictures, str, chosen.append, lambda _key, _button: None, lambda: window
    )
    tray = PystrayTray(parts)
    # The dummy has nothing to draw a menu on.
    monkeypatch.setattr(type(tray.icon), "_update_menu", lambda _icon: None)  # see below
    tray.show(IDLE)
    tray.show(NEEDS)
    tray.set_menu(a_menu(*RULES))
    icon = tray.icon  # what pystray holds is what its panels show
    assert icon.title == "2 mails need you\nThe rule <b> fails"
    assert icon.icon.size == (48, 48)
    items = list(icon.menu.items)
    assert [str(item.text) for item in items][:2] == ["Quick send…", "Send clipboard"]
    assert [item.checked for item in items[3:5]] == [True, False]
    assert [str(item.text) for item in items[5].submenu.items][2] == "Until I resume"
    assert items[0].default
    icon()  # a left click
    items[3](icon)
    items[5].submenu.items[2](icon)
    until_tk(root, lambda: len(chosen) == 3)
    assert chosen == [Do.QUICK_SEND, SwitchRule("Scans", enabled=False), Do.PAUSE]
    assert os.environ["PYSTRAY_BACKEND"] == "dummy"
