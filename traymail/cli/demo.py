"""`traymail demo`: everything on this computer, without an account."""

from __future__ import annotations

import click

from traymail.cli import endings
from traymail.cli.session import Session
from traymail.cli.words import command, option
from traymail.core.texts import text


@command(
    "demo",
    text(
        "Try traymail on this computer, without an account.\n\n"
        "It plays the four uses against a mail server of its own and tells each arrival."
    ),
)
@option("--tour", text("Play by itself and end."), is_flag=True)
@click.pass_obj
def demo(session: Session, /, *, tour: bool) -> int:
    """Play the tour, which is all that can be shown without windows."""
    from traymail.demo.tour import tour as play

    del tour
    arrived = play(session.environ, session.language, session.say)
    return endings.OK if arrived else endings.UNAVAILABLE
