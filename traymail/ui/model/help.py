"""Help and diagnosis: first steps, one account tried live, what is wrong now, where things are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from pathlib import Path

from traymail.accounts import kind_of
from traymail.core.account import Account
from traymail.core.fields import Choice
from traymail.core.overview import Overview
from traymail.core.texts import Text, text
from traymail.ui.model import trial as trials
from traymail.ui.model.actions import Actions, Offered
from traymail.ui.model.trial import Headline, Tested, Verdict


class HelpPage(Enum):
    """The pages, in the order of their list."""

    FIRST_STEPS = "first"
    DIAGNOSIS = "diagnosis"
    STATE = "state"
    KEYS = "keys"
    FILES = "files"


TITLES: Mapping[HelpPage, Text] = {
    HelpPage.FIRST_STEPS: text("First steps"),
    HelpPage.DIAGNOSIS: text("Diagnosis"),
    HelpPage.STATE: text("Status"),
    HelpPage.KEYS: text("Keyboard"),
    HelpPage.FILES: text("Files and version"),
}
ICONS: Mapping[HelpPage, str] = {
    HelpPage.FIRST_STEPS: "compass",
    HelpPage.DIAGNOSIS: "activity",
    HelpPage.STATE: "list-check",
    HelpPage.KEYS: "keyboard",
    HelpPage.FILES: "folder2",
}


@dataclass(frozen=True, slots=True)
class Help(Tested):
    """All of it. ``overview`` is None until it is known."""

    page: HelpPage = HelpPage.DIAGNOSIS
    overview: Overview | None = None
    places: Mapping[str, Path] = field(default_factory=dict)
    account: str = ""

    @property
    def running(self) -> bool:
        """Whether an account is being tried."""
        return self.trial is not None and self.trial.verdict is Verdict.RUNNING

    @property
    def accounts(self) -> Mapping[str, Account]:
        """The accounts there are."""
        return {} if self.overview is None else self.overview.settings.accounts


# --- what happens -----------------------------------------------------------------------------


def turned(state: Help, page: HelpPage) -> Help:
    """Return the state with another page in sight."""
    return replace(state, page=page)


def informed(state: Help, overview: Overview, places: Mapping[str, Path]) -> Help:
    """Take in how everything stands; the chosen account stays while there is one of that name."""
    settings = overview.settings
    account = state.account
    if account not in settings.accounts:
        usual = settings.default_account
        account = usual if usual in settings.accounts else next(iter(settings.accounts), "")
    trial = state.trial if account == state.account else None
    # Who has no account yet is not asking for a diagnosis.
    begins = state.overview is None and not account and state.page is HelpPage.DIAGNOSIS
    page = HelpPage.FIRST_STEPS if begins else state.page
    return replace(state, overview=overview, places=places, account=account, trial=trial, page=page)


def chosen(state: Help, account: str) -> Help:
    """Return the state with another account to try."""
    return replace(state, account=account, trial=None) if account != state.account else state


def started(state: Help) -> Help:
    """Begin to try the account; without one, nothing begins."""
    account = state.accounts.get(state.account)
    if account is None:
        return state
    return replace(state, trial=trials.begin_diagnosis(account))


# --- what is shown ----------------------------------------------------------------------------

NOT_TRIED = Headline(
    text("Does the connection to your server work?"),
    text("Seven steps, the same as for a mail. Nothing is sent except the login."),
)


def choices(state: Help) -> tuple[Choice, ...]:
    """Return the accounts to choose from."""
    return tuple(
        Choice(name, kind_of(account).with_address(account))
        for name, account in state.accounts.items()
    )


class HelpAct(Enum):
    """What the buttons do."""

    COPY_REPORT = "copy report"
    STOP = "stop"
    START = "start"


_REPORT = (Offered(text("Copy &report"), HelpAct.COPY_REPORT, icon="copy", kind="link"),)
_STOP = (Offered(text("&Cancel"), HelpAct.STOP),)


def buttons(state: Help) -> Actions[HelpAct]:
    """Return what can be done on the page."""
    if state.page is not HelpPage.DIAGNOSIS or not state.accounts:
        return Actions(_REPORT)
    words = text("&Start diagnosis") if state.trial is None else text("&Test again")
    start = Offered(words, HelpAct.START, not state.running, "play")
    return Actions(_REPORT, _STOP if state.running else (), start)


class HelpLink(Enum):
    """Where a use begins."""

    QUICK_SEND = "quick send"
    ACCOUNTS = "accounts"
    RULES = "rules"


@dataclass(frozen=True, slots=True)
class Use:
    """One thing that traymail is for."""

    icon: str
    title: Text
    sentence: Text
    verb: Text
    link: HelpLink


USES = (
    Use(
        "person-circle",
        text("Set up your account"),
        text(
            "Type your address and paste the code from your provider. traymail finds the "
            "server and tests everything before it saves."
        ),
        text("Accounts…"),
        HelpLink.ACCOUNTS,
    ),
    Use(
        "send",
        text("Send a mail in three clicks"),
        text(
            "Click the tray icon, paste a screenshot or drop files, and send. You can undo it for"
            " a few seconds."
        ),
        text("Quick send…"),
        HelpLink.QUICK_SEND,
    ),
    Use(
        "folder2-open",
        text("Mail what lands in a folder"),
        text(
            "A rule watches a folder. Each file dropped there is mailed once, and complete, "
            "even if it arrived while traymail was not running."
        ),
        text("Rules…"),
        HelpLink.RULES,
    ),
    Use(
        "journal-text",
        text("Get alerts about errors in a log"),
        text(
            "A rule reads a log and mails you the lines that match. What matches in the "
            "waiting time after that is counted and comes in one mail."
        ),
        text("Rules…"),
        HelpLink.RULES,
    ),
)


@dataclass(frozen=True, slots=True)
class HelpKeys:
    """The keys of one window, each with what it does."""

    window: Text
    keys: tuple[tuple[str, Text], ...]


KEYS = (
    HelpKeys(
        text("New mail"),
        (
            ("Ctrl+Enter", text("Send")),
            ("Ctrl+Shift+A", text("Attach files")),
            ("Ctrl+V", text("Paste text, files or a picture")),
            ("↑ ↓ Enter Del", text("Choose, take or forget a proposed recipient")),
            ("F2", text("Change the recipient before, as a double click does")),
            ("Esc", text("Close and keep the draft; during the countdown: undo")),
        ),
    ),
    HelpKeys(
        text("Outbox"),
        (
            ("↑ ↓ Enter", text("Choose and open a mail")),
            ("F5", text("Try a mail again")),
            ("Del", text("Cancel a mail that waits")),
        ),
    ),
    HelpKeys(
        text("Settings"),
        (
            ("Ctrl+S", text("Save")),
            ("↑ ↓", text("Move in a list")),
        ),
    ),
    HelpKeys(
        text("Everywhere"),
        (
            ("Tab Shift+Tab", text("To the next or the previous field")),
            ("Alt", text("With an underlined letter: to its field, or press its button")),
            ("Shift+F10", text("The menu of a field: undo, cut, copy, paste")),
            ("Esc", text("Close the window")),
        ),
    ),
)
