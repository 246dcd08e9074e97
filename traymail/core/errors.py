"""Every error of traymail, each with a title and a way out for the user.

::

    TraymailError(title, advice)
    +- InputError                     an address, an argument: bad input (65)
    +- SettingsError(problems)        every problem of a configuration at once (78)
    +- CredentialError                no keyring, no such secret (77)
    |  +- KeyringError                the keyring cannot be asked just now
    +- SignInError                    a sign-in by OAuth2 came to nothing (77)
    |  +- SignInLater                 it may succeed another time (75)
    +- SourceError(path)              a file or folder cannot be read (66)
    +- StateError                     our own state cannot be written (73)
    |  +- UnsafePath                  others may have laid a path, or may change what is there
    +- NotRunning, AlreadyRunning     about the running program (69, 75)
    |  +- OtherUser                   it is another user's (77)
    +- DesktopError                   no display, or nothing to draw windows with (69)
    +- DeliveryError(reply)           an attempt did not end in "sent"
       +- TransientFailure            later
       +- PermanentFailure            never, unchanged
       +- AccountFailure              this account stops until the user acts
       |  +- AuthFailure              the login was refused
       +- UnknownOutcome              the server may have it

Title and advice are Texts: translated where they are shown, and free of secrets.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import Enum

from traymail.core.texts import Text, Translate, text

CONFIG_NAME = "config.toml"
INTERNAL_ERROR = 70
"""The exit status of a program that goes wrong inside: EX_SOFTWARE of sysexits.h."""


class TraymailError(Exception):
    """What went wrong (``title``) and the way out (``advice``)."""

    def __init__(self, title: Text, advice: Text | None = None) -> None:
        super().__init__(str(title))
        self.title = title
        self.advice = advice


def unforeseen(error: BaseException) -> Text:
    """Return what is shown for an error that nobody foresaw: its words may hold anything."""
    return text(
        "something went wrong inside traymail ({kind}); its log has the details",
        kind=type(error).__name__,
    )


def one_line(error: TraymailError) -> str:
    """Return cause and way out for a log."""
    return " ".join(str(words) for words in (error.title, error.advice) if words is not None)


class InputError(TraymailError):
    """Bad input: an address, a header, an argument."""


def name_taken(name: str) -> InputError:
    """Return that a new account cannot be called so."""
    return InputError(
        text("There is an account {name} already.", name=name),
        text("Choose another name, or remove that one first."),
    )


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in a configuration: where (``rules[2].folder``), which line, and what.

    A ``hint`` stops nothing: it is told where people look, and the configuration holds.
    """

    where: str
    what: Text
    line: int | None = None
    advice: Text | None = None
    hint: bool = False


def problem_line(file_name: str, problem: Problem, translate: Translate) -> str:
    """Return a problem as one line: ``config.toml:31: rules[2].folder: no such folder``."""
    line = "" if problem.line is None else f"{problem.line}:"
    where = f" {problem.where}:" if problem.where else ""
    told = problem.what
    if problem.advice is not None:
        told = text("{what} ({reason})", what=told, reason=problem.advice)
    return f"{file_name}:{line}{where} {told.translated(translate, whole=True)}"


class SettingsError(TraymailError):
    """A configuration that cannot be used; ``problems`` holds every reason, in file order.

    Not ``written``: it is what an edit would have made, and the file is as it was.
    """

    def __init__(
        self,
        problems: tuple[Problem, ...],
        file_name: str = CONFIG_NAME,
        *,
        written: bool = True,
    ) -> None:
        super().__init__(
            text("The configuration has {count} problem(s).", count=len(problems)),
            text("Fix the lines named above; until then the last good configuration is used.")
            if written
            else text("Nothing was changed. Try again with other values."),
        )
        self.problems = problems
        self.file_name = file_name
        self.written = written


class CredentialError(TraymailError):
    """The secret of an account cannot be had or kept.

    ``advice_id`` names the row of `traymail.core.replies` that the outbox keeps for it, with
    ``detail``: words of others, the same in every language.
    """

    advice_id = "no-secret"

    def __init__(
        self, title: Text, advice: Text | None = None, *, advice_id: str = "", detail: str = ""
    ) -> None:
        super().__init__(title, advice)
        self.advice_id = advice_id or self.advice_id
        self.detail = detail


