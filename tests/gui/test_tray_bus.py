"""The icon and its menu on a real bus, asked as panels ask; the watcher is a peer on that bus."""

import shutil
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from jeepney import (
    DBusAddress,
    DBusErrorResponse,
    Message,
    Properties,
    new_method_call,
    new_signal,
)
from jeepney.io.blocking import open_dbus_connection

from tests.support.bus import Peer
from tests.support.mails import a_rule
from tests.support.tray import (
    IDLE,
    ITEM,
    MENU,
    NAME,
    NEEDS,
    Desk,
    Watcher,
    a_desk,
    a_menu,
    click,
    labels,
    layout,
    number_of,
)
from traymail.ui.model.menu import Do, MenuItem, MenuItemKind, SwitchRule, flat

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


@pytest.fixture
def panel(desk: Desk) -> Iterator[Watcher]:
    made = Watcher(desk.loop)
    yield made
    made.close()


@pytest.fixture
def shown(desk: Desk, peer: Peer, panel: Watcher) -> Desk:
    """A tray that a panel shows, with two rules."""
    desk.tray.start(IDLE, a_menu(a_rule("App_errors"), a_rule("Scans", enabled=False)))
    desk.loop.until(lambda: panel.registered, what="a registered icon")
    assert peer.owns(NAME)
    return desk


# What anybody on the bus may say, and nobody should.
MISSHAPEN: list[tuple[str, str, str | None, tuple[Any, ...]]] = [
    (interface, member, signature, body)
    for interface, member in (
        ("org.kde.StatusNotifierWatcher", "StatusNotifierItemUnregistered"),
        ("org.freedesktop.Notifications", "ActionInvoked"),
        ("org.freedesktop.Notifications", "NotificationClosed"),
        ("org.freedesktop.portal.Settings", "SettingChanged"),
        ("org.freedesktop.portal.Request", "Response"),
    )
    for signature, body in (
        (None, ()),
        ("i", (5,)),
        ("as", (["x"],)),
        ("uu", (1, 2)),
        ("ua{sv}", (0, {"uris": ("s", "file:///x")})),
        ("a{sv}", ({},)),
    )
]


def test_what_is_said_wrongly_on_the_bus_harms_nothing(shown: Desk, peer: Peer, bus: str) -> None:
    with open_dbus_connection(bus) as stranger:
        for interface, member, signature, body in MISSHAPEN:
            emitter = DBusAddress("/org/freedesktop/portal/desktop", interface=interface)
            stranger.send(new_signal(emitter, member, signature, body))
            peer.call(ITEM, "Activate", "ii", 10, 20)
    assert shown.choices == [Do.QUICK_SEND] * len(MISSHAPEN)


# --- the item -------------------------------------------------------------------------------------


@pytest.mark.usefixtures("shown")
def test_a_panel_learns_what_to_show(peer: Peer) -> None:
    told = {name: value for name, (_, value) in peer.ask(Properties(ITEM).get_all())[0].items()}
    assert told["Id"] == "traymail"
    assert told["Category"] == "Communications"
    assert told["Status"] == "Active"
    assert told["Menu"] == "/MenuBar"
    assert told["ItemIsMenu"] is False
    assert told["ToolTip"] == ("", [], "traymail: idle", "")
    assert [(wide, high) for wide, high, _ in told["IconPixmap"]] == [(16, 16), (48, 48)]
    # Alpha, red, green, blue.
    assert told["IconPixmap"][0][2] == bytes((4, 1, 2, 3)) * 256


def test_a_change_of_state_is_told(shown: Desk, peer: Peer) -> None:
    peer.listen("org.kde.StatusNotifierItem")
    shown.tray.show(NEEDS)
    shown.loop.until(lambda: peer.heard("NewTitle"))
    assert peer.heard("NewStatus") == [("NeedsAttention",)]
    assert peer.heard("NewIcon") == peer.heard("NewToolTip") == [()]
    assert peer.get(ITEM, "AttentionIconPixmap")[0][2][:4] == bytes((128, 255, 0, 0))
    # The second text may be read as markup.
    assert peer.get(ITEM, "ToolTip")[2:] == ("2 mails need you", "The rule &lt;b&gt; fails")
    before = len(peer.signals)
    shown.tray.show(NEEDS)
    shown.loop.settle()
    peer.heard("")
    assert len(peer.signals) == before


@pytest.mark.parametrize("method", ["Activate", "SecondaryActivate"])
def test_a_click_on_the_icon_is_quick_send(shown: Desk, peer: Peer, method: str) -> None:
    peer.call(ITEM, method, "ii", 10, 20)
    assert shown.choices == [Do.QUICK_SEND]


