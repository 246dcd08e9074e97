"""The test of an account: rows, verdict, the words above it, the advice, the report."""

import re
from dataclasses import replace

import pytest

from tests.support.accounts import GOOD, QQ, REFUSED
from traymail.core.account import Account, Auth
from traymail.core.connection_test import Step
from traymail.core.errors import AuthFailure, Reply, Stage, StateError
from traymail.core.message import Address
from traymail.core.replies import advice_for, as_error, diagnose, what_failed
from traymail.core.reply_rules import Trouble, details
from traymail.core.robots import WECOM_HOST, WecomAccount
from traymail.core.sendgrid import SENDGRID_HOST, SendgridAccount
from traymail.core.texts import Text, text
from traymail.ui.model import trial as model
from traymail.ui.model.trial import Mark, Trial, Verdict

TEAM = WecomAccount(name="team", host=WECOM_HOST, port=443)
BULK = SendgridAccount(name="bulk", address=Address("me@example.com"), host=SENDGRID_HOST, port=443)


def heard(*steps: Step, trial: Trial | None = None) -> Trial:
    trial = trial or model.begin(QQ)
    for step in steps:
        trial = trial.heard(step)
    return trial


def marks(trial: Trial) -> list[Mark]:
    return [row.mark for row in trial.rows]


def test_the_next_step_runs_when_one_is_done() -> None:
    trial = heard(*GOOD[:2])
    assert marks(trial) == [Mark.DONE, Mark.DONE, Mark.RUNNING, *[Mark.WAITING] * 3]
    assert str(model.headline(trial).title) == "Testing…"


def test_a_good_test_passes() -> None:
    trial = heard(*GOOD).ended()
    assert trial.verdict is Verdict.PASSED
    assert str(model.headline(trial).more) == "123456@qq.com is ready to send mail."
    # What comes after the end is passed over.
    assert trial.heard(REFUSED) is trial


def test_a_test_without_its_mail_has_failed() -> None:
    assert heard(*GOOD[:-1]).ended().verdict is Verdict.FAILED
    diagnosis = model.begin_diagnosis(QQ)
    assert heard(GOOD[0], trial=diagnosis).ended().verdict is Verdict.PASSED


def test_a_refused_login_is_told_with_its_reply() -> None:
    trial = heard(*GOOD[:4], REFUSED, Step("mail", None)).ended()
    assert marks(trial)[-2:] == [Mark.FAILED, Mark.SKIPPED]
    assert (trial.failed_at, trial.verdict) == ("auth", Verdict.FAILED)
    assert trial.advice is not None
    assert (str(trial.advice.title), trial.advice.reply) == ("The login was refused", "535 no")
    assert str(model.headline(trial).title) == "The login was refused"
    # The first failure counts.
    assert (
        heard(
            replace(REFUSED, step="mail"), trial=replace(trial, verdict=Verdict.RUNNING)
        ).failed_at
        == "auth"
    )


@pytest.mark.parametrize(
    ("detail", "title", "reply"),
    [
        (text("no such host"), "no such host", ""),
        ("550 go away", "The server refused it.", "550 go away"),
    ],
)
def test_a_failure_in_other_words(detail: Text | str, title: str, reply: str) -> None:
    trial = heard(Step("dns", False, 3, detail))
    assert trial.advice is not None
    assert (str(trial.advice.title), trial.advice.reply) == (title, reply)
    assert str(trial.rows[0].detail) == "failed"


@pytest.mark.parametrize("account", [TEAM, BULK], ids=lambda one: one.kind)
@pytest.mark.parametrize("step", ["dns", "tcp", "tls"])
def test_a_service_has_no_port_to_check_and_no_code(account: Account, step: str) -> None:
    trial = heard(Step(step, False, 3, "no"), trial=model.begin(account)).ended()
    told = model.headline(trial)
    assert not re.search(r"port|code", f"{told.title} {told.more}")
    assert account.auth.value not in model.report(trial, "1", str)


def test_a_service_without_a_key_says_so() -> None:
    trial = heard(Step("auth", None), trial=model.begin_diagnosis(BULK)).ended()
    assert str(trial.rows[3].detail) == "no key yet"
    failed = heard(Step("auth", False), trial=model.begin_diagnosis(BULK)).ended()
    assert str(model.headline(failed).title) == "There is no key yet"


