"""The menu as panels ask for it: com.canonical.dbusmenu over the session bus.

An entry keeps its number as long as it is the same entry, and no number is used twice: a click
that crossed a change on its way does what was clicked, or nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import count
from typing import Any

from traymail.core.texts import Text, Translate
from traymail.desktop.bus import Bus
from traymail.ui.model.menu import Choice, MenuItem, MenuItemKind, flat
from traymail.ui.tray.exported import (
    BadCall,
    Exported,
    Interface,
    Method,
    Property,
    Signal,
    Variant,
)

PATH = "/MenuBar"
NAME = "com.canonical.dbusmenu"
ROOT = 0
# The version of the protocol that libdbusmenu has spoken since 2011.
VERSION = 3

Node = tuple[int, dict[str, Variant], list[tuple[str, Any]]]


class Numbers:
    """Numbers of entries, given once and for good. 0 is the menu itself."""

    def __init__(self) -> None:
        self._next = count(ROOT + 1)
        self._numbers: dict[str, int] = {}

    def of(self, entry: MenuItem) -> int:
        """Return the entry's number."""
        # What an id shows as may change (a name that is now a submenu): then it is another entry.
        key = f"{entry.kind.value} {entry.id}"
        if key not in self._numbers:
            self._numbers[key] = next(self._next)
        return self._numbers[key]


def properties(entry: MenuItem, translate: Translate) -> dict[str, Variant]:
    """Return what a panel is given of an entry, in the words of dbusmenu."""
    if entry.kind is MenuItemKind.SEPARATOR:
        return {"type": ("s", "separator")}
    told: dict[str, Variant] = {
        "label": ("s", label(entry.label, translate)),
        "enabled": ("b", entry.enabled),
        "visible": ("b", True),
    }
    if entry.kind is MenuItemKind.CHECK:
        told["toggle-type"] = ("s", "checkmark")
        told["toggle-state"] = ("i", int(entry.checked))
    if entry.kind is MenuItemKind.SUBMENU:
        told["children-display"] = ("s", "submenu")
    return told


def label(words: Text | str, translate: Translate) -> str:
    """Return a label's words; a single underscore would mark an access key."""
    shown = words if isinstance(words, str) else words.translated(translate)
    return shown.replace("_", "__")


