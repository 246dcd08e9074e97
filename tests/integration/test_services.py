"""What windows ask, done by a running program: real files, a real outbox, no server."""

import json
import os
import re
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from types import FrameType, FunctionType
from typing import Any, cast

import pytest

from tests.support.cli import in_process
from tests.support.homes import Home
from tests.support.wait import until
from traymail.app import App
from traymail.core.errors import CredentialError, InputError, SettingsError, StateError
from traymail.core.message import Address, Draft
from traymail.core.outbox import AccountState, State
from traymail.core.overview import SavedDraft
from traymail.core.parse import check
from traymail.core.reports import RulePreview
from traymail.core.secret import Secret
from traymail.desktop.paths import home
from traymail.engine.event_log import write_down
from traymail.program import Program
from traymail.services.services import Services, services_of

CONFIG = """\
version = 1

[accounts.here]
address = "me@example.com"
host = "127.0.0.1"
port = 2525
security = "none"
auth = "none"
"""


class Heard(Program):
    """A program that keeps what it was asked over its socket."""

    def __init__(self, *parts: Any) -> None:  # noqa: ANN401 # as Program takes them
        super().__init__(*parts)
        self.requests: list[dict[str, Any]] = []

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        self.requests.append(request)
        return super().answer(request)


@dataclass(frozen=True)
class Running:
    app: App
    program: Heard
    services: Services


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    app = App(home(str(tmp_path / "home"), {}), {}, "en")
    app.home.make()
    app.home.config_file.write_text(CONFIG)
    app.instance.claim()
    program = Heard(app, app.settings_file.load(), lambda: None)
    program.start()
    yield Running(app, program, services_of(app, program))
    program.stop()
    app.close()


@pytest.fixture
def services(running: Running) -> Services:
    return running.services


def draft() -> Draft:
    return Draft("here", Address("me@example.com"), (Address("ann@example.com", "Ann"),), text="x")


def test_a_post_can_be_undone_while_it_waits(services: Services) -> None:
    item = services.mail.post(draft(), timedelta(minutes=5))
    assert services.mail.take_back(item.id)
    assert services.mail.detail(item.id).item.state is State.CANCELLED
    assert not services.mail.take_back(item.id)
    assert services.drafts.people() == (Address("ann@example.com", "Ann"),)


def test_who_stands_there_twice_gets_one_of_the_mails_to_each(running: Running) -> None:
    mail, ann = running.services.mail, Address("ann@example.com", "Ann")
    to = (ann, Address("bob@example.com"), Address(ann.mailbox))
    first = mail.post_each(replace(draft(), to=to), timedelta(minutes=5))
    posted = [running.app.outbox.get(one) for one in running.app.outbox.posted_with(first)]
    assert [one for item in posted for one in item.mailboxes] == [ann.mailbox, "bob@example.com"]


@pytest.mark.parametrize("each", [False, True])
def test_only_who_has_an_address_is_remembered(services: Services, *, each: bool) -> None:
    ann = Address("ann@example.com", "Ann")
    both = replace(draft(), to=(ann, Address("wangqing")))  # a robot mentions people by such a name
    post = services.mail.post_each if each else services.mail.post
    post(both, timedelta(minutes=5))
    assert services.drafts.people() == (ann,)


def test_what_was_lost_on_the_disk_is_told_until_its_remains_are_removed(running: Running) -> None:
    database = running.app.home.database
    remains = [
        database.with_name(f"{database.name}{end}")
        for end in ("-wal.damaged-0123456789abcdef", ".damaged-20261201T000000Z")
    ]
    assert running.services.program.overview().warnings == ()
    for file in remains:
        file.write_bytes(b"")
    told = running.services.program.overview().warnings
    assert all(str(file) in str(one) for file, one in zip(remains, told, strict=True))
    for file in remains:
        file.unlink()
    assert running.services.program.overview().warnings == ()