@pytest.mark.parametrize("step", ["banner", "tls", "ehlo", "auth"])
def test_a_failure_that_passes_is_called_no_refusal(step: str) -> None:
    reply = Reply(None, "connection closed", Stage.AUTH)
    lost = as_error(diagnose(reply, "qq", trouble=Trouble.LOST), reply)
    detail = what_failed(lost.title, None, reply.text)
    failed = Step(step, False, 3, detail, lost.advice, lost)
    trial = heard(failed, trial=model.begin_diagnosis(QQ)).ended()
    told = model.headline(trial)
    assert not any(word in f"{told.title} {told.more}" for word in ("refuse", "want", "safe"))
    assert str(trial.rows[trial.steps.index(step)].detail) == "failed"
    assert trial.advice is not None
    assert (str(trial.advice.title), trial.advice.reply) == (
        "The connection broke",
        details.CLOSED,
    )


def test_advice_names_no_command() -> None:
    trial = heard(replace(REFUSED, advice=advice_for("x-535")))
    assert trial.advice is not None
    assert str(trial.advice.way_out).endswith("is wrong. Enter it again.")


@pytest.mark.parametrize(
    ("step", "detail"),
    [
        (Step("dns", True, 1, "1.2.3.4, 5.6.7.8"), "smtp.qq.com → 1.2.3.4"),
        (Step("tcp", True, 1, "1.2.3.4, 465"), "port 465"),
        (
            Step("tcp", True, 1, text("{reached}; {other}", reached="::1, 587", other="IPv4")),
            "port 587",
        ),
        (Step("auth", True, 1, "235 ok"), "accepted"),
        (Step("ehlo", True, 1, "SIZE 73400320, AUTH"), "mails up to 73 MB"),
        (Step("ehlo", True, 1, "AUTH"), "answered"),
        (Step("ehlo", True, 1, "SIZE 0"), "answered"),
        (Step("tls", True, 1, "as the server says"), "as the server says"),
        (
            Step("tls", True, 1, text("{version} {date}", version="TLSv1.3", date="2027-03-12")),
            "TLSv1.3, valid until 2027-03-12",
        ),
    ],
)
def test_what_a_good_step_says(step: Step, detail: str) -> None:
    trial = heard(step)
    row = trial.rows[trial.steps.index(step.step)]
    assert (row.mark, str(row.detail)) == (Mark.DONE, detail)


def test_a_service_is_where_its_key_says_and_not_where_it_mostly_is() -> None:
    steps = (Step("dns", True, 1, "127.0.0.1"), Step("tcp", True, 1, "127.0.0.1, 40873"))
    trial = heard(*steps, trial=model.begin(TEAM))
    assert [str(row.detail) for row in trial.rows[:2]] == ["127.0.0.1", "port 40873"]


def test_a_login_that_is_left_out() -> None:
    left_out = Step("auth", None, None, text("left out"))
    trial = heard(left_out, trial=model.begin(replace(QQ, auth=Auth.NONE)))
    assert str(trial.rows[4].detail) == "not needed"
    assert str(heard(left_out).rows[4].detail) == "no code to log in with"
    after = heard(Step("dns", False, 1, "x"), left_out)
    assert str(after.rows[4].detail) == "left out"


def test_without_a_code_that_is_what_is_told() -> None:
    trial = heard(Step("auth", False, None, text("There is no secret"))).ended()
    assert str(model.headline(trial).title) != "The login was refused"


def test_a_test_is_stopped() -> None:
    stopped = heard(GOOD[0]).stopped()
    assert (stopped.verdict, str(model.headline(stopped).more)) == (
        Verdict.STOPPED,
        "Nothing is saved yet.",
    )
    diagnosis = model.begin_diagnosis(QQ).stopped()
    assert str(model.headline(diagnosis).more) == "What came before is shown."


def test_a_test_that_could_not_go_on() -> None:
    refused = AuthFailure(Reply(535, "no", Stage.AUTH), "x", text("Refused"), text("Mend it."))
    given_up = heard(GOOD[0]).gave_up(refused)
    assert given_up.advice is not None
    assert (given_up.failed_at, given_up.advice.reply) == ("", "no")
    other = heard(GOOD[0]).gave_up(StateError(text("Full"), text("Make room.")))
    assert other.advice is not None
    assert (str(other.advice.way_out), other.advice.reply) == ("Make room.", "")


def test_the_report_tells_each_step() -> None:
    told = model.report(heard(*GOOD[:4], REFUSED).ended(), "1.0", str)
    for words in (
        "traymail 1.0",
        "smtp.qq.com:465 tls, password",
        "auth   failed   140 ms",
        "535 no",
    ):
        assert words in told
    assert "535" not in model.report(heard(*GOOD).ended(), "1.0", str)