class DBusMenu:
    """The object at `PATH`; `show` replaces what it offers."""

    def __init__(self, bus: Bus, on_choice: Callable[[Choice], None], translate: Translate) -> None:
        self._on_choice = on_choice
        self._translate = translate
        self._numbers = Numbers()
        self._entries: tuple[MenuItem, ...] = ()
        self._by_number: dict[int, MenuItem] = {}
        self._properties: dict[int, dict[str, Variant]] = {}
        self._revision = 1
        self._object = Exported(bus, PATH, self._interface())

    def show(self, entries: tuple[MenuItem, ...]) -> None:
        """Offer these entries; panels are told what has changed."""
        before, structure = self._properties, self._structure(self._entries)
        self._entries = entries
        self._by_number = {self._numbers.of(entry): entry for entry in flat(entries)}
        self._properties = {
            number: properties(entry, self._translate) for number, entry in self._by_number.items()
        }
        if self._structure(entries) != structure:
            self._revision += 1
            self._object.emit("LayoutUpdated", self._revision, ROOT)
            return
        self._tell_changes(before)

    def _structure(self, entries: Sequence[MenuItem]) -> tuple[object, ...]:
        return tuple((self._numbers.of(one), self._structure(one.children)) for one in entries)

    def _tell_changes(self, before: Mapping[int, Mapping[str, Variant]]) -> None:
        changed = [
            (number, {name: value for name, value in new.items() if before[number][name] != value})
            for number, new in self._properties.items()
            if new != before[number]
        ]
        if changed:
            # The kind of an entry never changes, so no property ever goes: the second list.
            self._object.emit("ItemsPropertiesUpdated", changed, [])

    # --- what panels ask --------------------------------------------------------------------------

    def _interface(self) -> Interface:
        return Interface(
            NAME,
            methods=(
                Method("GetLayout", ("i", "i", "as"), ("u", "(ia{sv}av)"), self._get_layout),
                Method("GetGroupProperties", ("ai", "as"), ("a(ia{sv})",), self._get_group),
                Method("GetProperty", ("i", "s"), ("v",), self._get_property),
                Method("Event", ("i", "s", "v", "u"), (), self._event),
                Method("EventGroup", ("a(isvu)",), ("ai",), self._event_group),
                Method("AboutToShow", ("i",), ("b",), self._about_to_show),
                Method("AboutToShowGroup", ("ai",), ("ai", "ai"), self._about_to_show_group),
            ),
            properties=(
                Property("Version", "u", lambda: VERSION),
                Property("TextDirection", "s", lambda: "ltr"),
                Property("Status", "s", lambda: "normal"),
                Property("IconThemePath", "as", list),
            ),
            signals=(
                Signal("ItemsPropertiesUpdated", ("a(ia{sv})", "a(ias)")),
                Signal("LayoutUpdated", ("u", "i")),
                Signal("ItemActivationRequested", ("i", "u")),
            ),
        )

    def _get_layout(self, number: int, depth: int, names: list[str]) -> tuple[int, Node]:
        """``depth``: how many levels below; negative: all. ``names``: none means every property."""
        return self._revision, self._node(self._known(number), number, depth, names)

    def _node(self, entry: MenuItem | None, number: int, depth: int, names: list[str]) -> Node:
        children = self._entries if entry is None else entry.children
        below = [] if depth == 0 else children
        nodes = [
            ("(ia{sv}av)", self._node(child, self._numbers.of(child), depth - 1, names))
            for child in below
        ]
        return number, self._told(number, names), nodes

    def _told(self, number: int, names: list[str]) -> dict[str, Variant]:
        every = self._properties.get(number, {"children-display": ("s", "submenu")})
        return {name: value for name, value in every.items() if not names or name in names}

    def _get_group(
        self, numbers: list[int], names: list[str]
    ) -> tuple[list[tuple[int, dict[str, Variant]]]]:
        wanted = numbers or [ROOT, *self._by_number]
        there = [number for number in wanted if number == ROOT or number in self._by_number]
        return ([(number, self._told(number, names)) for number in there],)

    def _get_property(self, number: int, name: str) -> tuple[Variant]:
        self._known(number)
        told = self._told(number, [])
        if name not in told:
            raise BadCall("org.freedesktop.DBus.Error.InvalidArgs", f"no property {name}")
        return (told[name],)

    def _event(self, number: int, kind: str, _data: Variant, _time: int) -> tuple[()]:
        entry = self._known(number)
        if kind == "clicked" and entry and entry.choice and entry.enabled:
            self._on_choice(entry.choice)
        return ()

    def _event_group(self, events: list[tuple[int, str, Variant, int]]) -> tuple[list[int]]:
        unknown = [event[0] for event in events if not self._is_known(event[0])]
        if events and len(unknown) == len(events):
            raise BadCall("org.freedesktop.DBus.Error.InvalidArgs", "no such entries")
        for event in events:
            if self._is_known(event[0]):
                self._event(*event)
        return (unknown,)

    def _about_to_show(self, number: int) -> tuple[bool]:
        self._known(number)
        return (False,)  # what is shown is always up to date

    def _about_to_show_group(self, numbers: list[int]) -> tuple[list[int], list[int]]:
        return [], [number for number in numbers if not self._is_known(number)]

    def _is_known(self, number: int) -> bool:
        return number == ROOT or number in self._by_number

    def _known(self, number: int) -> MenuItem | None:
        """Return an entry, None for the menu itself; raises BadCall."""
        if not self._is_known(number):
            raise BadCall("org.freedesktop.DBus.Error.InvalidArgs", f"no entry {number}")
        return self._by_number.get(number)
