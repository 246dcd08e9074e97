"""The robot of a WeCom group: posted to a server that checks the documented format."""

import json
import logging
import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from time import monotonic

import pytest

from tests.support.certificates import Certificates
from tests.support.cli import in_process
from tests.support.homes import Home
from tests.support.http_service import Act, Raw
from tests.support.live import live
from tests.support.robot import ADDRESS, KEY, Robot, coded, robot
from tests.support.running import outbox, running
from tests.support.sending import Notes, Pocket, broken_off, mail, wecom, with_file
from tests.support.wait import until
from traymail.core.account import Security
from traymail.core.errors import (
    AccountFailure,
    AuthFailure,
    CredentialError,
    DeliveryError,
    PermanentFailure,
    SourceError,
    TransientFailure,
    UnknownOutcome,
)
from traymail.core.message import Attachment, Envelope, Mail, Placed
from traymail.core.reply_rules import details
from traymail.core.robots import CUT, GROUP, MessageFormat, Overflow
from traymail.core.secret import COMMAND, FILE
from traymail.senders.wecom import WecomSender

GARBAGE = b"\xff<html>"


def message(subject: str = "Disk", text: str = "full") -> Mail:
    return replace(mail(GROUP.mailbox), subject=subject, text=text)


# --- the sender -----------------------------------------------------------------------------------


def test_a_connection_is_kept_and_a_message_is_one_request() -> None:
    with robot() as group:
        uses = wecom(group.port)
        for number in range(3):
            assert uses.send(message(f"{number}"), Notes()).reply == "ok"
        uses.close()
        assert group.contents == ["**0**\n\nfull", "**1**\n\nfull", "**2**\n\nfull"]
        assert (group.connections, group.posts) == (1, 3)


def test_a_connection_that_ended_meanwhile_is_made_anew() -> None:
    with robot() as group:
        uses = wecom(group.port)
        for number in range(3):
            group.ends = True
            uses.send(message(f"{number}"), Notes())
            until(lambda: group.ended == group.connections, what="the end of the connection")
        uses.close()
        assert (len(group.messages), group.connections) == (3, 3)


@pytest.mark.parametrize("secret", [KEY, ADDRESS])
def test_key_and_whole_address_are_alike(secret: str) -> None:
    with robot() as group:
        uses = wecom(group.port, Pocket(secret), format=MessageFormat.TEXT)
        uses.send(message(), Notes())
        uses.close()
        assert group.messages == [{"msgtype": "text", "text": {"content": "Disk\n\nfull"}}]


@pytest.mark.parametrize("place", ["", FILE, COMMAND])
def test_a_refused_key_is_mended_where_it_is(place: str) -> None:
    with robot() as group, closing(wecom(group.port, Pocket(KEY, place))) as uses:
        group.acts.append(coded(93000))
        with pytest.raises(AuthFailure) as caught:
            uses.send(message(), Notes())
    assert caught.value.advice_id == f"wecom-93000{place and f'@{place}'}"


def test_what_is_no_key_is_told_and_nothing_is_sent() -> None:
    with robot() as group, pytest.raises(CredentialError) as caught:
        wecom(group.port, Pocket("no key")).send(message(), Notes())
    assert "no key" not in str(caught.value)
    assert group.connections == 0


ACTS: list[tuple[str, Act, type[DeliveryError]]] = [
    ("wecom-93000", coded(93000), AuthFailure),
    ("wecom-45009", coded(45009, "api freq out of limit"), TransientFailure),
    ("wecom-busy", coded(-1, "system busy"), TransientFailure),
    ("wecom-40058", coded(40058), PermanentFailure),
    ("wecom-other", coded(60011), PermanentFailure),
    ("wecom-http", (302, b""), TransientFailure),
    ("wecom-http", (404, b"<html>"), TransientFailure),
    ("wecom-http", (429, b""), TransientFailure),
    ("wecom-http", (500, b""), TransientFailure),
    ("http-unanswered", (502, b""), UnknownOutcome),
    ("http-unanswered", (504, b""), UnknownOutcome),
    ("http-unanswered", (524, b""), UnknownOutcome),
    ("http-unanswered", (204, b""), UnknownOutcome),
    ("http-unanswered", (200, GARBAGE), UnknownOutcome),
    ("http-unanswered", (200, b"[]"), UnknownOutcome),
    ("http-unanswered", (200, b'{"errcode": true}'), UnknownOutcome),
    ("http-unanswered", (200, b"[" * 50_000), UnknownOutcome),
    ("http-unanswered", (200, b'{"errcode": 1%s}' % (b"0" * 30)), UnknownOutcome),
    ("http-unanswered", (200, b'{"errcode": -%d}' % 2**63), UnknownOutcome),
    ("http-unanswered", "close", UnknownOutcome),
]


