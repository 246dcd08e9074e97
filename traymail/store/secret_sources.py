"""Secrets that come from outside of any keyring: systemd's credentials, a command of the user's."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from traymail.core.errors import CredentialError
from traymail.core.secret import Secret
from traymail.core.texts import text

LONGEST_SECRET = 64 * 1024


def from_credentials_directory(account: str, environ: Mapping[str, str]) -> Secret | None:
    """Return the first line of ``$CREDENTIALS_DIRECTORY/traymail.<account>``, None without one.

    Raises CredentialError when the file is there but gives no secret.
    Source: systemd.exec(5), LoadCredential.
    """
    folder = environ.get("CREDENTIALS_DIRECTORY")
    if not folder:
        return None
    path = Path(folder) / f"traymail.{account}"
    try:
        with path.open("rb") as file:
            content = file.read(LONGEST_SECRET)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise CredentialError(
            text("{path} cannot be read: {reason}", path=path, reason=error.strerror),
            text("Look at LoadCredential= of the service, or at the permissions of that file."),
        ) from error
    secret = _first_line(content)
    if secret is None:
        raise CredentialError(
            text("{path} holds no secret in its first line.", path=path),
            text("Put the password or code, and nothing else, into the first line of that file."),
        )
    return secret


def from_command(command: Sequence[str], deadline: float) -> Secret:
    """Return the first line a command prints; raises CredentialError.

    It is run without a shell. Its output is shown nowhere, nor are its arguments: people put
    secrets there.
    """
    output = _output_of(command, deadline)
    secret = _first_line(output)
    if secret is None:
        raise CredentialError(
            text("The password command {program} printed nothing.", program=command[0]),
            text("Run it in a terminal: its first line must be the password or code."),
        )
    return secret


def _output_of(command: Sequence[str], deadline: float) -> bytes:
    try:
        process = subprocess.Popen(  # noqa: S603 # the user's own command, as a list
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            # A group of its own: what it has started ends with it.
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        raise CredentialError(
            text("The password command {program} cannot be started.", program=command[0]),
            text("Look at password_command in the configuration: a list, the program first."),
        ) from error
    with process:
        try:
            output, _ = process.communicate(timeout=deadline)
        except subprocess.TimeoutExpired as error:
            _kill(process)
            raise CredentialError(
                text("The password command {program} does not answer.", program=command[0]),
                text("Run it in a terminal and see what it waits for."),
            ) from error
    if process.returncode != 0:
        raise CredentialError(
            text(
                "The password command {program} failed with status {status}.",
                program=command[0],
                status=process.returncode,
            ),
            text("Run it in a terminal and see what it says."),
        )
    return output


def _kill(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(OSError):
        if os.name == "posix":
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()


def _first_line(content: bytes) -> Secret | None:
    line = content.split(b"\n", 1)[0].rstrip(b"\r")
    try:
        value = line.decode()
    except UnicodeDecodeError:
        return None
    return Secret(value) if value else None
