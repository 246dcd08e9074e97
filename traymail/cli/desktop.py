"""`traymail desktop`: an entry in the menu, for those who came by pip, pipx or uv."""

from __future__ import annotations

import sys

import click

from traymail.cli.session import Session
from traymail.cli.words import command, group, option
from traymail.core.errors import DesktopError
from traymail.core.texts import text
from traymail.desktop.menu_entry import MenuEntry

_ELSEWHERE = {
    "win32": text("The set-up program of traymail makes the entry in the Start menu."),
    "darwin": text("The application for the Dock is made by installer/macos in the sources."),
}


@group("desktop", text("Put traymail into the menu of the desktop."))
def desktop() -> None:
    """Hold the commands below."""


@command(
    "install",
    text(
        "Make an entry in the menu, with its icon.\n\n"
        "Browsers then offer traymail for mailto: links. A package of your system has brought its "
        "own entry along."
    ),
)
@option("--mailto", text("Also make it the program that opens mailto: links."), is_flag=True)
@click.pass_obj
def install(session: Session, /, *, mailto: bool) -> None:
    """Write the entry."""
    entry = _entry(session)
    brought = entry.of_package()
    if brought is None:
        entry.install()
        session.say(text("traymail is in the menu of the desktop: {path}", path=entry.file))
    else:
        session.say(text("The menu has traymail already: {path}", path=brought))
    if mailto:
        entry.open_links()
        session.say(text("traymail opens mailto: links."))


@command("remove", text("Remove the entry and its icon."))
@click.pass_obj
def remove(session: Session, /) -> None:
    """Remove the entry."""
    if _entry(session).remove():
        session.say(text("The entry in the menu of the desktop is removed."))
    else:
        session.say(text("There is no entry of yours in the menu of the desktop."))


def _entry(session: Session) -> MenuEntry:
    if sys.platform in _ELSEWHERE:
        raise DesktopError(
            text("This command is for the menus of Linux desktops."), _ELSEWHERE[sys.platform]
        )
    return MenuEntry(session.home, session.environ)


for each in (install, remove):
    desktop.add_command(each)