@pytest.mark.parametrize(("row", "act", "kind"), ACTS)
def test_what_an_answer_means(row: str, act: Act, kind: type[DeliveryError]) -> None:
    with robot() as group:
        group.acts.append(act)
        uses = wecom(group.port)
        with pytest.raises(DeliveryError) as caught:
            uses.send(message(), Notes())
        assert (type(caught.value), caught.value.advice_id) == (kind, row)
        # No redirect is followed, nothing is sent again by itself; the next one goes through.
        assert group.posts == 1
        assert uses.send(message(), Notes()).code == 200
        uses.close()


def test_an_answer_without_an_end_is_not_waited_for() -> None:
    with robot() as group, closing(wecom(group.port, timeout=timedelta(seconds=1))) as uses:
        group.acts.append("drip")
        with pytest.raises(UnknownOutcome):
            uses.send(message(), Notes())


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    "answer",
    [
        *(CHUNKED + size + b"\r\n" + b"x" * 100 for size in (b"-5", b"-1", b"zz", b"", b"\xb2")),
        CHUNKED + b"9" * 5000 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: %s\r\n\r\n{" % (b"9" * 5000),
        b"HTTP/1.1 2_0 OK\r\n\r\n",
        b"HTTP/9 200 OK\r\n\r\n",
        b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n",
    ],
    ids=repr,
)
def test_an_answer_that_is_none_is_told_as_such(answer: bytes) -> None:
    with robot() as group, closing(wecom(group.port)) as uses:
        group.acts.append(Raw(answer))
        with pytest.raises(UnknownOutcome) as caught:
            uses.send(message(), Notes())
        # What the server said, or what that is, and no word of Python's.
        assert caught.value.reply.text in {"", "{", str(details.UNREADABLE), str(details.RESET)}


@pytest.mark.parametrize(
    ("answer", "more"),
    [
        (CHUNKED + b"-1\r\n", b"x" * 65_536),
        (CHUNKED + b"0\r\n", b"X: y\r\n" * 5000),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 5000),
    ],
    ids=["content", "trailer", "continue"],
)
def test_a_flood_ends_soon_and_fills_no_memory(answer: bytes, more: bytes) -> None:
    with robot() as group, closing(wecom(group.port, timeout=timedelta(seconds=5))) as uses:
        group.acts.append(Raw(answer, more))
        began = monotonic()
        with pytest.raises(UnknownOutcome):
            uses.send(message(), Notes())
        assert monotonic() - began < 20
        assert group.flooded < 50_000_000  # most of it lies in the buffers of the system


def test_too_fast_rests_for_a_minute() -> None:
    with robot() as group, closing(wecom(group.port)) as uses:
        group.acts.append(coded(45009))
        with pytest.raises(TransientFailure) as caught:
            uses.send(message(), Notes())
    assert caught.value.hold == timedelta(minutes=1)


