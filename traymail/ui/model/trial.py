"""The test of an account as rows that are there from the start, and what to say at its end.

The same rows show a diagnosis, which has other steps and ends at the login.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import Self

from traymail.accounts import kind_of
from traymail.core.account import Account, Auth
from traymail.core.address import excerpt
from traymail.core.connection_test import Step
from traymail.core.errors import (
    AuthFailure,
    CredentialError,
    DeliveryError,
    TransientFailure,
    TraymailError,
)
from traymail.core.reply_rules.details import reply_told
from traymail.core.texts import Text, Translate, text
from traymail.ui.model.sentences import at_hand

NAMES: Mapping[str, Text] = {
    "dns": text("Find the server"),
    "tcp": text("Connect"),
    "banner": text("Receive the greeting"),
    "tls": text("Encrypt"),
    "ehlo": text("Greet"),
    "auth": text("Log in"),
    "clock": text("Compare the clocks"),
    "mail": text("Test mail"),
}
_SIZE = re.compile(r"\bSIZE (\d{1,20})\b", re.ASCII)  # RFC 1870 section 4
_MB = 10**6
_WELCOME = 52  # letters of a server's welcome for which there is room


class Mark(Enum):
    """How far a step is; the words of `traymail.ui.widgets.StepState`."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"


class Verdict(Enum):
    """How the whole test stands."""

    RUNNING = "running"
    PASSED = "passed"
    FAILED = "failed"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class StepRow:
    """One row; ``ms`` is the time the step took."""

    mark: Mark = Mark.WAITING
    detail: Text | str = ""
    ms: int | None = None


@dataclass(frozen=True, slots=True)
class Advice:
    """What to say of a failure: what happened, the way out, the server's own words."""

    title: Text | str
    way_out: Text | None = None
    reply: Text | str = ""


@dataclass(frozen=True, slots=True)
class Trial:
    """A test.

    ``failed_at`` is the step that failed, "" when it failed before the first; ``passing``: another
    try may go well as it is. ``at_login``: another secret may mend it.
    """

    account: Account
    rows: tuple[StepRow, ...]
    steps: tuple[str, ...]
    verdict: Verdict = Verdict.RUNNING
    failed_at: str | None = None
    passing: bool = False
    at_login: bool = False
    advice: Advice | None = None

    def heard(self, step: Step) -> Trial:
        """Take in the result of a step; the next one runs then, unless the test has failed."""
        if self.verdict is not Verdict.RUNNING:
            return self
        trial, at, rows = self, self.steps.index(step.step), list(self.rows)
        rows[at] = _row(self, step)
        if step.ok is False and self.failed_at is None:
            trial = replace(
                self,
                failed_at=step.step,
                passing=isinstance(step.failure, TransientFailure),
                at_login=_is_of_login(self.account, step),
                advice=_advice(step),
            )
        if trial.failed_at is None and at + 1 < len(rows):
            rows[at + 1] = StepRow(Mark.RUNNING)
        return replace(trial, rows=tuple(rows))

    def ended(self) -> Trial:
        """Return the test when no step comes any more."""
        mailed = self.rows[-1].mark is Mark.DONE
        passed = self.failed_at is None and (mailed or "mail" not in self.steps)
        return self._over(Verdict.PASSED if passed else Verdict.FAILED)

    def stopped(self) -> Trial:
        """Return the test when the user has stopped it; one that is over stays as it is."""
        return self._over(Verdict.STOPPED) if self.verdict is Verdict.RUNNING else self

    def gave_up(self, error: TraymailError) -> Trial:
        """Return the test when it could not go on, for a reason that is none of the server's."""
        reply = reply_told(None, error.reply.text) if isinstance(error, DeliveryError) else ""
        advice = Advice(error.title, at_hand(error.advice), reply)
        return replace(self._over(Verdict.FAILED), failed_at="", advice=advice)

    def _over(self, verdict: Verdict) -> Trial:
        open_ones = {Mark.RUNNING, Mark.WAITING}
        rows = (StepRow(Mark.SKIPPED) if row.mark in open_ones else row for row in self.rows)
        return replace(self, rows=tuple(rows), verdict=verdict)


@dataclass(frozen=True, slots=True)
class Tested:
    """The state of a screen on which an account is tried; ``trial`` None: none is, or was."""

    trial: Trial | None = None

    def test_heard(self, step: Step) -> Self:
        """Take in a step of the test."""
        return self if self.trial is None else replace(self, trial=self.trial.heard(step))

    def test_ended(self) -> Self:
        """Return the screen when no step comes any more."""
        return self if self.trial is None else replace(self, trial=self.trial.ended())

    def test_stopped(self) -> Self:
        """Return the screen when the user has stopped the test."""
        return self if self.trial is None else replace(self, trial=self.trial.stopped())

    def test_gave_up(self, error: TraymailError) -> Self:
        """Return the screen when the test could not go on."""
        return self if self.trial is None else replace(self, trial=self.trial.gave_up(error))