def test_sending_a_post_now_leaves_the_stop_of_its_account(running: Running) -> None:
    services, outbox = running.services, running.app.outbox
    services.program.pause(None)
    item = services.mail.post(draft(), timedelta(minutes=5))
    account = running.app.settings().accounts["here"]
    stopped = AccountState("here", stopped=True, connection=account.connection)
    with outbox.transaction():
        outbox.save_account_state(stopped)
    services.mail.send_now(item.id)
    assert outbox.account_state("here") == stopped
    due = outbox.get(item.id).next_attempt_at
    assert due is not None
    assert due <= running.app.clock.now()


def test_the_program_is_not_asked_over_its_own_socket(running: Running) -> None:
    services = running.services
    services.program.pause(None)
    items = [services.mail.post(draft(), timedelta(0)) for _ in range(3)]
    services.mail.send_now(items[0].id)
    assert services.mail.retry(None)
    services.mail.cancel((items[1].id,))
    assert running.program.requests == []
    assert running.app.instance.ask({"command": "status"})["paused"]
    assert [one["command"] for one in running.program.requests] == ["status"]


def test_a_mail_that_is_not_under_way_is_cancelled_and_no_wish_stays(running: Running) -> None:
    services = running.services
    services.program.pause(None)
    item = services.mail.post(draft(), timedelta(minutes=5))
    services.mail.cancel((item.id,))
    assert services.mail.detail(item.id).item.state is State.CANCELLED
    assert not running.program.interruptions.wanted(item.id)


def test_a_mail_is_found_and_saved(services: Services, tmp_path: Path) -> None:
    services.program.pause(None)
    item = services.mail.post(draft(), timedelta(0))
    assert [one.id for one in services.mail.find(search="ann@")] == [item.id]
    services.mail.save_eml(item.id, tmp_path / "mail.eml")
    assert b"Message-ID: " + item.message_id.encode() in (tmp_path / "mail.eml").read_bytes()


@pytest.mark.skipif(os.name != "posix", reason="modes and links are POSIX's")
def test_a_saved_mail_is_private_and_goes_through_no_link(
    services: Services, tmp_path: Path
) -> None:
    services.program.pause(None)
    item = services.mail.post(draft(), timedelta(0))
    services.mail.save_eml(item.id, tmp_path / "mail.eml")
    assert (tmp_path / "mail.eml").stat().st_mode & 0o777 == 0o600
    (tmp_path / "mine").write_bytes(b"mine")
    (tmp_path / "link.eml").symlink_to(tmp_path / "mine")
    with pytest.raises(StateError, match="link"):
        services.mail.save_eml(item.id, tmp_path / "link.eml")
    assert (tmp_path / "mine").read_bytes() == b"mine"


def test_a_change_is_in_force_when_it_is_saved(running: Running, tmp_path: Path) -> None:
    services = running.services
    for number in range(20):
        theme = ("light", "dark")[number % 2]
        services.program.set_general("theme", theme)
        assert services.program.overview().settings.theme == theme
    services.rules.save(
        {"name": "Scans", "kind": "folder", "folder": str(tmp_path), "to": ["a@b.cn"]}, None
    )
    assert [rule.name for rule in services.program.overview().settings.rules] == ["Scans"]
    services.rules.enable("Scans", enabled=False)
    assert not services.program.overview().settings.rules[0].enabled
    services.rules.remove("Scans")
    assert services.program.overview().settings.rules == ()
    copy = tmp_path / "copy.toml"
    services.program.export_settings(copy)
    services.program.set_general("theme", "system")
    assert services.program.import_settings(copy) == ()
    assert services.program.overview().settings.theme == "dark"


def test_a_draft_is_kept_until_it_is_empty(services: Services) -> None:
    # The name of the file is none in UTF-8.
    kept = SavedDraft(account="here", to=("ann@exa",), body="half a 😀", files=("/x/\udcff.txt",))
    services.drafts.keep(kept)
    assert services.drafts.load() == kept
    services.drafts.keep(SavedDraft())
    assert services.drafts.load() == SavedDraft()


