"""`traymail config`: where the configuration is, whether it is valid, in and out."""

from __future__ import annotations

from pathlib import Path

import click

from traymail.cli.session import Session, write_bytes
from traymail.cli.words import PATH, command, group
from traymail.core.errors import SettingsError
from traymail.core.texts import text
from traymail.store.settings import Loaded

FILE = click.argument("file", metavar="FILE", type=PATH)


@group("config", text("Look after the configuration file."))
def config() -> None:
    """Hold the commands below."""


@command("path", text("Print where the configuration file is."))
@click.pass_obj
def path(session: Session, /) -> None:
    """Print the path."""
    session.say(str(session.home.config_file))


@command("check", text("Check the configuration and name every problem."))
@click.pass_obj
def check(session: Session, /) -> None:
    """Read the configuration and say so."""
    checked(session)


def checked(session: Session) -> Loaded:
    """Read the configuration, tell that it is valid; raises SettingsError with all problems."""
    loaded = session.app.settings_file.load()
    if loaded.problems:
        raise SettingsError(loaded.problems, session.home.config_file.name)
    session.say(
        text(
            "The configuration is valid: accounts {accounts}, rules {rules}.",
            accounts=len(loaded.settings.accounts),
            rules=len(loaded.settings.rules),
        )
    )
    return loaded


@command(
    "export",
    text("Write the configuration into a file (“-”: print it); it holds no secret."),
)
@FILE
@click.pass_obj
def export(session: Session, /, *, file: Path) -> None:
    """Write a copy."""
    if str(file) == "-":
        write_bytes(session.app.settings_file.exported())
        return
    session.app.settings_file.export(file)
    session.say(text("The configuration is written to {file}.", file=file))


@command("import", text("Take the configuration from a file; the present one is kept as .bak."))
@FILE
@click.pass_obj
def import_(session: Session, /, *, file: Path) -> None:
    """Replace the configuration."""
    session.home.make()
    loaded = session.app.settings_file.import_from(file)
    session.say(text("The configuration is taken from {file}.", file=file))
    for account in loaded.settings.accounts.values():
        if not account.password_command:
            session.say(
                text(
                    "Where it is not yet kept, enter the secret with:"
                    " traymail account set-secret {name}",
                    name=account.name,
                )
            )


for each in (path, check, export, import_):
    config.add_command(each)
