"""What the windows ask of the program, and nothing else: no window knows disk, keyring or server.

Every method but `listen` may block, so windows call them through the bridge's background, never on
Tk's thread. Each may raise a TraymailError, which the window shows with its way out.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from traymail.core.account import Account
from traymail.core.consent import Risk
from traymail.core.errors import Problem, RecipientReply
from traymail.core.events import Event
from traymail.core.examination import Proposal, Step
from traymail.core.holds import Holds
from traymail.core.message import Address, Attachment, Draft
from traymail.core.outbox import AccountState, Attempt, OutboxItem, State
from traymail.core.reports import FlowStatus, LineShown, Preview
from traymail.core.secret import Secret
from traymail.core.settings import Settings
from traymail.core.texts import Text

Fields = Mapping[str, Any]
"""A table of config.toml as a form holds it: keys and plain values, nothing checked yet."""


@dataclass(frozen=True, slots=True)
class Overview:
    """How everything stands, as of one moment."""

    settings: Settings
    accounts: Mapping[str, AccountState]
    rules: Mapping[str, FlowStatus]
    counts: Mapping[State, int]
    paused: bool
    paused_until: datetime | None
    config_error: tuple[Problem, ...] = ()
    unconfirmed: tuple[Risk, ...] = ()
    holds: Holds = field(default_factory=Holds)
    # What was lost on the disk, until the user has looked at the remains.
    warnings: tuple[Text, ...] = ()


@dataclass(frozen=True, slots=True)
class MailDetail:
    """One mail of the outbox with all that is known of it; ``text`` is its plain body."""

    item: OutboxItem
    text: str
    html: str | None
    attachments: tuple[Attachment, ...]
    attempts: tuple[Attempt, ...]
    verdicts: tuple[RecipientReply, ...]


@dataclass(frozen=True, slots=True)
class SavedDraft:
    """The quick-send window's content, as it survives closing and a restart.

    Addresses are kept as they were typed. ``files`` are paths, also those of pasted pictures.
    ``posted``: the mail it was sent as, while that can be undone; 0 when it was not sent. A draft
    that is found so at a start has gone out.
    """

    account: str = ""
    to: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()
    bcc: tuple[str, ...] = ()
    subject: str = ""
    body: str = ""
    markdown: bool = False
    files: tuple[str, ...] = ()
    posted: int = 0


@dataclass(frozen=True, slots=True)
class RulePreview:
    """What a rule would do now; for a log rule, also which logs there are.

    ``lines`` are the last ones of the newest log; the mails are those these lines would make.
    """

    preview: Preview
    lines: tuple[LineShown, ...] = ()
    logs: tuple[str, ...] = ()


class Backend(Protocol):
    """The program behind the windows."""

    def listen(self, listener: Callable[[Event], None]) -> None:
        """Call ``listener`` with every event of the engine, on the engine's threads."""
        ...

    def overview(self) -> Overview:
        """Return how everything stands."""
        ...

    # --- mail ---------------------------------------------------------------------------------

    def post(self, draft: Draft, undo: timedelta) -> OutboxItem:
        """Store a mail that leaves after ``undo``; it is safe from here on."""
        ...

    def take_back(self, mail_id: int) -> bool:
        """Undo a post: True when the mail has not begun to leave, and never will."""
        ...

    def send_now(self, mail_id: int) -> None:
        """End the wait of a post early."""
        ...

    def find(
        self,
        *,
        state: State | None = None,
        account: str | None = None,
        rule: str | None = None,
        search: str = "",
        limit: int = 500,
    ) -> list[OutboxItem]:
        """Return mails, newest first."""
        ...

    def detail(self, mail_id: int) -> MailDetail:
        """Return all that is known of one mail."""
        ...

    def save_eml(self, mail_id: int, target: Path) -> None:
        """Write the message as a file."""
        ...

    def retry(self, ids: tuple[int, ...] | None) -> None:
        """Try mails now; None: all that wait or failed."""
        ...

    def resolve(self, mail_id: int, answer: State) -> None:
        """Settle an unknown mail: SENT, or QUEUED to send it again."""
        ...

    def cancel(self, ids: tuple[int, ...]) -> None:
        """Take mails out of the queue; one that is being sent is stopped before its final dot."""
        ...

    # --- what the quick-send window remembers ---------------------------------------------------

    def draft(self) -> SavedDraft:
        """Return the kept draft; an empty one when there is none."""
        ...

    def keep_draft(self, draft: SavedDraft) -> None:
        """Keep a draft; an empty one forgets it."""
        ...

    def keep_picture(self, png: bytes, word: str) -> Path:
        """Keep a pasted picture where a draft can find it after a restart.

        ``word``: what its name begins with.
        """
        ...

    def draft_files(self, mail_id: int) -> tuple[Path, ...]:
        """Make a mail's attachments files, under their names, where a draft can find them."""
        ...

    def window_places(self) -> dict[str, str]:
        """Return where windows were when the program ended; each name and place is a window's."""
        ...

    def keep_window_places(self, kept: Mapping[str, str]) -> None:
        """Keep them until the next start."""
        ...

    def people(self) -> tuple[Address, ...]:
        """Return past recipients, the most used first."""
        ...

    def forget_person(self, mailbox: str) -> None:
        """Offer a recipient no more."""
        ...

    # --- accounts -------------------------------------------------------------------------------

    def find_server(self, address: str) -> Proposal | None:
        """Propose a server: the provider table first, then trying the usual names."""
        ...

    def check_account(
        self, name: str, fields: Fields
    ) -> tuple[Account | None, tuple[Problem, ...]]:
        """Return the account these fields make, or every problem (``where`` is the field)."""
        ...

    def test_account(self, account: Account, secret: Secret | None) -> Generator[Step, None, None]:
        """Try an account live: dns, tcp, tls, ehlo, auth, then ``mail``: a mail to itself.

        ``secret`` None: the one kept for it. A passing test lets a stopped account go on.
        """
        ...

    def diagnose(self, account: Account) -> Generator[Step, None, None]:
        """Try an account's server live: dns, tcp, banner, tls, ehlo, auth, clock; sends no mail.

        The account learns from it: a stopped one goes on, or one whose login is refused stops.
        """
        ...

    def save_account(self, name: str, fields: Fields, secret: Secret | None) -> None:
        """Add or change an account; the secret, if one is given, goes to the keyring."""
        ...

    def remove_account(self, name: str) -> None:
        """Remove an account and its secret."""
        ...

    def set_default(self, name: str) -> None:
        """Make an account the default one."""
        ...

    # --- rules ----------------------------------------------------------------------------------

    def check_rule(self, fields: Fields, before: str | None) -> tuple[Problem, ...]:
        """Return every problem of a rule, or else hints; ``before`` is its saved name, if any."""
        ...

    def preview_rule(self, fields: Fields, before: str | None) -> RulePreview:
        """Return what these fields would do now; sends nothing."""
        ...

    def rule_fields(self, name: str) -> Fields:
        """Return a saved rule as its form holds it; raises InputError when there is none."""
        ...

    def save_rule(self, fields: Fields, before: str | None) -> None:
        """Add or change a rule."""
        ...

    def remove_rule(self, name: str) -> None:
        """Remove a rule; what it handled is remembered."""
        ...

    def enable_rule(self, name: str, *, enabled: bool) -> None:
        """Switch a rule on or off."""
        ...

    # --- the program ----------------------------------------------------------------------------

    def set_general(self, key: str, value: object) -> None:
        """Change a top-level value of the configuration."""
        ...

    def export_settings(self, target: Path) -> None:
        """Write the configuration without any secret."""
        ...

    def import_settings(self, source: Path, agreed: tuple[Risk, ...] = ()) -> tuple[Risk, ...]:
        """Take a configuration over, when it is valid.

        Returns what has to be agreed to first; nothing is done then.
        """
        ...

    def agree(self, risks: tuple[Risk, ...]) -> None:
        """Put an edit by hand in force that waits for the user's consent."""
        ...

    def places(self) -> Mapping[str, Path]:
        """Return where the files are: config, state, log."""
        ...

    def autostart(self) -> bool:
        """Return whether the program starts with the desktop session."""
        ...

    def set_autostart(self, *, on: bool) -> None:
        """Start with the desktop session, or not."""
        ...

    def pause(self, until: datetime | None) -> None:
        """Let nothing leave until then; None: until resumed."""
        ...

    def resume(self) -> None:
        """Let mail leave again."""
        ...

    def rehearse(self, language: str) -> None:
        """Start the rehearsal, a program by itself that speaks ``language``; then end this one.

        Raises DesktopError, and goes on, when it cannot be started.
        """
        ...

    def quit(self) -> None:
        """End the program."""
        ...