def begin(account: Account) -> Trial:
    """Return a test whose first step runs."""
    return _begun(account, kind_of(account).test)


def begin_diagnosis(account: Account) -> Trial:
    """Return a diagnosis whose first step runs."""
    return _begun(account, kind_of(account).diagnosis)


def _begun(account: Account, steps: tuple[str, ...]) -> Trial:
    rows = (StepRow(Mark.RUNNING), *(StepRow() for _ in steps[1:]))
    return Trial(account, rows, steps)


def step_words(trial: Trial) -> tuple[Text, ...]:
    """Return what each step is called."""
    words = {**NAMES, **kind_of(trial.account).step_words}
    return tuple(words[step] for step in trial.steps)


@dataclass(frozen=True, slots=True)
class Headline:
    """What stands above the rows."""

    title: Text
    more: Text


def headline(trial: Trial) -> Headline:
    """Return how the test stands in words."""
    match trial.verdict:
        case Verdict.RUNNING:
            return Headline(text("Testing…"), text("This takes a few seconds."))
        case Verdict.PASSED:
            kind = kind_of(trial.account)
            has_address = "address" in kind.form.keys
            mailbox = trial.account.address.mailbox if has_address else trial.account.name
            whole = trial.steps == kind.test
            title = text("It works") if whole else text("The connection works")
            return Headline(title, text("{address} is ready to send mail.", address=mailbox))
        case Verdict.STOPPED:
            saves = trial.steps == kind_of(trial.account).test
            more = text("Nothing is saved yet.") if saves else text("What came before is shown.")
            return Headline(text("The test was stopped"), more)
        case Verdict.FAILED:
            return _failure(trial)


def _failure(trial: Trial) -> Headline:
    """Return what failed."""
    by_service = _has_no_port(trial.account)
    if _without_code(trial):
        return _NO_KEY if by_service else _NO_CODE
    at = trial.failed_at or ""
    if trial.passing and at in _PASSING:
        return _PASSING[at]
    if at == "mail" and kind_of(trial.account).login_by_mail:
        return _FAILURES["auth"] if trial.at_login else _BY_MAIL
    if by_service and at in _OF_SERVICES:
        return _OF_SERVICES[at]
    return _FAILURES.get(at, _FAILED)


def report(trial: Trial, version: str, translate: Translate) -> str:
    """Return the test as plain text to send to someone who helps; it holds no secret."""
    account = trial.account
    login = "" if _has_no_port(account) else f", {account.auth.value}"
    lines = [
        f"traymail {version}",
        kind_of(account).destination(account) + login,
        headline(trial).title.translated(translate),
        "",
    ]
    for name, row in zip(trial.steps, trial.rows, strict=True):
        took = "" if row.ms is None else f" {row.ms} ms"
        lines.append(f"{name:<6} {row.mark.value:<8}{took} {_said(row.detail, translate)}".rstrip())
    if trial.advice is not None:
        advice = trial.advice
        words = (advice.title, advice.way_out or "", advice.reply)
        lines += ["", *(_said(one, translate) for one in words if one)]
    return "\n".join(lines) + "\n"


def _said(words: Text | str, translate: Translate) -> str:
    return words.translated(translate) if isinstance(words, Text) else words


def _has_no_port(account: Account) -> bool:
    """Tell whether mail leaves for a service, whose users know of no port, code or login."""
    return "port" not in kind_of(account).form.keys


def _without_code(trial: Trial) -> bool:
    """Whether the login was not even tried."""
    return trial.failed_at == "auth" and trial.rows[trial.steps.index("auth")].ms is None


def _is_of_login(account: Account, step: Step) -> bool:
    """Whether it is the login that failed: that of some kinds is only tried by a message."""
    if step.step == "mail" and kind_of(account).login_by_mail:
        return isinstance(step.failure, AuthFailure | CredentialError)
    return step.step == "auth" and account.auth is not Auth.NONE


def _row(trial: Trial, step: Step) -> StepRow:
    match step.ok:
        case True:
            return StepRow(Mark.DONE, _detail(trial.account, step), step.ms)
        case False:
            refused = step.step in {"auth", "mail"} and step.ms is not None
            refused = refused and not isinstance(step.failure, TransientFailure)
            return StepRow(Mark.FAILED, text("refused") if refused else text("failed"), step.ms)
        case None:
            if step.step == "auth" and trial.failed_at is None:
                return StepRow(Mark.SKIPPED, _no_login(trial.account))
            return StepRow(Mark.SKIPPED, step.detail)


