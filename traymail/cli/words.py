"""click's commands and options with help in the user's language.

click asks gettext for its own words; ours are Texts, translated when the help is shown.
"""

from __future__ import annotations

import copy
import gettext
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from traymail.core.texts import Text, text
from traymail.desktop.language import CATALOGUES, DOMAIN

# A file that cannot be read is no wrong usage: whoever opens it tells, with a status of its own.
PATH = click.Path(path_type=Path, readable=False)

Function = Callable[..., Any]
F = TypeVar("F", bound=Function | click.Command)


def speak(language: str) -> None:
    """Let click, and all who ask gettext's global functions, speak ``language``."""
    gettext.bindtextdomain(DOMAIN, str(CATALOGUES))
    gettext.textdomain(DOMAIN)
    # The first variable that gettext looks at. No setlocale: it fails where the locale is not
    # generated, and nothing here needs it.
    os.environ["LANGUAGE"] = language


def _translated(words: str | None) -> str:
    return gettext.gettext(words) if words else ""


class Option(click.Option):
    """An option whose help is looked up when it is shown."""

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        """Return the two columns of the help."""
        shown = copy.copy(self)
        shown.help = _translated(self.help)
        return super(Option, shown).get_help_record(ctx)


class Number(click.IntRange):
    """A whole number; an error calls it so in the user's language."""

    @property
    def name(self) -> str:  # type: ignore[override] # click has a plain attribute
        """Return the word for it."""
        return _translated(text("number").msgid)


class Command(click.Command):
    """A command whose help is looked up when it is shown."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the arguments; an error tells whose they are."""
        try:
            return super().parse_args(ctx, args)
        except click.UsageError as error:
            error.ctx = error.ctx or ctx
            raise

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write what the command does."""
        del ctx
        formatter.write_paragraph()
        with formatter.indentation():
            formatter.write_text(_translated(self.help))

    def get_short_help_str(self, limit: int = 45) -> str:
        """Return the first sentence, whole: Chinese has no spaces to cut at."""
        del limit
        return (_translated(self.help)).split("\n", 1)[0]


class Group(Command, click.Group):
    """A group of such commands, listed in the order they were added."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in their order."""
        del ctx
        return list(self.commands)


def option(name: str, what: Text, *more: str, **attributes: Any) -> Callable[[F], F]:  # noqa: ANN401 # what click takes
    """Add an option that does ``what``; ``more`` names and ``attributes`` as of `click.Option`."""
    return click.option(name, *more, cls=Option, help=what.msgid, **attributes)


def command(name: str, what: Text) -> Callable[[Function], Command]:
    """Make a function a command; ``what`` it does, the first line by itself in lists."""
    return click.command(name, cls=Command, help=what.msgid)


def group(name: str, what: Text) -> Callable[[Function], Group]:
    """Make a function a group of commands."""
    return click.group(name, cls=Group, help=what.msgid)