@pytest.mark.parametrize("echo", [ADDRESS, KEY, KEY.upper(), KEY[8:], f"[{KEY}] from 1.2"])
@pytest.mark.parametrize("status", [200, 404])
def test_no_answer_shows_the_key(echo: str, status: int, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with robot() as group, closing(wecom(group.port, Pocket(ADDRESS))) as uses:
        said = json.dumps({"errcode": 93000, "errmsg": echo}) if status == 200 else echo
        group.acts.append((status, said.encode()))
        with pytest.raises(DeliveryError) as caught:
            uses.send(message(), Notes())
    told = f"{caught.value} {caught.value.reply} {caplog.text}"
    assert KEY[8:].lower() not in told.lower()


def test_a_long_message_is_cut_or_refused() -> None:
    with robot() as group:
        uses = wecom(group.port)
        uses.send(message(text="小" * 5000), Notes())
        assert group.contents[0].endswith(f"小{CUT}")
        strict = wecom(group.port, overflow=Overflow.REFUSE)
        with pytest.raises(PermanentFailure) as caught:
            strict.send(message(text="小" * 5000), Notes())
        assert (caught.value.advice_id, group.posts) == ("robot-long", 1)
        uses.close()


@pytest.mark.parametrize(
    ("wrong", "row"),
    [
        (with_file(10), "robot-to"),
        (mail("boss@example.com"), "robot-to"),
        (
            replace(with_file(5), envelope=Envelope("", (GROUP.mailbox,))),
            "robot-files",
        ),
        (
            replace(with_file(20 * 1024 * 1024 + 1), envelope=Envelope("", (GROUP.mailbox,))),
            "robot-files",
        ),
        (replace(mail("wangqing"), text="x"), "robot-to"),
    ],
)
def test_what_a_robot_cannot_send_is_refused_and_never_dropped(wrong: Mail, row: str) -> None:
    with robot() as group, pytest.raises(PermanentFailure) as caught:
        wecom(group.port).send(wrong, Notes())
    assert (caught.value.advice_id, group.posts) == (row, 0)


@pytest.mark.parametrize("trusted", [True, False])
def test_the_certificate_is_checked(certificates: Certificates, trusted: bool) -> None:
    ca_file = str(certificates.ca_file) if trusted else ""
    with robot(certificates.good.server_context()) as group:
        uses = wecom(group.port, security=Security.TLS, ca_file=ca_file)
        if trusted:
            uses.send(message(), Notes())
        else:
            with pytest.raises(AccountFailure):
                uses.send(message(), Notes())
        uses.close()
        assert group.posts == int(trusted)


def test_a_certificate_of_another_host_is_refused(certificates: Certificates) -> None:
    with robot(certificates.wrong_host.server_context()) as group:
        uses = wecom(group.port, security=Security.TLS, ca_file=str(certificates.ca_file))
        with pytest.raises(AccountFailure):
            uses.send(message(), Notes())
        assert group.posts == 0


def test_one_that_is_broken_off_while_it_waits_is_unknown() -> None:
    with robot() as group:
        uses = wecom(group.port)
        assert broken_off(uses, message(), group) == [UnknownOutcome]


# --- the commands ---------------------------------------------------------------------------------


def team(group: Robot, more: str = "") -> str:
    return f"""\
version = 1

[accounts.team]
kind = "wecom"
api_url = "http://127.0.0.1:{group.port}"
{more}
"""


@pytest.fixture
def group() -> Iterator[Robot]:
    with robot() as one:
        yield one


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    folder = tmp_path / "credentials"
    folder.mkdir(mode=0o700)
    (folder / "traymail.team").write_text(ADDRESS + "\n")
    return {"CREDENTIALS_DIRECTORY": str(folder)}


@pytest.fixture
def home(tmp_path: Path, group: Robot) -> Home:
    one = Home(tmp_path / "home")
    one.configure(team(group))
    return one


def test_send_needs_no_recipient(home: Home, env: dict[str, str], group: Robot) -> None:
    words = ("send", "--subject", "Disk", "--body", "full")
    done = in_process(home, *words, "--json", env=env)
    assert done.returncode == 0, done.stderr
    sent = json.loads(done.stdout)
    assert (sent["state"], sent["code"], sent["reply"], sent["account"]) == (
        "sent",
        200,
        "ok",
        "team",
    )
    in_process(home, "send", "--markdown", "--body", "**now**", env=env)
    assert group.contents == ["**Disk**\n\nfull", "**now**"]
    [listed] = json.loads(in_process(home, "account", "list", "--json", env=env).stdout)
    assert (listed["kind"], listed["format"], listed["state"]) == ("wecom", "markdown", "ready")


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (("--to", "boss@example.com"), "writes to its group only"),
        (("--cc", "boss@example.com"), "A WeCom robot takes no Cc."),
        (("--bcc", "boss@example.com"), "A WeCom robot takes no Bcc."),
        (("--to", "wangqing"), "only where its format is “text”.\nSet format = "),
        (("--html", __file__), "A WeCom robot takes no HTML."),
    ],
)
def test_what_a_robot_takes_not_is_bad_input(
    home: Home, env: dict[str, str], group: Robot, more: tuple[str, ...], told: str
) -> None:
    done = in_process(home, "send", "--subject", "x", *more, env=env)
    assert (done.returncode, group.posts) == (65, 0)
    assert told in done.stderr
    assert outbox(home) == []


def test_each_row_of_a_table_is_a_message(
    home: Home, env: dict[str, str], group: Robot, tmp_path: Path
) -> None:
    table = tmp_path / "table.csv"
    table.write_text("host,state\nweb,up\nmail,down\n")
    words = ("--subject", "{csv.host}", "--body", "{csv.state}")
    done = in_process(home, "send", "--csv", str(table), *words, env=env)
    assert done.returncode == 0, done.stderr
    assert group.contents == ["**web**\n\nup", "**mail**\n\ndown"]


def test_a_column_mentions_people_and_an_empty_cell_nobody(
    home: Home, env: dict[str, str], group: Robot, tmp_path: Path
) -> None:
    home.configure(team(group, 'format = "text"'))
    table = tmp_path / "table.csv"
    table.write_text("host,who,also\nweb,wangqing,13800001111\nmail,,\ndisk,@all,\n")
    words = ("--csv", str(table), "--subject", "{csv.host}")
    who = ("--to", "{csv.who}", "--to", "{csv.also}")
    done = in_process(home, "send", *words, *who, env=env)
    assert done.returncode == 0, done.stderr
    assert [one["text"] for one in group.messages] == [
        {
            "content": "web",
            "mentioned_list": ["wangqing"],
            "mentioned_mobile_list": ["13800001111"],
        },
        {"content": "mail"},
        {"content": "disk", "mentioned_list": ["@all"]},
    ]
    # What is no cell is an empty variable of a script, as it is without a table.
    for more in (("--csv", str(table)), ()):
        done = in_process(home, "send", *more, "--to", "", "--subject", "x", env=env)
        assert (done.returncode, "no recipient" in done.stderr) == (65, True), done.stderr


