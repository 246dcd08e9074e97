"""What a command is given: the home, the language, and a way to talk to whoever called."""

from __future__ import annotations

import codecs
import contextlib
import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, BinaryIO, TextIO
from unicodedata import normalize

from traymail.cli.words import speak
from traymail.core.errors import InputError, StateError
from traymail.core.reasons import reason_of
from traymail.core.texts import MOST_LINE, Text, Translate, elided, text
from traymail.desktop.language import choose, translator

if TYPE_CHECKING:
    import logging
    from pathlib import Path

    from traymail.app import App
    from traymail.core.account import Account
    from traymail.core.outbox import OutboxItem
    from traymail.core.settings import Settings
    from traymail.desktop.paths import Home
    from traymail.running.kind import GetRunningKinds
    from traymail.services.beside import Beside
    from traymail.services.mail import MailService

# The configuration's language, found also in a file that is broken elsewhere; before any table.
_LANGUAGE = re.compile(r"""^\s*language\s*=\s*["'](\w+)["']""", re.MULTILINE)
_TABLE = re.compile(r"^\s*\[", re.MULTILINE)
# Input methods for Chinese write y in full width, too.
_AGREED = frozenset({"y", "yes", "是", "是的", "对", "好", "同意"})
# What JSON need not escape: a terminal's own control characters, and marks that turn text around.
_STEERING = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]")


class Session:
    """One command as it runs. ``verbose``: errors go to the log with their traceback."""

    def __init__(
        self, environ: Mapping[str, str], rule_kinds: GetRunningKinds | None = None
    ) -> None:
        """``rule_kinds``: others than the usual ones."""
        self._rule_kinds = rule_kinds
        self.environ = dict(environ)  # as it is before gettext is told our language
        self.verbose = False
        self.language = choose("auto", environ)
        self._home_option: str | None = None
        self._language_option = ""
        self._log: logging.Handler | None = None
        self._priority = ""

    def begin(self, home_option: str | None, language: str | None, *, verbose: bool) -> None:
        """Take over the options that stand before the command."""
        self._home_option = home_option
        self._language_option = language or ""
        self.verbose = verbose
        wanted = language or _configured_language(self.home.config_file)
        self.language = choose(wanted, self.environ)
        speak(self.language)
        if verbose:
            self.keep_log()

    def prefer_home_of(self, variable: str) -> None:
        """Use the home that a variable names, if it does and no option names another one."""
        named = self.environ.get(variable)
        if named and not self._home_option:
            self.environ["TRAYMAIL_HOME"] = named
            self.__dict__.pop("home", None)
            self.begin(None, self._language_option, verbose=self.verbose)

    @cached_property
    def home(self) -> Home:
        """Return the home; nothing is made yet."""
        from traymail.desktop.paths import home

        return home(self._home_option, self.environ)

    @cached_property
    def app(self) -> App:
        """Open the home's parts."""
        import logging

        from traymail.app import App

        # Without a handler of ours, logging would print errors on the screen.
        logging.getLogger("traymail").addHandler(logging.NullHandler())

        given = (self.home, self.environ, self._language_option)
        return App(*given) if self._rule_kinds is None else App(*given, self._rule_kinds)

    @cached_property
    def beside(self) -> Beside:
        """Reach the running program, or do without."""
        from traymail.services.beside import Beside

        return Beside(self.app)

    @cached_property
    def mail(self) -> MailService:
        """Open the outbox."""
        from traymail.services.mail import MailService
        from traymail.store.people import People

        return MailService(self.app, self.beside, People(self.app.database))

    def keep_log(self, *, service: bool = False) -> None:
        """Write the log of this process into the home; verbose when that was asked for.

        That of a ``service`` goes to systemd's journal when it was started by systemd.
        """
        from traymail.desktop.logfile import ERROR, end, log_to, log_to_journal, under_journal

        if service and under_journal(self.environ):
            end(self._log)
            self._log = log_to_journal(verbose=self.verbose)
            self._priority = ERROR  # what a service has to tell besides is why it ends
        elif self._log is None:
            self.home.make()
            self._log = log_to(self.home.log_file, verbose=self.verbose)

    @property
    def logs_details(self) -> bool:
        """Whether details were asked for, and there is a log for them: some homes are refused."""
        return self.verbose and self._log is not None

    def program_command(self) -> tuple[str, ...]:
        """Return what starts traymail with the options this command was started with."""
        from traymail.desktop.autostart import program_command

        language = ("--lang", self._language_option) if self._language_option else ()
        verbose = ("-v",) if self.verbose else ()
        return (*program_command(self.home), *language, *verbose)

    def settings(self) -> Settings:
        """Return the configuration; raises SettingsError."""
        return self.app.settings_file.load().settings

    def account(self, name: str | None = None) -> Account:
        """Return an account of the configuration, the default one when none is named.

        Raises InputError, SettingsError.
        """
        return chosen_account(self.settings(), name)

    def close(self) -> None:
        """Close what was opened."""
        if "app" in self.__dict__:
            self.app.close()
        if self._log is not None:
            self._log.close()

    @property
    def translate(self) -> Translate:
        """Return the translation into the user's language."""
        return translator(self.language)

    def translated(self, words: Text | str, *, whole: bool = False) -> str:
        """Return ``words`` in the user's language; a plain string stays as it is.

        ``whole``: for a program, which gets what is too long for people, too.
        """
        return words.translated(self.translate, whole=whole) if isinstance(words, Text) else words

    def say(self, words: Text | str, *, whole: bool = False) -> None:
        """Print a line on standard output; ``whole``: however long it is."""
        write(sys.stdout, self.shown(words, whole=whole) + "\n")

    def print(self, page: str) -> None:
        """Print several lines of our own on standard output, as they are."""
        write(sys.stdout, page + "\n")

    def drop_secrets(self, accounts: Iterable[Account], left: Settings) -> None:
        """Forget secrets, and tell where there is no keyring to forget them; CredentialError."""
        reached = [
            self.app.credentials.drop(account, left.accounts.values()) for account in accounts
        ]
        if not all(reached):
            self.note(text("There is no keyring here to remove a secret from."))

    def note(self, words: Text | str) -> None:
        """Print a line on standard error."""
        write(sys.stderr, f"{self._priority}{self.shown(words)}\n")

    def shown(self, words: Text | str, *, whole: bool = False) -> str:
        """Return ``words`` as one line: whatever is named in it steers and floods no terminal."""
        from traymail.core.address import clean

        line = clean(self.translated(words, whole=whole))
        return line if whole else elided(line, MOST_LINE)

    def dump(self, document: object) -> None:
        """Print one JSON document, always in UTF-8: a program reads it.

        What steers a terminal is escaped, as JSON escapes it: people look at it, too.
        """
        import json

        words = json.dumps(document, ensure_ascii=False, indent=2) + "\n"
        words = _STEERING.sub(lambda sign: f"\\u{ord(sign[0]):04x}", words)
        write_bytes(words.encode("utf-8", "replace"))

    @property
    def interactive(self) -> bool:
        """Return whether a person can be asked: standard input is a terminal."""
        return sys.stdin is not None and sys.stdin.isatty()

    def agrees(self, question: Text) -> bool:
        """Ask on standard error; the answer is a line of standard input, no when there is none."""
        write(sys.stderr, f"{self.shown(question)} [y/N] ")
        answer = "" if sys.stdin is None else sys.stdin.readline()
        if not answer.endswith("\n"):  # ended by Ctrl+D: what follows begins a line of its own
            write(sys.stderr, "\n")
        return normalize("NFKC", answer).strip().lower() in _AGREED

    def ask_secret(self, prompt: Text) -> str:
        """Return a secret typed unseen, or the first line of standard input if no terminal.

        Raises InputError for what is no text.
        """
        from traymail.core.secret import first_line, tidy_code

        if not self.interactive:
            try:
                return "" if sys.stdin is None else first_line(_line_of(sys.stdin.buffer))
            except UnicodeDecodeError:
                raise InputError(
                    text("The first line of standard input is not text."),
                    text("Write it in UTF-8."),
                ) from None
        import click

        from traymail.disk import typed

        words: str = click.prompt(
            self.translated(prompt), hide_input=True, default="", show_default=False, err=True
        )
        return tidy_code(typed(words))


