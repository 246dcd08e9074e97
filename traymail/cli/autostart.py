"""`traymail autostart`: starts with the desktop session, or not."""

from __future__ import annotations

import click

from traymail.cli.session import Session
from traymail.cli.words import command, group
from traymail.core.texts import text


@group("autostart", text("Start with the desktop session."))
def autostart() -> None:
    """Hold the commands below."""


@command("on", text("Start traymail with the desktop session; no window opens."))
@click.pass_obj
def on(session: Session, /) -> None:
    """Switch it on."""
    session.app.autostart.set(on=True)
    session.say(text("traymail starts with the desktop session."))


@command("off", text("No longer start traymail with the desktop session."))
@click.pass_obj
def off(session: Session, /) -> None:
    """Switch it off."""
    session.app.autostart.set(on=False)
    session.say(text("traymail does not start with the desktop session."))


@command("status", text("Show whether traymail starts with the desktop session."))
@click.pass_obj
def status(session: Session, /) -> None:
    """Look."""
    if session.app.autostart.is_on():
        session.say(text("traymail starts with the desktop session."))
    else:
        session.say(text("traymail does not start with the desktop session."))


for each in (on, off, status):
    autostart.add_command(each)