def test_what_means_nothing_is_taken_in_peace(shown: Desk, peer: Peer) -> None:
    peer.call(ITEM, "ContextMenu", "ii", 10, 20)
    peer.call(ITEM, "Scroll", "is", 1, "vertical")
    assert shown.choices == []


CLICK = ("clicked", ("i", 0), 0)


@pytest.mark.usefixtures("shown")
@pytest.mark.parametrize(
    ("message", "error"),
    [
        (new_method_call(ITEM, "Activate", "s", ("x",)), "InvalidArgs"),
        (new_method_call(ITEM, "Nonsense"), "UnknownMethod"),
        (new_method_call(MENU, "GetLayout", "i", (0,)), "InvalidArgs"),
        (new_method_call(MENU, "GetLayout", "iias", (999, -1, [])), "InvalidArgs"),
        (new_method_call(MENU, "Event", "isvu", (999, *CLICK)), "InvalidArgs"),
        (new_method_call(MENU, "EventGroup", "a(isvu)", ([(999, *CLICK)],)), "InvalidArgs"),
        (new_method_call(MENU, "GetProperty", "is", (0, "label")), "InvalidArgs"),
        (new_method_call(MENU, "AboutToShow", "i", (999,)), "InvalidArgs"),
        (new_method_call(DBusAddress("/", NAME, "a.b"), "Get"), "UnknownObject"),
        (Properties(ITEM).get("Nonsense"), "UnknownProperty"),
        (Properties(DBusAddress(ITEM.object_path, NAME, "a.b")).get("Id"), "UnknownInterface"),
        (Properties(ITEM).set("Id", "s", "x"), "PropertyReadOnly"),
    ],
)
def test_nonsense_is_refused(peer: Peer, message: Message, error: str) -> None:
    with pytest.raises(DBusErrorResponse) as caught:
        peer.ask(message)
    assert caught.value.name == f"org.freedesktop.DBus.Error.{error}"


@pytest.mark.usefixtures("shown")
@pytest.mark.parametrize("path", ["/StatusNotifierItem", "/MenuBar"])
def test_the_introspection_tells_all(peer: Peer, path: str) -> None:
    asked = DBusAddress(path, NAME, "org.freedesktop.DBus.Introspectable")
    tree = ET.fromstring(peer.call(asked, "Introspect")[0])  # noqa: S314 # our own answer
    own = tree.find("interface")
    assert own is not None
    kinds = {kind: len(own.findall(kind)) for kind in ("method", "property", "signal")}
    assert kinds == (
        {"method": 4, "property": 16, "signal": 6}
        if path == "/StatusNotifierItem"
        else {"method": 7, "property": 4, "signal": 3}
    )
    peer.call(DBusAddress(path, NAME, "org.freedesktop.DBus.Peer"), "Ping")


# --- the menu -------------------------------------------------------------------------------------


@pytest.mark.usefixtures("shown")
def test_the_menu_comes_as_promised(peer: Peer) -> None:
    assert labels(layout(peer)[1]) == [
        "",
        ["Quick send…"],
        ["Send clipboard"],
        ["separator"],
        ["App__errors"],
        ["Scans"],
        ["Pause", ["30 minutes"], ["Until tomorrow"], ["Until I resume"]],
        ["separator"],
        ["Outbox…"],
        ["Settings…"],
        ["Help and diagnosis…"],
        ["separator"],
        ["Quit"],
    ]


def test_every_entry_does_what_it_says(shown: Desk, peer: Peer) -> None:
    entries = a_menu(a_rule("App_errors"), a_rule("Scans", enabled=False))
    wanted = [entry.choice for entry in flat(entries) if entry.choice is not None]
    for entry in flat(entries):
        if entry.choice is not None:
            click(peer, number_of(peer, str(entry.label).replace("_", "__")))
    assert shown.choices == wanted
    assert SwitchRule("App_errors", enabled=False) in wanted
    assert SwitchRule("Scans", enabled=True) in wanted


def test_only_a_click_on_an_entry_does_anything(shown: Desk, peer: Peer) -> None:
    quit_number = number_of(peer, "Quit")
    for kind in ("opened", "hovered", "closed"):
        click(peer, quit_number, kind)
    click(peer, 0)
    click(peer, number_of(peer, "Pause"))
    separator = layout(peer)[1][2][2][1]
    assert separator[1] == {"type": ("s", "separator")}
    click(peer, separator[0])
    assert shown.choices == []


