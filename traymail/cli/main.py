"""The command `traymail`: its options, the table of its commands, and the way errors end it."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence

import click

from traymail import __version__
from traymail.cli import endings
from traymail.cli.session import Session, prepare_streams
from traymail.cli.words import Group, option, speak
from traymail.core.texts import text
from traymail.desktop.language import LANGUAGES

NAME = "traymail"
COMPLETE = "_TRAYMAIL_COMPLETE"

# The commands, in the order of the help, and where they are: imported when they are asked for.
COMMANDS = {
    "send": "traymail.cli.send:send",
    "compose": "traymail.cli.compose:compose",
    "account": "traymail.cli.account:account",
    "doctor": "traymail.cli.doctor:doctor",
    "detect": "traymail.cli.doctor:detect",
    "rule": "traymail.cli.rule:rule",
    "outbox": "traymail.cli.outbox:outbox",
    "run": "traymail.cli.program:run",
    "status": "traymail.cli.program:status",
    "pause": "traymail.cli.program:pause",
    "resume": "traymail.cli.program:resume",
    "quit": "traymail.cli.program:quit_",
    "config": "traymail.cli.config:config",
    "autostart": "traymail.cli.autostart:autostart",
    "completion": "traymail.cli.housekeeping:completion",
    "purge": "traymail.cli.housekeeping:purge",
    "demo": "traymail.cli.demo:demo",
}


class LazyGroup(Group):
    """The group of COMMANDS."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in their order."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command."""
        del ctx
        place = COMMANDS.get(cmd_name)
        if place is None:
            return None
        module, _, attribute = place.partition(":")
        found: click.Command = getattr(importlib.import_module(module), attribute)
        return found

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Learn home and language first: help and errors are already told in it."""
        early = self._early(ctx, args)
        if not early.get("version"):
            session: Session = ctx.obj
            session.begin(
                _word(early.get("home")),
                _word(early.get("lang")),
                verbose=early.get("verbose") is True,
            )
        return super().parse_args(ctx, args)

    def _early(self, ctx: click.Context, args: list[str]) -> dict[str, object]:
        try:
            return dict(self.make_parser(ctx).parse_args(list(args))[0])
        except click.UsageError:
            return {}  # told by the second reading


def _word(value: object) -> str | None:
    return value if isinstance(value, str) else None


@click.command(
    NAME,
    cls=LazyGroup,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    help=text("The mail button of the desktop: quick mails, drop folders, log alerts.").msgid,
)
@option("--home", text("Keep everything in this folder."), metavar="DIR")
@option(
    "--lang",
    text("Speak this language."),
    type=click.Choice(["auto", *LANGUAGES]),
)
@option("-v", text("Write errors in full into the log."), "--verbose", is_flag=True)
@option(
    "--version",
    text("Show the version and exit."),
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=lambda ctx, _option, wanted: _show_version(ctx) if wanted else None,
)
@click.pass_context
def traymail(ctx: click.Context, /, **_early: object) -> int | None:
    """Start the tray program when no command is given."""
    if ctx.invoked_subcommand is not None:
        return None
    from traymail.cli.compose import start

    return start(ctx.obj)


def _show_version(ctx: click.Context) -> None:
    ctx.obj.say(f"{NAME} {__version__}")
    ctx.exit()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return the exit status; never raises."""
    prepare_streams()
    session = Session(os.environ)
    speak(session.language)
    if instruction := os.environ.get(COMPLETE):
        from click.shell_completion import shell_complete

        return shell_complete(traymail, {"obj": session}, NAME, COMPLETE, instruction)
    args = list(sys.argv[1:] if arguments is None else arguments)
    with (
        endings.told_to(session) as ending,
        traymail.make_context(NAME, args, obj=session) as ctx,
    ):
        ending.status = traymail.invoke(ctx) or endings.OK
    return ending.status