class KeyringError(CredentialError):
    """The keyring cannot be asked at this moment: locked, gone, silent. It may pass by itself."""

    advice_id = "keyring"


class SignInError(TraymailError):
    """A sign-in by OAuth2 came to nothing: it was denied, or was not this one."""


class SignInLater(SignInError):
    """It took too long, was broken off, or the service cannot be reached: try again."""


class SourceError(TraymailError):
    """A file or folder that cannot be read; nothing was sent."""

    def __init__(self, path: str, title: Text, advice: Text | None = None) -> None:
        super().__init__(title, advice)
        self.path = path


class StateError(TraymailError):
    """traymail's own files cannot be written: disk full, no permission, damaged."""


class UnsafePath(StateError):
    """A path that others may have laid: it leads through a link, or a place that is not ours."""


class NotRunning(TraymailError):
    """A command for the running program, and there is none."""


class OtherUser(NotRunning):
    """The program that runs in this home, if one does, is another user's (77)."""

    def __init__(self, user: str, pid: int | None) -> None:
        super().__init__(
            text("traymail runs as user {user} (pid {pid}).", user=user, pid=pid)
            if pid is not None
            else text("Only user {user} can tell whether traymail runs in this home.", user=user),
            text("Ask as that user: sudo -u {user} traymail …", user=user),
        )
        self.user = user
        self.pid = pid


class DesktopError(TraymailError):
    """Windows cannot be shown here."""


class AlreadyRunning(TraymailError):
    """Another process owns this home."""

    def __init__(self, pid: int | None) -> None:
        super().__init__(
            text("traymail already runs (pid {pid})", pid=pid)
            if pid is not None
            else text("traymail already runs"),
            text("Use that one, or end it with: traymail quit"),
        )
        self.pid = pid


class Stage(Enum):
    """How far a session with a server had come; the order is that of RFC 5321."""

    CONNECT = "connect"
    TLS = "tls"
    STARTTLS = "starttls"
    EHLO = "ehlo"
    AUTH = "auth"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    FINAL = "final"


@dataclass(frozen=True, slots=True)
class Reply:
    """What the server said, secrets struck out: SMTP code (or None), text on one line."""

    code: int | None
    text: str
    stage: Stage


class DeliveryError(TraymailError):
    """An attempt that did not end in "sent".

    ``advice_id`` names the row of `traymail.core.replies` the advice came from; it is what the
    outbox keeps, so that the advice can be shown in the language of the day.
    ``hold`` asks for a pause of at least so long before the account is used again.
    ``refused`` are the recipients that were refused one by one.
    """

    def __init__(
        self,
        reply: Reply,
        advice_id: str,
        title: Text,
        advice: Text | None = None,
        *,
        hold: timedelta = timedelta(0),
        refused: tuple[RecipientReply, ...] = (),
    ) -> None:
        super().__init__(title, advice)
        self.reply = reply
        self.advice_id = advice_id
        self.hold = hold
        self.refused = refused


@dataclass(frozen=True, slots=True)
class RecipientReply:
    """What the server said of one recipient, and what the table of replies makes of it.

    Not ``for_good``: it may pass, and the recipient is tried again. ``hold``: as of the errors.
    """

    mailbox: str
    code: int
    reply: str
    advice_id: str = ""
    for_good: bool = False
    hold: timedelta = timedelta(0)


class TransientFailure(DeliveryError):
    """Not now: the same mail may go through later."""


class PermanentFailure(DeliveryError):
    """The server's verdict on this mail: it will never take it unchanged."""


class AccountFailure(DeliveryError):
    """Nothing leaves through this account until the user acts or a test passes."""


class AuthFailure(AccountFailure):
    """The server refused the login."""


class UnknownOutcome(DeliveryError):
    """The final dot went out and the answer did not come back: the server may have the mail."""