def previewed(services: Services, rule: dict[str, Any]) -> RulePreview:
    *_, seen = services.rules.look(rule, None)
    assert isinstance(seen, RulePreview)
    return seen


@contextmanager
def counted(function: FunctionType) -> Iterator[list[str]]:
    """Note every call of a function on this thread."""
    calls: list[str] = []

    def profile(frame: FrameType, event: str, _argument: object) -> None:
        if event == "call" and frame.f_code is function.__code__:
            calls.append(frame.f_code.co_name)

    sys.setprofile(profile)
    try:
        yield calls
    finally:
        sys.setprofile(None)


def test_a_look_at_a_rule_reads_the_configuration_once(services: Services, tmp_path: Path) -> None:
    folder = tmp_path / "drop"
    folder.mkdir()
    rule = {"name": "Scans", "kind": "folder", "to": ["ann@example.com"]}
    for more, answers in (({"folder": str(folder)}, 2), ({"folder": str(folder), "after": "x"}, 1)):
        with counted(cast("FunctionType", check)) as calls:
            assert len(list(services.rules.look({**rule, **more}, None))) == answers
        assert calls == ["check"]
    gone = {**rule, "folder": str(tmp_path / "gone")}
    list(services.rules.look(gone, None))
    with counted(cast("FunctionType", check)) as calls:
        (problems,) = services.rules.look(gone, None)
    # Whether it was missing before is known from the look before.
    assert isinstance(problems, tuple)
    assert ([one.where for one in problems], calls) == (["folder"], ["check"])


def test_a_rule_is_checked_previewed_saved_switched_and_removed(
    services: Services, tmp_path: Path
) -> None:
    (tmp_path / "drop").mkdir()
    (tmp_path / "drop" / "a.pdf").write_bytes(b"pdf")
    rule = {"name": "Scans", "kind": "folder", "to": ["ann@example.com"]}
    wrong = {**rule, "folder": str(tmp_path / "gone"), "settle_seconds": -1}
    assert {one.where for one in services.rules.check(wrong, None)} >= {"settle_seconds"}
    with pytest.raises(SettingsError):
        services.rules.save(wrong, None)
    good = {**rule, "folder": str(tmp_path / "drop")}
    assert services.rules.check(good, None) == ()
    assert previewed(services, good).preview.events == 1
    services.rules.save(good, None)
    until(lambda: "Scans" in services.program.overview().rules, what="the rule at work")
    services.rules.enable("Scans", enabled=False)
    until(lambda: "Scans" not in services.program.overview().rules, what="the rule off")
    assert services.rules.fields("Scans")["enabled"] is False
    services.rules.remove("Scans")
    with pytest.raises(InputError):
        services.rules.remove("Scans")


def test_a_group_is_made_named_anew_with_its_rules_and_removed(
    services: Services, tmp_path: Path
) -> None:
    groups, written = services.groups, services.rules.fields
    with pytest.raises(SettingsError):
        groups.save("a@b", ["ann"], None)
    groups.save("Team", ["Ann <ann@example.com>", "bob@example.com"], None)
    groups.save("老板", ["boss@example.com"], None)
    with pytest.raises(SettingsError):
        groups.save("team", ["ann@example.com"], None)
    (tmp_path / "drop").mkdir()
    rule = {"name": "Scans", "kind": "folder", "folder": str(tmp_path / "drop")}
    services.rules.save({**rule, "to": ["x@example.com", "team"], "cc": ["老板"]}, None)
    with pytest.raises(InputError, match="Scans"):
        groups.remove("Team")
    groups.save("The team", ["ann@example.com"], "Team")
    assert (written("Scans")["to"], written("Scans")["cc"]) == (
        ["x@example.com", "The team"],
        ["老板"],
    )
    settings = services.program.overview().settings
    assert list(settings.groups) == ["老板", "The team"]
    assert [one.mailbox for one in settings.rules[0].to] == ["x@example.com", "ann@example.com"]
    services.rules.remove("Scans")
    groups.remove("The team")
    groups.remove("老板")
    assert services.program.overview().settings.groups == {}


