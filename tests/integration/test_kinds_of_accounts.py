"""A kind of account is one module and one row: a toy kind has all that SMTP has."""

import json
import sys
from collections.abc import Iterator
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from tests.support.cli import in_process
from tests.support.eml_accounts import EmlAccount, EmlKind
from tests.support.homes import Home
from tests.support.live import Live, live
from tests.support.wait import until
from traymail.accounts import KINDS
from traymail.core.fields import fields_of
from traymail.core.message import Address, Draft
from traymail.core.outbox import State
from traymail.ui.model import settings_form as model
from traymail.ui.model import trial as trials
from traymail.ui.model.trial import Verdict


@pytest.fixture(autouse=True)
def row(monkeypatch: pytest.MonkeyPatch) -> None:
    """The one row that a kind of account needs."""
    monkeypatch.setitem(KINDS, "eml", EmlKind())


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    folder = tmp_path / "shelf"
    folder.mkdir()
    return folder


@pytest.fixture
def home(tmp_path: Path, shelf: Path) -> Home:
    one = Home(tmp_path / "home")
    one.configure(config(shelf))
    return one


def config(shelf: Path, more: str = "") -> str:
    return f"""\
version = 1

[accounts.shelf]
kind = "eml"
address = "me@desk.example"
folder = {json.dumps(str(shelf))}
{more}
"""


def printed(home: Home, *arguments: str) -> Any:  # noqa: ANN401 # a JSON document
    done = in_process(home, *arguments, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def kept(shelf: Path) -> list[EmailMessage]:
    files = sorted(shelf.glob("*.eml"))
    return [message_from_bytes(file.read_bytes(), policy=policy.default) for file in files]


def test_it_is_read_from_the_configuration(home: Home, shelf: Path) -> None:
    with live(home, config(shelf, "max_per_day = 7")) as running:
        account = running.program.engine.snapshot().settings.accounts["shelf"]
    assert isinstance(account, EmlAccount)
    assert (account.kind, account.folder, account.limits.per_day) == ("eml", str(shelf), 7)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        pytest.param(
            *('folder = "/"', "accounts.shelf.folder: must not be the root of the disk"),
            marks=pytest.mark.skipif(sys.platform == "win32", reason="a path of Unix"),
        ),
        ("folder = 1", "accounts.shelf.folder: expected a text in quotes"),
        ('fodler = "/x"', "accounts.shelf.fodler: unknown key"),
        (
            'host = "h.example"',
            "host: unknown key (It belongs to accounts of kind “smtp”.)",
        ),
        ("max_per_day = 0", "accounts.shelf.max_per_day"),
    ],
)
def test_config_check_tells_what_is_wrong_with_it(home: Home, line: str, told: str) -> None:
    key = line.partition(" ")[0]
    lines = home.config.read_text("utf-8").splitlines()
    home.configure("\n".join([*(one for one in lines if not one.startswith(key)), line, ""]))
    done = in_process(home, "config", "check")
    assert done.returncode == 78
    assert told in done.stdout + done.stderr


def test_its_key_in_another_kind_is_told_whose_it_is(home: Home) -> None:
    home.configure('[accounts.a]\naddress = "a@qq.com"\nfolder = "/x"\n')
    done = in_process(home, "config", "check")
    assert "unknown key (It belongs to accounts of kind “eml”.)" in done.stderr


def test_it_is_listed(home: Home, shelf: Path) -> None:
    [listed] = printed(home, "account", "list")
    assert listed == {
        "name": "shelf",
        "kind": "eml",
        "address": "me@desk.example",
        "display_name": "",
        "folder": str(shelf),
        "default": True,
        "login": None,
        "state": "ready",
    }
    assert str(shelf) in in_process(home, "account", "list").stdout


def test_it_is_tested(home: Home, shelf: Path) -> None:
    done = in_process(home, "account", "test", "shelf")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("folder")
    assert "Account shelf works." in done.stdout
    shelf.rmdir()
    done = in_process(home, "account", "test", "shelf")
    assert done.returncode == 69
    assert "Make the folder." in done.stdout


def test_it_is_asked_for_no_secret(home: Home) -> None:
    done = in_process(home, "account", "set-secret", "shelf", given="x\n")
    assert done.returncode == 65
    assert "Account shelf has no secret." in done.stderr


