"""What windows ask, done by a running program: real files, a real outbox, no server."""

import os
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.wait import until
from traymail.app import App
from traymail.backend import LiveBackend
from traymail.core.errors import CredentialError, InputError, SettingsError, StateError
from traymail.core.message import Address, Draft
from traymail.core.outbox import AccountState, State
from traymail.core.secret import Secret
from traymail.desktop.paths import home
from traymail.program import Program
from traymail.ui.backend import SavedDraft

CONFIG = """\
version = 1

[accounts.here]
address = "me@example.com"
host = "127.0.0.1"
port = 2525
security = "none"
auth = "none"
"""


@dataclass(frozen=True)
class Running:
    app: App
    program: Program
    backend: LiveBackend


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    app = App(home(str(tmp_path / "home"), {}), {}, "en")
    app.home.make()
    app.home.config_file.write_text(CONFIG)
    app.instance.claim()
    program = Program(app, app.settings_file.load(), lambda: None)
    program.start()
    yield Running(app, program, LiveBackend(app, program))
    program.stop()
    app.close()


@pytest.fixture
def backend(running: Running) -> LiveBackend:
    return running.backend


def draft() -> Draft:
    return Draft("here", Address("me@example.com"), (Address("ann@example.com", "Ann"),), text="x")


def test_a_post_can_be_undone_while_it_waits(backend: LiveBackend) -> None:
    item = backend.post(draft(), timedelta(minutes=5))
    assert backend.take_back(item.id)
    assert backend.detail(item.id).item.state is State.CANCELLED
    assert not backend.take_back(item.id)
    assert backend.people() == (Address("ann@example.com", "Ann"),)


def test_what_was_lost_on_the_disk_is_told_until_its_remains_are_removed(running: Running) -> None:
    database = running.app.home.database
    remains = [
        database.with_name(f"{database.name}{end}")
        for end in ("-wal.damaged-0123456789abcdef", ".damaged-20261201T000000Z")
    ]
    assert running.backend.overview().warnings == ()
    for file in remains:
        file.write_bytes(b"")
    told = running.backend.overview().warnings
    assert all(str(file) in str(one) for file, one in zip(remains, told, strict=True))
    for file in remains:
        file.unlink()
    assert running.backend.overview().warnings == ()


def test_sending_a_post_now_leaves_the_stop_of_its_account(running: Running) -> None:
    backend, outbox = running.backend, running.app.outbox
    backend.pause(None)
    item = backend.post(draft(), timedelta(minutes=5))
    account = running.app.settings().accounts["here"]
    stopped = AccountState("here", stopped=True, connection=account.connection)
    with outbox.transaction():
        outbox.save_account_state(stopped)
    backend.send_now(item.id)
    assert outbox.account_state("here") == stopped
    due = outbox.get(item.id).next_attempt_at
    assert due is not None
    assert due <= running.app.clock.now()


def test_a_mail_that_is_not_under_way_is_cancelled_and_no_wish_stays(running: Running) -> None:
    backend = running.backend
    backend.pause(None)
    item = backend.post(draft(), timedelta(minutes=5))
    backend.cancel((item.id,))
    assert backend.detail(item.id).item.state is State.CANCELLED
    assert not running.program.interruptions.wanted(item.id)


def test_a_mail_is_found_and_saved(backend: LiveBackend, tmp_path: Path) -> None:
    backend.pause(None)
    item = backend.post(draft(), timedelta(0))
    assert [one.id for one in backend.find(search="ann@")] == [item.id]
    backend.save_eml(item.id, tmp_path / "mail.eml")
    assert b"Message-ID: " + item.message_id.encode() in (tmp_path / "mail.eml").read_bytes()