def test_addresses_in_a_column_are_told_with_their_line(
    home: Home, env: dict[str, str], group: Robot, tmp_path: Path
) -> None:
    table = tmp_path / "table.csv"
    table.write_text("host,mail\nweb,boss@x.example\nmail,\n")
    words = ("--csv", str(table), "--to", "{csv.mail}", "--subject", "{csv.host}")
    done = in_process(home, "send", *words, env=env)
    assert (done.returncode, group.posts) == (65, 0)
    assert done.stderr.startswith("table.csv:2: A WeCom robot writes to its group only")
    assert outbox(home) == []


def test_no_whole_message_of_another_program(home: Home, env: dict[str, str], group: Robot) -> None:
    mailed = "Subject: cron\n\nout\n"
    done = in_process(home, "sendmail", "root", given=mailed, env=env)
    assert (done.returncode, group.posts) == (65, 0)
    assert "no whole message of another program" in done.stderr
    assert "name its address with -f" in done.stderr


def test_overflow(home: Home, env: dict[str, str], group: Robot) -> None:
    home.configure(team(group, 'overflow = "refuse"\nformat = "text"'))
    done = in_process(home, "send", "--body", "x" * 2049, env=env)
    assert (done.returncode, group.posts) == (65, 0)
    home.configure(team(group, 'format = "text"'))
    assert in_process(home, "send", "--body", "x" * 2049, env=env).returncode == 0
    assert group.contents[0].endswith(CUT)


@pytest.mark.parametrize(
    ("act", "status", "state"),
    [
        (coded(93000), 77, "queued"),
        (coded(45009), 75, "queued"),
        (coded(40058), 69, "failed"),
        ("close", 75, "unknown"),
    ],
)
def test_the_exit_status_of_an_answer(
    home: Home, env: dict[str, str], group: Robot, act: Act, status: int, state: str
) -> None:
    group.acts.append(act)
    done = in_process(home, "send", "--subject", "x", env=env)
    assert done.returncode == status, done.stderr
    [entry] = outbox(home)
    assert entry["state"] == state
    [listed] = json.loads(in_process(home, "account", "list", "--json", env=env).stdout)
    assert (listed["state"] == "attention") is (status == 77)
    assert (entry["next_attempt_at"] is None) is (status != 75 or state == "unknown")


def test_a_test_sends_one_line_and_lets_a_stopped_robot_go_on(
    home: Home, env: dict[str, str], group: Robot
) -> None:
    group.acts.append(coded(93000))
    assert in_process(home, "send", "--subject", "x", env=env).returncode == 77
    # What says nothing of the key does not let it go on.
    assert in_process(home, "doctor", "team", env=env).returncode == 0
    assert group.posts == 1
    [listed] = json.loads(in_process(home, "account", "list", "--json", env=env).stdout)
    assert listed["state"] == "attention"
    tested = in_process(home, "account", "test", "team", env=env)
    assert tested.returncode == 0, tested.stdout + tested.stderr
    assert group.contents == ["**traymail works**\n\nThis account is ready to send."]
    assert in_process(home, "outbox", "retry", "--all", env=env).returncode == 0
    assert group.contents[1:] == ["**x**"]


def test_a_test_with_a_wrong_key_stops_the_account(
    home: Home, env: dict[str, str], group: Robot
) -> None:
    group.acts.append(coded(93000, f"invalid webhook url {ADDRESS}"))
    tested = in_process(home, "account", "test", "team", "--json", env=env)
    assert tested.returncode == 77
    assert KEY not in tested.stdout + tested.stderr
    steps = {one["step"]: one for one in json.loads(tested.stdout)["steps"]}
    assert (steps["tcp"]["ok"], steps["mail"]["ok"]) == (True, False)
    assert in_process(home, "send", "--subject", "x", env=env).returncode == 77
    assert group.posts == 1


@pytest.mark.usefixtures("keyring_env")
def test_adding_one(home: Home) -> None:
    home.configure("version = 1\n")
    added = ("account", "add", "--kind", "wecom", "--name", "team")
    refused = in_process(home, *added, "--no-test", given="no key\n")
    assert refused.returncode == 65
    assert "neither the key nor the webhook address" in refused.stderr
    done = home.run(*added, "--no-test", "--format", "text", given=f"{ADDRESS}\n")
    assert done.returncode == 0, done.stderr
    assert kept("qyapi.weixin.qq.com", "team") == KEY
    written = home.config.read_text("utf-8")
    assert 'kind = "wecom"' in written
    assert KEY not in written
    assert home.run("account", "set-secret", "team", given="other-key\n").returncode == 0
    assert kept("qyapi.weixin.qq.com", "team") == "other-key"
    assert home.run("account", "remove", "team").returncode == 0
    assert kept("qyapi.weixin.qq.com", "team") is None