def test_send_delivers_through_the_outbox(home: Home, shelf: Path, tmp_path: Path) -> None:
    file = tmp_path / "page.txt"
    file.write_bytes(b"whole")
    words = ("--to", "you@desk.example", "--subject", "hello", "--body", "text")
    sent = printed(home, "send", *words, "--attach", str(file))
    assert (sent["state"], sent["code"], sent["account"]) == ("sent", 250, "shelf")
    [mail] = kept(shelf)
    assert (mail["Subject"], mail["From"]) == ("hello", "me@desk.example")
    [attached] = mail.iter_attachments()
    assert attached.get_payload(decode=True) == b"whole"


def test_what_fails_waits_in_the_outbox(home: Home, shelf: Path) -> None:
    shelf.rmdir()
    done = in_process(home, "send", "--to", "you@desk.example", "--subject", "hello")
    assert done.returncode == 75
    shelf.mkdir()
    in_process(home, "outbox", "retry", "--all")
    assert [mail["Subject"] for mail in kept(shelf)] == ["hello"]


@pytest.fixture
def running(home: Home, shelf: Path, tmp_path: Path) -> Iterator[Live]:
    (tmp_path / "drop").mkdir()
    rule = f"""
[[rules]]
name = "Drops"
kind = "folder"
to = ["you@desk.example"]
folder = {json.dumps(str(tmp_path / "drop"))}
settle_seconds = 0
"""
    with live(home, config(shelf, rule)) as one:
        yield one


def test_a_running_program_sends_with_it(running: Live, shelf: Path, tmp_path: Path) -> None:
    draft = Draft("shelf", Address("me@desk.example"), (Address("you@desk.example"),), subject="by")
    posted = running.services.mail.post(draft, timedelta(0))
    until(lambda: running.app.outbox.get(posted.id).state is State.SENT, what="the mail to be sent")
    until(
        lambda: running.program.status(str)["rules"]["Drops"]["watching"], what="the folder watched"
    )
    (tmp_path / "drop" / "scan.pdf").write_bytes(b"%PDF")
    until(lambda: len(kept(shelf)) == 2, what="the mail of the rule")
    attached = [part.get_filename() for mail in kept(shelf) for part in mail.iter_attachments()]
    assert attached == ["scan.pdf"]


def test_its_form_is_in_the_model_of_the_window(running: Live, tmp_path: Path) -> None:
    overview = running.services.program.overview()
    page = model.refreshed(model.Accounts(), overview.settings, overview.accounts)
    form = page.form
    assert form is not None
    names = {field.name for field in fields_of(model.fields_of_account(form.account))}
    assert names == set(form.values)
    assert model.code_sight(form) is model.CodeSight.NONE
    other = tmp_path / "other"
    page = model.typed(page, {**form.values, "folder": "/", "max_per_day": "9"})
    assert page.form is not None
    changes = model.changes(page.form)
    assert changes == {"folder": "/", "max_per_day": 9}
    account, problems = running.services.accounts.check("shelf", changes)
    assert account is None
    page = model.judged(page, "shelf", page.form.values, problems)
    assert page.form is not None
    assert [problem.where for problem in page.form.problems] == ["folder"]
    other.mkdir()
    running.services.accounts.save("shelf", {**changes, "folder": str(other)}, None)
    saved = running.program.engine.snapshot().settings.accounts["shelf"]
    assert isinstance(saved, EmlAccount)
    assert (saved.folder, saved.limits.per_day) == (str(other), 9)


def test_its_test_is_in_the_model_of_the_window(running: Live, shelf: Path) -> None:
    account = running.program.engine.snapshot().settings.accounts["shelf"]
    trial = trials.begin(account)
    assert [str(words) for words in trials.step_words(trial)] == ["Find the folder", "Test mail"]
    for step in running.services.accounts.test(account, None):
        trial = trial.heard(step)
    assert trial.ended().verdict is Verdict.PASSED
    assert [mail["To"] for mail in kept(shelf)] == ["me@desk.example"]
    shelf.rename(shelf.with_name("away"))
    trial = trials.begin_diagnosis(account)
    for step in running.services.accounts.diagnose(account):
        trial = trial.heard(step)
    trial = trial.ended()
    assert (trial.verdict, trial.failed_at) == (Verdict.FAILED, "folder")
    assert str(trials.headline(trial).title) == "The test has failed"