# Patterns that mean something else to RE2, or nothing: the way out in each language.
NO_PATTERNS = {
    "a{,3}": ("{0,3}", "{0,3}"),
    r"\<ERROR": (r"write \b", r"\b"),
    r"ERROR\nat": ("one line at a time", "每次只"),
    "ERROR|": ("empty", "空"),
    "(?P<who>a)(?P<who>b)": ("captured twice", "两个名为 who"),
    "(a)?(?(1)b|c)": ("a pattern for each case", "每种情况"),
    "(?|a|b)": ("a pattern for each case", "每种情况"),
    "a(?R)?b": ("recursion", "递归"),
    "(?P<n>a)(?P>n)": ("recursion", "递归"),
    "(?u)a": ("only i, m, s and U", "i、m、s"),
    "x{2,1}": ("smaller number first", "较小的数"),
    r"\N{DIGIT ONE}": ("the character itself", "直接写出该字符"),
    r"[a-\d]": ("put the - last", "最后"),
    r"\Qa.b": (r"write \E", r"\E"),
}
# And those that were hardly meant.
ODD_PATTERNS = {
    r"\b错误\b": ("ASCII", "ASCII"),
    r"用户\w+": ("ASCII", "ASCII"),
}


@pytest.mark.parametrize(
    ("patterns", "status"), [(NO_PATTERNS, 78), (ODD_PATTERNS, 0)], ids=["refused", "odd"]
)
def test_each_odd_pattern_is_told_wherever_one_looks(
    running: Running,
    patterns: dict[str, tuple[str, str]],
    status: int,
    caplog: pytest.LogCaptureFixture,
    tmp_path: Path,
) -> None:
    file = running.app.home.config_file
    paths = [str(tmp_path / "a.log")]
    rule: dict[str, Any] = {"kind": "log", "to": ["ann@example.com"], "paths": paths}
    rules = [{"name": f"{number}", **rule, "match": [one]} for number, one in enumerate(patterns)]
    written = "".join(
        "[[rules]]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in one.items())
        for one in rules
    )
    places = [f"rules[{number}].match[0]: " for number in range(len(patterns))]

    def tells_the_way_out(lines: str, language: int) -> None:
        for place, ways in zip(places, patterns.values(), strict=True):
            found = re.split(r"\n|; (?=config.toml)", lines)
            (told,) = [line.partition(place)[2] for line in found if place in line]
            assert ways[language] in told
            assert bool(re.search("[\u4e00-\u9fff]{4}", told)) is bool(language)

    for one, (way, _chinese) in zip(rules, patterns.values(), strict=True):
        (problem,) = running.services.rules.check(one, None)
        assert (problem.where, problem.hint) == ("match[0]", status == 0)
        assert way in str(problem.what)
    running.app.publisher.listen(write_down)  # as `run` does
    with file.open("a") as config:
        config.write(written)
    until(lambda: places[-1] in caplog.text, what="it in the log")
    tells_the_way_out(caplog.text, 0)
    for language, name in enumerate(("en", "zh_CN")):
        done = in_process(Home(file.parent), "--lang", name, "rule", "check")
        assert done.returncode == status
        tells_the_way_out(done.stdout + done.stderr, language)