def kept(host: str, username: str) -> str | None:
    import secretstorage  # Linux has it

    with closing(secretstorage.dbus_init()) as bus:
        wanted = {"service": f"traymail:{host}", "username": username}
        found = list(secretstorage.search_items(bus, wanted))
        return found[0].get_secret().decode() if found else None


@pytest.mark.parametrize(
    ("more", "status", "told"),
    [
        (("me@example.com",), 65, "An account of kind wecom has no address."),
        (("--host", "h.example"), 65, "It belongs to accounts of kind “smtp”."),
        (
            ("--api-url", "http://robot.example"),
            65,
            "http:// is only for a server on this",
        ),
        (("--api-url", "https://robot.example/x"), 65, "Write it like https://"),
        (("--api-url", "https://me:pw@robot.example"), 65, "must not contain a user name"),
        (("--format", "html"), 64, "--format"),
    ],
)
def test_what_makes_no_robot(home: Home, more: tuple[str, ...], status: int, told: str) -> None:
    given = ("--name", "b", "--no-secret", "--no-test", *more)
    done = in_process(home, "account", "add", "--kind", "wecom", *given)
    assert (done.returncode, told in done.stderr) == (status, True), done.stderr


LOG = 'kind = "log"\npaths = ["/l/a.log"]\nmatch = ["x"]'
LOG_RULE = """
[[rules]]
name = "Errors"
kind = "log"
paths = [{path}]
match = ["ERROR"]
start_at = "beginning"
cooldown = "0s"
{more}
"""


@pytest.mark.parametrize("to", ["", "to = []", 'to = ["group@qyapi.weixin.qq.com"]'])
def test_a_log_rule_tells_the_group(
    home: Home, env: dict[str, str], group: Robot, tmp_path: Path, to: str
) -> None:
    log = tmp_path / "app.log"
    log.write_text("")
    rule = LOG_RULE.format(path=json.dumps(str(log)), more=to)
    home.configure(team(group) + rule)
    with running(home, env):
        with log.open("a") as stream:
            stream.write("ERROR 盘满了\n")
        until(lambda: len(group.messages) == 1, what="the message")
    assert "ERROR 盘满了" in group.contents[0]


@pytest.mark.parametrize("to", [[], None])
def test_windows_save_a_rule_of_a_robot_without_recipients(
    home: Home, group: Robot, tmp_path: Path, to: list[str] | None
) -> None:
    rule = LOG_RULE.format(path=json.dumps(str(tmp_path / "app.log")), more="")
    with live(home, team(group) + rule) as one:
        rules = one.services.rules
        fields = {**rules.fields("Errors"), "to": to, "max_per_hour": 7}
        fields = {name: value for name, value in fields.items() if value is not None}
        assert rules.check(fields, "Errors") == ()
        rules.save(fields, "Errors")
        [saved] = one.program.engine.snapshot().settings.rules
        assert (saved.to, saved.max_per_hour) == ((GROUP,), 7)
        wrong = rules.check({**fields, "cc": ["a@b.cd"]}, "Errors")
        assert [problem.where for problem in wrong] == ["cc"]


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        (
            f'{LOG}\ncc = ["a@b.cd"]',
            "rules[0].cc: A WeCom",
        ),
        (
            f'{LOG}\nto = ["a@b.cd"]',
            "rules[0].to: A WeCom",
        ),
        (
            f'{LOG}\nto = ["wangqing", "13800001111"]',
            "rules[0].to: A WeCom robot mentions people only where its format is “text”.",
        ),
        (
            f'{LOG}\nto = ["wangqing", "a@b.cd"]',
            "rules[0].to",
        ),
    ],
)
def test_a_rule_with_what_a_robot_cannot_do_is_refused(
    home: Home, group: Robot, rule: str, told: str
) -> None:
    home.configure(f'{team(group)}\n[[rules]]\nname = "R"\n{rule}\n')
    done = in_process(home, "config", "check")
    assert done.returncode == 78
    assert told in done.stdout + done.stderr


def test_after_kill_9_a_message_that_may_be_there_is_not_sent_again(
    home: Home, env: dict[str, str], group: Robot
) -> None:
    group.acts.append("hold")
    with running(home, env) as program:
        assert home.run("send", "--queue", "--subject", "once", env=env).returncode == 0
        until(lambda: group.posts == 1, what="the post")
        program.kill()
    with running(home, env):
        until(lambda: [one["state"] for one in outbox(home)] == ["unknown"], what="unknown")
        assert home.run("send", "--queue", "--subject", "next", env=env).returncode == 0
        until(lambda: group.contents == ["**next**"], what="the next one")
    assert group.posts == 2


# --- a mail of several messages -------------------------------------------------------------------

