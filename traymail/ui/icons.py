"""The pictures of the program: tray icons for each state and panel, and the window icon.

They were drawn from the SVGs once (installer/draw_icons.py) and come as PNGs with the package.
"""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path
from typing import Literal

from PIL import Image, ImageTk

from traymail.desktop.paths import drawn_icons
from traymail.ui.theme import Root

TrayState = Literal["idle", "sending", "paused", "attention"]
Panel = Literal["light", "dark", "any"]
"""What an icon is drawn for; "any" is an outlined one, for a panel of which nothing is known."""
TRAY_SIZES = (16, 20, 22, 24, 32, 48)
WINDOW_SIZES = (16, 24, 32, 48, 64, 128, 256)


def tray_image(state: TrayState, panel: Panel, size: int) -> Image.Image:
    """Return the tray icon (RGBA) for a panel, drawn for one of TRAY_SIZES."""
    return _picture(f"tray-on-{panel}-{state}-{size}.png")


def tray_images(state: TrayState, panel: Panel) -> tuple[Image.Image, ...]:
    """Return the tray icon in all TRAY_SIZES, smallest first."""
    return tuple(tray_image(state, panel, size) for size in TRAY_SIZES)


def icon_file(kind: Literal["ico", "icns"]) -> Path:
    """Return the program's icon as a file for Windows or macOS."""
    return drawn_icons() / f"traymail.{kind}"


def notice_icon() -> str:
    """Return the path of the picture that stands in notifications."""
    return str(drawn_icons() / "traymail-48.png")


def window_icons(root: Root) -> None:
    """Give all windows of ``root`` the program's icon, once."""
    if root.icon_pictures is not None:
        return
    if sys.platform == "win32":
        root.tk.call("wm", "iconbitmap", ".", "-default", str(icon_file("ico")))
        root.icon_pictures = ()
        return
    pictures = tuple(
        ImageTk.PhotoImage(_picture(f"traymail-{size}.png"), master=root)
        for size in reversed(WINDOW_SIZES)
    )
    root.icon_pictures = pictures
    root.tk.call("wm", "iconphoto", ".", "-default", *map(str, pictures))


def window_icon(size: int) -> Image.Image:
    """Return the program's icon (RGBA), ``size`` pixels wide and high."""
    drawn = next((one for one in WINDOW_SIZES if one >= size), WINDOW_SIZES[-1])
    picture = _picture(f"traymail-{drawn}.png")
    return picture if drawn == size else picture.resize((size, size), Image.Resampling.LANCZOS)


@cache
def _picture(name: str) -> Image.Image:
    with Image.open(drawn_icons() / name) as picture:
        return picture.convert("RGBA")
