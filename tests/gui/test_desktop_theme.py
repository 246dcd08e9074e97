"""The desktop turns dark or light while windows are open: they and the icon follow."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import tkinter as tk
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.gui.office import Office, enter, office
from tests.support.display import Display
from tests.support.homes import Home
from tests.support.portald import portal
from tests.support.tray import ITEM
from traymail.ui.icons import Panel, tray_images
from traymail.ui.model.tray import Icon
from traymail.ui.palette import PALETTES, Mode
from traymail.ui.tray.status_notifier import pixmap

NOTHING = "version = 1\n"


@pytest.fixture
def desk(desktop: Display, home: Home, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    enter(desktop, monkeypatch)
    monkeypatch.delenv("XDG_CURRENT_DESKTOP", raising=False)
    with office(home, NOTHING) as made:
        yield made


def wears(desk: Office, window: tk.Toplevel, mode: Mode, panel: Panel = "any") -> bool:
    """Tell whether a window is in these colours, and the icon for such a panel."""
    return str(window.cget("background")) == PALETTES[mode].bg and icon_for(desk, panel)


def icon_for(desk: Office, panel: Panel) -> bool:
    """Tell whether the icon is the one for such a panel."""
    icon = [tuple(one) for one in desk.peer.get(ITEM, "IconPixmap")]
    return icon == [pixmap(one) for one in tray_images(Icon.IDLE.value, panel)]


def test_open_windows_follow_the_portal(desk: Office, desktop: Display) -> None:
    window = desk.window("Welcome to traymail")
    desk.until(partial(wears, desk, window, "light"), "light, as nobody says otherwise")
    with portal(desktop.env["DBUS_SESSION_BUS_ADDRESS"], 1) as user:
        desk.until(partial(wears, desk, window, "dark"), "dark, once the portal is there")
        user.prefer(2)
        desk.until(partial(wears, desk, window, "light"), "light")
        user.prefer(1)
        desk.until(partial(wears, desk, window, "dark"), "dark")


def test_a_theme_that_was_chosen_stays(desk: Office, desktop: Display) -> None:
    window = desk.window("Welcome to traymail")
    desk.live.services.program.set_general("theme", "light")
    desk.until(
        lambda: desk.live.services.program.overview().settings.theme == "light", "the choice"
    )
    with portal(desktop.env["DBUS_SESSION_BUS_ADDRESS"], 1):
        desk.until(
            lambda: desk.shell.appearance.modes.windows == "dark", "that the desktop is dark"
        )
        assert str(window.cget("background")) == PALETTES["light"].bg
        desk.live.services.program.set_general("theme", "system")
        desk.until(partial(wears, desk, window, "dark"), "dark")


def test_a_dark_panel_of_xfce_gets_a_light_icon(
    desktop: Display, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    enter(desktop, monkeypatch)
    monkeypatch.setenv("XDG_CURRENT_DESKTOP", "XFCE")
    xfconf = ["xfconf-query", "--channel", "xfce4-panel", "--property", "/panels/dark-mode"]

    def set_dark(dark: str) -> None:
        subprocess.run(
            [*xfconf, "--create", "--type", "bool", "--set", dark], check=True, env=desktop.env
        )

    set_dark("true")
    try:
        with office(home, NOTHING) as desk:
            window = desk.window("Welcome to traymail")
            desk.until(lambda: icon_for(desk, "dark"), "the icon for a dark panel")
            assert str(window.cget("background")) == PALETTES["light"].bg
            with portal(desktop.env["DBUS_SESSION_BUS_ADDRESS"], 2) as user:
                set_dark("false")
                desk.until(lambda: icon_for(desk, "light"), "the icon for a light panel")
                set_dark("true")
                desk.until(lambda: icon_for(desk, "dark"), "the icon for a dark panel")
                # What the windows wear says nothing of the panel.
                user.prefer(1)
                desk.until(partial(wears, desk, window, "dark", "dark"), "dark windows")
                user.prefer(2)
                bg = PALETTES["light"].bg
                desk.until(lambda: str(window.cget("background")) == bg, "light windows")
                assert icon_for(desk, "dark")
    finally:
        subprocess.run([*xfconf, "--reset"], check=True, env=desktop.env)


@pytest.mark.parametrize(
    ("chosen", "panel"), [("light", "dark"), ("dark", "light"), ("outlined", "any")]
)
def test_an_icon_that_was_chosen_stays(desk: Office, chosen: str, panel: Panel) -> None:
    assert icon_for(desk, "any")
    desk.live.services.program.set_general("tray_icon", chosen)
    desk.until(lambda: icon_for(desk, panel), f"the icon “{chosen}”")
    desk.live.services.program.set_general("tray_icon", "auto")
    desk.until(lambda: icon_for(desk, "any"), "the icon for any panel")


def test_a_mac_is_asked_whenever_a_window_opens(
    desk: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = desk.window("Welcome to traymail")
    answer = tmp_path / "answer"
    command = tmp_path / "bin" / "defaults"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\n[ "$*" = "read -g AppleInterfaceStyle" ] && cat "{answer}"\n')
    command.chmod(command.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{command.parent}:{os.environ['PATH']}")
    monkeypatch.setattr(sys, "platform", "darwin")
    answer.write_text("Dark\n")
    desk.choose("Outbox…")
    desk.window("Outbox")
    desk.until(partial(wears, desk, window, "dark", "dark"), "dark")
    # A light one has no such key.
    answer.unlink()
    desk.choose("Help and diagnosis…")
    desk.until(partial(wears, desk, window, "light", "light"), "light")
