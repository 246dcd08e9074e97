"""Help and diagnosis as values: what happens, what is told, and the report."""

from dataclasses import replace
from pathlib import Path

import pytest

from traymail.accounts.smtp import SmtpKind
from traymail.core.account import Account, Auth, Security
from traymail.core.connection_test import Step
from traymail.core.errors import CredentialError, Problem
from traymail.core.kinds import ALL
from traymail.core.message import Address
from traymail.core.outbox import AccountState, State
from traymail.core.overview import Overview
from traymail.core.reports import FlowStatus, LeftOut
from traymail.core.rules.folder import FolderRule
from traymail.core.settings import Settings
from traymail.core.texts import Text, text
from traymail.ui.model import help as model
from traymail.ui.model import trial as trials
from traymail.ui.model.help import ICONS, KEYS, TITLES, USES, Help, HelpPage
from traymail.ui.model.help_state import (
    About,
    FindingKind,
    Level,
    StatusFinding,
    findings,
    report,
    troubles,
)
from traymail.ui.model.trial import Mark, StepRow, Verdict

PLACES = {"config": Path("/home/ming/config.toml")}
CERTIFICATE = text(
    "compared with the certificate's validity, {begins} to {ends}", begins="2026", ends="2027"
)


def an_account(name: str = "main", auth: Auth = Auth.PASSWORD) -> Account:
    return Account(
        name=name,
        address=Address(f"{name}@example.com"),
        host="smtp.example.com",
        port=465,
        security=Security.TLS,
        username=name,
        auth=auth,
    )


def a_rule(*, enabled: bool = True) -> FolderRule:
    return FolderRule(
        name="Scans",
        enabled=enabled,
        account="main",
        to=(Address("you@mail.example"),),
        subject="",
        body="",
        max_per_hour=60,
        folder="/home/ming/Scans",
        move_to="sent",
    )


def an_overview(*names: str, default: str = "", **more: object) -> Overview:
    settings = Settings(
        accounts={name: an_account(name) for name in names}, default_account=default
    )
    overview = Overview(settings, {}, {}, {}, paused=False, paused_until=None, kinds=ALL)
    return replace(overview, **more)  # type: ignore[arg-type] # fields of it


def told(state: Help, *names: str, default: str = "") -> Help:
    return model.informed(state, an_overview(*names, default=default), PLACES)


def tried(*steps: Step, auth: Auth = Auth.PASSWORD) -> trials.Trial:
    trial = trials.begin_diagnosis(an_account(auth=auth))
    for step in steps:
        trial = trial.heard(step)
    return trial


# --- which account, which page ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "names", "default", "after"),
    [
        ("", ("a", "b"), "b", "b"),
        ("", ("a", "b"), "", "a"),
        ("", ("a",), "gone", "a"),
        ("a", ("a", "b"), "b", "a"),
        ("gone", ("a", "b"), "b", "b"),
        ("gone", (), "", ""),
    ],
)
def test_the_account_that_is_tried(
    before: str, names: tuple[str, ...], default: str, after: str
) -> None:
    assert told(Help(account=before), *names, default=default).account == after


@pytest.mark.parametrize(
    ("page", "names", "after"),
    [
        (HelpPage.DIAGNOSIS, (), HelpPage.FIRST_STEPS),
        (HelpPage.DIAGNOSIS, ("a",), HelpPage.DIAGNOSIS),
        (HelpPage.FILES, (), HelpPage.FILES),
    ],
)
def test_without_an_account_it_begins_with_the_first_steps(
    page: HelpPage, names: tuple[str, ...], after: HelpPage
) -> None:
    assert told(Help(page=page), *names).page is after


def test_later_the_page_stays() -> None:
    state = model.turned(told(Help(), "a"), HelpPage.DIAGNOSIS)
    assert told(state).page is HelpPage.DIAGNOSIS


def test_a_test_goes_with_its_account() -> None:
    state = model.started(told(Help(), "a", "b"))
    assert state.running
    assert told(state, "a", "b").running
    assert told(state, "b").trial is None
    assert model.chosen(state, "a") == state
    assert model.chosen(state, "b").trial is None