def _no_login(account: Account) -> Text:
    if account.auth is Auth.NONE:
        return text("not needed")
    return text("no key yet") if _has_no_port(account) else text("no code to log in with")


def _detail(account: Account, step: Step) -> Text | str:
    match step.step:
        case "dns":
            found = str(step.detail).partition(",")[0]
            # A service may be reached where its key says, as a webhook is.
            return found if _has_no_port(account) else f"{account.host} → {found}"
        case "tcp":
            reached = str(_values(step.detail).get("reached", step.detail))
            return text("port {port}", port=reached.rpartition(", ")[2])
        case "auth" | "mail":
            return text("accepted")
        case _:
            told = _OTHER_DETAILS.get(step.step)
            return step.detail if told is None else told(step.detail)


def _greeting(detail: Text | str) -> Text | str:
    size = _SIZE.search(str(detail))
    if size is None or int(size[1]) == 0:
        return text("answered")
    return text("mails up to {n} MB", n=int(size[1]) // _MB)


def _protection(detail: Text | str) -> Text | str:
    values = _values(detail)
    if {"version", "date"} <= values.keys():
        return text("{version}, valid until {date}", **values)
    return detail


def _welcome(detail: Text | str) -> str:
    words = excerpt(str(detail))
    return words if len(words) <= _WELCOME else f"{words[: _WELCOME - 1]}…"


def _clocks(detail: Text | str) -> Text | str:
    values = _values(detail)
    if "seconds" in values:
        return text("{seconds} s apart", **values)
    return text("within the certificate's dates") if values.keys() == {"begins", "ends"} else detail


_OTHER_DETAILS: Mapping[str, Callable[[Text | str], Text | str]] = {
    "banner": _welcome,
    "tls": _protection,
    "ehlo": _greeting,
    "clock": _clocks,
}


def _advice(step: Step) -> Advice:
    values = _values(step.detail)
    title, reply = values.get("title"), values.get("reply", values.get("detail", ""))
    way_out = at_hand(step.advice)
    if isinstance(title, Text):
        return Advice(title, way_out, reply if isinstance(reply, Text) else str(reply))
    if isinstance(step.detail, Text):
        return Advice(step.detail, way_out)
    return Advice(text("The server refused it."), way_out, step.detail)


def _values(words: Text | str) -> dict[str, object]:
    return dict(words.values) if isinstance(words, Text) else {}


_NO_CODE = Headline(
    text("There is no code to log in with"), text("The network and the server are fine.")
)
_FAILURES: Mapping[str, Headline] = {
    "": Headline(text("The test could not be made"), text("The server was not asked.")),
    "dns": Headline(text("The server is not found"), text("Check its name, and your network.")),
    "tcp": Headline(text("The server is not reached"), text("Check its port, and your network.")),
    "banner": Headline(
        text("The server does not want to talk"), text("The server was reached, but it refuses.")
    ),
    "tls": Headline(
        text("The connection is not safe"), text("Nothing was sent: your code stayed here.")
    ),
    "ehlo": Headline(
        text("The server does not want to talk"), text("The server was reached, but it refuses.")
    ),
    "auth": Headline(text("The login was refused"), text("The network and the server are fine.")),
    "clock": Headline(
        text("The clock of this computer is wrong"), text("Certificates and logins depend on it.")
    ),
    "mail": Headline(
        text("The test mail was refused"), text("Everything before it works, the login too.")
    ),
}
_NO_KEY = Headline(text("There is no key yet"), text("The network and the server are fine."))
_OF_SERVICES: Mapping[str, Headline] = {
    "dns": Headline(text("The server is not found"), text("Check the internet connection.")),
    "tcp": Headline(text("The server is not reached"), text("Check the internet connection.")),
    "tls": Headline(
        text("The connection is not safe"), text("Nothing was sent: your key stayed here.")
    ),
}
_BY_MAIL = Headline(text("The test mail was refused"), text("The network and the server are fine."))
_FAILED = Headline(text("The test has failed"), text("Nothing was sent."))
_AMISS = Headline(
    text("The server does not answer as it should"),
    text("The server was reached; try again in a few minutes."),
)
_PASSING: Mapping[str, Headline] = {
    **dict.fromkeys(("banner", "tls", "ehlo", "mail"), _AMISS),
    "auth": Headline(
        text("The login cannot be checked now"), text("The network and the server are fine.")
    ),
}