def test_a_hint_stops_no_rule(
    services: Services, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    paths = [str(tmp_path / "app.log")]
    rule = {"name": "Errors", "kind": "log", "to": ["ann@example.com"], "paths": paths}
    odd = {**rule, "match": [r"\b错误"]}
    assert [(one.where, one.hint) for one in services.rules.check(odd, None)] == [
        ("match[0]", True)
    ]
    assert previewed(services, odd).preview.events == 0
    services.rules.save(odd, None)
    until(lambda: "Errors" in services.program.overview().rules, what="the rule at work")
    assert r"rules[0].match[0]: \b is the edge of a word" in caplog.text


def test_problems_of_an_account_name_its_fields(services: Services) -> None:
    account, problems = services.accounts.check("here", {"port": 99999})
    assert account is None
    assert [one.where for one in problems] == ["port"]
    account, problems = services.accounts.check("here", {"port": 587})
    assert (account is None) == bool(problems)


def test_a_mistake_made_by_hand_has_its_line(services: Services) -> None:
    config = services.program.places()["config"]
    written = config.read_text().replace("[accounts.here]", "[accounts.here]\nbogus = 1")
    config.write_text(written)
    _, problems = services.accounts.check("here", {"port": 587})
    line = written[: written.index("bogus")].count("\n") + 1
    assert [(one.where, one.line) for one in problems if one.where == "bogus"] == [("bogus", line)]


def test_of_a_large_log_only_the_end_is_previewed(services: Services, tmp_path: Path) -> None:
    log = tmp_path / "app.log"
    with log.open("w") as file:
        file.writelines(f"{number} ERROR\n" for number in range(100_000))
    rule = {"name": "L", "kind": "log", "to": ["ann@example.com"], "cooldown": "0s"}
    seen = previewed(services, rule | {"paths": [str(log)], "match": ["ERROR"]})
    assert seen.logs == (str(log),)
    assert seen.lines[-1].words == "99999 ERROR"
    assert 200 < seen.preview.events < 30_000


def test_the_fields_of_no_rule_are_an_error(services: Services) -> None:
    with pytest.raises(InputError, match="There is no rule gone"):
        services.rules.fields("gone")


def test_a_code_that_is_not_there_keeps_no_step_from_being_tried(services: Services) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # and does not listen
        mine = {"port": nobody.getsockname()[1], "auth": "password", "password_command": ["false"]}
        account, _ = services.accounts.check("here", mine)
        assert account is not None
        steps = {step.step: step for step in services.accounts.test(account, None)}
    assert [name for name, step in steps.items() if step.ok is False] == ["tcp", "auth"]
    assert steps["mail"].ok is None


# --- what is left in the keyring ------------------------------------------------------------------

MINE = {"address": "me@other.example", "host": "127.0.0.1", "port": 587, "username": "me"}


def kept(running: Running, username: str) -> bool:
    account, _ = running.services.accounts.check("mine", {**MINE, "username": username})
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
        running.services.accounts.save("mine", MINE, Secret("abc"))
    assert not kept(running, "me")


@pytest.mark.usefixtures("keyring_env")
def test_the_secret_of_a_login_goes_with_the_last_account_that_has_it(running: Running) -> None:
    services = running.services

    def save(name: str, **values: object) -> None:
        services.accounts.save(name, {**MINE, **values}, Secret("abc"))
        until(lambda: name in services.program.overview().settings.accounts, what=name)

    save("mine")
    save("twin")
    services.accounts.remove("twin")
    assert kept(running, "me")
    save("mine", username="you")
    assert (kept(running, "me"), kept(running, "you")) == (False, True)
    until(lambda: services.program.overview().settings.accounts["mine"].username == "you")
    services.accounts.remove("mine")
    assert not kept(running, "you")


def test_a_draft_that_is_damaged_is_passed_over(running: Running) -> None:
    kept = running.app.home.state / "draft.json"
    kept.write_text('{"to": ["a", 5], "cc": 7, "subject": ["x"], "body": "text", "posted": "1"}')
    assert running.services.drafts.load() == SavedDraft(to=("a",), body="text")
    for damaged in ("5", "[1]", "nonsense", "[" * 100_000):
        kept.write_text(damaged)
        assert running.services.drafts.load() == SavedDraft()