def test_nothing_begins_without_an_account() -> None:
    assert model.started(told(Help())).trial is None


def test_choices_name_account_and_address() -> None:
    assert [str(one.words) for one in model.choices(told(Help(), "a"))] == ["a · a@example.com"]


def test_the_button_says_that_it_is_not_the_first_time() -> None:
    def said(state: Help) -> list[tuple[str, bool]]:
        return [(str(one.words), one.enabled) for one in model.buttons(state).all]

    state, report = told(Help(), "a"), ("Copy &report", True)
    start, again = "&Start diagnosis", "&Test again"
    assert said(state) == [report, (start, True)]
    assert said(model.started(state)) == [report, ("&Cancel", True), (again, False)]
    assert said(model.started(state).test_stopped()) == [report, (again, True)]
    assert said(told(Help())) == said(model.turned(state, HelpPage.KEYS)) == [report]


def test_what_comes_without_a_test_changes_nothing() -> None:
    state = told(Help(), "a")
    error = CredentialError(text("x"))
    late = (state.test_heard(Step("dns", True)), state.test_ended(), state.test_gave_up(error))
    assert all(one == state for one in (*late, state.test_stopped()))


def test_a_test_is_followed_to_its_end() -> None:
    state = model.started(told(Help(), "a"))
    for name in SmtpKind.diagnosis:
        assert state.running
        state = state.test_heard(Step(name, True, 1))
    state = state.test_ended()
    assert state.trial is not None
    assert state.trial.verdict is Verdict.PASSED
    assert state.test_stopped() == state


def test_a_test_is_stopped_or_given_up() -> None:
    state = model.started(told(Help(), "a")).test_heard(Step("dns", True, 1))
    stopped, gave_up = state.test_stopped(), state.test_gave_up(CredentialError(text("x")))
    assert stopped.trial is not None
    assert gave_up.trial is not None
    assert stopped.trial.verdict is Verdict.STOPPED
    assert [row.mark for row in stopped.trial.rows] == [Mark.DONE, *[Mark.SKIPPED] * 6]
    assert trials.headline(stopped.trial).more == text("What came before is shown.")
    assert gave_up.trial.verdict is Verdict.FAILED


# --- the steps of a diagnosis -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("step", "row"),
    [
        (Step("banner", True, 9, "220 hello"), StepRow(Mark.DONE, "220 hello", 9)),
        (Step("banner", True, 9, "2" * 60), StepRow(Mark.DONE, "2" * 51 + "…", 9)),
        (
            Step("clock", True, 0, text("x {seconds}", seconds=7)),
            StepRow(Mark.DONE, text("{seconds} s apart", seconds=7), 0),
        ),
        (
            Step("clock", True, 0, CERTIFICATE),
            StepRow(Mark.DONE, text("within the certificate's dates"), 0),
        ),
        (Step("clock", True, 0, "as it is"), StepRow(Mark.DONE, "as it is", 0)),
        (Step("clock", None, None, "nothing told"), StepRow(Mark.SKIPPED, "nothing told")),
        (Step("auth", None), StepRow(Mark.SKIPPED, text("no code to log in with"))),
        (Step("auth", False), StepRow(Mark.FAILED, text("failed"))),
        (Step("auth", False, 5), StepRow(Mark.FAILED, text("refused"), 5)),
        (Step("tcp", False, 5), StepRow(Mark.FAILED, text("failed"), 5)),
        (
            Step("tcp", True, 5, "1.2.3.4, 465"),
            StepRow(Mark.DONE, text("port {port}", port="465"), 5),
        ),
    ],
)
def test_a_step_becomes_a_row(step: Step, row: StepRow) -> None:
    assert tried(step).rows[SmtpKind.diagnosis.index(step.step)] == row


