"""`traymail demo`: everything on this computer, without an account."""

from __future__ import annotations

import click

from traymail.cli import endings
from traymail.cli.session import Session
from traymail.cli.words import command, option
from traymail.core.errors import DesktopError
from traymail.core.texts import text


@command(
    "demo",
    text(
        "Try traymail on this computer, without an account.\n\n"
        "With a display: tray, windows, and an inbox that shows what arrives at a mail "
        "server of its own. Without one: the four uses, one after another, with a report of "
        "each mail that arrives."
    ),
)
@option("--tour", text("Run by itself, then exit."), is_flag=True)
@click.pass_obj
def demo(session: Session, /, *, tour: bool) -> int:
    """Rehearse with windows, or play the tour where none can be opened."""
    if not tour:
        try:
            return _rehearse(session)
        except DesktopError as error:
            session.note(error.title)
    from traymail.demo.tour import tour as play

    arrived = play(session.environ, session.language, session.say)
    return endings.OK if arrived else endings.UNAVAILABLE


def _rehearse(session: Session) -> int:
    """Run with windows until the user ends it; raises DesktopError where none can be opened."""
    from traymail.desktop.display import check_display

    check_display(session.environ)
    from traymail.demo.rehearsal import RealProgram, rehearse

    real = RealProgram(session.app.instance, session.program_command())
    return rehearse(session.environ, session.language, session.say, real)
