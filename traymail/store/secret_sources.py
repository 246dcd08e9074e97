"""Secrets that come from outside of any keyring: systemd's credentials, a command of the user's."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from threading import Thread
from time import monotonic
from typing import IO

from traymail.core.account import Account
from traymail.core.echoes import SHORTEST_RUN, STRUCK_OUT
from traymail.core.errors import CredentialError
from traymail.core.reasons import reason_of
from traymail.core.replies import readable, remedy_for
from traymail.core.reply_rules.details import TIMED_OUT, command_ended
from traymail.core.secret import COMMAND, FILE, Secret, first_line
from traymail.core.texts import Text, text
from traymail.disk import start_folder
from traymail.winapi import NO_CONSOLE

LONGEST_SECRET = 64 * 1024
_BLOCK = 64 * 1024
# What stands between the words of an argument, a script for one.
_BETWEEN = re.compile(r"""[\s"'`()\[\]{}<>|&;,=$]+""")
_PATH = re.compile(r"[~.]{0,2}/")


def credential_file(account: str, environ: Mapping[str, str]) -> Path | None:
    """Return where systemd puts the secret of an account; None when it hands over none at all."""
    folder = environ.get("CREDENTIALS_DIRECTORY")
    return Path(folder) / f"traymail.{account}" if folder else None


def from_credentials_directory(account: str, environ: Mapping[str, str]) -> Secret | None:
    """Return the first line of ``$CREDENTIALS_DIRECTORY/traymail.<account>``, None without one.

    Raises CredentialError when the file is there but gives no secret.
    Source: systemd.exec(5), LoadCredential.
    """
    path = credential_file(account, environ)
    if path is None:
        return None
    try:
        with path.open("rb") as file:
            content = file.read(LONGEST_SECRET)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise CredentialError(
            text("{path} cannot be read: {reason}", path=path, reason=reason_of(error)),
            text("Look at LoadCredential= of the service, or at the permissions of that file."),
            advice_id="no-secret-in-file",
            detail=f"{path}: {error.strerror}",
        ) from error
    secret = _secret_in(content, FILE)
    if secret is None:
        raise CredentialError(
            text("{path} has no secret in its first line.", path=path),
            text("Put the password or code, and nothing else, into the first line of that file."),
            advice_id="no-secret-in-file",
            detail=str(path),
        )
    return secret


def from_command(account: Account, deadline: float) -> Secret:
    """Return the first line that the account's command prints; raises CredentialError.

    It is run without a shell. Its output is shown nowhere, nor are its arguments: people put
    secrets there.
    """
    secret = _secret_in(_output_of(account, deadline), COMMAND)
    if secret is None:
        program = account.password_command[0]
        raise _failed(
            account, text("The password command {program} printed nothing.", program=program), ""
        )
    return secret


def _output_of(account: Account, deadline: float) -> bytes:
    command = account.password_command
    try:
        process = subprocess.Popen(  # noqa: S603 # the user's own command, as a list
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            # Where the user happens to be, a stranger may have put a program of the same name.
            cwd=start_folder(),
            # A group of its own: what it has started ends with it.
            start_new_session=True,
            creationflags=NO_CONSOLE,
            bufsize=0,  # else it could not be closed while somebody reads
        )
    except (OSError, ValueError) as error:
        title = text("The password command {program} cannot be started.", program=command[0])
        why = (error.strerror if isinstance(error, OSError) else None) or type(error).__name__
        raise _failed(account, title, f"{command[0]}: {why}") from error
    with process:
        try:
            output, complaints = _heard(process, monotonic() + deadline)
        except subprocess.TimeoutExpired:
            _kill(process)
            title = text("The password command {program} does not answer.", program=command[0])
            raise _failed(account, title, TIMED_OUT.msgid) from None  # it names the arguments
        except BaseException:  # else its end would be waited for
            _kill(process)
            raise
    if process.returncode != 0:
        said = _last_line(account, output, complaints)
        values = {"program": command[0], "status": process.returncode}
        title = (
            text(
                "The password command {program} failed with status {status}: {said}",
                **values,
                said=said,
            )
            if said
            else text("The password command {program} failed with status {status}.", **values)
        )
        raise _failed(account, title, command_ended(process.returncode, said))
    return output


def _heard(process: subprocess.Popen[bytes], until: float) -> tuple[bytes, bytes]:
    """Return what a command prints first, and complains of last: it may print without an end.

    Raises TimeoutExpired.
    """
    first, last = bytearray(), bytearray()
    readers = [
        Thread(target=_take_in, args=args, name="password-command", daemon=True)
        for args in ((process.stdout, first, False), (process.stderr, last, True))
    ]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join(max(until - monotonic(), 0.0))
    if any(reader.is_alive() for reader in readers):
        raise subprocess.TimeoutExpired("", 0.0)
    process.wait(max(until - monotonic(), 0.0))
    return bytes(first), bytes(last)


def _take_in(stream: IO[bytes], kept: bytearray, end: bool) -> None:  # noqa: FBT001 # for a thread
    """Read all there is; keep its beginning, or its end."""
    with contextlib.suppress(OSError, ValueError):  # it is closed: nobody waits any more
        while block := stream.read(_BLOCK):
            kept += block
            del kept[slice(None, -LONGEST_SECRET) if end else slice(LONGEST_SECRET, None)]


def _failed(account: Account, title: Text, detail: str) -> CredentialError:
    advice_id = "command-failed"
    advice = remedy_for(advice_id, account.name)
    return CredentialError(title, advice, advice_id=advice_id, detail=detail)


def _last_line(account: Account, output: bytes, complaints: bytes) -> str:
    """Return the last that a command complained of, without what it or its arguments give away."""
    lines = [line for line in complaints.splitlines() if line.strip()]
    if not lines:
        return ""
    secrets = [Secret(line.strip().decode("utf-8", "replace")) for line in output.splitlines()]

    def hide(words: str) -> str:
        for secret in secrets:
            words = secret.strike_out(words)
        for argument in account.password_command[1:]:
            for word in _BETWEEN.split(argument):
                # A path, or a name as a password store has it, is what the user looks for.
                named = _PATH.match(word) or (word == argument and "/" in word)
                if len(word) >= SHORTEST_RUN and not named:
                    words = words.replace(word, STRUCK_OUT)
        return words

    return readable(lines[-1], hide)


def _kill(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(OSError):
        if sys.platform != "win32":
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()


def _secret_in(content: bytes, place: str) -> Secret | None:
    try:
        value = first_line(content)
    except UnicodeDecodeError:
        return None
    return Secret(value, place) if value else None