@pytest.mark.skipif(os.name != "posix", reason="modes and links are POSIX's")
def test_a_saved_mail_is_private_and_goes_through_no_link(
    backend: LiveBackend, tmp_path: Path
) -> None:
    backend.pause(None)
    item = backend.post(draft(), timedelta(0))
    backend.save_eml(item.id, tmp_path / "mail.eml")
    assert (tmp_path / "mail.eml").stat().st_mode & 0o777 == 0o600
    (tmp_path / "mine").write_bytes(b"mine")
    (tmp_path / "link.eml").symlink_to(tmp_path / "mine")
    with pytest.raises(StateError, match="link"):
        backend.save_eml(item.id, tmp_path / "link.eml")
    assert (tmp_path / "mine").read_bytes() == b"mine"


def test_a_change_is_in_force_when_it_is_saved(running: Running, tmp_path: Path) -> None:
    backend = running.backend
    for number in range(20):
        theme = ("light", "dark")[number % 2]
        backend.set_general("theme", theme)
        assert backend.overview().settings.theme == theme
    backend.save_rule(
        {"name": "Scans", "kind": "folder", "folder": str(tmp_path), "to": ["a@b.cn"]}, None
    )
    assert [rule.name for rule in backend.overview().settings.rules] == ["Scans"]
    backend.enable_rule("Scans", enabled=False)
    assert not backend.overview().settings.rules[0].enabled
    backend.remove_rule("Scans")
    assert backend.overview().settings.rules == ()
    copy = tmp_path / "copy.toml"
    backend.export_settings(copy)
    backend.set_general("theme", "system")
    assert backend.import_settings(copy) == ()
    assert backend.overview().settings.theme == "dark"


def test_a_draft_is_kept_until_it_is_empty(backend: LiveBackend) -> None:
    # The name of the file is none in UTF-8.
    kept = SavedDraft(account="here", to=("ann@exa",), body="half a 😀", files=("/x/\udcff.txt",))
    backend.keep_draft(kept)
    assert backend.draft() == kept
    backend.keep_draft(SavedDraft())
    assert backend.draft() == SavedDraft()


def test_a_rule_is_checked_previewed_saved_switched_and_removed(
    backend: LiveBackend, tmp_path: Path
) -> None:
    (tmp_path / "drop").mkdir()
    (tmp_path / "drop" / "a.pdf").write_bytes(b"pdf")
    rule = {"name": "Scans", "kind": "folder", "to": ["ann@example.com"]}
    wrong = {**rule, "folder": str(tmp_path / "gone"), "settle_seconds": -1}
    assert {one.where for one in backend.check_rule(wrong, None)} >= {"settle_seconds"}
    with pytest.raises(SettingsError):
        backend.save_rule(wrong, None)
    good = {**rule, "folder": str(tmp_path / "drop")}
    assert backend.check_rule(good, None) == ()
    assert backend.preview_rule(good, None).preview.events == 1
    backend.save_rule(good, None)
    until(lambda: "Scans" in backend.overview().rules, what="the rule at work")
    backend.enable_rule("Scans", enabled=False)
    until(lambda: "Scans" not in backend.overview().rules, what="the rule off")
    assert backend.rule_fields("Scans")["enabled"] is False
    backend.remove_rule("Scans")
    with pytest.raises(InputError):
        backend.remove_rule("Scans")