def _line_of(stream: BinaryIO) -> bytes:
    """Return the first line; in UTF-16, its end may have a second byte."""
    line = stream.readline()
    return line + stream.read(1) if line.startswith(codecs.BOM_UTF16_LE) else line


def chosen_account(settings: Settings, name: str | None) -> Account:
    """Return the account of that name, or the default one; raises InputError."""
    wanted = name or settings.default_account
    if wanted in settings.accounts:
        return settings.accounts[wanted]
    if not settings.accounts:
        raise InputError(
            text("There is no account yet."), text("Add one with: traymail account add ADDRESS")
        )
    if not wanted:
        raise InputError(
            text("There are several accounts and none is the default."),
            text("Name one with --account, or set default_account in the configuration."),
        )
    raise InputError(
        text("There is no account {name}.", name=wanted),
        text("There are: {names}", names=", ".join(settings.accounts)),
    )


def nobody_delivers(session: Session, item: OutboxItem) -> Text | None:
    """Return what to do about a mail that waits for its time, while no program runs; else None."""
    from traymail.core.outbox import State

    waits = item.state is State.QUEUED and item.next_attempt_at is not None
    if not waits or session.app.instance.running.holder() is not None:
        return None
    return text(
        "Nothing delivers it: start traymail, or run: traymail outbox retry {id}", id=item.id
    )


def _configured_language(file: Path) -> str:
    from traymail.store.toml import LARGEST

    with contextlib.suppress(OSError):
        if file.is_fifo():  # it would be waited for
            return "auto"
        with file.open(encoding="utf-8", errors="replace") as stream:
            head = _TABLE.split(stream.read(LARGEST), maxsplit=1)[0]
        if found := _LANGUAGE.search(head):
            return found[1]
    return "auto"


def write(stream: TextIO | None, words: str) -> None:
    """Write to a standard stream; one that nobody reads any more is no error.

    Raises StateError when the output cannot be written (a full disk).
    """
    if stream is not None:
        with _mended(stream):
            stream.write(words)
            stream.flush()


def write_bytes(content: bytes) -> None:
    """Write bytes to standard output, as `write` does; a terminal gets what it can show."""
    if sys.stdout is not None:
        if sys.stdout.isatty():
            from traymail.core.address import clean

            lines = content.decode("utf-8", "replace").replace("\r\n", "\n").split("\n")
            content = "\n".join(map(clean, lines)).encode()
        with _mended(sys.stdout):
            sys.stdout.flush()
            sys.stdout.buffer.write(content)
            sys.stdout.flush()


@contextlib.contextmanager
def _mended(stream: TextIO) -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        _silence(stream)
    except OSError as error:
        _silence(stream)
        raise StateError(
            text("The output cannot be written: {reason}", reason=reason_of(error)),
            text("Write it to another place."),
        ) from error


def _silence(stream: TextIO) -> None:
    """Lead a stream nowhere: Python would complain when it flushes what is left at the end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def prepare_streams() -> None:
    """Make output survive whatever the caller's terminal is like.

    A closed descriptor is filled, so that no file of ours becomes standard output by accident;
    signs that the terminal's encoding lacks are escaped.
    """
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    for stream in (sys.stdout, sys.stderr):
        if stream is not None and hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
