"""click's commands and options with help in the user's language.

click asks gettext for its own words; ours are Texts, translated when the help is shown.
"""

from __future__ import annotations

import copy
import gettext
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from traymail.core.texts import Text, text
from traymail.desktop.language import CATALOGUES, DOMAIN

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

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


def translated(words: str | None) -> str:
    """Return an entry of the catalogue in the language that `speak` was told; "" for None."""
    return gettext.gettext(words) if words else ""


# No path that a system takes is longer, nor is a name.
LONGEST_VALUE = 4096


def _check(parameter: click.Parameter, context: click.Context, value: object) -> None:
    """Raise UsageError for what a script with an unset or a wrong variable gives."""
    wrong: Text | None = None
    hint = parameter.get_error_hint(context)
    bare = getattr(parameter, "may_be_empty", False)
    long = getattr(parameter, "may_be_long", False)
    for one in value if isinstance(value, tuple | list) else (value,):
        if not isinstance(one, str):
            continue
        if not one.strip() and not bare:
            wrong = text(
                "{parameter} must not be empty: give a value, or leave it out.", parameter=hint
            )
        elif len(one) > LONGEST_VALUE and not long:
            wrong = text(
                "{parameter} must not be longer than {most} characters.",
                parameter=hint,
                most=LONGEST_VALUE,
            )
    if wrong is not None and not context.resilient_parsing:
        raise click.UsageError(wrong.translated(gettext.gettext), context)


class Argument(click.Argument):
    """An argument that is not empty, nor very long unless it ``may_be_long``."""

    def __init__(self, *names: Any, may_be_long: bool = False, **attributes: Any) -> None:  # noqa: ANN401 # as click has it
        super().__init__(*names, **attributes)
        self.may_be_long = may_be_long

    def process_value(self, ctx: click.Context, value: Any) -> Any:  # noqa: ANN401 # as click has it
        """Return what the command is given for what was typed."""
        _check(self, ctx, value)
        return super().process_value(ctx, value)


class Option(click.Option):
    """An option whose help is looked up when it is shown.

    Its value is not empty unless it ``may_be_empty``, nor very long unless it ``may_be_long``.
    """

    def __init__(
        self,
        *names: Any,  # noqa: ANN401 # as click has it
        may_be_empty: bool = False,
        may_be_long: bool = False,
        **attributes: Any,  # noqa: ANN401 # as click has it
    ) -> None:
        super().__init__(*names, **attributes)
        self.may_be_empty, self.may_be_long = may_be_empty, may_be_long

    def process_value(self, ctx: click.Context, value: Any) -> Any:  # noqa: ANN401 # as click has it
        """Return what the command is given for what was typed."""
        _check(self, ctx, value)
        return super().process_value(ctx, value)

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        """Return the two columns of the help."""
        shown = copy.copy(self)
        shown.help = translated(self.help)
        return super(Option, shown).get_help_record(ctx)


class Number(click.IntRange):
    """A whole number; an error calls it so in the user's language."""

    @property
    def name(self) -> str:  # type: ignore[override] # click has a plain attribute
        """Return the word for it."""
        return translated(text("number").msgid)


def _show_help(ctx: click.Context, _option: click.Parameter, wanted: bool) -> None:  # noqa: FBT001 # as click calls it
    """Print the help as all else is printed; click would fail where nobody reads it any more."""
    if wanted and not ctx.resilient_parsing:  # not while somebody types
        ctx.obj.print(ctx.get_help())
        ctx.exit()


class _Formatter(click.HelpFormatter):
    """Help whose colons are those of its language: a wide one needs no space behind it."""

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        """Write how a command is called."""
        words = prefix or translated("Usage:")
        super().write_usage(prog, args, f"{words} " if words.isascii() else words)

    def write_heading(self, heading: str) -> None:
        """Write what stands above a list."""
        self.write(f"{'':>{self.current_indent}}{heading}{translated('Usage:')[-1]}\n")


class _Context(click.Context):
    formatter_class = _Formatter


class Command(click.Command):
    """A command whose help is looked up when it is shown."""

    context_class = _Context

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the arguments; an error tells whose they are."""
        try:
            return super().parse_args(ctx, args)
        except click.UsageError as error:
            error.ctx = error.ctx or ctx
            raise

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        """Return the option in the language of now: it is first asked for before that is known."""
        found = super().get_help_option(ctx)
        if found is not None:
            found.help = translated("Show this message and exit.")
            found.callback = _show_help
        return found

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem[Any]]:
        """Return what may follow, with its help in the user's language."""
        found = super().shell_complete(ctx, incomplete)
        for item in found:
            item.help = translated(item.help)
        return found

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write what the command does."""
        del ctx
        formatter.write_paragraph()
        with formatter.indentation():
            formatter.write_text(translated(self.help))

    def get_short_help_str(self, limit: int = 45) -> str:
        """Return the first sentence, whole: Chinese has no spaces to cut at."""
        del limit
        return (translated(self.help)).split("\n", 1)[0]


class CommandGroup(Command, click.Group):
    """A group of such commands, listed in the order they were added."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in their order."""
        del ctx
        return list(self.commands)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; of one that is not there, tell what may be meant."""
        name = args[0]
        if ctx.resilient_parsing or self.get_command(ctx, name) or not name[:1].isalnum():
            return super().resolve_command(ctx, args)
        meant = self._meant(ctx, name)
        words = text("There is no command {name}.", name=name)
        if meant:
            names = ", ".join(f"{ctx.command_path} {one}" for one in meant)
            words = text(
                "There is no command {name}. Did you mean: {names}", name=name, names=names
            )
        raise click.UsageError(words.translated(gettext.gettext), ctx)

    def _meant(self, ctx: click.Context, name: str) -> list[str]:
        """Return the commands whose names are like ``name``, also those of groups within."""
        names = self.list_commands(ctx)
        groups = ((one, self.get_command(ctx, one)) for one in names)
        within = [
            f"{one} {name}"
            for one, group in groups
            if isinstance(group, click.Group) and group.get_command(ctx, name)
        ]
        if within:
            return within
        from difflib import get_close_matches

        return get_close_matches(name, names)


def folders(
    _context: click.Context, _parameter: click.Parameter, beginning: str
) -> list[CompletionItem[str]]:
    """Let the shell propose folders."""
    from click.shell_completion import CompletionItem

    return [CompletionItem(beginning, type="dir")]


def files(
    _context: click.Context, _parameter: click.Parameter, beginning: str
) -> list[CompletionItem[str]]:
    """Let the shell propose files."""
    from click.shell_completion import CompletionItem

    return [CompletionItem(beginning, type="file")]


def option(name: str, what: Text, *more: str, **attributes: Any) -> Callable[[F], F]:  # noqa: ANN401 # what click takes
    """Add an option that does ``what``; ``more`` names and ``attributes`` as of `Option`."""
    return click.option(name, *more, cls=Option, help=what.msgid, **attributes)


def argument(name: str, metavar: str, **attributes: Any) -> Callable[[F], F]:  # noqa: ANN401 # what click takes
    """Add an argument; ``attributes`` as of `Argument`."""
    return click.argument(name, cls=Argument, metavar=metavar, **attributes)


def command(name: str, what: Text) -> Callable[[Function], Command]:
    """Make a function a command; ``what`` it does, the first line by itself in lists."""
    return click.command(name, cls=Command, help=what.msgid)


def group(name: str, what: Text) -> Callable[[Function], CommandGroup]:
    """Make a function a group of commands."""
    return click.group(name, cls=CommandGroup, help=what.msgid)