@pytest.mark.parametrize(
    ("steps", "title"),
    [
        ((Step("banner", False, 1),), "The server does not want to talk"),
        ((Step("auth", False, 1),), "The login was refused"),
        ((Step("auth", False),), "There is no code to log in with"),
        ((Step("clock", False, 0),), "The clock of this computer is wrong"),
        ((Step("tcp", False, 1), Step("clock", False, 0)), "The server is not reached"),
        ((Step("auth", None), Step("clock", None)), "The connection works"),
    ],
)
def test_what_a_diagnosis_comes_to(steps: tuple[Step, ...], title: str) -> None:
    assert trials.headline(tried(*steps).ended()).title == text(title)


def test_the_clock_is_no_second_failure() -> None:
    trial = tried(Step("tcp", False, 1, "closed"), Step("clock", False, 0, "wrong"))
    assert trial.failed_at == "tcp"
    assert trial.advice is not None
    assert trial.advice.reply == "closed"


# --- how things stand -------------------------------------------------------------------------

NO_FOLDER = Problem("rules[0].folder", text("no such folder"), 31, text("Make it."))
LEFT = LeftOut("/a/b", text("It cannot be read."))


@pytest.mark.parametrize(
    ("problem", "where"),
    [
        (NO_FOLDER, text("line {line}: {where}", line=31, where="rules[0].folder")),
        (replace(NO_FOLDER, where=""), text("line {line}", line=31)),
        (replace(NO_FOLDER, line=None), "rules[0].folder"),
    ],
)
def test_a_problem_names_its_place(problem: Problem, where: Text | str) -> None:
    finding = findings(an_overview(config_error=(problem,)))[0]
    assert (finding.kind, finding.level) == (FindingKind.CONFIGURATION, Level.BAD)
    assert finding.remarks[0].where == where
    assert str(finding.remarks[0].words) == "no such folder. Make it."
    assert not finding.remarks[-1].bad


def test_a_good_configuration_is_in_order() -> None:
    assert findings(an_overview())[0].level is Level.GOOD


def test_what_was_lost_on_the_disk_needs_the_user() -> None:
    lost = text("A part of the outbox was lost.")
    finding = findings(an_overview(warnings=(lost,), counts={State.FAILED: 1}))[1]
    assert finding.kind is FindingKind.OUTBOX
    assert (finding.level, finding.state.msgid) == (Level.BAD, "needs you")
    assert [str(remark.words) for remark in finding.remarks] == [str(lost), "1 failed"]
    assert troubles(an_overview(warnings=(lost,))) == 1


@pytest.mark.parametrize(
    ("counts", "level", "state", "words"),
    [
        ({State.SENT: 9}, Level.GOOD, "nothing waits", ()),
        ({State.QUEUED: 2, State.SENDING: 1}, Level.GOOD, "3 waiting", ()),
        (
            {State.QUEUED: 2, State.FAILED: 1, State.UNKNOWN: 2, State.PARTIAL: 3},
            Level.BAD,
            "needs you",
            ("1 failed", "3 reached some of their recipients", "2 may have been delivered"),
        ),
    ],
)
def test_the_outbox_is_told(
    counts: dict[State, int], level: Level, state: str, words: tuple[str, ...]
) -> None:
    finding = findings(an_overview(counts=counts))[1]
    assert (finding.kind, finding.level, str(finding.state)) == (FindingKind.OUTBOX, level, state)
    assert tuple(str(one.words) for one in finding.remarks) == words


@pytest.mark.parametrize(
    ("kept", "level", "words"),
    [
        (None, Level.GOOD, ()),
        (AccountState("main"), Level.GOOD, ()),
        (
            AccountState("main", stopped=True, advice_id="no such row", reply="535 no"),
            Level.BAD,
            (("535 no", "The server refused it."),),
        ),
    ],
)
def test_an_account_that_was_stopped_is_told(
    kept: AccountState | None, level: Level, words: tuple[tuple[str, str], ...]
) -> None:
    finding = findings(an_overview("main", accounts={"main": kept} if kept else {}))[2]
    assert (finding.kind, finding.title, finding.level) == (FindingKind.ACCOUNT, "main", level)
    assert tuple((str(one.where), str(one.words)) for one in finding.remarks) == words