GO: Act = "go"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)
JPEG = b"\xff\xd8\xff\xe0" + bytes(100)
TEXT = b"not a picture"


def attached(*files: tuple[str, bytes], **given: object) -> Mail:
    placed = tuple(
        Placed(0, Attachment(name, "application/octet-stream", len(content), "", content=content))
        for name, content in files
    )
    return replace(message(), placed=placed, **given)  # type: ignore[arg-type] # fields


def with_files(port: int) -> WecomSender:
    return wecom(port, opened=lambda one: BytesIO(one.content or b""))


def test_text_pictures_and_files_are_a_message_each() -> None:
    large = JPEG + bytes(2 * 1024 * 1024)
    files = (("a.png", PNG), ('报告 "1".pdf', TEXT), ("large.jpg", large), ("b.png", TEXT))
    with robot() as group, closing(with_files(group.port)) as uses:
        notes = Notes()
        assert uses.send(attached(*files), notes).reply == "ok"
        assert group.told == [
            ("markdown", "**Disk**\n\nfull"),
            ("image", PNG),
            ("file", ("报告 %221%22.pdf", TEXT)),
            ("file", ("large.jpg", large)),
            ("file", ("b.png", TEXT)),
        ]
        assert (group.connections, group.posts) == (1, 8)
    assert (notes.finals, notes.parts) == (5, [(number, 5) for number in range(5)])
    done = [one for one, _all in notes.done]
    assert done == sorted(done)


def test_a_mail_without_words_is_its_files() -> None:
    with robot() as group, closing(with_files(group.port)) as uses:
        uses.send(attached(("a.jpg", JPEG), subject=" ", text="\n"), Notes())
        assert group.told == [("image", JPEG)]


def test_what_is_taken_already_is_not_sent_again() -> None:
    files = (("a.png", PNG), ("b.txt", TEXT))
    with robot() as group, closing(with_files(group.port)) as uses:
        for parts in (1, 2):
            uses.send(attached(*files, parts=parts), Notes())
        assert [kind for kind, _shown in group.told] == ["image", "file", "file"]


def test_a_connection_that_ends_after_each_answer_is_made_anew() -> None:
    with robot() as group, closing(with_files(group.port)) as uses:
        group.ends = True
        group.headers["Connection"] = "close"
        uses.send(attached(("a.png", PNG), ("b.txt", TEXT)), Notes())
        assert [kind for kind, _shown in group.told] == ["markdown", "image", "file"]
        assert group.connections == 4


@pytest.mark.parametrize(
    ("act", "kind"),
    [
        ("close", TransientFailure),
        ((502, b""), TransientFailure),
        ((200, b"<html>"), TransientFailure),
        ((200, b'{"errcode": 0, "errmsg": "ok"}'), TransientFailure),
        (coded(45009), TransientFailure),
        (coded(93000), AuthFailure),
        (coded(40058), PermanentFailure),
    ],
)
def test_an_upload_that_fails_leaves_nothing_in_doubt(act: Act, kind: type[DeliveryError]) -> None:
    with robot() as group, closing(with_files(group.port)) as uses:
        group.acts += ["go", act]
        notes = Notes()
        with pytest.raises(DeliveryError) as caught:
            uses.send(attached(("b.txt", TEXT)), notes)
        assert (type(caught.value), notes.finals, notes.parts[-1]) == (kind, 1, (1, 2))
        uses.send(attached(("b.txt", TEXT), parts=1), Notes())
        assert [kind for kind, _shown in group.told] == ["markdown", "file"]


@pytest.mark.parametrize("there", [b"short", TEXT + b"!"])
def test_a_file_that_is_damaged_is_not_sent(there: bytes) -> None:
    with robot() as group, closing(wecom(group.port, opened=lambda _: BytesIO(there))) as uses:
        with pytest.raises(SourceError):
            uses.send(attached(("b.txt", TEXT), parts=1), Notes())
        assert (group.told, group.uploads) == ([], {})


def test_people_are_mentioned_in_a_text() -> None:
    people = ("wangqing", "@all", "13800001111", "+8613800002222")
    sent = replace(message(), envelope=Envelope("", people))
    with robot() as group, closing(wecom(group.port, format=MessageFormat.TEXT)) as uses:
        assert uses.send(sent, Notes()).accepted == people
        [posted] = group.messages
        assert posted["text"] == {
            "content": "Disk\n\nfull",
            "mentioned_list": ["wangqing", "@all"],
            "mentioned_mobile_list": ["13800001111", "+8613800002222"],
        }


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, ...]:
    """What attaches a picture and a file."""
    (tmp_path / "a.png").write_bytes(PNG)
    (tmp_path / "b.txt").write_bytes(TEXT)
    return "--attach", str(tmp_path / "a.png"), "--attach", str(tmp_path / "b.txt")


ALL = [("markdown", "**once**"), ("image", PNG), ("file", ("b.txt", TEXT))]
ONCE = ("send", "--subject", "once")