def test_a_group_of_events_tells_what_it_did_not_find(shown: Desk, peer: Peer) -> None:
    events = [(number, "clicked", ("i", 0), 0) for number in (number_of(peer, "Quit"), 999)]
    assert peer.call(MENU, "EventGroup", "a(isvu)", events) == ([999],)
    assert shown.choices == [Do.QUIT]
    assert peer.call(MENU, "AboutToShow", "i", 0) == (False,)
    assert peer.call(MENU, "AboutToShowGroup", "ai", [0, 999]) == ([], [999])


@pytest.mark.usefixtures("shown")
def test_depth_and_names_are_respected(peer: Peer) -> None:
    assert layout(peer, 0, 0)[1][2] == []
    pause = number_of(peer, "Pause")
    top = {child[0]: child for _, child in layout(peer, 0, 1, "label")[1][2]}
    assert top[pause] == (pause, {"label": ("s", "Pause")}, [])
    assert len(layout(peer, pause, 1)[1][2]) == 3
    number = number_of(peer, "Scans")
    assert peer.call(MENU, "GetProperty", "is", number, "toggle-state") == (("i", 0),)
    wanted = [number, 999]
    assert peer.call(MENU, "GetGroupProperties", "aias", wanted, ["toggle-state", "label"]) == (
        [(number, {"label": ("s", "Scans"), "toggle-state": ("i", 0)})],
    )
    every = peer.call(MENU, "GetGroupProperties", "aias", [], [])[0]
    assert len(every) == len(list(flat(a_menu(a_rule("a"), a_rule("b"))))) + 1
    assert every[0] == (0, {"children-display": ("s", "submenu")})


def test_a_check_mark_changes_without_a_new_layout(shown: Desk, peer: Peer) -> None:
    peer.listen("com.canonical.dbusmenu")
    number = number_of(peer, "Scans")
    revision = layout(peer)[0]
    shown.tray.set_menu(a_menu(a_rule("App_errors"), a_rule("Scans"), needs=1))
    told = shown.loop.until(lambda: peer.heard("ItemsPropertiesUpdated"))
    assert told == [
        (
            [
                (number, {"toggle-state": ("i", 1)}),
                (
                    number_of(peer, "Outbox… (1 needs you)"),
                    {"label": ("s", "Outbox… (1 needs you)")},
                ),
            ],
            [],
        )
    ]
    assert peer.heard("LayoutUpdated") == []
    assert layout(peer)[0] == revision
    click(peer, number)
    assert shown.choices == [SwitchRule("Scans", enabled=False)]


def test_another_language_is_told_of_the_same_entries(shown: Desk, peer: Peer) -> None:
    peer.listen("com.canonical.dbusmenu")
    shown.catalogue["Quit"] = "退出"
    shown.tray.set_menu(a_menu(a_rule("App_errors"), a_rule("Scans", enabled=False)))
    [(changed, gone)] = shown.loop.until(lambda: peer.heard("ItemsPropertiesUpdated"))
    assert [properties for _, properties in changed] == [{"label": ("s", "退出")}]
    assert gone == []


def test_a_click_that_crossed_a_change_does_nothing_else(shown: Desk, peer: Peer) -> None:
    peer.listen("com.canonical.dbusmenu")
    gone, kept = number_of(peer, "Scans"), number_of(peer, "Quit")
    revision = layout(peer)[0]
    shown.tray.set_menu(a_menu(a_rule("New"), paused=True))
    assert shown.loop.until(lambda: peer.heard("LayoutUpdated")) == [(revision + 1, 0)]
    with pytest.raises(DBusErrorResponse):
        click(peer, gone)
    click(peer, kept)
    click(peer, number_of(peer, "Resume"))
    assert shown.choices == [Do.QUIT, Do.RESUME]
    assert number_of(peer, "New") not in (gone, kept)


def test_many_rules_come_in_a_submenu(shown: Desk, peer: Peer) -> None:
    rules = [a_rule(f"rule {number}") for number in range(13)]
    shown.tray.set_menu(a_menu(*rules))
    parent = number_of(peer, "Rules")
    assert len(layout(peer, parent)[1][2]) == 13
    click(peer, number_of(peer, "rule 12"))
    assert shown.choices == [SwitchRule("rule 12", enabled=False)]


def test_a_disabled_entry_cannot_be_chosen(shown: Desk, peer: Peer) -> None:
    shown.tray.set_menu(
        (MenuItem("quit", MenuItemKind.ACTION, "Quit now", Do.QUIT, enabled=False),)
    )
    click(peer, number_of(peer, "Quit now"))
    assert shown.choices == []
