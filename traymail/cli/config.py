"""`traymail config`: where the configuration is, whether it is valid, in and out."""

from __future__ import annotations

import contextlib
from pathlib import Path

import click

from traymail.cli.outcome import tell_what_waits
from traymail.cli.session import Session, write_bytes
from traymail.cli.words import PATH, argument, command, group, option
from traymail.core.consent import Risk
from traymail.core.errors import InputError, NotRunning, SettingsError, problem_line
from traymail.core.settings import Settings
from traymail.core.texts import Text, in_command, text
from traymail.store.settings import Loaded

YES = option("--yes", text("Agree beforehand, in a script."), is_flag=True)
FILE = argument("file", "FILE", type=PATH)


@group("config", text("Manage the configuration file."))
def config() -> None:
    """Hold the commands below."""


@command("path", text("Print where the configuration file is."))
@click.pass_obj
def path(session: Session, /) -> None:
    """Print the path."""
    session.say(str(session.home.config_file), whole=True)


@command("check", text("Check the configuration and list every problem."))
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
    for hint in loaded.hints:
        session.say(problem_line(session.home.config_file.name, hint, session.translate))
    return loaded


@command(
    "export",
    text("Export the configuration to a file (“-” prints it); it contains no secrets."),
)
@FILE
@click.pass_obj
def export(session: Session, /, *, file: Path) -> None:
    """Write a copy."""
    if str(file) == "-":
        write_bytes(session.app.settings_file.exported())
        return
    session.app.home.require_elsewhere(file)
    session.app.settings_file.export(file)
    session.say(text("The configuration is exported to {file}.", file=file))


@command(
    "import",
    text(
        "Import the configuration from a file; the current one is kept as .bak.\n\n"
        "You are asked first about commands that it would run, and secrets that it would "
        "give to other servers."
    ),
)
@FILE
@YES
@click.pass_obj
def import_(session: Session, /, *, file: Path, yes: bool) -> None:
    """Replace the configuration."""
    session.home.make()
    try:
        present = session.settings()
    except SettingsError:
        present = Settings()
    agreed: list[Risk] = []

    def agree(settings: Settings) -> None:
        agreed.extend(session.app.agreements.risks(present, settings))
        _require_consent(session, [one.told for one in agreed], yes=yes)

    loaded = session.app.settings_file.import_from(file, agree, awaited=True)
    session.beside.agree(agreed)
    session.say(text("The configuration is imported from {file}.", file=file))
    for account in loaded.settings.accounts.values():
        if session.app.credentials.standing(account) == "ready":
            continue
        name = in_command(account.name)
        session.say(
            text("Sign in with: traymail account login {name}", name=name)
            if account.signs_in
            else text(
                "If the secret is not stored yet, enter it with: traymail account "
                "set-secret {name}",
                name=name,
            )
        )


@command("accept", text("Show what an edit by hand could do with secrets, and agree to it."))
@YES
@click.pass_obj
def accept(session: Session, /, *, yes: bool) -> None:
    """Let an edit that waits for the user come into force."""
    settings = session.settings()
    risks = session.app.agreements.unconfirmed(settings, settings)
    found: list[tuple[str, Text | str]] = [(one.id, one.told) for one in risks]
    with contextlib.suppress(NotRunning):
        answer = session.app.instance.ask({"command": "consent", "language": session.language})
        found = [(known, told) for known, told in answer.get("risks", ())]
    if not found:
        session.say(text("There is nothing to agree to."))
        return
    _require_consent(session, [told for _known, told in found], yes=yes)
    try:
        session.app.instance.ask(
            {"command": "consent", "agreed": [known for known, _told in found]}
        )
    except NotRunning:
        session.app.agreements.agree(risks)
        names = {one.account for one in risks}
        for name in names:
            session.beside.stops.clear(name, mails=True)
        session.say(text("It is now in use."))
        for name in names:
            tell_what_waits(session, name)
    else:
        session.say(text("It is now in use."))


def _require_consent(session: Session, risks: list[Text | str], *, yes: bool) -> None:
    """Tell the risks, and raise InputError unless the user agrees to them."""
    for told in risks:
        session.note(told)
    if risks and not yes and not session.agrees(text("Do you want all of that?")):
        raise InputError(
            text("Nothing is changed."), text("In a script, agree beforehand with --yes.")
        )


for each in (path, check, export, import_, accept):
    config.add_command(each)
