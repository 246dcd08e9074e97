"""`traymail completion` and `traymail purge`."""

from __future__ import annotations

import contextlib
import shutil
import sys

import click

from traymail.cli import endings
from traymail.cli.session import Session, write
from traymail.cli.words import argument, command, option
from traymail.core.errors import CredentialError, StateError
from traymail.core.outbox import State
from traymail.core.reasons import reason_of
from traymail.core.settings import Settings
from traymail.core.texts import text
from traymail.disk import link_in_the_way

SHELLS = ("bash", "zsh", "fish")


@command(
    "completion",
    text(
        "Print what makes a shell complete traymail's words.\n\n"
        "They are its commands and options, accounts, rules, the numbers of mails, addresses and "
        "files.\n\n"
        "Put it where the shell looks (make the folder first, with mkdir -p):\n\n"
        "\b\n"
        "traymail completion bash > ~/.local/share/bash-completion/completions/traymail\n"
        "traymail completion zsh > ~/.zfunc/_traymail\n"
        "traymail completion fish > ~/.config/fish/completions/traymail.fish\n\n"
        "zsh also wants this line in ~/.zshrc, before compinit: fpath+=~/.zfunc\n\n"
        "It works in shells opened from then on."
    ),
)
@argument("shell", "bash|zsh|fish", type=click.Choice(SHELLS))
@click.pass_context
def completion(ctx: click.Context, /, shell: str) -> None:
    """Print the script for the shell."""
    from traymail.cli.completing import script
    from traymail.cli.main import COMPLETE, NAME

    write(sys.stdout, script(shell, ctx.find_root().command, NAME, COMPLETE))


@command(
    "purge",
    text(
        "Remove everything that traymail keeps.\n\n"
        "That is the outbox with its waiting mail, the logs, the secrets in the keyring, the "
        "start with the desktop session, and the configuration."
    ),
)
@option("--yes", text("Really remove it."), is_flag=True)
@option("--keep-config", text("Keep the configuration file."), is_flag=True)
@click.pass_obj
def purge(session: Session, /, *, yes: bool, keep_config: bool) -> int:
    """Remove state, logs, secrets, the autostart entry and the configuration."""
    if not yes:
        raise click.UsageError(
            session.translated(
                text("This also removes mail that is waiting. To go ahead: traymail purge --yes")
            )
        )
    status = endings.OK
    session.home.check()
    for folder in (session.home.state, session.home.log):
        if folder.is_symlink():  # what lies behind it may be somebody else's as well
            raise link_in_the_way(str(folder))
    if session.home.state.exists():
        session.app.instance.claim()
    # It names the secrets: one that cannot be read is to be mended first, before it is gone.
    accounts = session.settings().accounts.values()
    if session.home.state.exists():
        waiting = session.app.outbox.counts()[State.QUEUED]
        if waiting:
            session.note(text("{count} waiting mails are removed unsent.", count=waiting))
    try:
        session.drop_secrets(accounts, Settings())
    except CredentialError as error:
        session.note(text("The secrets in the keyring could not be removed:"))
        endings.tell_error(error, session)
        status = endings.status_of(error)
    session.app.autostart.set(on=False)
    session.close()
    _remove(session, keep_config=keep_config)
    session.say(text("Everything that traymail kept is removed."))
    return status


def _remove(session: Session, *, keep_config: bool) -> None:
    home = session.home
    try:
        for folder in (home.state, home.log):
            if folder.exists():
                shutil.rmtree(folder)
        if not keep_config:
            file = home.config_file
            for suffix in ("", ".bak", ".lock"):
                file.with_name(file.name + suffix).unlink(missing_ok=True)
            # Only when nothing of somebody else's is in it.
            with contextlib.suppress(OSError):
                home.config.rmdir()
    except OSError as error:
        raise StateError(
            text(
                "{path} cannot be removed: {reason}",
                path=error.filename or home,
                reason=reason_of(error),
            ),
            text("Check that the folder belongs to you."),
        ) from error
