"""`traymail completion` and `traymail purge`."""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path

import click
from click.shell_completion import get_completion_class

from traymail.cli import endings
from traymail.cli.session import Session
from traymail.cli.words import command, option
from traymail.core.errors import CredentialError, StateError
from traymail.core.outbox import State
from traymail.core.texts import text

SHELLS = ("bash", "zsh", "fish")


@command("completion", text("Print what makes a shell complete traymail's words."))
@click.argument("shell", metavar="bash|zsh|fish", type=click.Choice(SHELLS))
@click.pass_context
def completion(ctx: click.Context, /, shell: str) -> None:
    """Print click's own script for the shell."""
    root = ctx.find_root()
    kind = get_completion_class(shell)
    if kind is None:  # every one of SHELLS has one
        raise LookupError(shell)
    ctx.obj.say(kind(root.command, {}, "traymail", "_TRAYMAIL_COMPLETE").source())


@command(
    "purge",
    text(
        "Remove all that traymail keeps.\n\n"
        "That is the outbox with its waiting mail, the logs, the secrets in the keyring, the start"
        " with the desktop session, and the configuration."
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
                text("This removes mail that waits, too. If you mean it: traymail purge --yes")
            )
        )
    status = endings.OK
    if session.home.state.exists():
        session.app.instance.claim()
    # It names the secrets: one that cannot be read is to be mended first, before it is gone.
    accounts = session.settings().accounts.values()
    if session.home.state.exists():
        waiting = session.app.outbox.counts()[State.QUEUED]
        if waiting:
            session.note(text("{count} waiting mails are removed unsent.", count=waiting))
    try:
        for account in accounts:
            session.app.credentials.delete(account)
    except CredentialError as error:
        session.note(text("The secrets in the keyring could not be removed:"))
        endings.tell_error(error, session)
        status = endings.status_of(error)
    session.app.autostart.set(on=False)
    session.close()
    _remove(session, keep_config=keep_config)
    session.say(text("All that traymail kept is removed."))
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
            text("{path} cannot be removed: {reason}", path=_place(error), reason=error.strerror),
            text("Check that the folder belongs to you."),
        ) from error


def _place(error: OSError) -> Path:
    return Path(str(error.filename))
