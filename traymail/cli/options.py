"""The options that several commands have."""

from __future__ import annotations

from collections.abc import Callable

from traymail.cli.proposals import people
from traymail.cli.words import PATH, F, option
from traymail.core.texts import text

AS_JSON = option("--json", text("Print the result as JSON, for programs."), "as_json", is_flag=True)
SUBJECT = option(
    "--subject",
    text("The subject."),
    default="",
    metavar="TEXT",
    may_be_empty=True,
    may_be_long=True,
)
ATTACH = option(
    "--attach",
    text("A file to attach; repeat it for more."),
    multiple=True,
    type=PATH,
    metavar="FILE",
)


def to(*, may_be_empty: bool = False) -> Callable[[F], F]:
    """Add the option that names recipients."""
    return option(
        "--to",
        text("A recipient; repeat it, or separate several with commas."),
        multiple=True,
        may_be_long=True,
        metavar="ADDRESS",
        may_be_empty=may_be_empty,
        shell_complete=people,
    )
