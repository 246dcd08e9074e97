"""What is wrong now: the configuration, the accounts, the rules; and the report of all of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from traymail.accounts import kind_of
from traymail.core.account import Account
from traymail.core.errors import Problem, TraymailError
from traymail.core.outbox import AccountState, State
from traymail.core.overview import Overview
from traymail.core.replies import title_for
from traymail.core.reply_rules.details import reply_told
from traymail.core.reports import FlowStatus, Health, health_of
from traymail.core.rule import Rule
from traymail.core.rule_kind import kind_of_rule
from traymail.core.texts import Text, Translate, text
from traymail.ui.model.help import Help
from traymail.ui.model.sentences import advice_about, sentence_of
from traymail.ui.model.trial import report as trial_report


class FindingKind(Enum):
    """What a finding is about."""

    CONFIGURATION = "configuration"
    OUTBOX = "outbox"
    ACCOUNT = "account"
    RULE = "rule"


class Level(Enum):
    """How good or bad a finding is."""

    GOOD = "good"
    QUIET = "quiet"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing to tell of a finding; ``where`` is a place, a file or a line, as it is."""

    words: Text | str
    where: Text | str = ""
    bad: bool = True


@dataclass(frozen=True, slots=True)
class StatusFinding:
    """How one thing stands: the configuration, an account, a rule of the kind ``icon`` is of."""

    kind: FindingKind
    title: Text | str
    level: Level
    state: Text
    remarks: tuple[Remark, ...] = ()
    icon: str = ""


@dataclass(frozen=True, slots=True)
class About:
    """This program and this computer; paths below ``user_home`` are told from ``~``."""

    version: str
    system: str
    user_home: str


def findings(overview: Overview) -> tuple[StatusFinding, ...]:
    """Return how everything stands, in the order in which it is shown."""
    settings = overview.settings
    return (
        _of_configuration(overview.config_error),
        _of_outbox(overview.counts, overview.warnings),
        *(
            _of_account(account, overview.accounts.get(name))
            for name, account in settings.accounts.items()
        ),
        *(_of_rule(rule, overview.rules.get(rule.name), overview) for rule in settings.rules),
    )


def troubles(overview: Overview | None) -> int:
    """Return how many things need the user."""
    found = () if overview is None else findings(overview)
    return sum(finding.level is Level.BAD for finding in found)


def _of_configuration(problems: tuple[Problem, ...]) -> StatusFinding:
    kind, title = FindingKind.CONFIGURATION, text("Configuration")
    if not problems:
        return StatusFinding(kind, title, Level.GOOD, text("in order"))
    remarks = tuple(
        Remark(_with_advice(problem.what, problem.advice), _place_of(problem))
        for problem in problems
    )
    last_good = Remark(text("Until it is fixed, the last good one is used."), bad=False)
    several = len(problems) > 1
    state = text("{n} problems", n=len(problems)) if several else text("1 problem")
    return StatusFinding(kind, title, Level.BAD, state, (*remarks, last_good))


def _of_outbox(counts: Mapping[State, int], warnings: tuple[Text, ...]) -> StatusFinding:
    bad = (
        *map(Remark, warnings),
        *(
            Remark(words)
            for state, words in (
                (State.FAILED, text("{n} failed", n=counts.get(State.FAILED, 0))),
                (
                    State.PARTIAL,
                    text("{n} reached some of their recipients", n=counts.get(State.PARTIAL, 0)),
                ),
                (
                    State.UNKNOWN,
                    text("{n} may have been delivered", n=counts.get(State.UNKNOWN, 0)),
                ),
            )
            if counts.get(state, 0)
        ),
    )
    waiting = counts.get(State.QUEUED, 0) + counts.get(State.SENDING, 0)
    state = text("{n} waiting", n=waiting) if waiting else text("nothing waits")
    if bad:
        state = text("needs you")
    return StatusFinding(
        FindingKind.OUTBOX, text("Outbox"), Level.BAD if bad else Level.GOOD, state, bad
    )


def _place_of(problem: Problem) -> Text | str:
    if problem.line is None:
        return problem.where
    if not problem.where:
        return text("line {line}", line=problem.line)
    return text("line {line}: {where}", line=problem.line, where=problem.where)


def _of_account(account: Account, state: AccountState | None) -> StatusFinding:
    if state is None or not state.stopped:
        return StatusFinding(FindingKind.ACCOUNT, account.name, Level.GOOD, text("ready"))
    what = title_for(state.advice_id) or text("The server refused it.")
    remark = Remark(
        _with_advice(what, advice_about(state.advice_id)), reply_told(None, state.reply)
    )
    word = text("needs you") if state.needs_user else text("waiting")
    return StatusFinding(FindingKind.ACCOUNT, account.name, Level.BAD, word, (remark,))


_LEVELS: Mapping[Health, Level] = {
    Health.OFF: Level.QUIET,
    Health.BROKEN: Level.BAD,
    Health.PAUSED: Level.QUIET,
    Health.STARTING: Level.QUIET,
    Health.COOLING: Level.GOOD,
    Health.WATCHING: Level.GOOD,
}


def _of_rule(rule: Rule, status: FlowStatus | None, overview: Overview) -> StatusFinding:
    icon = kind_of_rule(rule, overview.kinds).status_icon
    status = status or FlowStatus()
    health = health_of(status, enabled=rule.enabled, paused=overview.paused)
    error = () if status.error is None else (Remark(status.error),)
    left_out = (Remark(one.reason, one.what, bad=False) for one in status.left_out)
    remarks = (*error, *left_out) if rule.enabled else ()
    level, state = _LEVELS[health], _state(health, status)
    return StatusFinding(FindingKind.RULE, rule.name, level, state, remarks, icon)


def _state(health: Health, status: FlowStatus) -> Text:
    if health is Health.COOLING:
        return text("{health}, {n} held back", health=health.words, n=status.held)
    if health is Health.WATCHING:
        return text("{health}, {n} mailed", health=health.words, n=status.sent)
    return health.words


def _with_advice(what: Text, advice: Text | None) -> Text:
    return sentence_of(TraymailError(what, advice))


# --- the report -------------------------------------------------------------------------------


def report(state: Help, about: About, translate: Translate) -> str:
    """Return all of it as plain text to send to someone who helps; it holds no secret."""
    lines = [f"traymail {about.version}", about.system, "", *map(str, state.places.values())]
    if state.overview is not None:
        lines += ["", *_told(state.overview, translate)]
    if state.trial is not None:
        # The version stands above already.
        _version, _, tried = trial_report(state.trial, about.version, translate).partition("\n")
        lines += ["", tried.rstrip()]
    # The name of the user is nobody's business.
    return "\n".join(lines).replace(about.user_home, "~") + "\n"


def _told(overview: Overview, translate: Translate) -> list[str]:
    def say(words: Text | str) -> str:
        return words.translated(translate) if isinstance(words, Text) else words

    lines = []
    for finding in findings(overview):
        server = _server(overview, finding)
        lines.append(f"{say(finding.title)}{server}: {say(finding.state)}")
        for remark in finding.remarks:
            where = f"{say(remark.where)}: " if remark.where else ""
            lines.append(f"  {where}{say(remark.words)}")
    return lines


def _server(overview: Overview, finding: StatusFinding) -> str:
    if finding.kind is not FindingKind.ACCOUNT:
        return ""
    account = overview.settings.accounts[str(finding.title)]
    return f" ({kind_of(account).destination(account)}, {account.auth.value})"
