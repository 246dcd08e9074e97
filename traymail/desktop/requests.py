"""What is asked of a desktop, whichever it is: a notification, a file dialog."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from traymail.core.texts import Text


@dataclass(frozen=True, slots=True)
class Bubble:
    """One notification, in words. A later one of the same ``key`` takes its place.

    ``buttons``: name and label. ``passing``: left out while the desktop wants quiet, and not kept.
    ``click``: what a click on it does, which some servers draw as one more button; "" does nothing.
    """

    key: str
    title: str
    body: str = ""
    buttons: tuple[tuple[str, str], ...] = ()
    passing: bool = False
    click: str = ""


DEFAULT = "default"
"""The button that is the notification itself."""


class Aim(Enum):
    """What is to be chosen."""

    FILE = "file"
    FILES = "files"
    FOLDER = "folder"
    SAVE = "save"


@dataclass(frozen=True, slots=True)
class WantedFile:
    """One dialog. ``folder``: where it begins; ``name``: how the file is called, to be saved.

    ``kind``: what is shown, as a name and patterns such as ``*.toml``; None: everything.
    ``window``: whose dialog it is, as portals name windows.
    """

    aim: Aim
    title: Text | str
    folder: Path | None = None
    name: str = ""
    kind: tuple[str, tuple[str, ...]] | None = None
    window: str = ""
