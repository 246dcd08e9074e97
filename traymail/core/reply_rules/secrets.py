"""What to do about a secret that cannot be had, or that the server refuses, by where it is."""

from __future__ import annotations

from collections.abc import Mapping

from traymail.core.reply_rules.rule import Action, ReplyRule, Trouble
from traymail.core.secret import COMMAND, FILE
from traymail.core.texts import ByCommand, by_command, text

WAYS_TO_MEND: Mapping[str, ByCommand] = {
    FILE: by_command(
        text(
            "The secret is in the credential file traymail.{account}: correct the file that "
            "LoadCredential= names. The next start of the service, or traymail account test "
            "{account}, lets the account go on."
        ),
        in_window=text(
            "The secret is in a credential file: correct that. The next start, or a test of the "
            "account, lets it go on."
        ),
    ),
    COMMAND: by_command(
        text(
            "The secret comes from password_command of account {account}: correct what that "
            "prints. The next start, or traymail account test {account}, lets the account go on."
        ),
        in_window=text(
            "The secret comes from the password command of the account: correct what that prints. "
            "The next start, or a test of the account, lets it go on."
        ),
    ),
}

RULES: tuple[ReplyRule, ...] = (
    ReplyRule(
        id="no-secret",
        action=Action.NEEDS_USER,
        trouble=Trouble.NO_SECRET,
        title=text("The secret of the account is missing"),
        advice=by_command(
            text("Give it with: traymail account set-secret {account}"),
            in_window=text("Open the settings of the account and enter its code, password or key."),
            at_hand=text("Enter the code, password or key."),
        ),
    ),
    ReplyRule(
        id="no-keyring",
        action=Action.NEEDS_USER,
        trouble=Trouble.NO_SECRET,
        title=text("There is no keyring on this system"),
        advice=by_command(
            text(
                'Put password_command = ["cat", "/path"] into [accounts.{account}] of the '
                "configuration: the path of a private file that holds the secret. Or let systemd "
                "hand it over with LoadCredential=traymail.{account}:/path, or install a keyring, "
                "gnome-keyring for one."
            ),
            in_window=text(
                "Give the account a password command, or install a keyring such as gnome-keyring."
            ),
        ),
    ),
    ReplyRule(
        id="keyring-locked",
        action=Action.NEEDS_USER,
        trouble=Trouble.NO_SECRET,
        title=text("The keyring is locked, and there is no display to ask on"),
        advice=by_command(
            text(
                "Log in on the desktop, or unlock it with gnome-keyring-daemon --unlock. Or put "
                'password_command = ["cat", "/path"] into [accounts.{account}] of the '
                "configuration: the path of a private file that holds the secret."
            ),
            in_window=text("Unlock the keyring of this computer."),
        ),
    ),
    ReplyRule(
        id="no-secret-in-file",
        action=Action.NEEDS_USER,
        trouble=Trouble.NO_SECRET,
        title=text("The credential file of the account gives no secret"),
        advice=WAYS_TO_MEND[FILE],
    ),
    ReplyRule(
        id="file-of-another-host",
        action=Action.NEEDS_USER,
        trouble=Trouble.NO_SECRET,
        title=text("The credential file of the account is for another host"),
        advice=by_command(
            text("If that is what you want, agree with: traymail config accept"),
            in_window=text("If that is what you want, agree on the page “General”."),
        ),
    ),
    ReplyRule(
        id="command-waits",
        action=Action.NEEDS_USER,
        trouble=Trouble.NO_SECRET,
        title=text("An edit that could give the secret of the account away waits until you agree"),
        advice=by_command(
            text("If that is what you want, agree with: traymail config accept"),
            in_window=text("If that is what you want, agree on the page “General”."),
        ),
    ),
    ReplyRule(
        id="command-failed",
        action=Action.NEEDS_USER,
        trouble=Trouble.NO_SECRET,
        title=text("The password command of the account gives no secret"),
        advice=WAYS_TO_MEND[COMMAND],
    ),
)
