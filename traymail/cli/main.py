"""The command `traymail`: its options, the table of its commands, and the way errors end it."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence
from contextlib import redirect_stderr
from io import StringIO
from typing import TYPE_CHECKING

import click

from traymail import __version__
from traymail.cli import endings
from traymail.cli.session import Session, prepare_streams
from traymail.cli.words import CommandGroup, folders, option, speak, translated
from traymail.core.languages import LANGUAGES
from traymail.core.texts import Text, text

if TYPE_CHECKING:
    from traymail.running.kind import GetRunningKinds

NAME = "traymail"
COMPLETE = "_TRAYMAIL_COMPLETE"

# The commands, in the groups and the order of the help, and where they are: imported when they
# are asked for.
SECTIONS: tuple[tuple[Text, dict[str, str]], ...] = (
    (
        text("Send"),
        {
            "send": "traymail.cli.send:send",
            "compose": "traymail.cli.compose:compose",
            "sendmail": "traymail.cli.sendmail:sendmail",
        },
    ),
    (text("Rules"), {"rule": "traymail.cli.rule:rule"}),
    (text("Outbox"), {"outbox": "traymail.cli.outbox:outbox"}),
    (
        text("Program"),
        {
            "run": "traymail.cli.program:run",
            "status": "traymail.cli.program:status",
            "pause": "traymail.cli.program:pause",
            "resume": "traymail.cli.program:resume",
            "quit": "traymail.cli.program:quit_",
            "demo": "traymail.cli.demo:demo",
        },
    ),
    (
        text("Set-up"),
        {
            "account": "traymail.cli.account:account",
            "detect": "traymail.cli.doctor:detect",
            "doctor": "traymail.cli.doctor:doctor",
            "config": "traymail.cli.config:config",
            "autostart": "traymail.cli.autostart:autostart",
            "desktop": "traymail.cli.desktop:desktop",
            "completion": "traymail.cli.housekeeping:completion",
            "purge": "traymail.cli.housekeeping:purge",
        },
    ),
)
COMMANDS = {name: place for _title, names in SECTIONS for name, place in names.items()}


class LazyGroup(CommandGroup):
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

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands under the titles of their groups, in one column over all of them."""
        widest = max(map(len, COMMANDS))
        for title, names in SECTIONS:
            rows = []
            for name in names:
                command = self.require_command(ctx, name)
                rows.append((name.ljust(widest), command.get_short_help_str()))
                if isinstance(command, CommandGroup):
                    rows.append(("", ", ".join(command.list_commands(ctx))))
            with formatter.section(translated(title.msgid)):
                formatter.write_dl(rows)

    def require_command(self, ctx: click.Context, name: str) -> click.Command:
        """Return one of COMMANDS."""
        command = self.get_command(ctx, name)
        if command is None:
            raise LookupError(name)
        return command

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Learn home and language first: help and errors are already told in it."""
        early = self._early(ctx, args)
        if not early.get("version"):
            session: Session = ctx.obj
            session.begin(
                _word(early.get("home")),
                _word(early.get("lang")),
                verbose=early.get("verbose") is True and not ctx.resilient_parsing,
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
@option(
    "--home",
    text("Keep everything in this folder."),
    metavar="DIR",
    shell_complete=folders,
)
@option(
    "--lang",
    text("Use this language."),
    type=click.Choice(["auto", *LANGUAGES]),
)
@option("-v", text("Write errors in full to the log."), "--verbose", is_flag=True)
@option(
    "--version",
    text("Show the version and exit."),
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=lambda ctx, _option, wanted: _show_version(ctx, wanted=wanted),
)
@click.pass_context
def traymail(ctx: click.Context, /, **_early: object) -> int | None:
    """Start the tray program when no command is given."""
    if ctx.invoked_subcommand is not None:
        return None
    from traymail.cli.compose import start

    return start(ctx.obj)


def _show_version(ctx: click.Context, *, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:  # not while somebody types
        ctx.obj.say(f"{NAME} {__version__}")
        ctx.exit()


def main(arguments: Sequence[str] | None = None, rule_kinds: GetRunningKinds | None = None) -> int:
    """Run one command and return the exit status; never raises.

    ``rule_kinds``: others than the usual ones.
    """
    prepare_streams()
    session = Session(os.environ, rule_kinds)
    speak(session.language)
    if instruction := os.environ.get(COMPLETE):
        from traymail.cli.completing import complete

        return complete(traymail, session, NAME, instruction)
    args = list(sys.argv[1:] if arguments is None else arguments)
    with (
        endings.told_to(session) as ending,
        traymail.make_context(NAME, args, obj=session) as ctx,
    ):
        ending.status = traymail.invoke(ctx) or endings.OK
    return ending.status


def main_as_sendmail() -> int:
    """Run `traymail sendmail` for a program that knows only the name of sendmail."""
    return main(["sendmail", *sys.argv[1:]])


def main_without_terminal() -> int:
    """Run `main` where nobody reads standard error: what was wrong is shown in a box instead.

    For what Windows starts from its menus, with files or with a link.
    """
    with redirect_stderr(StringIO()) as told:
        status = main()
    if status and told.getvalue():
        _show_box(told.getvalue().strip())
    return status


def _show_box(words: str) -> None:
    if sys.platform == "win32":
        from ctypes import windll

        # <winuser.h>: MB_ICONWARNING, MB_SETFOREGROUND
        windll.user32.MessageBoxW(None, words, NAME, 0x30 | 0x10000)