def test_send_with_files_and_mentions(
    home: Home, env: dict[str, str], group: Robot, files: tuple[str, ...]
) -> None:
    home.configure(team(group, 'format = "text"'))
    to = ("--to", "wangqing, @all", "--to", "13800001111")
    done = in_process(home, *ONCE, *files, *to, "--json", env=env)
    assert done.returncode == 0, done.stderr
    sent = json.loads(done.stdout)
    assert [one["address"] for one in sent["recipients"]] == ["wangqing", "@all", "13800001111"]
    assert {one["state"] for one in sent["recipients"]} == {"accepted"}
    assert group.messages[0]["text"]["mentioned_mobile_list"] == ["13800001111"]
    assert group.told == [("text", "once"), *ALL[1:]]


def test_a_file_that_is_too_small_is_bad_input(
    home: Home, env: dict[str, str], group: Robot, tmp_path: Path
) -> None:
    (tmp_path / "c.txt").write_bytes(b"12345")
    done = in_process(home, *ONCE, "--attach", str(tmp_path / "c.txt"), env=env)
    assert (done.returncode, group.posts, outbox(home)) == (65, 0, [])
    assert "c.txt is too small" in done.stderr


@pytest.mark.parametrize(("more", "status"), [(0, 0), (1, 65)])
def test_a_file_of_exactly_20_mb_goes_and_one_byte_more_does_not(  # a table
    home: Home, env: dict[str, str], group: Robot, tmp_path: Path, more: int, status: int
) -> None:
    large = tmp_path / "large.bin"
    with large.open("wb") as file:
        file.truncate(20 * 1024 * 1024 + more)
    done = in_process(home, *ONCE, "--attach", str(large), env=env)
    assert done.returncode == status, done.stderr
    kept = [(name, len(content)) for name, content in group.uploads.values()]
    assert kept == ([("large.bin", 20 * 1024 * 1024)] if status == 0 else [])
    assert ("too large" in done.stderr) is (status == 65)
    assert [entry["state"] for entry in outbox(home)] == (["sent"] if status == 0 else [])


@pytest.mark.parametrize(
    ("act", "status", "state"),
    [
        (coded(45009), 75, "queued"),
        (coded(93000), 77, "queued"),
        (coded(40058), 69, "failed"),
    ],
)
@pytest.mark.parametrize("taken", [0, 1, 2])
def test_a_retry_begins_behind_what_is_taken(  # noqa: PLR0917 # a table
    home: Home,
    env: dict[str, str],
    group: Robot,
    files: tuple[str, ...],
    taken: int,
    act: Act,
    status: int,
    state: str,
) -> None:
    group.acts += [*[GO] * taken, act]
    assert in_process(home, *ONCE, *files, env=env).returncode == status
    assert group.told == ALL[:taken]
    [entry] = outbox(home)
    assert entry["state"] == state
    done = in_process(home, "outbox", "retry", "--all", env=env)
    assert done.returncode == 0, done.stderr
    assert group.told == ALL


@pytest.mark.parametrize(
    ("acts", "state", "told"),
    [
        ([GO, coded(45009)], "waiting (1 of 3 parts)", "1 of 3 parts are there; only the rest"),
        ([GO, GO, GO, coded(40058)], "failed (2 of 3 parts)", "another try sends only the rest."),
        ([GO, "close"], "perhaps sent (1 of 3 parts)", "1 of 3 parts are there; of the next,"),
        (["close"], "perhaps sent (0 of 3 parts)", "0 of 3 parts are there; of the next,"),
    ],
)
def test_what_is_there_of_a_mail_is_told(  # noqa: PLR0917 # a table
    home: Home,
    env: dict[str, str],
    group: Robot,
    files: tuple[str, ...],
    acts: list[Act],
    state: str,
    told: str,
) -> None:
    group.acts += acts
    done = in_process(home, *ONCE, *files, env=env)
    assert told in done.stderr
    if state.startswith("perhaps"):
        assert f"Check whether part {int(state[14]) + 1} of 3 is there" in done.stderr
    assert state in in_process(home, "outbox", "list").stdout
    shown = in_process(home, "outbox", "show", "1").stdout
    assert re.search(rf"^state +{re.escape(state)}$", shown, re.MULTILINE)
    assert told in shown
    # What programs read stays as it is.
    assert outbox(home)[0]["state"] == {"w": "queued", "f": "failed", "p": "unknown"}[state[0]]


def test_a_mail_that_is_there_as_a_whole_has_no_parts(
    home: Home, env: dict[str, str], group: Robot, files: tuple[str, ...]
) -> None:
    done = in_process(home, *ONCE, *files, env=env)
    listed = in_process(home, "outbox", "list").stdout
    assert group.told == ALL
    assert "part" not in done.stdout + done.stderr + listed