def rule_finding(
    status: FlowStatus | None, *, enabled: bool = True, paused: bool = False
) -> StatusFinding:
    overview = an_overview(
        "main",
        settings=Settings(rules=(a_rule(enabled=enabled),)),
        rules={} if status is None else {"Scans": status},
        paused=paused,
    )
    return findings(overview)[-1]


@pytest.mark.parametrize(
    ("finding", "level", "state", "remarks"),
    [
        (rule_finding(FlowStatus(), enabled=False), Level.QUIET, "off", 0),
        (rule_finding(None), Level.QUIET, "not watching yet", 0),
        (rule_finding(FlowStatus(watching=True, sent=3)), Level.GOOD, "watching, 3 mailed", 0),
        (
            rule_finding(FlowStatus(watching=True, held=3)),
            Level.GOOD,
            "cooling down, 3 held back",
            0,
        ),
        (rule_finding(FlowStatus(watching=True), paused=True), Level.QUIET, "paused", 0),
        (
            rule_finding(FlowStatus(error=text("gone"), left_out=(LEFT,))),
            Level.BAD,
            "does not work now",
            2,
        ),
        (
            rule_finding(FlowStatus(watching=True, left_out=(LEFT, LEFT))),
            Level.GOOD,
            "watching, 0 mailed",
            2,
        ),
    ],
)
def test_how_a_rule_fares(finding: StatusFinding, level: Level, state: str, remarks: int) -> None:
    assert (finding.level, str(finding.state), len(finding.remarks)) == (level, state, remarks)


def test_troubles_are_counted() -> None:
    stopped = {"main": AccountState("main", stopped=True)}
    assert troubles(None) == 0
    assert troubles(an_overview("main")) == 0
    assert troubles(an_overview("main", accounts=stopped, config_error=(NO_FOLDER,))) == 2


# --- the report -------------------------------------------------------------------------------


def test_the_report_tells_everything_and_nothing_private() -> None:
    overview = an_overview(
        "main",
        config_error=(NO_FOLDER,),
        settings=Settings(accounts={"main": an_account()}, rules=(a_rule(),)),
        rules={
            "Scans": FlowStatus(
                watching=True, left_out=(replace(LEFT, what=str(Path("/home/ming/x"))),)
            )
        },
    )
    state = model.started(model.informed(Help(), overview, PLACES))
    state = state.test_heard(Step("dns", False, 3, "no such name", text("Look at it.")))
    about = About("1.2.3", "Linux, Python 3.11", str(Path("/home/ming")))
    assert report(state.test_ended(), about, str) == (
        "traymail 1.2.3\n"
        "Linux, Python 3.11\n"
        "\n"
        f"{Path('~/config.toml')}\n"
        "\n"
        "Configuration: 1 problem\n"
        "  line 31: rules[0].folder: no such folder. Make it.\n"
        "  Until it is fixed, the last good one is used.\n"
        "Outbox: nothing waits\n"
        "main (smtp.example.com:465 tls, password): ready\n"
        "Scans: watching, 0 mailed\n"
        f"  {Path('~/x')}: It cannot be read.\n"
        "\n"
        "smtp.example.com:465 tls, password\n"
        "The server is not found\n"
        "\n"
        "dns    failed   3 ms failed\n"
        "tcp    skipped\n"
        "banner skipped\n"
        "tls    skipped\n"
        "ehlo   skipped\n"
        "auth   skipped\n"
        "clock  skipped\n"
        "\n"
        "The server refused it.\n"
        "Look at it.\n"
        "no such name\n"
    )


def test_the_report_of_a_window_that_knows_nothing_yet() -> None:
    about = About("1", "Linux", "/home/ming")
    assert report(Help(), about, str) == "traymail 1\nLinux\n\n"


# --- the texts --------------------------------------------------------------------------------


def test_every_page_has_its_title_and_sign() -> None:
    assert set(TITLES) == set(ICONS) == set(HelpPage)


def test_there_are_four_uses_and_keys_for_each_window() -> None:
    assert len(USES) == 4
    assert all(group.keys for group in KEYS)