def test_a_hint_stops_no_rule(
    backend: LiveBackend, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    paths = [str(tmp_path / "app.log")]
    rule = {"name": "Errors", "kind": "log", "to": ["ann@example.com"], "paths": paths}
    odd = {**rule, "match": [r"\b错误"]}
    assert [(one.where, one.hint) for one in backend.check_rule(odd, None)] == [("match[0]", True)]
    assert backend.preview_rule(odd, None).preview.events == 0
    backend.save_rule(odd, None)
    until(lambda: "Errors" in backend.overview().rules, what="the rule at work")
    assert r"rules[0].match[0]: \b is the edge of a word" in caplog.text


def test_problems_of_an_account_name_its_fields(backend: LiveBackend) -> None:
    account, problems = backend.check_account("here", {"port": 99999})
    assert account is None
    assert [one.where for one in problems] == ["port"]
    account, problems = backend.check_account("here", {"port": 587})
    assert (account is None) == bool(problems)


def test_a_mistake_made_by_hand_has_its_line(backend: LiveBackend) -> None:
    config = backend.places()["config"]
    written = config.read_text().replace("[accounts.here]", "[accounts.here]\nbogus = 1")
    config.write_text(written)
    _, problems = backend.check_account("here", {"port": 587})
    line = written[: written.index("bogus")].count("\n") + 1
    assert [(one.where, one.line) for one in problems if one.where == "bogus"] == [("bogus", line)]


def test_of_a_large_log_only_the_end_is_previewed(backend: LiveBackend, tmp_path: Path) -> None:
    log = tmp_path / "app.log"
    with log.open("w") as file:
        file.writelines(f"{number} ERROR\n" for number in range(100_000))
    rule = {"name": "L", "kind": "log", "to": ["ann@example.com"], "cooldown": "0s"}
    seen = backend.preview_rule(rule | {"paths": [str(log)], "match": ["ERROR"]}, None)
    assert seen.logs == (str(log),)
    assert seen.lines[-1].words == "99999 ERROR"
    assert 200 < seen.preview.events < 30_000


def test_the_fields_of_no_rule_are_an_error(backend: LiveBackend) -> None:
    with pytest.raises(InputError, match="There is no rule gone"):
        backend.rule_fields("gone")


def test_a_code_that_is_not_there_keeps_no_step_from_being_tried(backend: LiveBackend) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # and does not listen
        mine = {"port": nobody.getsockname()[1], "auth": "password", "password_command": ["false"]}
        account, _ = backend.check_account("here", mine)
        assert account is not None
        steps = {step.step: step for step in backend.test_account(account, None)}
    assert [name for name, step in steps.items() if step.ok is False] == ["tcp", "auth"]
    assert steps["mail"].ok is None


# --- what is left in the keyring ------------------------------------------------------------------

MINE = {"address": "me@other.example", "host": "127.0.0.1", "port": 587, "username": "me"}


def kept(running: Running, username: str) -> bool:
    account, _ = running.backend.check_account("mine", {**MINE, "username": username})
    assert account is not None
    try:
        running.app.credentials.get(account)
    except CredentialError:
        return False
    return True


@pytest.mark.usefixtures("keyring_env")
def test_an_account_that_cannot_be_saved_leaves_no_secret(running: Running) -> None:
    config = running.app.home.config_file
    config.write_text("bogus = 1\n" + config.read_text())
    with pytest.raises(SettingsError):
        running.backend.save_account("mine", MINE, Secret("abc"))
    assert not kept(running, "me")


@pytest.mark.usefixtures("keyring_env")
def test_the_secret_of_a_login_goes_with_the_last_account_that_has_it(running: Running) -> None:
    backend = running.backend

    def save(name: str, **values: object) -> None:
        backend.save_account(name, {**MINE, **values}, Secret("abc"))
        until(lambda: name in backend.overview().settings.accounts, what=name)

    save("mine")
    save("twin")
    backend.remove_account("twin")
    assert kept(running, "me")
    save("mine", username="you")
    assert (kept(running, "me"), kept(running, "you")) == (False, True)
    until(lambda: backend.overview().settings.accounts["mine"].username == "you")
    backend.remove_account("mine")
    assert not kept(running, "you")


def test_a_draft_that_is_damaged_is_passed_over(running: Running) -> None:
    kept = running.app.home.state / "draft.json"
    kept.write_text('{"to": ["a", 5], "cc": 7, "subject": ["x"], "body": "text", "posted": "1"}')
    assert running.backend.draft() == SavedDraft(to=("a",), body="text")
    for damaged in ("5", "[1]", "nonsense", "[" * 100_000):
        kept.write_text(damaged)
        assert running.backend.draft() == SavedDraft()