def test_limits_of_a_robot_count_messages_and_hold_over_a_restart(
    home: Home, env: dict[str, str], group: Robot, files: tuple[str, ...]
) -> None:
    home.configure(team(group, "max_per_minute = 2"))
    done = in_process(home, *ONCE, *files, env=env)
    assert (done.returncode, group.told) == (75, ALL[:2])
    assert "2 of 3 parts are there; only the rest follows." in done.stderr
    assert "The account team has reached its sending limit." in done.stderr
    # Another process knows how many left, and when.
    again = home.run("outbox", "retry", "--all", env=env)
    assert (again.returncode, group.told) == (75, ALL[:2])
    home.configure(team(group, "max_per_minute = 3"))
    assert in_process(home, "outbox", "retry", "--all", env=env).returncode == 0
    assert group.told == ALL
    assert "held back by a limit" in in_process(home, "outbox", "show", "1").stdout


@pytest.mark.parametrize("taken", [0, 1])
@pytest.mark.parametrize("answer", ["sent", "resend"])
def test_what_is_decided_is_said_of_one_message(  # a table
    home: Home,
    env: dict[str, str],
    group: Robot,
    files: tuple[str, ...],
    taken: int,
    answer: str,
) -> None:
    group.acts += [*[GO] * taken, "close"]
    assert in_process(home, *ONCE, *files, env=env).returncode == 75
    done = in_process(home, "outbox", "resolve", "1", answer, env=env)
    assert done.returncode == 0, done.stderr
    kept = ALL if answer == "resend" else [*ALL[:taken], *ALL[taken + 1 :]]
    assert (group.told, outbox(home)[0]["state"]) == (kept, "sent")


def test_the_last_one_that_counts_as_sent_ends_the_mail(
    home: Home, env: dict[str, str], group: Robot, files: tuple[str, ...]
) -> None:
    group.acts += ["go", "go", "go", "close"]
    assert in_process(home, *ONCE, *files, env=env).returncode == 75
    assert in_process(home, "outbox", "resolve", "1", "sent", env=env).returncode == 0
    assert (group.posts, outbox(home)[0]["state"]) == (4, "sent")


def test_when_unsure_sends_that_message_once_more(
    home: Home, env: dict[str, str], group: Robot, files: tuple[str, ...]
) -> None:
    home.configure(team(group, 'when_unsure = "resend"'))
    group.acts += ["go", "close"]
    assert in_process(home, *ONCE, *files, env=env).returncode == 75
    group.acts += ["go", "go", "close"]  # the picture, the upload, the file
    assert in_process(home, "outbox", "retry", "--all", env=env).returncode == 75
    # Of the next message it is the first time.
    assert [one["state"] for one in outbox(home)] == ["queued"]
    assert in_process(home, "outbox", "retry", "--all", env=env).returncode == 0
    [entry] = outbox(home)
    assert (group.told, entry["possible_duplicate"]) == (ALL, True)


@pytest.mark.parametrize("taken", [1, 2, 3])
def test_after_kill_9_between_messages_none_comes_twice(
    home: Home, env: dict[str, str], group: Robot, files: tuple[str, ...], taken: int
) -> None:
    """Killed while the picture is under way, the upload, or the message with the file."""
    group.acts += [*[GO] * taken, "hold"]
    with running(home, env) as program:
        assert home.run(*ONCE, "--queue", *files, env=env).returncode == 0
        until(lambda: group.posts == taken + 1, what="the post that is held")
        program.kill()
    with running(home, env):
        if taken == 2:  # an upload is seen by nobody
            until(lambda: group.told == ALL, what="the rest")
        else:
            until(lambda: [one["state"] for one in outbox(home)] == ["unknown"], what="unknown")
            assert "Look whether it is there" in outbox(home)[0]["advice"]
            assert group.told == ALL[: taken if taken == 1 else 2]
            assert home.run("outbox", "resolve", "1", "resend", env=env).returncode == 0
        until(lambda: [one["state"] for one in outbox(home)] == ["sent"], what="the end")
    assert group.told == ALL


def test_a_folder_rule_posts_its_files_and_mentions(
    home: Home, env: dict[str, str], group: Robot, tmp_path: Path
) -> None:
    drop = tmp_path / "drop"
    drop.mkdir()
    rule = f"""
[[rules]]
name = "Drops"
kind = "folder"
to = ["@all"]
folder = {json.dumps(str(drop))}
settle_seconds = 0
existing = "send"
batch_seconds = 1
"""
    (drop / "tiny.txt").write_bytes(b"12345")
    (drop / "scan.png").write_bytes(PNG)
    home.configure(team(group, 'format = "text"') + rule)
    with running(home, env):
        until(lambda: len(group.messages) == 2, what="text and picture")
    assert group.messages[0]["text"]["mentioned_list"] == ["@all"]
    assert group.told[1] == ("image", PNG)
