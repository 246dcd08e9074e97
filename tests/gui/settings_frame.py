"""The settings window around one page, for the pictures and the clip test: it asks nobody."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from dataclasses import dataclass

from traymail.core.events import Event
from traymail.core.texts import Text, text
from traymail.ui.dialogs.accounts import AccountsPage
from traymail.ui.dialogs.general import GeneralPage
from traymail.ui.dialogs.groups import GroupsPage
from traymail.ui.dialogs.rules import RulesPage
from traymail.ui.dialogs.settings import Link, SettingsWindow
from traymail.ui.theme import Root

LINKS = (
    Link(text("Outbox"), "inboxes", lambda: None),
    Link(text("Help and diagnosis"), "activity", lambda: None),
)


@dataclass
class StillPage:
    """A page that is built and never told of anything."""

    name: str
    title: Text
    icon: str
    make: Callable[[tk.Misc], tk.Widget] = tk.Frame

    def build(self, parent: tk.Misc) -> tk.Widget:
        return self.make(parent)

    def on_show(self) -> None:
        pass

    def on_event(self, event: Event) -> None:
        pass


def in_settings(root: Root, name: str, build: Callable[[tk.Misc], tk.Widget]) -> SettingsWindow:
    """Return the window at the page of this name, which is built so; of the others, the rows."""
    pages = [
        StillPage(kind.name, kind.title, kind.icon, build if kind.name == name else tk.Frame)
        for kind in (AccountsPage, RulesPage, GroupsPage, GeneralPage)
    ]
    window = SettingsWindow(root, pages, LINKS)
    window.turn(name)
    return window
